"""After a redo the customer is asked again and both ratings are kept; what holds is looked at when due."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from werkzeug.datastructures import MultiDict

from core.db import Database
from core.outbox.models import Message
from followup import actions
from followup.callbacks import actions as callbacks
from followup.callbacks import holding, taking
from followup.cases import actions as cases
from followup.jobs import tick
from followup.models import Case, FollowUp, ReopenRequest
from surveys import answering
from surveys.models import Answer, Item, Response
from surveys.queries import load_version
from tests.followup import factories as make
from tests.followup.test_planning import BAD, answer_by_link, sent_out, states

actions.listen()


def put_right(database: Database, now: datetime) -> None:
    """Accept the reopen request and close the case again."""
    with database.begin() as session:
        request = session.scalars(select(ReopenRequest).where(ReopenRequest.state == "open")).one()
        cases.accept_reopen(session, request, actor="sven", now=now)
        make.close(session, session.scalars(select(Case)).one(), now=now + timedelta(hours=1))


def answer_by_phone(database: Database, given: dict[str, str], now: datetime) -> None:
    """Call the customer of the one open callback and fill in the questionnaire."""
    tick(database, now=now)  # the callback was made in the round before; now it is put into the queue
    with database.begin() as session:
        agent = make.agent(session, "anna", now=now)
    with database.begin() as session:
        held = taking.pull_next(session, agent, now=now)
        assert held is not None
        callback_id = held.id
    with database.begin() as session:
        holding.reveal(session, callback_id, agent, now=now)
    with database.begin() as session:
        follow_up = session.scalars(select(FollowUp).where(FollowUp.state == "call_queued")).one()
        version = load_version(session, follow_up.version_id)
        answers, problems = answering.parse_form(version, MultiDict(given), mode="phone")
        assert not problems
        callbacks.complete(session, callback_id, agent, answers, language="zh_Hans", now=now)


def test_both_ratings_are_kept_and_linked(database: Database, now: datetime) -> None:
    answer_by_link(database, sent_out(database, now), BAD, now + timedelta(hours=1))
    put_right(database, now + timedelta(hours=2))
    tick(database, now=now + timedelta(hours=5))
    answer_by_phone(database, {"overall": "5", "resolved": "2"}, now + timedelta(hours=5))
    with database.read() as session:
        first, second = session.scalars(select(FollowUp).order_by(FollowUp.id))
        assert (first.state, first.resolution_no) == ("remedy", 1)
        assert (second.state, second.resolution_no, second.recovery_of_id) == ("answered", 2, first.id)
        assert first.response_id != second.response_id
        wanted = select(Answer.value).join(Item, Item.id == Answer.item_id).join(Response)
        ratings = session.scalars(wanted.where(Item.item_key == "overall").order_by(Response.submitted_at))
        assert list(ratings) == [1, 5]


def test_a_second_poor_answer_asks_for_another_redo_and_another_call(
    database: Database, now: datetime
) -> None:
    answer_by_link(database, sent_out(database, now), BAD, now + timedelta(hours=1))
    put_right(database, now + timedelta(hours=2))
    tick(database, now=now + timedelta(hours=5))
    answer_by_phone(database, BAD, now + timedelta(hours=5))
    tomorrow = now + timedelta(days=1)
    put_right(database, tomorrow)
    tick(database, now=tomorrow + timedelta(hours=5))
    assert states(database) == ["remedy", "remedy", "call_queued"]
    with database.read() as session:
        found = session.scalars(select(FollowUp).order_by(FollowUp.id)).all()
        assert [f.recovery_of_id for f in found] == [None, found[0].id, found[1].id]


@pytest.mark.parametrize(
    ("decided", "state", "message"), [("closed", "sent", "sent"), ("open", "void", "cancelled")]
)
def test_while_somebody_decides_about_reopening_the_message_waits(
    database: Database, now: datetime, decided: str, state: str, message: str
) -> None:
    night = now + timedelta(hours=13)  # 23:00: the message waits for the morning
    with database.begin() as session:
        make.new_rule(session, now=night)
        make.closed_case(session, now=night)
    tick(database, now=night)
    with database.begin() as session:
        session.execute(update(Case).values(state="reopen_requested"))
    morning = now + timedelta(hours=23)  # 09:00
    tick(database, now=morning)
    with database.begin() as session:
        assert session.scalars(select(Message.state)).all() == ["queued"]
        session.execute(update(Case).values(state="closed"))
        if decided == "open":
            case = session.scalars(select(Case)).one()
            cases.reopen(session, case, actor="sven", reason="again", now=morning)
    tick(database, now=morning + timedelta(hours=2))
    with database.read() as session:
        assert session.scalars(select(Message.state)).all() == [message]
    assert states(database) == [state]


def test_while_somebody_decides_about_reopening_nobody_is_reminded_or_called(
    database: Database, now: datetime
) -> None:
    sent_out(database, now)
    tick(database, now=now + timedelta(minutes=1))
    with database.begin() as session:
        session.execute(update(Case).values(state="reopen_requested"))
    assert tick(database, now=now + timedelta(days=1, minutes=5))["chase"] == {"later": 1}
    assert states(database) == ["sent"]
    with database.begin() as session:
        session.execute(update(Case).values(state="closed"))
    assert tick(database, now=now + timedelta(days=1, hours=2))["chase"] == {"reminded": 1}
