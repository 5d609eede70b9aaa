"""An outcome chosen by mistake is undone for five minutes; then it is settled. Both as people see it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.audit import AuditEntry
from core.contacts import queries as contacts
from core.contacts import wishes
from core.contacts.actions import set_do_not_contact
from core.contacts.models import Contact, ContactEvent, Phone
from core.db import Database
from core.errors import ConflictError, NotFoundError
from core.transitions import history
from followup.callbacks import before, holding, queries, supervising, undoing
from followup.callbacks.outcomes import Code
from followup.callbacks.taking import Agent
from followup.callbacks.undoing import UndoError
from followup.corrections.models import Correction
from followup.jobs import settle_calls, stop_contacts, tick, wake_callbacks
from followup.models import Attempt, Callback, FollowUp
from tests.followup import factories as make
from tests.followup.callbacks.test_actions import anna, end, in_call, pull, settled, state

SOON = timedelta(minutes=2)


def last_attempt(database: Database) -> int:
    with database.read() as session:
        return session.scalars(select(Attempt.id).order_by(Attempt.id.desc())).first() or 0


def undo(database: Database, agent: Agent, now: datetime, attempt_id: int | None = None) -> int:
    """Press undo."""
    with database.begin() as session:
        wanted = last_attempt(database) if attempt_id is None else attempt_id
        return undoing.undo(session, wanted, agent, now=now).id


def offered(database: Database, agent: Agent, now: datetime) -> int | None:
    """The attempt that the desk offers to undo."""
    with database.read() as session:
        found = undoing.last_undoable(session, agent.id, now)
    return found.attempt_id if found else None


def with_link_out(database: Database, now: datetime) -> tuple[Agent, int, str, datetime]:
    """A link that nobody answered, then a call in anna's hands."""
    with database.begin() as session:
        terms = replace(make.ASK_ALL, reminder_after_workdays=None, phone_after_workdays=1)
        make.new_rule(session, terms, now=now)
        make.closed_case(session, now=now)
    tick(database, now=now)
    token = make.link_token(database)
    tomorrow = now + timedelta(days=1, minutes=5)
    tick(database, now=tomorrow)
    wake_callbacks(database, now=tomorrow)
    agent = anna(database, now)
    callback_id = pull(database, agent, tomorrow)
    assert callback_id is not None
    with database.begin() as session:
        holding.reveal(session, callback_id, agent, now=tomorrow)
    return agent, callback_id, token, tomorrow


@pytest.mark.parametrize("code", [Code.NO_ANSWER, Code.REFUSED_HARD, Code.APPT_FIXED, Code.SUPERVISOR])
def test_an_outcome_is_undone_and_the_call_goes_on_as_it_stood(
    database: Database, now: datetime, code: Code
) -> None:
    agent, callback_id = in_call(database, now)
    with database.read() as session:
        stood = before.snapshot(make.only_callback(session))
    typed = {"overall": "4", "note": "老人听不清"}
    end(database, agent, callback_id, code, now, note="老人听不清", typed=typed, appointment=now + SOON * 99)
    assert offered(database, agent, now + SOON) == last_attempt(database)
    assert undo(database, agent, now + SOON) == callback_id
    with database.read() as session:
        callback = make.only_callback(session)
        assert (callback.state, callback.agent_id, callback.outcome) == ("in_call", agent.id, "")
        assert before.snapshot(callback) == stood | {"version": callback.version}
        assert (callback.ended_at, callback.settles_at, callback.result) == (None, None, "")
        assert holding.draft_of(session, callback) == typed
        attempt = session.scalars(select(Attempt)).one()
        assert (attempt.undone_at, attempt.undone_by, attempt.outcome) == (now + SOON, "anna", code)
        assert contacts.contacted_since(session, callback.contact_id or 0, now) == 0
        events = [row.event for row in history(session, "callback", [callback_id])]
        assert events[-1] == "undo"
        assert "callback.undo" in session.scalars(select(AuditEntry.action)).all()
    assert offered(database, agent, now + SOON) is None
    end(database, agent, callback_id, Code.NO_ANSWER, now + SOON)
    assert state(database)[0] == "waiting"


