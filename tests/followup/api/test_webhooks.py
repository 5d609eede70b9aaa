"""What other systems are told: signed, at least once, nothing personal, and nobody waits for the slow."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core import health
from core.db import Database
from core.errors import ConflictError, InputError
from core.outbox.actions import enqueue
from core.outbox.channels.signing import is_signed
from core.outbox.lifecycle import MESSAGES
from core.outbox.models import ChannelState, Message
from core.settings import Settings
from followup.api import telling, webhooks
from followup.api.models import Webhook
from followup.cases.importing import import_cases
from followup.jobs import tick
from tests.core.webserver import Reply, Request, WebServer, in_turn, unused_url, web_server
from tests.followup import factories as make
from tests.followup.test_planning import BAD, answer_by_link, sent_out

NIGHT = datetime(2026, 11, 17, 19, 0, tzinfo=UTC)  # 03:00 in Shanghai
CANARIES = ("王小明", "暖气不热", "已上门处理", "很冷", "138")
OK = Reply(204, b"")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """On this machine the receivers are on this machine too."""
    return replace(settings, outgoing_allow="127.0.0.0/8")


def add(database: Database, url: str, name: str = "ERP", events: tuple[str, ...] = webhooks.EVENTS) -> str:
    with database.begin() as session:
        _webhook, secret = webhooks.add(
            session, name=name, url=url, events=events, actor="ada", now=datetime(2026, 11, 1, tzinfo=UTC)
        )
    return secret


def close_one(database: Database, now: datetime, **given: object) -> None:
    with database.begin() as session:
        make.closed_case(session, now=now, **given)


def bodies(server: WebServer) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in server.received]


def told(database: Database) -> list[Message]:
    with database.read() as session:
        return list(session.scalars(select(Message).where(Message.channel == "event").order_by(Message.id)))


@contextmanager
def receiver(database: Database, script: Callable[[Request], Reply] | Reply = OK) -> Iterator[WebServer]:
    with web_server(script) as server:
        add(database, f"{server.url}/events")
        yield server


def test_a_closing_is_told_signed_and_without_anything_personal(database: Database, now: datetime) -> None:
    with web_server(OK) as server:
        secret = add(database, f"{server.url}/events")
        close_one(database, now, source="erp", external_id="E-1")
        assert telling.tell_others(database, now=now) == {"sent": 1}
    request = server.received[0]
    body = json.loads(request.body)
    headers = {
        "X-Huifang-" + name: request.headers[f"x-huifang-{name.lower()}"]
        for name in ("Timestamp", "Signature")
    }
    assert is_signed(secret, headers, request.body, now)
    assert not is_signed(secret, headers, request.body + b" ", now)
    assert request.headers["x-huifang-event"] == body["event"] == "case.closed"
    assert request.headers["idempotency-key"] == body["id"]
    assert set(body) == {"id", "event", "at", "case"}
    assert body["case"] | {"number": ""} == {
        "number": "",
        "external_id": "E-1",
        "source": "erp",
        "state": "closed",
        "resolution_no": 1,
        "registered_at": "2026-11-18T02:00:00+00:00",
        "closed_at": "2026-11-18T02:00:00+00:00",
    }


def test_an_answer_and_the_wish_to_reopen_are_told_by_their_score_alone(
    database: Database, app: Flask, now: datetime
) -> None:
    with receiver(database) as server:
        token = sent_out(database, now)
        answer_by_link(database, token, BAD | {"reason": "很冷 13899998888"}, now + timedelta(hours=1))
        telling.tell_others(database, now=now + timedelta(days=30))
    found = {body["event"]: body for body in bodies(server)}
    assert set(found) == set(webhooks.EVENTS)
    assert found["case.answered"]["answer"] == {
        "resolution_no": 1, "mode": "web", "overall": int(BAD["overall"]), "amended": False,
    }  # fmt: skip
    asked = {"resolution_no": 1, "cause": "both", "reason": ""}  # by link nobody asks for a code
    assert found["case.reopen_requested"]["request"] == asked
    assert found["case.reopen_requested"]["case"]["state"] == "reopen_requested"
    everything = b"".join(request.body for request in server.received).decode()
    assert not [canary for canary in CANARIES if canary in everything]


def test_nothing_is_told_about_what_was_rolled_back(database: Database, now: datetime) -> None:
    with web_server(OK) as server:
        add(database, server.url)
        with pytest.raises(InputError):
            close_and_fail(database, now)
    assert told(database) == []


def close_and_fail(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.closed_case(session, now=now)
        make.new_case(session, None, now=now, kind="joke")


def test_each_webhook_hears_what_it_asked_for(database: Database, now: datetime) -> None:
    with web_server(OK) as one, web_server(OK) as two:
        add(database, one.url, "one", ("case.closed",))
        add(database, two.url, "two", ("case.answered",))
        close_one(database, now)
        telling.tell_others(database, now=now)
    assert (len(one.received), len(two.received)) == (1, 0)


def test_an_event_that_was_not_taken_comes_again_with_the_same_id(database: Database, now: datetime) -> None:
    replies = in_turn(Reply(500), Reply(200, b"", trouble="reset"), Reply(404), OK)
    with receiver(database, replies) as server:
        close_one(database, now)
        for hours in range(4):
            telling.tell_others(database, now=now + timedelta(hours=hours))
    assert len({body["id"] for body in bodies(server)}) == 1
    assert [message.state for message in told(database)] == ["sent"]
    assert len(server.received) == 4


def test_what_a_receiver_never_takes_is_seen_in_the_outbox(
    database: Database, now: datetime, client_for: Callable[[str], FlaskClient]
) -> None:
    with receiver(database, in_turn(Reply(422), OK)) as server:
        close_one(database, now)
        assert telling.tell_others(database, now=now) == {"failed": 1}
        page = client_for("ada").get("/outbox?channel=event&state=failed").get_data(as_text=True)
        assert "ERP" in page
        with database.begin() as session:
            message = session.scalars(select(Message).where(Message.channel == "event")).one()
            MESSAGES.move(session, message, "send_again", actor="ada", now=now, changes={"due_at": now})
        assert telling.tell_others(database, now=now) == {"sent": 1}
    assert len(server.received) == 2


def test_a_receiver_that_is_down_gets_everything_later_and_holds_up_nobody(
    database: Database, now: datetime
) -> None:
    with web_server(OK) as server:
        add(database, unused_url(), "down")
        add(database, server.url, "works")
        for _count in range(4):
            close_one(database, now)
        counts = telling.tell_others(database, now=now)
        assert counts["sent"] == 4
        assert len(server.received) == 4
    waiting = [message for message in told(database) if message.state == "queued"]
    assert sorted(message.attempts for message in waiting) == [0, 0, 0, 1]  # one try in a round
    with database.read() as session:
        assert [state.failures for state in session.scalars(select(ChannelState))] in ([], [0])


def test_after_eight_tries_a_person_has_to_look(database: Database, now: datetime) -> None:
    add(database, unused_url())
    close_one(database, now)
    for hours in range(20):
        telling.tell_others(database, now=now + timedelta(hours=2 * hours))
    message = told(database)[0]
    assert (message.state, message.attempts) == ("failed", 8)


def test_what_was_cut_off_in_the_middle_is_sent_again(database: Database, now: datetime) -> None:
    with receiver(database) as server:
        close_one(database, now)
        with database.begin() as session:
            message = session.scalars(select(Message).where(Message.channel == "event")).one()
            MESSAGES.move(session, message, "claim", actor="x", now=now, changes={"claimed_at": now})
        assert telling.tell_others(database, now=now + timedelta(minutes=5)) == {}
        later = now + timedelta(minutes=11)
        assert telling.tell_others(database, now=later) == {"uncertain": 1}
        assert telling.tell_others(database, now=later) == {"again": 1, "sent": 1}
    assert len(server.received) == 1


def test_a_webhook_that_is_switched_off_is_told_nothing(database: Database, now: datetime) -> None:
    with receiver(database) as server:
        close_one(database, now)
        with database.begin() as session:
            webhook = session.scalars(select(Webhook)).one()
            webhooks.switch(session, webhook.id, active=False, actor="ada", now=now)
        close_one(database, now)
        assert telling.tell_others(database, now=now) == {"cancelled": 1}
    assert server.received == []


def test_events_are_told_at_night_and_before_customers_messages_are_not(
    database: Database, now: datetime
) -> None:
    with receiver(database) as server:
        close_one(database, NIGHT)
        with database.begin() as session:
            enqueue(
                session, key="k", channel="sms", purpose="invitation", to="13812345678", body="x",
                language="en", contact_id=None, due_at=NIGHT, now=NIGHT,
            )  # fmt: skip
        assert tick(database, now=NIGHT)["events"] == {"sent": 1}
    assert len(server.received) == 1


def test_an_import_tells_its_closings(database: Database, now: datetime, tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(
        "external_id,kind,title,registered_at,closed_at\nA,repair,x,2026-11-02,2026-11-03\nB,repair,y,2026-11-02,\n",
        "utf-8",
    )
    with receiver(database) as server:
        import_cases(database, path, source="crm", actor="test", now=now)
        telling.tell_others(database, now=now)
    assert [body["case"]["external_id"] for body in bodies(server)] == ["A"]
    assert bodies(server)[0]["at"].startswith("2026-11-02T16:00")  # midnight in Shanghai


def test_an_address_inside_the_house_is_refused(database: Database) -> None:
    for url in (
        "http://10.0.0.1/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/",
        "http://example.org/",
        "x",
    ):
        with pytest.raises(InputError):
            webhooks.checked_url(database.settings, url)


def test_two_webhooks_of_one_name_are_refused(database: Database) -> None:
    add(database, "http://127.0.0.1:9/")
    with pytest.raises(ConflictError):
        add(database, "http://127.0.0.1:9/", "erp")


def test_address_and_secret_are_sealed(database: Database) -> None:
    secret = add(database, "http://127.0.0.1:9/secret-path")
    with database.read() as session:
        webhook = session.scalars(select(Webhook)).one()
        assert webhooks.opened(session, webhook) == ("http://127.0.0.1:9/secret-path", secret)
    kept = repr([getattr(webhook, column.name) for column in Webhook.__table__.columns])
    assert "secret-path" not in kept
    assert secret not in kept


@contextmanager
def _writing_while_names_are_resolved(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A name may take long to resolve: meanwhile others write."""
    resolve = socket.getaddrinfo

    def slowly(*given: Any, **more: Any) -> Any:
        with database.begin():
            return resolve(*given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", slowly)
        yield


def test_an_administrator_adds_tries_and_switches_off_a_webhook(
    database: Database,
    client_for: Callable[[str], FlaskClient],
    csrf: Callable[[FlaskClient, str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada = client_for("ada")
    token = csrf(ada, "/admin/api/webhooks/new")
    form = {"csrf_token": token, "name": "ERP", "events": ["case.closed"]}
    refused = ada.post("/admin/api/webhooks/new", data=form | {"url": "https://10.0.0.1/x"})
    assert refused.status_code == 422
    assert "https://10.0.0.1/x" in refused.get_data(as_text=True)
    with web_server(in_turn(Reply(503), OK)) as server:
        with _writing_while_names_are_resolved(database, monkeypatch):
            page = ada.post("/admin/api/webhooks/new", data=form | {"url": f"{server.url}/secret-path"})
        secret = page.get_data(as_text=True).split('class="secret">')[1].split("<")[0]
        with database.read() as session:
            number = session.scalars(select(Webhook.id)).one()
        for said in ("503", "204"):
            answer = ada.post(
                f"/admin/api/webhooks/{number}/try", data={"csrf_token": token}, follow_redirects=True
            )
            shown = answer.get_data(as_text=True)
            assert said in shown
            assert "secret-path" not in shown
            assert secret not in shown
    headers = {name.title(): value for name, value in server.received[1].headers.items()}
    assert is_signed(secret, headers, server.received[1].body, datetime.now(UTC))
    off = {"csrf_token": token, "active": "no"}
    assert ada.post(f"/admin/api/webhooks/{number}/switch", data=off).status_code == 303
    with database.read() as session:
        assert not session.scalars(select(Webhook.active)).one()
    assert "ERP" in ada.get("/admin/api").get_data(as_text=True)


def test_a_receiver_that_lags_behind_does_not_make_us_unready(database: Database, now: datetime) -> None:
    add(database, unused_url())
    close_one(database, now - timedelta(days=1))
    with database.read() as session:
        assert not health.is_overdue(session, now)
    assert [message.state for message in told(database)] == ["queued"]


def test_a_long_queue_of_one_that_fails_holds_up_nobody(database: Database, now: datetime) -> None:
    with web_server(OK) as server:
        add(database, unused_url(), "down", ("case.closed",))
        _tell_many(database, 1, 400, now - timedelta(minutes=1))
        add(database, server.url, "works")
        close_one(database, now)
        assert telling.tell_others(database, now=now)["sent"] == 1
    waiting = [message for message in told(database) if message.state == "queued"]
    assert sum(message.attempts for message in waiting) == 1
    assert all(message.due_at >= now + timedelta(seconds=48) for message in waiting)


def test_a_slow_one_gets_a_share_of_the_round_while_others_wait(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "SHARE", 0.3)
    monkeypatch.setattr(telling, "BUDGET", 3.0)
    with web_server(Reply(200, b"", wait=0.1)) as slow, web_server(OK) as quick:
        add(database, slow.url, "slow")
        _tell_many(database, 1, 60, now - timedelta(minutes=1))
        add(database, quick.url, "quick", ("case.answered",))
        _tell_many(database, 2, 2, now)
        telling.tell_others(database, now=now)
        assert len(quick.received) == 2
        assert 2 <= len(slow.received) <= 5
        telling.tell_others(database, now=now + timedelta(seconds=30))  # now nobody else waits
        assert len(slow.received) > 10


def _tell_many(database: Database, webhook_id: int, number: int, now: datetime) -> None:
    with database.begin() as session:
        case = make.new_case(session, None, now=now)
        webhook = session.get_one(Webhook, webhook_id)
        for _count in range(number):
            webhooks._write(session, webhook, case, webhooks.document_of("case.closed", now), now)


def test_what_an_import_tells_waits_behind_what_happened_before(
    database: Database, now: datetime, tmp_path: Path
) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(
        "external_id,kind,title,registered_at,closed_at\nA,repair,x,2020-11-02,2020-11-03\n", "utf-8"
    )
    with receiver(database) as server:
        close_one(database, now - timedelta(minutes=1))
        import_cases(database, path, source="crm", actor="test", now=now)
        telling.tell_others(database, now=now)
    assert [body["case"]["external_id"] for body in bodies(server)] == [None, "A"]
    assert [message.created_at for message in told(database)] == [now - timedelta(minutes=1), now]
