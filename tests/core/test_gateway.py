"""SMS and webhook as signed JSON over a real connection: what arrives, and what each answer means."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.db import Database
from core.outbox.channels import json_http
from core.outbox.channels.choice import channel_for, senders_for
from core.outbox.channels.json_http import retry_after, sms_gateway, webhook
from core.outbox.channels.outgoing import Answer
from core.outbox.channels.signing import SIGNATURE, TIMESTAMP, is_signed, sign
from core.outbox.jobs import deliver
from core.outbox.models import Message
from core.outbox.senders import (
    Letter,
    PermanentError,
    SendError,
    ServerDownError,
    ServerTroubleError,
    TransientError,
    UnknownOutcomeError,
)
from core.settings import Settings
from tests.core.test_outbox import states, write
from tests.core.webserver import Reply, Request, in_turn, unused_url, web_server

SECRET = "the secret of the gateway"
ACCEPTED = Reply(200, b'{"status": "accepted", "id": "G-77"}')


@pytest.fixture
def letter(now: datetime) -> Letter:
    return Letter(
        uid="0123456789abcdef0123456789abcdef",
        channel="sms",
        to="13812345678",
        title="",
        body="【东城热力】工单已办结，请您评价：https://heat.example/s/abc\n",
        language="zh_Hans",
        at=now,
        purpose="invitation",
    )


def through(url: str, **given: Any) -> Settings:
    return Settings(sms_url=url, sms_secret=SECRET, sms_sign="东城热力", **given)


def test_the_gateway_gets_the_message_signed(letter: Letter, now: datetime) -> None:
    with web_server(ACCEPTED) as server:
        assert sms_gateway(through(f"{server.url}/send")).send(letter) == "G-77"
    [request] = server.received
    assert request.path == "/send"
    assert json.loads(request.body) == {
        "id": letter.uid,
        "to": "13812345678",
        "text": "【东城热力】工单已办结，请您评价：https://heat.example/s/abc",
        "sign": "东城热力",
        "language": "zh_Hans",
        "purpose": "invitation",
    }
    assert request.headers["idempotency-key"] == letter.uid
    headers = {TIMESTAMP: request.headers[TIMESTAMP.lower()], SIGNATURE: request.headers[SIGNATURE.lower()]}
    assert is_signed(SECRET, headers, request.body, now)
    assert not is_signed("another secret of the gateway", headers, request.body, now)
    assert not is_signed(SECRET, headers, request.body + b" ", now)
    assert not is_signed(SECRET, headers, request.body, now + timedelta(minutes=6))  # a replay


def test_the_signature_is_plain_hmac(now: datetime) -> None:
    """Computed with: printf '1763431200.{"id":1}' | openssl dgst -sha256 -hmac secret"""
    headers = sign("secret", b'{"id":1}', datetime.fromisoformat("2025-11-18T02:00:00+00:00"))
    assert headers[TIMESTAMP] == "1763431200"
    assert headers[SIGNATURE] == "sha256=31a6c99c6476b5883b199c4c0b1b1738bb4671798efd91bcc71bbc6031260378"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {TIMESTAMP: "now"},
        {TIMESTAMP: "٣"},
        {TIMESTAMP: "9" * 400},
        {TIMESTAMP: "-1", SIGNATURE: "sha256="},
    ],
)
def test_what_is_no_signature_is_none(headers: dict[str, str], now: datetime) -> None:
    assert not is_signed(SECRET, headers, b"{}", now)
    assert not is_signed("", headers, b"{}", now)


REJECTED = b'{"status": "rejected", "code": "BLACK", "reason": "on the black list"}'
NOT_NOW = b'{"status": "rejected", "code": "QUOTA", "reason": "too many today", "retry": true}'


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(200, REJECTED), PermanentError),  # says 200 and means no
        (Reply(422, REJECTED), PermanentError),
        (Reply(200, NOT_NOW), TransientError),
        (Reply(400, NOT_NOW), TransientError),
        (Reply(400), PermanentError),
        (Reply(200, b'{"error": "out of money"}'), UnknownOutcomeError),
        (Reply(200, b"<html>OK</html>"), UnknownOutcomeError),
        (Reply(200, b""), UnknownOutcomeError),
        (Reply(200, b"[" * 60_000), UnknownOutcomeError),
        (Reply(200, b'["accepted"]'), UnknownOutcomeError),
        (Reply(204), UnknownOutcomeError),
        (Reply(401), ServerDownError),
        (Reply(404), ServerDownError),
        (Reply(301, headers=(("Location", "https://elsewhere.example"),)), ServerDownError),
        (Reply(429), ServerDownError),
        (Reply(503), ServerDownError),
        (Reply(500), ServerTroubleError),
        (Reply(500, REJECTED), ServerTroubleError),
        (Reply(502), UnknownOutcomeError),
        (Reply(504), UnknownOutcomeError),
        (Reply(trouble="reset"), UnknownOutcomeError),
        (Reply(trouble="cut"), UnknownOutcomeError),
        (Reply(trouble="garbage"), UnknownOutcomeError),
        (Reply(wait=1.0), UnknownOutcomeError),
    ],
)
def test_answers_are_told_apart(
    letter: Letter, reply: Reply, error: type[SendError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_http, "TIMEOUT", 0.4)
    with web_server(reply) as server, pytest.raises(SendError) as caught:
        sms_gateway(through(server.url)).send(letter)
    assert caught.type is error
    assert "13812345678" not in str(caught.value)
    assert len(server.received) == 1


def test_nobody_listens(letter: Letter) -> None:
    with pytest.raises(ServerDownError):
        sms_gateway(through(unused_url())).send(letter)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("120", 120), ("0", 0), ("999999", 3600), ("Wed, 18 Nov 2026", 0), ("-5", 0), ("", 0)],
)
def test_how_long_we_are_asked_to_wait(asked: str, seconds: float) -> None:
    assert retry_after(Answer(429, b"", {"retry-after": asked})) == seconds


def test_a_webhook_gets_the_event_with_its_link(letter: Letter, now: datetime) -> None:
    settings = Settings(webhook_url="", webhook_secret=SECRET)
    with web_server(ACCEPTED) as server:
        webhook(replace(settings, webhook_url=server.url)).send(
            replace(letter, channel="webhook", title="评价")
        )
    document = json.loads(server.received[0].body)
    assert document == {
        "id": letter.uid,
        "event": "invitation",
        "to": "13812345678",
        "title": "评价",
        "text": letter.body.strip(),
        "link": "https://heat.example/s/abc",
        "language": "zh_Hans",
        "at": "2026-11-18T02:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"sms": "sms", "email": "email", "notice": "notice"}),
        ({"webhook_url": "https://h.example"}, {"sms": "webhook", "email": "email", "notice": "notice"}),
        (
            {"webhook_url": "https://h.example", "webhook_for": "notice, email"},
            {"sms": "sms", "email": "webhook", "notice": "webhook"},
        ),
    ],
)
def test_a_webhook_takes_the_place_of_other_channels(given: dict[str, str], expected: dict[str, str]) -> None:
    settings = Settings(**given)  # type: ignore[arg-type]
    assert {channel: channel_for(settings, channel) for channel in expected} == expected
    assert ("webhook" in senders_for(settings)) == ("webhook_url" in given)


@pytest.fixture
def run(database: Database, settings: Settings) -> Callable[..., dict[str, int]]:
    """One round of the outbox with the gateway at an address."""

    def round_at(url: str, at: datetime) -> dict[str, int]:
        using = replace(settings, sms_url=url, sms_secret=SECRET)
        return deliver(database, now=at, senders=senders_for(using))

    return round_at


def an_sms(database: Database, now: datetime, n: int = 1) -> None:
    with database.begin() as session:
        write(session, now, n, channel="sms", to=f"1381234{n:04d}")


def test_what_the_provider_calls_a_message_is_kept(
    database: Database, now: datetime, run: Callable[..., dict[str, int]]
) -> None:
    an_sms(database, now)
    with web_server(ACCEPTED) as server:
        assert run(server.url, now) == {"sent": 1}
    with database.read() as session:
        assert session.scalars(select(Message.provider_id)).all() == ["G-77"]


@pytest.mark.parametrize("reply", [Reply(wait=1.0), Reply(trouble="reset"), Reply(200, b"OK"), Reply(504)])
def test_what_may_have_been_sent_is_not_sent_again(
    database: Database,
    now: datetime,
    run: Callable[..., dict[str, int]],
    reply: Reply,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_http, "TIMEOUT", 0.4)
    an_sms(database, now)
    with web_server(reply) as server:
        assert run(server.url, now) == {"uncertain": 1}
        for hours in (1, 3, 24):
            assert run(server.url, now + timedelta(hours=hours)) == {}
    assert len(server.received) == 1
    assert states(database) == {1: "uncertain"}


def test_a_repetition_carries_the_same_key(
    database: Database, now: datetime, run: Callable[..., dict[str, int]]
) -> None:
    an_sms(database, now)
    with web_server(in_turn(Reply(500), Reply(200, NOT_NOW), ACCEPTED)) as server:
        for hours in (0, 1, 2):
            run(server.url, now + timedelta(hours=hours))
    assert states(database) == {1: "sent"}
    assert len({request.headers["idempotency-key"] for request in server.received}) == 1
    assert len(server.received) == 3


def test_a_refusal_touches_one_message_only(
    database: Database, now: datetime, run: Callable[..., dict[str, int]]
) -> None:
    for n in range(5):
        an_sms(database, now, n)

    def script(request: Request) -> Reply:
        return Reply(422, REJECTED) if json.loads(request.body)["to"].endswith("2") else ACCEPTED

    with web_server(script) as server:
        assert run(server.url, now) == {"failed": 1, "sent": 4}
    with database.read() as session:
        [error] = session.scalars(select(Message.error).where(Message.state == "failed"))
    assert error == "BLACK on the black list"


def test_a_gateway_that_puts_us_off_is_left_alone_for_that_long(
    database: Database, now: datetime, run: Callable[..., dict[str, int]]
) -> None:
    for n in range(3):
        an_sms(database, now, n)
    with web_server(in_turn(Reply(429, headers=(("Retry-After", "1800"),)), ACCEPTED)) as server:
        assert run(server.url, now) == {"retried": 1}
        assert run(server.url, now + timedelta(minutes=29)) == {}
        assert len(server.received) == 1
        assert run(server.url, now + timedelta(minutes=31)) == {"sent": 3}
