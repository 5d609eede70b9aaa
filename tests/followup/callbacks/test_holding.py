"""Who holds a callback, what becomes of a lost one, and what the open desk is told about it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.contacts.actions import set_do_not_contact
from core.db import Database, vault_of
from core.errors import ConflictError, ForbiddenError, InputError
from followup import actions as follow_ups
from followup.callbacks import actions, holding, noting, taking, watching
from followup.callbacks.holding import LeaseLostError
from followup.callbacks.outcomes import Code
from followup.callbacks.taking import Agent
from followup.callbacks.watching import Standing
from followup.cases import actions as cases
from followup.jobs import release_leases, tick
from followup.models import Attempt, Callback, Case
from tests.followup import factories as make
from tests.followup.callbacks.test_actions import anna, in_call, pull, queued, state
from tests.followup.test_planning import GOOD, answer_by_link

MINUTE = timedelta(minutes=1)
SLEPT = timedelta(minutes=16)  # longer than a lease


def version_of(database: Database, callback_id: int) -> int:
    """The version that a page shown now carries."""
    with database.read() as session:
        return session.get_one(Callback, callback_id).version


def told(
    database: Database, agent: Agent, callback_id: int, now: datetime, version: int | None = None
) -> Standing:
    """What the open desk hears."""
    with database.read() as session:
        return watching.standing(session, callback_id, agent, version=version, now=now)


def save(database: Database, agent: Agent, callback_id: int, version: int | None, now: datetime) -> None:
    """Press "nobody answers" on a page of some version."""
    with database.begin() as session:
        actions.record_outcome(session, callback_id, agent, Code.NO_ANSWER, version=version, now=now)


def attempts(database: Database) -> list[tuple[str, int]]:
    """Outcome and agent of every call."""
    with database.read() as session:
        return [(a.outcome, a.agent_id) for a in session.scalars(select(Attempt).order_by(Attempt.id))]


def lost(database: Database, now: datetime) -> tuple[Agent, int, int]:
    """Anna was in a call when her laptop fell asleep; her callback is back in the queue."""
    agent, callback_id = in_call(database, now)
    version = version_of(database, callback_id)
    release_leases(database, now=now + SLEPT)
    assert state(database)[0] == "ready"
    return agent, callback_id, version


def test_a_lost_lease_is_taken_up_again_where_nobody_came_in_between(
    database: Database, now: datetime
) -> None:
    agent, callback_id, version = lost(database, now)
    heard = told(database, agent, callback_id, now + SLEPT, version)
    assert (heard.state, heard.may_save) == ("over", True)
    save(database, agent, callback_id, version, now + SLEPT)
    with database.read() as session:
        attempt = session.scalars(select(Attempt)).one()
        assert attempt.started_at == now  # the call began when the number was shown, not when the laptop woke


def test_a_sign_of_life_takes_a_lost_callback_up_again(database: Database, now: datetime) -> None:
    agent, callback_id, version = lost(database, now)
    with database.begin() as session:
        draft = {"note": "半句"}
        holding.keep(session, callback_id, agent, draft, version=version, now=now + SLEPT)
    assert state(database)[0] == "in_call"
    assert told(database, agent, callback_id, now + SLEPT, version).state == "yours"
    save(database, agent, callback_id, version, now + SLEPT + MINUTE)


def test_who_only_claimed_it_loses_it_to_who_had_called(database: Database, now: datetime) -> None:
    agent, callback_id, version = lost(database, now)
    amir = anna(database, now, "amir")
    assert pull(database, amir, now + SLEPT) == callback_id
    theirs = version_of(database, callback_id)
    heard = told(database, agent, callback_id, now + SLEPT, version)
    assert (heard.state, heard.may_save) == ("taken", True)
    assert heard.message.startswith("Amir has this callback since 10:16 and has not called yet")
    with pytest.raises(LeaseLostError), database.begin() as session:  # a sign of life takes it from nobody
        holding.keep(session, callback_id, agent, {}, version=version, now=now + SLEPT)
    save(database, agent, callback_id, version, now + SLEPT + MINUTE)
    heard = told(database, amir, callback_id, now + SLEPT + MINUTE, theirs)
    assert (heard.state, heard.message, heard.may_save) == ("over", "Anna has finished this call.", False)
    assert attempts(database) == [("NO_ANSWER", agent.id)]


def test_somebody_in_the_call_keeps_it_and_it_can_be_tried_again(database: Database, now: datetime) -> None:
    agent, callback_id, version = lost(database, now)
    amir = anna(database, now, "amir")
    pull(database, amir, now + SLEPT)
    with database.begin() as session:
        holding.reveal(session, callback_id, amir, now=now + SLEPT)
    heard = told(database, agent, callback_id, now + SLEPT, version)
    assert (heard.state, heard.may_save, heard.may_try) == ("taken", False, True)
    with pytest.raises(LeaseLostError, match=r"Amir has been calling since 10:16\."):
        save(database, agent, callback_id, version, now + SLEPT)
    with database.begin() as session:
        holding.release(session, callback_id, amir, reason="known", now=now + SLEPT + MINUTE)
    save(database, agent, callback_id, version, now + SLEPT + 2 * MINUTE)
    assert attempts(database) == [("NO_ANSWER", agent.id)]


def test_what_somebody_recorded_is_never_recorded_twice(database: Database, now: datetime) -> None:
    agent, callback_id, version = lost(database, now)
    amir = anna(database, now, "amir")
    pull(database, amir, now + SLEPT)
    with database.begin() as session:
        holding.reveal(session, callback_id, amir, now=now + SLEPT)
    save(database, amir, callback_id, version_of(database, callback_id), now + SLEPT)
    heard = told(database, agent, callback_id, now + SLEPT, version)
    assert (heard.state, heard.may_save, heard.may_try) == ("over", False, False)
    with pytest.raises(LeaseLostError, match=r"Amir has finished this call\."):
        save(database, agent, callback_id, version, now + SLEPT)
    assert attempts(database) == [("NO_ANSWER", amir.id)]


def test_a_second_window_of_the_same_agent_writes_no_second_call(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    version = version_of(database, callback_id)  # both windows show this
    save(database, agent, callback_id, version, now)
    heard = told(database, agent, callback_id, now, version)
    assert (heard.state, heard.message) == ("over", "You have recorded this call already, in another window.")
    with pytest.raises(LeaseLostError):
        save(database, agent, callback_id, version, now)
    again = now + timedelta(days=1)
    tick(database, now=again)
    assert pull(database, agent, again) == callback_id  # the next try, in the first window
    with database.begin() as session:
        holding.reveal(session, callback_id, agent, now=again)
    assert told(database, agent, callback_id, again, version).state == "over"
    with pytest.raises(LeaseLostError):
        save(database, agent, callback_id, version, again)
    assert told(database, agent, callback_id, again, version_of(database, callback_id)).state == "yours"
    assert attempts(database) == [("NO_ANSWER", agent.id)]


def test_an_old_page_saves_nothing_while_another_call_is_in_hand(database: Database, now: datetime) -> None:
    queued(database, now, n=2)
    agent = anna(database, now)
    first = pull(database, agent, now)
    assert first is not None
    with database.begin() as session:
        holding.reveal(session, first, agent, now=now)
    version = version_of(database, first)
    with database.begin() as session:
        holding.release(session, first, agent, reason="technical", now=now)
        other = session.scalars(select(Callback.id).where(Callback.id != first)).one()
        assert taking.claim(session, other, agent, now=now)
    with pytest.raises(LeaseLostError, match="another callback in your hands"):
        save(database, agent, first, version, now)


def test_what_was_never_dialled_has_no_outcome(database: Database, now: datetime) -> None:
    queued(database, now)
    agent = anna(database, now)
    callback_id = pull(database, agent, now)
    assert callback_id is not None
    version = version_of(database, callback_id)
    release_leases(database, now=now + SLEPT)
    with pytest.raises(InputError, match="Show the number"):
        save(database, agent, callback_id, version, now + SLEPT)


def test_only_who_held_it_hears_how_it_stands(database: Database, now: datetime) -> None:
    _agent, callback_id = in_call(database, now)
    with pytest.raises(ForbiddenError):
        told(database, anna(database, now, "amir"), callback_id, now)


def test_the_desk_hears_how_long_it_is_its_own_and_asking_extends_nothing(
    database: Database, now: datetime
) -> None:
    agent, callback_id = in_call(database, now)
    version = version_of(database, callback_id)
    assert told(database, agent, callback_id, now + MINUTE, version).seconds == 14 * 60
    assert told(database, agent, callback_id, now + 14 * MINUTE, version).seconds == 60
    assert told(database, agent, callback_id, now + SLEPT, version).state == "yours"  # not given back yet


def reopen(database: Database, agent: Agent, now: datetime) -> None:
    with database.begin() as session:
        case = session.scalars(select(Case)).one()
        cases.reopen(session, case, actor="sven", now=now, reason="water again")


def want_no_contact(database: Database, agent: Agent, now: datetime) -> None:
    with database.begin() as session:
        contact_id = make.only_follow_up(session).contact_id
        assert contact_id is not None
        set_do_not_contact(session, contact_id, actor="olga", channel="phone", reason="said so", now=now)
        follow_ups.stop_contact(session, contact_id, actor="olga", now=now)


@pytest.mark.parametrize(
    ("happens", "heard", "code", "result"),
    [(reopen, "reopened", "VOID_REOPENED", "NE"), (want_no_contact, "stopped", "DO_NOT_CONTACT", "NC")],
)
def test_a_call_that_ends_by_itself_is_a_call_that_was_made(
    database: Database,
    now: datetime,
    happens: Callable[[Database, Agent, datetime], None],
    heard: str,
    code: str,
    result: str,
) -> None:
    agent, callback_id = in_call(database, now)
    version = version_of(database, callback_id)
    happens(database, agent, now + 2 * MINUTE)
    found = told(database, agent, callback_id, now + 2 * MINUTE, version)
    assert (found.state, found.may_note, found.may_save) == (heard, True, False)
    assert "10:02" in found.message
    with database.read() as session:
        attempt = session.scalars(select(Attempt)).one()
        assert (attempt.outcome, attempt.agent_id, attempt.result) == (code, agent.id, result)
        assert (attempt.connected, attempt.contacted) == (False, False)
        assert (attempt.started_at, attempt.ended_at) == (now, now + 2 * MINUTE)
        assert attempt.phone_index == make.only_callback(session).phone_index  # counts for the number's cap


def test_a_callback_that_was_not_dialled_is_cancelled_without_a_call(
    database: Database, now: datetime
) -> None:
    queued(database, now)
    agent = anna(database, now)
    callback_id = pull(database, agent, now)
    assert callback_id is not None
    reopen(database, agent, now)
    found = told(database, agent, callback_id, now, 2)
    assert (found.state, found.may_note) == ("reopened", False)
    assert attempts(database) == []
    with pytest.raises(ConflictError), database.begin() as session:
        noting.keep_note(session, callback_id, agent, "半句", now=now)


def test_an_answer_by_link_ends_the_call_and_shows_no_rating(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, make.ASK_ALL, now=now)
        make.closed_case(session, now=now)
    tick(database, now=now)
    token = make.link_token(database)
    later = now + timedelta(days=7)
    for _n in range(4):
        tick(database, now=later)
    agent = anna(database, later)
    callback_id = pull(database, agent, later)
    assert callback_id is not None
    with database.begin() as session:
        holding.reveal(session, callback_id, agent, now=later)
    answer_by_link(database, token, GOOD, later + MINUTE)
    found = told(database, agent, callback_id, later + MINUTE)
    assert found.state == "answered"
    assert found.message == "The customer answered by link at 10:01. Nothing more has to be asked."
    assert attempts(database) == [("SELF_DONE", agent.id)]


def test_what_was_typed_is_kept_once_by_its_agent_within_an_hour(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    amir = anna(database, now, "amir")
    reopen(database, agent, now)
    for who, at in ((amir, now), (agent, now + timedelta(minutes=61))):
        with pytest.raises(ConflictError), database.begin() as session:
            noting.keep_note(session, callback_id, who, "楼上也漏水", now=at)
    with pytest.raises(InputError), database.begin() as session:
        noting.keep_note(session, callback_id, agent, " ", now=now)
    with database.begin() as session:
        noting.keep_note(session, callback_id, agent, "楼上也漏水", now=now + 59 * MINUTE)
    with pytest.raises(ConflictError, match="already"), database.begin() as session:
        noting.keep_note(session, callback_id, agent, "再说一遍", now=now)
    with database.read() as session:
        attempt = session.scalars(select(Attempt)).one()
        assert attempt.note_sealed is not None
        assert vault_of(session).open(attempt.note_sealed, f"attempt.note:{attempt.uid}") == "楼上也漏水"
