"""From writing a message to the gateway: edited words, kept values, and the webhook that takes its place."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select, text

from core.db import Database
from core.outbox import rewording
from core.outbox.channels.choice import senders_for
from core.outbox.jobs import deliver
from core.outbox.messages import Source, render
from core.outbox.models import Message
from core.settings import Settings
from tests.core.test_aliyun import KEY_ID, SECRET, TOKEN, checked
from tests.core.test_gateway import ACCEPTED
from tests.core.test_outbox import write
from tests.core.webserver import web_server

WORDS = {
    "signature": "东城热力", "link": f"https://heat.example/s/{TOKEN}", "number": "20261118-0001",
    "addressee": "王秀英", "hotline": "96069", "organisation": "东城热力", "answer_by": "12月2日",
}  # fmt: skip
Configured = Callable[..., Database]


@pytest.fixture
def configured(database: Database, settings: Settings) -> Configured:
    """The same database as a process with other settings sees it."""
    return lambda **given: Database(replace(settings, **given))


def written(database: Database, now: datetime, **given: Any) -> None:
    """Write an SMS in the words in force, as the follow-up does."""
    with database.begin() as session:
        _title, body = render("invite_sms", "zh_Hans", session, **WORDS)
        write(
            session, now, channel="sms", to="13812345678", title="", body=body, language="zh_Hans",
            values=WORDS, **given,
        )  # fmt: skip


def test_a_provider_with_its_own_words_gets_what_fills_them(configured: Configured, now: datetime) -> None:
    with web_server(checked) as server:
        aliyun = configured(sms_url=server.url, sms_kind="aliyun", sms_key_id=KEY_ID, sms_secret=SECRET)
        with aliyun.begin() as session:
            words = Source("", "【{{ signature }}】工单{{ number }}已办结，请评价：{{ link }}")
            rewording.change(
                session, "invite_sms", "zh_Hans", words, provider_code="SMS_7", revision=0, actor="ada",
                now=now,
            )  # fmt: skip
        written(aliyun, now)
        with aliyun.read() as session:
            message = session.scalars(select(Message)).one()
            assert message.template == "invite_sms"
            stored = bytes(session.execute(text("SELECT values_sealed FROM messages")).scalar_one())
            assert TOKEN.encode() not in stored
        assert deliver(aliyun, now=now, senders=senders_for(aliyun.settings)) == {"sent": 1}
        aliyun.dispose()
    arguments = dict(parse_qsl(urlsplit(server.received[0].path).query))
    assert arguments["TemplateCode"] == "SMS_7"
    assert json.loads(arguments["TemplateParam"]) == {"number": "20261118-0001", "token": TOKEN}


def test_values_are_kept_only_where_they_are_needed(configured: Configured, now: datetime) -> None:
    plain = configured()
    written(plain, now)
    with plain.read() as session:
        assert session.scalars(select(Message.values_sealed)).all() == [None]
    plain.dispose()


def test_a_webhook_takes_the_place_of_sms(configured: Configured, now: datetime) -> None:
    with web_server(ACCEPTED) as server:
        hooked = configured(webhook_url=server.url, webhook_secret=SECRET)
        written(hooked, now)
        with hooked.read() as session:
            assert session.scalars(select(Message.channel)).all() == ["webhook"]
        assert deliver(hooked, now=now) == {"sent": 1}
        hooked.dispose()
    document = json.loads(server.received[0].body)
    assert (document["event"], document["to"]) == ("invitation", "13812345678")
    assert document["link"] == WORDS["link"]


def test_a_notice_may_leave_at_night(configured: Configured, now: datetime) -> None:
    night = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
    with web_server(ACCEPTED) as server:
        hooked = configured(webhook_url=server.url, webhook_secret=SECRET, webhook_for="sms,notice")
        written(hooked, now)
        written(hooked, now, key="test:night", purpose="notice")
        assert deliver(hooked, now=night) == {"sent": 1}
        hooked.dispose()
    assert [json.loads(request.body)["event"] for request in server.received] == ["notice"]