def test_two_presses_are_one_undo(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    end(database, agent, callback_id, Code.BUSY, now)
    assert [undo(database, agent, now + SOON) for _n in range(2)] == [callback_id] * 2
    with database.read() as session:
        steps = [row.event for row in history(session, "callback", [callback_id])]
        assert steps.count("undo") == 1


def test_after_five_minutes_an_outcome_stands_and_says_so(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    end(database, agent, callback_id, Code.REFUSED_HARD, now, note="不想说")
    over = now + timedelta(minutes=5)
    assert settle_calls(database, now=over - timedelta(seconds=1)) == {}
    assert offered(database, agent, over - timedelta(seconds=1)) is not None
    assert offered(database, agent, over) is None
    with pytest.raises(UndoError, match="five minutes"):
        undo(database, agent, over)
    assert settle_calls(database, now=over) == {"settled": 1}
    assert state(database) == ("done", "REFUSED_HARD", "closed_no_response")
    with database.read() as session:
        attempt = session.scalars(select(Attempt)).one()
        assert (attempt.before, attempt.taken_back_sealed) == (None, None)
    with pytest.raises(UndoError):
        undo(database, agent, over)


def test_only_who_recorded_it_undoes_it(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    end(database, agent, callback_id, Code.NO_ANSWER, now)
    other = anna(database, now, "amir")
    assert offered(database, other, now) is None
    with pytest.raises(NotFoundError):
        undo(database, other, now)


def test_the_next_callback_goes_back_unless_it_is_being_called(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now, n=2)
    end(database, agent, callback_id, Code.NO_ANSWER, now)
    following = pull(database, agent, now)
    assert following not in (None, callback_id)
    with database.begin() as session:
        holding.reveal(session, following or 0, agent, now=now)
    with pytest.raises(UndoError, match="another call"):
        undo(database, agent, now + SOON)
    with database.begin() as session:
        holding.release(session, following or 0, agent, reason="break", now=now)
    assert pull(database, agent, now + SOON) == following
    assert undo(database, agent, now + SOON) == callback_id
    with database.read() as session:
        assert session.get_one(Callback, following).state == "ready"


def test_what_somebody_has_in_hand_is_not_undone(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact = make.new_contact(session, now=now, phones=["13911110000", "13911110001"])
    agent, callback_id = in_call(database, now, contact=contact)
    end(database, agent, callback_id, Code.DEAD_NUMBER, now)
    other = anna(database, now, "amir")
    assert pull(database, other, now) == callback_id
    assert offered(database, agent, now + SOON) is None
    with pytest.raises(UndoError, match="in hand"):
        undo(database, agent, now + SOON)


def test_a_wrong_number_is_undone_though_the_other_one_is_in_the_same_hand(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        contact = make.new_contact(session, now=now, phones=["13911110000", "13911110001"])
    agent, callback_id = in_call(database, now, contact=contact)
    end(database, agent, callback_id, Code.WRONG_NUMBER, now)
    assert pull(database, agent, now) == callback_id
    assert offered(database, agent, now + SOON) == last_attempt(database)
    undo(database, agent, now + SOON)
    with database.begin() as session:
        callback = make.only_callback(session)
        assert callback.state == "in_call"
        assert queries.desk(session, callback, now=now + SOON).number == "13911110000"
    end(database, agent, callback_id, Code.WRONG_NUMBER, now + SOON)
    assert pull(database, agent, now + SOON) == callback_id
    with database.begin() as session:
        holding.reveal(session, callback_id, agent, now=now + SOON)
    assert offered(database, agent, now + SOON) is None
    with pytest.raises(UndoError):
        undo(database, agent, now + SOON)


def test_what_a_supervisor_decided_is_not_undone(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    end(database, agent, callback_id, Code.SUPERVISOR, now, note="投诉")
    with database.begin() as session:
        supervising.decide_held(session, callback_id, resume=True, actor="sven", reason="", now=now)
    with pytest.raises(UndoError, match="gone on"):
        undo(database, agent, now + SOON)


def test_a_wrong_number_lives_again_and_leaves_the_list(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact = make.new_contact(session, now=now)
    agent, callback_id = in_call(database, now, n=2, contact=contact)
    end(database, agent, callback_id, Code.WRONG_NUMBER, now)
    with database.read() as session:
        assert session.scalars(select(Phone.dead)).all() == [True]
        assert session.scalars(select(Correction.kind)).all() == ["wrong"]
        assert sorted(session.scalars(select(Callback.state))) == ["done", "ready"]  # the other one waits
    assert pull(database, agent, now) is None
    undo(database, agent, now + SOON)
    with database.read() as session:
        assert session.scalars(select(Phone.dead)).all() == [False]
        assert session.scalars(select(Correction.state)).all() == ["undone"]
    end(database, agent, callback_id, Code.WRONG_NUMBER, now + SOON)
    settled(database, now + SOON)
    with database.read() as session:
        assert sorted(session.scalars(select(Callback.state))) == ["cancelled", "done"]
        assert set(session.scalars(select(FollowUp.state))) == {"closed_no_response"}


def test_no_contact_holds_at_once_for_everybody_and_ends_things_later(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        contact = make.new_contact(session, now=now, phones=["13911112222"])
        family = make.new_contact(session, now=now, name="李静", phones=["13911112222"])
    agent, callback_id = in_call(database, now, n=1, contact=contact)
    with database.begin() as session:
        make.closed_case(session, now=now, contact=family)
        make.closed_case(session, now=now, contact=contact)
    end(database, agent, callback_id, Code.DO_NOT_CONTACT, now)
    with database.read() as session:
        assert all(session.scalars(select(Contact.do_not_contact)))
        assert wishes.is_fresh(session, family.id, now + SOON)
    for moment in (now, now + SOON):
        tick(database, now=moment)
    with database.read() as session:
        assert set(session.scalars(select(FollowUp.state))) == {"call_queued", "planned"}
    assert pull(database, agent, now + SOON) is None
    tick(database, now=now + timedelta(minutes=6))
    tick(database, now=now + timedelta(minutes=12))
    with database.read() as session:
        ended = set(session.scalars(select(FollowUp.state)))
        assert ended == {"closed_no_response", "skipped"}


def test_who_asked_to_be_left_alone_is_not_dialled_by_who_has_the_call_in_hand(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        family = make.new_contact(session, now=now, phones=["13911112222", "13911113333"])
        other = make.new_contact(session, now=now, name="李静", phones=["13911114444", "13911112222"])
    agent, callback_id = in_call(database, now, contact=family)
    with database.begin() as session:
        make.closed_case(session, now=now, contact=other)
    tick(database, now=now)
    wake_callbacks(database, now=now)
    second = anna(database, now, "amir")
    theirs = pull(database, second, now)
    assert theirs not in (None, callback_id)
    end(database, agent, callback_id, Code.DO_NOT_CONTACT, now)
    with pytest.raises(ConflictError, match="no contact"), database.begin() as session:
        holding.reveal(session, theirs or 0, second, now=now)


def test_undoing_no_contact_lifts_it_everywhere(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact = make.new_contact(session, now=now, phones=["13911112222"])
        family = make.new_contact(session, now=now, name="李静", phones=["13911112222"])
    agent, callback_id = in_call(database, now, contact=contact)
    end(database, agent, callback_id, Code.DO_NOT_CONTACT, now)
    assert stop_contacts(database, now=now + SOON) == {}
    undo(database, agent, now + SOON)
    with database.read() as session:
        assert not any(session.scalars(select(Contact.do_not_contact)))
        said = select(ContactEvent.purpose, ContactEvent.reason).where(ContactEvent.contact_id == family.id)
        assert session.execute(said).all() == [("opt_out", "callback"), ("opt_in", "undone")]
    settled(database, now)
    assert state(database)[2] == "call_queued"


def test_who_also_asked_by_another_way_stays_left_alone(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    end(database, agent, callback_id, Code.DO_NOT_CONTACT, now)
    with database.begin() as session:
        contact_id = make.only_callback(session).contact_id or 0
        set_do_not_contact(
            session, contact_id, actor="customer", channel="web", reason="by link", now=now + SOON
        )
    with pytest.raises(UndoError, match="another way"):
        undo(database, agent, now + SOON)
    assert stop_contacts(database, now=now + SOON) == {"stopped": 1}
