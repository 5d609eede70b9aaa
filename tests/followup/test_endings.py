"""What ends the asking for good, and what must not: opting out, reopening, late mail, the turn of a year."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import select, update

from core.contacts.models import Contact
from core.db import Database
from core.errors import TransitionError
from core.outbox.models import Message
from followup import actions
from followup.cases import actions as cases
from followup.cases import texts
from followup.jobs import tick
from followup.models import Callback, Case, FollowUp, ReopenRequest
from followup.sending import send
from surveys.models import Invitation
from tests.followup import factories as make
from tests.followup.test_planning import BAD, GOOD, answer_by_link, sent_out, states
from tests.surveys.links import signature

actions.listen()


def test_who_opted_out_by_link_is_not_asked_about_the_next_case(
    database: Database, app: Flask, now: datetime
) -> None:
    token, client = sent_out(database, now), app.test_client()
    signed = signature(client.get(f"/s/{token}/stop"))
    for _press in range(2):
        assert client.post(f"/s/{token}/stop", data={"csrf_token": signed}).status_code == 303
    with database.begin() as session:
        customer = session.scalars(select(Contact)).one()
        make.closed_case(session, now=now, contact=customer)
    tick(database, now=now + timedelta(minutes=5))
    assert states(database) == ["closed_no_response", "skipped"]
    with database.read() as session:
        assert session.scalars(select(Message.state)).all() == ["sent"]  # the first question, and no other


def test_reopening_takes_back_a_link_that_outlived_its_rule(database: Database, now: datetime) -> None:
    token = sent_out(database, now)
    tick(database, now=now + timedelta(days=30))
    with database.begin() as session:  # as after calls that ended without an answer, days before its last
        session.execute(update(Invitation).values(answer_by=now + timedelta(days=60)))
    assert states(database)[0] in {"expired", "call_queued"}
    with database.begin() as session:
        actions.give_up(session, make.only_follow_up(session), actor="anna", now=now, reason="refused")
    with database.begin() as session:
        case = session.scalars(select(Case)).one()
        cases.reopen(session, case, actor="sven", reason="did not hold", now=now + timedelta(days=31))
        assert session.scalars(select(Invitation.state)).all() == ["withdrawn"]
    assert token


def test_a_link_that_takes_no_answer_any_more_is_not_sent(database: Database, now: datetime) -> None:
    night = now + timedelta(hours=13)  # 23:00: the message waits
    with database.begin() as session:
        make.new_rule(session, replace(make.ASK_ALL, channel="link"), now=night)
        make.closed_case(session, now=night)
    tick(database, now=night)
    tick(database, now=night + timedelta(days=15, hours=12))  # no scheduler and no mail for two weeks
    with database.read() as session:
        assert session.scalars(select(Message.state)).all() == ["cancelled"]
    assert states(database) == ["skipped"]


def test_the_supervisor_reads_what_the_customer_says_now(database: Database, now: datetime) -> None:
    token = sent_out(database, now)
    answer_by_link(database, token, BAD | {"resolved": "2"}, now + timedelta(hours=1))
    answer_by_link(database, token, BAD | {"reason": "三天了还没人来"}, now + timedelta(hours=2))
    with database.read() as session:
        request = session.scalars(select(ReopenRequest)).one()
        assert texts.reopen_words(session, request) == "三天了还没人来"
        assert (request.cause, request.state) == ("both", "open")
    answer_by_link(database, token, GOOD, now + timedelta(hours=3))
    with database.read() as session:
        request = session.scalars(select(ReopenRequest)).one()
        assert (request.cause, request.state) == ("both", "open")  # a person decides, not the rating


def test_the_turn_of_a_year_without_a_calendar_holds_up_no_question(database: Database) -> None:
    eve = datetime(2026, 12, 31, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai; 2027 is not published here
    token = sent_out(database, eve)
    assert states(database) == ["sent"]
    answer_by_link(database, token, GOOD, eve + timedelta(hours=1))
    assert states(database) == ["answered"]


def test_the_turn_of_a_year_without_a_calendar_holds_up_no_call(database: Database) -> None:
    eve = datetime(2026, 12, 31, 2, 0, tzinfo=UTC)
    with database.begin() as session:
        make.new_rule(session, make.by_phone(), now=eve)
        make.closed_case(session, now=eve)
    tick(database, now=eve)
    tick(database, now=eve + timedelta(minutes=1))
    with database.read() as session:
        callback = session.scalars(select(Callback)).one()
        assert (callback.state, callback.deadline) == ("ready", None)


def test_two_schedulers_keep_the_cap_of_one_customer(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, replace(make.ASK_ALL, cap_days=30), now=now)
        customer = make.new_contact(session, now=now)
        for _n in range(2):
            make.closed_case(session, now=now, contact=customer)
        first, second = session.scalars(select(FollowUp.id).order_by(FollowUp.id))

    def asks() -> str | None:
        with database.begin() as session:
            return send(session, first, now)

    with ThreadPoolExecutor(1) as pool:
        with database.begin() as session:
            assert send(session, second, now) == "invited"
            other = pool.submit(asks)
            time.sleep(0.3)
        assert isinstance(other.exception(), TransitionError) or other.result() == "skipped"
    tick(database, now=now + timedelta(minutes=1))
    assert states(database) == ["skipped", "sent"]
