"""Undo against whatever else happens to the same people and calls in those five minutes."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.contacts.actions import lift_do_not_contact, set_do_not_contact
from core.contacts.models import Contact
from core.db import Database
from followup.callbacks import choices, holding, pausing, queries, taking
from followup.callbacks.models import Pause
from followup.callbacks.outcomes import Code
from followup.callbacks.undoing import UndoError
from followup.jobs import settle_calls, tick, wake_callbacks
from followup.models import Attempt, Callback, FollowUp
from tests.followup import factories as make
from tests.followup.callbacks.test_actions import anna, end, in_call, pull
from tests.followup.callbacks.test_undo import SOON, last_attempt, undo

SHARED, OWN = "13911112222", "13911113333"


def silenced(database: Database) -> list[bool]:
    """Who is left alone, in the order of the contacts."""
    with database.read() as session:
        return list(session.scalars(select(Contact.do_not_contact).order_by(Contact.id)))


def test_who_shares_the_number_and_asked_alone_stays_left_alone(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact = make.new_contact(session, now=now, phones=[SHARED])
        family = make.new_contact(session, now=now, name="李静", phones=[SHARED])
    agent, callback_id = in_call(database, now, contact=contact)
    end(database, agent, callback_id, Code.DO_NOT_CONTACT, now)
    with database.begin() as session:
        told = {"actor": "customer", "channel": "web", "reason": "by link", "now": now + SOON}
        set_do_not_contact(session, family.id, **told)  # type: ignore[arg-type]
    with pytest.raises(UndoError, match="another way"):
        undo(database, agent, now + SOON)
    assert silenced(database) == [True, True]


def test_who_was_left_alone_before_the_call_stays_so_after_undo(database: Database, now: datetime) -> None:
    with database.begin() as session:
        mail = {"email": "home@example.org"}
        contact = make.new_contact(session, now=now, phones=[SHARED])
        make.new_contact(session, now=now, name="李静", phones=[SHARED], **mail)
        third = make.new_contact(session, now=now, name="李明", phones=[OWN], **mail)
    agent, callback_id = in_call(database, now, contact=contact)
    with database.begin() as session:
        told = {"actor": "customer", "channel": "web", "reason": "by link", "now": now}
        set_do_not_contact(session, third.id, **told)  # type: ignore[arg-type]
    assert silenced(database) == [False, True, True]
    end(database, agent, callback_id, Code.DO_NOT_CONTACT, now)
    undo(database, agent, now + SOON)
    assert silenced(database) == [False, True, True]


def test_a_second_call_that_said_no_contact_stands_when_the_first_is_undone(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        contact = make.new_contact(session, now=now, phones=[SHARED])
        family = make.new_contact(session, now=now, name="李静", phones=[OWN, SHARED])
    agent, callback_id = in_call(database, now, contact=contact)
    with database.begin() as session:
        make.closed_case(session, now=now, contact=family)
    tick(database, now=now)
    wake_callbacks(database, now=now)
    second = anna(database, now, "amir")
    theirs = pull(database, second, now) or 0
    with database.begin() as session:
        holding.reveal(session, theirs, second, now=now)
    end(database, agent, callback_id, Code.DO_NOT_CONTACT, now)
    first = last_attempt(database)
    end(database, second, theirs, Code.DO_NOT_CONTACT, now + SOON)
    with pytest.raises(UndoError, match="another way"):
        undo(database, agent, now + SOON, first)
    undo(database, second, now + SOON)  # entered by mistake: then the first one can be undone, too
    assert silenced(database) == [True, True]
    undo(database, agent, now + SOON, first)
    assert silenced(database) == [False, False]


def test_a_wish_that_staff_lifted_ends_nothing(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    with database.begin() as session:
        contact = session.scalars(select(Contact)).one()
        make.closed_case(session, now=now, contact=contact)
    end(database, agent, callback_id, Code.DO_NOT_CONTACT, now)
    with database.begin() as session:
        lift_do_not_contact(session, contact.id, actor="olga", reason="asked", now=now + SOON)
    settle_calls(database, now=now + timedelta(minutes=5))
    with database.read() as session:
        states = session.scalars(select(FollowUp.state).order_by(FollowUp.id)).all()
    assert states == ["closed_no_response", "planned"]


def test_undo_ends_the_pause_that_began_after_the_call(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    end(database, agent, callback_id, Code.BUSY, now)
    with database.begin() as session:
        reason = choices.active(session, "pause")[0].code
        pausing.begin(session, agent.id, reason, now=now)
    undo(database, agent, now + SOON)
    with database.read() as session:
        assert session.scalars(select(Pause.ended_at)).one() == now + SOON
        assert taking.in_hand_of(session, agent.id) is not None


def test_the_desk_names_who_undid_a_call_as_people_know_them(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    end(database, agent, callback_id, Code.BUSY, now)
    undo(database, agent, now + SOON)
    with database.read() as session:
        callback = session.get_one(Callback, callback_id)
        follow_up = session.get_one(FollowUp, callback.follow_up_id)
        [past] = queries._history(session, callback, follow_up)
        assert session.scalars(select(Attempt.undone_by)).one() == "anna"
        assert past.undone_by == past.who != "anna"


def test_no_contact_said_again_after_undo_can_be_undone_again(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    for n in range(3):
        moment = now + n * SOON
        end(database, agent, callback_id, Code.DO_NOT_CONTACT, moment)
        assert silenced(database) == [True]
        undo(database, agent, moment + timedelta(seconds=30))
        assert silenced(database) == [False]
    end(database, agent, callback_id, Code.NO_ANSWER, now + 3 * SOON)
    with database.read() as session:
        numbers = session.scalars(select(Attempt.number).order_by(Attempt.id)).all()
        assert (numbers, make.only_callback(session).attempts) == ([1, 1, 1, 1], 1)
