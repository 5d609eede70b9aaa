"""What a changed code table does at the desk: to the call that is made next, and never to those made."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.db import Database
from core.errors import InputError
from core.outbox.models import Message
from followup.callbacks import actions, holding, queries, taking
from followup.callbacks.outcome_table import change
from followup.callbacks.outcomes import DELIVERED, Code, Effect
from followup.callbacks.supervising import decide_held
from followup.callbacks.taking import Agent
from followup.jobs import tick
from followup.models import Attempt, Callback
from tests.followup import factories as make


def in_call(
    database: Database, now: datetime, *, channel: str = "phone", **given: object
) -> tuple[Agent, int]:
    """One callback in the hands of anna, with the number shown."""
    with database.begin() as session:
        make.new_rule(session, replace(make.by_phone(), channel=channel), now=now)
        make.closed_case(session, now=now, **given)
        anna = make.agent(session, "anna", now=now)
    tick(database, now=now)
    tick(database, now=now)
    return anna, dialled(database, anna, now)


def dialled(database: Database, anna: Agent, now: datetime) -> int:
    """Take the next callback and show the number."""
    with database.begin() as session:
        callback = taking.pull_next(session, anna, now=now)
        assert callback is not None
        callback_id = callback.id
    with database.begin() as session:
        holding.reveal(session, callback_id, anna, now=now)
    return callback_id


def end(database: Database, anna: Agent, callback_id: int, code: Code, now: datetime, **given: Any) -> None:
    with database.begin() as session:
        actions.record_outcome(session, callback_id, anna, code, note="他说的话", now=now, **given)


def let(database: Database, code: Code, now: datetime, **given: Any) -> None:
    """Change a code as an administrator."""
    with database.begin() as session:
        change(session, replace(DELIVERED[code], **given), actor="ada", now=now)


def only(database: Database) -> Callback:
    with database.read() as session:
        return make.only_callback(session)


def test_the_next_call_goes_by_the_changed_table(database: Database, now: datetime) -> None:
    anna, callback_id = in_call(database, now)
    let(database, Code.BUSY, now, delay_minutes=60)
    end(database, anna, callback_id, Code.BUSY, now)
    assert (only(database).state, only(database).ready_at) == ("waiting", now + timedelta(hours=1))


def test_a_code_that_became_final_ends_and_calls_made_keep_what_they_meant(
    database: Database, now: datetime
) -> None:
    anna, callback_id = in_call(database, now)
    let(database, Code.LANGUAGE, now, effect=Effect.HOLD, contacted=False, eligible=False)
    end(database, anna, callback_id, Code.LANGUAGE, now)
    assert only(database).state == "held"
    with database.begin() as session:
        change(session, DELIVERED[Code.LANGUAGE], actor="ada", now=now)
    with database.read() as session:
        call = session.scalars(select(Attempt)).one()
        assert (call.outcome, call.connected, call.contacted, call.result) == ("LANGUAGE", True, False, "NE")


def test_a_code_that_was_switched_off_is_taken_from_no_old_page(database: Database, now: datetime) -> None:
    anna, callback_id = in_call(database, now)
    let(database, Code.BUSY, now, place="off")
    with pytest.raises(InputError, match="no longer offered"):
        end(database, anna, callback_id, Code.BUSY, now)
    assert only(database).state == "in_call"


def test_a_note_that_an_administrator_asks_for_is_asked_for(database: Database, now: datetime) -> None:
    anna, callback_id = in_call(database, now)
    let(database, Code.BUSY, now, needs_note=True)
    with database.begin() as session, pytest.raises(InputError, match="note"):
        actions.record_outcome(session, callback_id, anna, Code.BUSY, now=now)


@pytest.mark.parametrize(("kind", "state"), [("complaint", "done"), ("repair", "waiting")])
def test_not_now_ends_the_callback_of_a_complaint_only(
    database: Database, now: datetime, kind: str, state: str
) -> None:
    anna, callback_id = in_call(database, now, kind=kind)
    end(database, anna, callback_id, Code.REFUSED_SOFT, now)
    assert (only(database).state, only(database).result) == (state, "R" if state == "done" else "")


@pytest.mark.parametrize(
    ("kind", "severity", "place"),
    [("complaint", "urgent", 18), ("repair", "serious", 25), ("repair", "normal", 40)],
)
def test_a_second_try_keeps_its_place_also_after_a_promised_time(
    database: Database, now: datetime, kind: str, severity: str, place: int
) -> None:
    anna, callback_id = in_call(database, now, kind=kind, severity=severity)
    promised = now + timedelta(hours=1)
    end(database, anna, callback_id, Code.APPT_FIXED, now, appointment=promised)
    assert only(database).priority == 10
    tick(database, now=promised)
    end(database, anna, dialled(database, anna, promised), Code.NO_ANSWER, promised)
    assert only(database).priority == place


def called_until_the_end(
    database: Database, anna: Agent, callback_id: int, codes: list[Code], now: datetime
) -> datetime:
    """Call whenever the queue says so, and end each call with the next code."""
    for n, code in enumerate(codes):
        if n:
            now = only(database).ready_at
            tick(database, now=now)
            assert dialled(database, anna, now) == callback_id
        end(database, anna, callback_id, code, now)
    assert (only(database).state, only(database).outcome) == ("done", "MAX_ATTEMPTS")
    return now


@pytest.mark.parametrize(
    "codes",
    [[Code.BLOCKED, Code.BLOCKED], [Code.NO_ANSWER, Code.BUSY, Code.NO_ANSWER]],
    ids=["blocked", "three"],
)
def test_who_no_call_reached_gets_a_link_where_the_rule_says_so(
    database: Database, now: datetime, codes: list[Code]
) -> None:
    anna, callback_id = in_call(database, now, channel="phone_then_link")
    ended = called_until_the_end(database, anna, callback_id, codes, now)
    with database.read() as session:
        calls = session.scalars(select(Attempt)).all()
        assert len({call.local_day for call in calls}) == 2
        assert session.scalars(select(Message)).all() == []  # it can still be undone
    tick(database, now=ended + timedelta(minutes=5))
    with database.read() as session:
        assert session.scalars(select(Message.purpose)).all() == ["invitation"]
        assert make.only_follow_up(session).state == "sent"


def test_who_said_not_now_gets_no_link_in_the_end(database: Database, now: datetime) -> None:
    anna, callback_id = in_call(database, now, channel="phone_then_link")
    ended = called_until_the_end(database, anna, callback_id, [Code.REFUSED_SOFT, Code.REFUSED_SOFT], now)
    tick(database, now=ended + timedelta(minutes=5))
    with database.read() as session:
        assert session.scalars(select(Message)).all() == []
        assert make.only_follow_up(session).state == "closed_no_response"
        assert make.only_callback(session).result == "R"


def test_the_desk_counts_only_the_calls_that_count(database: Database, now: datetime) -> None:
    anna, callback_id = in_call(database, now)
    promised = now + timedelta(hours=1)
    end(database, anna, callback_id, Code.APPT_FIXED, now, appointment=promised)
    tick(database, now=promised)
    dialled(database, anna, promised)
    with database.read() as session:
        shown = queries.desk(session, make.only_callback(session), now=promised)
        assert (shown.callback.attempts, shown.counted) == (1, 0)


def test_a_held_callback_ends_as_what_it_was_held_for(database: Database, now: datetime) -> None:
    anna, callback_id = in_call(database, now)
    let(database, Code.AWAY, now, effect=Effect.HOLD)
    end(database, anna, callback_id, Code.AWAY, now)
    with database.begin() as session:
        decide_held(session, callback_id, resume=False, actor="sven", reason="", now=now)
    assert (only(database).outcome, only(database).result) == ("AWAY", "NC")  # nobody was spoken to


def test_a_held_callback_that_goes_on_loses_no_place(database: Database, now: datetime) -> None:
    anna, callback_id = in_call(database, now, kind="complaint", severity="urgent")
    end(database, anna, callback_id, Code.SUPERVISOR, now)
    with database.begin() as session:
        decide_held(session, callback_id, resume=True, actor="sven", reason="", now=now)
    assert (only(database).state, only(database).priority) == ("ready", 18)


@pytest.mark.parametrize(("eligible", "result"), [(True, "O"), (None, "O"), (False, "NE")])
def test_who_does_not_belong_to_the_sample_is_left_out_of_the_rates(
    database: Database, now: datetime, eligible: bool | None, result: str
) -> None:
    anna, callback_id = in_call(database, now)
    let(database, Code.DECEASED, now, eligible=eligible)
    end(database, anna, callback_id, Code.DECEASED, now)
    assert (only(database).outcome, only(database).result) == ("DECEASED", result)
