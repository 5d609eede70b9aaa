"""An invitation that did not arrive: the customer is called at once, where the rule allows it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.db import Database
from core.outbox.models import Message
from core.outbox.receipts import Receipt, take
from followup import bounces, jobs
from followup.models import Callback, FollowUp
from tests.followup import factories as make


@pytest.fixture(autouse=True)
def _listening() -> None:
    bounces.listen()
    bounces.listen()


def asked(database: Database, now: datetime, channel: str, *, ticks: int = 2) -> str:
    """A closed case whose customer was sent an invitation; the uid of the message."""
    with database.begin() as session:
        make.new_rule(session, replace(make.ASK_ALL, channel=channel), now=now)
        make.closed_case(session, now=now)
    for _n in range(ticks):
        jobs.tick(database, now=now)
    with database.read() as session:
        return session.scalars(select(Message.uid)).one()


def report(database: Database, uid: str, now: datetime, *, delivered: bool = False) -> bool:
    with database.begin() as session:
        return take(session, Receipt(uid, delivered, words="number not in service"), "sms", now)


def states(database: Database) -> tuple[str, list[str]]:
    with database.read() as session:
        return session.scalars(select(FollowUp.state)).one(), list(session.scalars(select(Callback.state)))


def test_the_phone_takes_over_at_once(database: Database, now: datetime) -> None:
    uid = asked(database, now, "link_then_phone")
    assert states(database) == ("sent", [])
    assert report(database, uid, now + timedelta(minutes=3))
    assert states(database) == ("call_queued", ["waiting"])
    assert not report(database, uid, now + timedelta(minutes=4))
    assert states(database) == ("call_queued", ["waiting"])


def test_without_calls_the_question_expires(database: Database, now: datetime) -> None:
    uid = asked(database, now, "link")
    assert report(database, uid, now)
    assert states(database) == ("expired", [])
    with database.read() as session:
        assert session.scalars(select(FollowUp.reason)).one() == "undeliverable"


def test_a_report_before_the_next_tick_counts_too(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, make.ASK_ALL, now=now)
        make.closed_case(session, now=now)
    jobs.send_due(database, now=now)
    jobs.deliver(database, now=now)
    with database.read() as session:
        uid = session.scalars(select(Message.uid)).one()
    assert states(database) == ("sending", [])
    assert report(database, uid, now)
    assert states(database)[0] == "call_queued"
    jobs.tick(database, now=now)
    assert states(database)[0] == "call_queued"


def test_a_delivered_invitation_changes_nothing(database: Database, now: datetime) -> None:
    uid = asked(database, now, "link_then_phone")
    assert report(database, uid, now, delivered=True)
    assert states(database) == ("sent", [])


def test_an_answered_question_stays_answered(database: Database, now: datetime) -> None:
    uid = asked(database, now, "link_then_phone")
    with database.begin() as session:
        session.scalars(select(FollowUp)).one().state = "answered"
    assert report(database, uid, now)
    assert states(database) == ("answered", [])
