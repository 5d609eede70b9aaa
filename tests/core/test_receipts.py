"""Reports of providers: proven, taken once, and right whenever they come."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import create_app
from core import clock
from core.db import Database
from core.outbox import actions, hooks
from core.outbox.channels.choice import senders_for
from core.outbox.channels.signing import sign
from core.outbox.jobs import deliver
from core.outbox.models import Message
from core.outbox.receipts import Receipt, take
from core.settings import Settings
from tests.core.test_gateway import SECRET
from tests.core.test_outbox import write
from tests.core.webserver import Reply, Request, web_server

TOKEN = "a token that only Aliyun and we know"
GATEWAY = {"sms_url": "https://sms.example/send", "sms_secret": SECRET}
ALIYUN = GATEWAY | {"sms_kind": "aliyun", "sms_key_id": "LTAI", "sms_receipt_token": TOKEN}
Report = Callable[..., TestResponse]


def message_in(database: Database, now: datetime, state: str = "sent", n: int = 1) -> str:
    """An SMS in a state; its uid."""
    with database.begin() as session:
        message = write(session, now, n, channel="sms", to="13812345678")
        assert message is not None
        message.state, message.attempts = state, 1
        message.sent_at = now if state == "sent" else None
        return message.uid


def the(database: Database) -> Message:
    with database.read() as session:
        return session.scalars(select(Message)).one()


def browser(database: Database, **given: str) -> FlaskClient:
    return create_app(replace(database.settings, **given), database).test_client()  # type: ignore[arg-type]


def signed(
    client: FlaskClient, document: object, *, at: datetime | None = None, secret: str = SECRET
) -> TestResponse:
    body = json.dumps(document).encode()
    headers = sign(secret, body, at or clock.now())
    return client.post("/receipts/sms", data=body, headers=headers, content_type="application/json")


@pytest.mark.parametrize("before", ["sent", "sending", "uncertain", "failed"])
def test_delivered_settles_whatever_we_thought(database: Database, now: datetime, before: str) -> None:
    uid = message_in(database, now, before)
    answer = signed(browser(database, **GATEWAY), {"id": uid, "status": "delivered", "provider_id": "G-1"})
    assert (answer.status_code, answer.json) == (200, {"code": 0, "msg": "OK", "read": 1, "new": 1})
    message = the(database)
    assert (message.state, message.receipt_state, message.provider_id) == ("sent", "delivered", "G-1")
    assert message.receipt_at is not None
    assert message.sent_at is not None


def test_a_report_twice_changes_nothing(database: Database, now: datetime) -> None:
    uid = message_in(database, now)
    client, heard = browser(database, **GATEWAY), []
    hooks.undelivered.append(lambda _session, message, _now: heard.append(message.uid))
    try:
        report = {"id": uid, "status": "undelivered", "reason": "MK:0001 number 13812345678 unknown"}
        assert [signed(client, report).json["new"] for _n in range(3)] == [1, 0, 0]  # type: ignore[index]
        assert heard == [uid]
        assert the(database).error == "not delivered: MK:0001 number *** unknown"
        late = [signed(client, {"id": uid, "status": "delivered"}).json["new"] for _n in range(2)]  # type: ignore[index]
        assert late == [1, 0]
        assert signed(client, report).json["new"] == 0  # type: ignore[index]
    finally:
        hooks.undelivered.pop()
    assert (the(database).receipt_state, the(database).error, heard) == ("delivered", "", [uid])


def test_one_request_may_bring_many(database: Database, now: datetime) -> None:
    uids = [message_in(database, now, n=n) for n in range(3)]
    reports: list[object] = [{"id": uid, "status": "delivered"} for uid in uids]
    nonsense = [None, 7, "x", [], {}, {"id": 7, "status": "delivered"}, {"id": uids[0], "status": "read"}]
    client = browser(database, **GATEWAY)
    assert signed(client, reports + nonsense + reports).json == {"code": 0, "msg": "OK", "read": 7, "new": 3}
    assert signed(client, [{"id": "x", "status": "delivered"}] * 501).status_code == 413


def test_who_cannot_prove_it_is_refused(database: Database, now: datetime) -> None:
    uid = message_in(database, now)
    client, report = browser(database, **GATEWAY), {"id": uid, "status": "delivered"}
    moment = clock.now()
    assert signed(client, report, secret="another secret altogether").status_code == 403
    assert (
        signed(client, report, at=moment - timedelta(minutes=6)).status_code == 403
    )  # recorded and replayed
    assert signed(client, report, at=moment + timedelta(minutes=6)).status_code == 403
    assert client.post("/receipts/sms", json=report).status_code == 403
    body = json.dumps(report).encode()
    tampered = client.post("/receipts/sms", data=body + b" ", headers=sign(SECRET, body, moment))
    assert tampered.status_code == 403
    assert the(database).receipt_state == ""
    statuses = {client.post("/receipts/sms", json=report).status_code for _n in range(40)}
    assert statuses == {403, 429}
    assert signed(client, report).status_code == 200  # who can prove it is not held up


def test_odd_bodies_are_refused(database: Database, now: datetime) -> None:
    client, moment = browser(database, **GATEWAY), clock.now()
    for body in (b"", b"{", b"\xff", b"[" * 100_000):
        answer = client.post("/receipts/sms", data=body, headers=sign(SECRET, body, moment))
        assert answer.status_code == 422, body[:10]
    huge = b" " * 600_000
    assert client.post("/receipts/sms", data=huge, headers=sign(SECRET, huge, moment)).status_code == 413


@pytest.mark.parametrize(
    ("given", "closed"),
    [
        ({}, ("sms", "aliyun", "webhook", "email")),
        (GATEWAY, ("aliyun", "webhook", "email")),
        (ALIYUN, ("sms", "webhook", "email")),
    ],
)
def test_only_what_is_set_up_listens(
    database: Database, given: dict[str, str], closed: tuple[str, ...]
) -> None:
    client = browser(database, **given)
    for channel in closed:
        assert client.post(f"/receipts/{channel}", json=[]).status_code == 404
    assert client.get("/receipts/sms").status_code == 405


def test_aliyun_reports_by_its_own_name(database: Database, now: datetime) -> None:
    first, second = (message_in(database, now, n=n) for n in range(2))
    # The example of help.aliyun.com/document_detail/101867.html, with our ids.
    reports = [
        {
            "phone_number": "13811110000", "send_time": "2017-01-01 00:00:00",
            "report_time": "2017-01-01 00:00:00", "success": True, "err_code": "DELIVERED",
            "err_msg": "用户接收成功", "sms_size": "1", "biz_id": "12345", "out_id": first,
        },
        {"success": False, "err_code": "MOBILE_NOT_ON_SERVICE", "err_msg": "停机", "out_id": second},
        {"success": "yes", "out_id": first},
    ]  # fmt: skip
    client = browser(database, **ALIYUN)
    assert client.post("/receipts/aliyun?token=wrong", json=reports).status_code == 403
    assert client.post("/receipts/aliyun?token=%C3%A4", json=reports).status_code == 403
    assert client.post("/receipts/aliyun", json=reports).status_code == 403
    answer = client.post(f"/receipts/aliyun?token={TOKEN}", json=reports)
    assert (answer.status_code, answer.json["code"]) == (200, 0)  # type: ignore[index] # it looks at the code only
    with database.read() as session:
        found = {m.uid: m for m in session.scalars(select(Message))}
    assert (found[first].receipt_state, found[first].provider_id) == ("delivered", "12345")
    assert found[second].receipt_state == "undelivered"
    assert found[second].error == "not delivered: MOBILE_NOT_ON_SERVICE 停机"


def test_without_a_token_aliyun_cannot_report(database: Database, now: datetime) -> None:
    client = browser(database, **(ALIYUN | {"sms_receipt_token": ""}))
    assert client.post("/receipts/aliyun?token=", json=[]).status_code == 403


def test_a_report_may_be_faster_than_the_answer(
    database: Database, settings: Settings, now: datetime
) -> None:
    using = replace(settings, **GATEWAY)  # type: ignore[arg-type]

    def report_first(request: Request) -> Reply:
        other = Database(using)
        uid = str(json.loads(request.body)["id"])
        with other.begin() as session:
            assert take(session, Receipt(uid, delivered=True, provider_id="G-9"), "sms", now)
        other.dispose()
        return Reply(200, b'{"status": "accepted", "id": "G-9"}')

    with database.begin() as session:
        write(session, now, channel="sms", to="13812345678")
    with web_server(report_first) as server:
        senders = senders_for(replace(using, sms_url=server.url))
        assert deliver(database, now=now, senders=senders) == {"sent": 1}
    message = the(database)
    assert (message.state, message.receipt_state, message.provider_id) == ("sent", "delivered", "G-9")


def test_what_has_arrived_is_not_sent_again(database: Database, now: datetime) -> None:
    uid = message_in(database, now, "uncertain")
    with database.begin() as session:
        actions.send_again(session, session.scalars(select(Message)).one(), actor="sven", now=now)
    with database.begin() as session:
        assert not take(session, Receipt(uid, delivered=False), "sms", now)  # about the time before
        assert take(session, Receipt(uid, delivered=True), "sms", now)
    assert deliver(database, now=now) == {}
    assert the(database).state == "sent"


def test_a_report_about_another_channel_is_none(database: Database, now: datetime) -> None:
    uid = message_in(database, now)
    with database.begin() as session:
        assert not take(session, Receipt(uid, delivered=True), "webhook", now)
