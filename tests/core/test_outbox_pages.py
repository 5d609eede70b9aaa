"""The outbox page: who sees what, what is recorded, and what a person can decide."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock
from core.audit import AuditEntry
from core.db import Database
from core.outbox import actions
from core.outbox.models import ChannelState, Message
from tests.core.test_outbox import states, write

ClientFor = Callable[[str], FlaskClient]
Token = Callable[[FlaskClient, str], str]


@pytest.fixture
def messages(database: Database, now: datetime) -> None:
    """Three messages: an SMS that waits, a mail that may have arrived, and one that was refused."""
    with database.begin() as session:
        write(session, now, 1, channel="sms", to="13812345678", body="请评价：https://heat.example/s/abc")
        for n, state in ((2, "uncertain"), (3, "failed")):
            message = write(session, now, n)
            assert message is not None
            message.state, message.error = state, "550 <b>no</b>" if state == "failed" else ""


def reads(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        wanted = select(AuditEntry).where(AuditEntry.action.startswith("message."))
        return [(e.actor, e.action) for e in session.scalars(wanted)]


@pytest.mark.usefixtures("messages")
def test_the_list_is_masked_and_escaped(client_for: ClientFor) -> None:
    page = client_for("sven").get("/outbox").text
    assert "138****5678" in page
    assert "13812345678" not in page
    assert "c2@example.org" not in page
    assert "&lt;b&gt;no" in page
    assert "/s/abc" not in page
    assert "3 messages" in page


@pytest.mark.usefixtures("messages")
def test_filters_stand_in_the_address(client_for: ClientFor) -> None:
    sven = client_for("sven")
    assert "1 message<" in sven.get("/outbox?state=uncertain").text
    assert "1 message<" in sven.get("/outbox?channel=sms").text
    assert "No message is in this state" in sven.get("/outbox?state=sent").text
    for nonsense in (
        "?state=zzz&channel=zzz&page=zzz",
        "?page=-1",
        "?page=999",
        "?page=99999999999999999999",
    ):
        assert sven.get(f"/outbox{nonsense}").status_code == 200


def test_an_empty_outbox_says_what_fills_it(client_for: ClientFor) -> None:
    assert "Closing a case" in client_for("sven").get("/outbox").text


@pytest.mark.usefixtures("messages")
def test_opening_a_text_is_a_press_that_is_recorded(
    client_for: ClientFor, csrf: Token, database: Database
) -> None:
    ada = client_for("ada")
    closed = ada.get("/outbox/1").text
    assert "/s/abc" not in closed
    assert reads(database) == []
    opened = ada.post("/outbox/1", data={"csrf_token": csrf(ada, "/outbox/1")})
    assert opened.status_code == 200
    assert '<a href="https://heat.example/s/abc" rel="noreferrer">' in opened.text
    assert "13812345678" in opened.text
    assert reads(database) == [("ada", "message.read")]


@pytest.mark.usefixtures("messages")
def test_only_an_administrator_opens_a_text(client_for: ClientFor, csrf: Token, database: Database) -> None:
    sven = client_for("sven")
    token = csrf(sven, "/outbox")
    assert sven.get("/outbox/1").status_code == 403
    assert sven.post("/outbox/1", data={"csrf_token": token}).status_code == 403
    for name in ("anna", "olga", "lena", "aldo"):
        assert client_for(name).get("/outbox").status_code == 403
    assert reads(database) == []


@pytest.mark.usefixtures("messages")
def test_a_person_decides_about_stuck_messages(
    client_for: ClientFor, csrf: Token, database: Database
) -> None:
    sven = client_for("sven")
    token = csrf(sven, "/outbox")
    assert sven.post("/outbox/2/sent", data={"csrf_token": token}).status_code == 303
    assert "could not be sent" in sven.get("/outbox/3/again").text
    assert states(database) == {1: "queued", 2: "sent", 3: "failed"}  # asking changes nothing
    done = sven.post("/outbox/3/again", data={"csrf_token": token})
    assert (done.status_code, done.location) == (303, "/outbox?state=failed")
    assert states(database) == {1: "queued", 2: "sent", 3: "queued"}
    assert reads(database) == [("sven", "message.confirmed_sent"), ("sven", "message.send_again")]


@pytest.mark.usefixtures("messages")
def test_a_second_press_is_refused_and_changes_nothing(
    client_for: ClientFor, csrf: Token, database: Database
) -> None:
    sven = client_for("sven")
    token = csrf(sven, "/outbox")
    assert sven.post("/outbox/1/sent", data={"csrf_token": token}).status_code == 409
    assert sven.post("/outbox/1/again", data={"csrf_token": token}).status_code == 409
    assert sven.post("/outbox/99/again", data={"csrf_token": token}).status_code == 404
    assert "cannot be sent again" in sven.get("/outbox/1/again").text
    assert sven.post("/outbox/2/sent").status_code == 400  # without the form's token
    assert states(database) == {1: "queued", 2: "uncertain", 3: "failed"}


def test_pages_of_fifty(client_for: ClientFor, database: Database, now: datetime) -> None:
    with database.begin() as session:
        for n in range(51):
            write(session, now, n)
    sven = client_for("sven")
    assert "Page 1 of 2" in sven.get("/outbox").text
    assert sven.get("/outbox?page=2").text.count("c***@example.org") == 1
    with database.read() as session:
        assert session.get(Message, 51) is not None


@pytest.fixture
def failures(database: Database, now: datetime) -> None:
    """Five that failed for two reasons, one that may have arrived."""
    with database.begin() as session:
        for n in range(6):
            message = write(session, now, n, channel="sms" if n else "email", to="13812345678")
            assert message is not None
            message.state, message.attempts = "failed" if n < 5 else "uncertain", 8
            message.error = "550 no such user" if n < 2 else "SIGN the signature is not approved"


@pytest.mark.usefixtures("failures")
def test_failed_messages_are_sent_again_by_their_reason(
    client_for: ClientFor, csrf: Token, database: Database
) -> None:
    sven = client_for("sven")
    page = sven.get("/outbox/again").text
    assert "Send 3 messages again" in page
    assert "Send 2 messages again" in page
    assert "Send 5 messages again" in page
    assert states(database)[2] == "failed"  # asking changes nothing
    token = csrf(sven, "/outbox/again")
    data = {"csrf_token": token, "error": "SIGN the signature is not approved"}
    done = sven.post("/outbox/again", data=data)
    assert (done.status_code, done.location) == (303, "/outbox?state=failed")
    assert states(database) == {
        0: "failed", 1: "failed", 2: "queued", 3: "queued", 4: "queued", 5: "uncertain",
    }  # fmt: skip
    assert "3 messages wait to be sent again" in sven.get("/outbox").text
    with database.read() as session:
        wanted = select(AuditEntry).where(AuditEntry.action == "messages.send_again")
        [entry] = session.scalars(wanted)
        assert (entry.actor, json.loads(entry.detail)["number"]) == ("sven", 3)


@pytest.mark.usefixtures("failures")
def test_failed_messages_are_sent_again_by_channel(
    client_for: ClientFor, csrf: Token, database: Database
) -> None:
    sven = client_for("sven")
    assert "Send 1 message again" in sven.get("/outbox/again?channel=email").text
    sven.post("/outbox/again", data={"csrf_token": csrf(sven, "/outbox"), "channel": "email"})
    assert [n for n, state in states(database).items() if state == "queued"] == [0]
    sven.post("/outbox/again", data={"csrf_token": csrf(sven, "/outbox"), "channel": "nonsense"})
    assert Counter(states(database).values()) == {"queued": 5, "uncertain": 1}  # never that one
    assert "No message has failed" in sven.get("/outbox/again").text


def test_many_at_once_have_a_limit(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 3)
    with database.begin() as session:
        for n in range(5):
            message = write(session, now, n)
            assert message is not None
            message.state = "failed"
    with database.begin() as session:
        assert actions.send_failed_again(session, actor="sven", now=now) == 3
    with database.begin() as session:
        assert actions.send_failed_again(session, actor="sven", now=now) == 2


@pytest.mark.usefixtures("failures")
def test_only_leads_send_many_again(client_for: ClientFor, csrf: Token, database: Database) -> None:
    for name in ("anna", "olga", "lena", "aldo"):
        client = client_for(name)
        data = {"csrf_token": csrf(client, "/account")}
        assert client.post("/outbox/again", data=data).status_code == 403
        assert client.post("/outbox/channels/sms/try", data=data).status_code == 403
    assert Counter(states(database).values()) == {"failed": 5, "uncertain": 1}


def test_a_resting_channel_is_shown_and_can_be_tried(
    client_for: ClientFor, csrf: Token, database: Database, now: datetime
) -> None:
    until = clock.now() + timedelta(minutes=20)
    with database.begin() as session:
        write(session, now, channel="sms", to="13812345678")
        session.add(
            ChannelState(
                channel="sms", failures=4, openings=2, open_until=until, error="503 <b>down</b>",
                changed_at=now,
            )
        )  # fmt: skip
    sven = client_for("sven")
    page = sven.get("/outbox").text
    assert "rests until" in page
    assert "1 message waits." in page
    assert "503 &lt;b&gt;down" in page
    assert (
        sven.post("/outbox/channels/sms/try", data={"csrf_token": csrf(sven, "/outbox")}).status_code == 303
    )
    assert "is being tried with one message" in sven.get("/outbox").text
    again = sven.post("/outbox/channels/sms/try", data={"csrf_token": csrf(sven, "/outbox")})
    assert again.status_code == 303
    assert (
        sven.post("/outbox/channels/fax/try", data={"csrf_token": csrf(sven, "/outbox")}).status_code == 303
    )
    assert [action for _actor, action in tried(database)] == ["channel.try"]


def tried(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        wanted = select(AuditEntry).where(AuditEntry.action.startswith("channel."))
        return [(e.actor, e.action) for e in session.scalars(wanted)]


@pytest.mark.usefixtures("messages")
def test_what_the_provider_reported_is_shown(client_for: ClientFor, database: Database) -> None:
    with database.begin() as session:
        message = session.get_one(Message, 1)
        message.receipt_state, message.provider_id = "undelivered", "G-77"
        message.receipt_at = message.created_at
    assert "Did not arrive" in client_for("sven").get("/outbox").text
    detail = client_for("ada").get("/outbox/1").text
    assert "G-77" in detail
    assert "Did not arrive" in detail
    assert "&lt;span" not in detail
