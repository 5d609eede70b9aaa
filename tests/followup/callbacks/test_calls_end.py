"""How calls end: by the supervisor, by their code, by a lost lease, by an answer by link."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from core.audit import AuditEntry
from core.db import Database
from core.errors import ConflictError, InputError, TransitionError
from followup.callbacks import holding, listing, queries, supervising, taking
from followup.callbacks.holding import LeaseLostError
from followup.callbacks.outcomes import Code
from followup.jobs import release_leases, tick, wake_callbacks
from surveys.models import Invitation, Response
from tests.followup import factories as make
from tests.followup.callbacks.test_actions import anna, end, fill, in_call, pull, queued, settled, state
from tests.followup.callbacks.test_undo import with_link_out
from tests.followup.test_planning import BAD, GOOD, answer_by_link


def test_a_supervisor_decides_about_what_was_handed_over(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    with pytest.raises(InputError, match="note"):
        end(database, agent, callback_id, Code.SUPERVISOR, now)
    end(database, agent, callback_id, Code.SUPERVISOR, now, note="要求见经理")
    assert state(database) == ("held", "", "call_queued")
    with database.begin() as session:
        supervising.decide_held(session, callback_id, resume=True, actor="sven", reason="", now=now)
    assert pull(database, agent, now) == callback_id


@pytest.mark.parametrize(
    ("code", "note"), [(Code.REFUSED_HARD, "不想说"), (Code.DECEASED, ""), (Code.LANGUAGE, "方言")]
)
def test_final_outcomes_end_without_an_answer(
    database: Database, now: datetime, code: Code, note: str
) -> None:
    agent, callback_id = in_call(database, now)
    end(database, agent, callback_id, code, now, note=note)
    settled(database, now)
    assert state(database) == ("done", code, "closed_no_response")


@pytest.mark.parametrize("code", [Code.COMPLETE, Code.SELF_DONE, Code.MAX_ATTEMPTS, Code.VOID_REOPENED])
def test_codes_of_the_system_cannot_be_pressed(database: Database, now: datetime, code: Code) -> None:
    agent, callback_id = in_call(database, now)
    with pytest.raises(InputError):
        end(database, agent, callback_id, code, now)


def test_no_outcome_before_the_number_was_shown(database: Database, now: datetime) -> None:
    queued(database, now)
    agent = anna(database, now)
    callback_id = pull(database, agent, now)
    assert callback_id is not None
    with pytest.raises(InputError, match="number"):
        end(database, agent, callback_id, Code.NO_ANSWER, now)


def test_showing_a_number_is_audited_once_a_call(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    with database.begin() as session:
        holding.reveal(session, callback_id, agent, now=now)
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "callback.reveal")).all()
        assert [(e.actor, e.subject) for e in entries] == [("anna", f"callback:{callback_id}")]


def test_a_lease_that_ran_out_gives_the_callback_to_others(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    later = now + timedelta(minutes=15)
    assert release_leases(database, now=later - timedelta(seconds=1)) == {}
    assert release_leases(database, now=later) == {"released": 1}
    other = anna(database, now, "amir")
    assert pull(database, other, later) == callback_id
    with pytest.raises(LeaseLostError, match="has been calling"):
        fill(database, agent, callback_id, GOOD, later)
    with database.read() as session:
        assert make.only_callback(session).attempts == 0


def test_a_sign_of_life_keeps_the_lease_and_what_was_typed(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    with database.begin() as session:
        holding.keep(
            session, callback_id, agent, {"overall": "4", "note": "老人"}, now=now + timedelta(minutes=10)
        )
    assert release_leases(database, now=now + timedelta(minutes=20)) == {}
    with database.read() as session:
        callback = make.only_callback(session)
        assert holding.draft_of(session, callback) == {"overall": "4", "note": "老人"}
        assert b"overall" not in (callback.draft_sealed or b"")


def test_saving_after_a_lost_lease_is_fine_while_nobody_touched_it(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    with database.read() as session:
        version = make.only_callback(session).version
    release_leases(database, now=now + timedelta(minutes=16))
    end(database, agent, callback_id, Code.BUSY, now + timedelta(minutes=17), version=version)
    assert state(database)[0] == "waiting"


def test_an_answer_by_link_cancels_the_call_that_is_running(database: Database, now: datetime) -> None:
    agent, callback_id, token, tomorrow = with_link_out(database, now)
    answer_by_link(database, token, GOOD, tomorrow)
    assert state(database) == ("cancelled", "SELF_DONE", "answered")
    with pytest.raises(LeaseLostError, match="by link"):
        fill(database, agent, callback_id, GOOD, tomorrow)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 1


def test_an_answer_by_phone_spends_the_link(database: Database, now: datetime) -> None:
    agent, callback_id, token, tomorrow = with_link_out(database, now)
    fill(database, agent, callback_id, GOOD, tomorrow)
    with pytest.raises((ConflictError, TransitionError)):
        answer_by_link(database, token, BAD, tomorrow)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 1


def test_a_supervisor_takes_a_lease_away(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    with database.begin() as session:
        holding.take_away(session, callback_id, actor="sven", reason="went home", now=now)
        actions_done = session.scalars(select(AuditEntry.action)).all()
    assert "callback.take_away" in actions_done
    with pytest.raises(LeaseLostError):
        end(database, agent, callback_id, Code.BUSY, now)
    with pytest.raises(ConflictError, match="Nobody"), database.begin() as session:
        holding.take_away(session, callback_id, actor="sven", reason="", now=now)


def test_giving_back_counts_as_no_attempt(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    with database.begin() as session:
        holding.release(session, callback_id, agent, reason="break", now=now)
    with database.read() as session:
        callback = make.only_callback(session)
        assert (callback.state, callback.attempts, callback.agent_id) == ("ready", 0, None)


def test_the_desk_shows_no_earlier_answer_and_a_masked_number(database: Database, now: datetime) -> None:
    queued(database, now)
    agent = anna(database, now)
    callback_id = pull(database, agent, now)
    assert callback_id is not None
    with database.read() as session:
        shown = queries.desk(session, make.only_callback(session), now=now)
        assert shown.number.startswith("138****")
        assert shown.customer == "王*"
        assert shown.decisions[Code.NO_ANSWER] is not None
        figures = listing.figures(session, agent.id, now=now)
        assert (figures.in_hand, figures.ready, figures.is_open) == (1, 0, True)


def test_the_supervisors_list_says_who_holds_what(database: Database, now: datetime) -> None:
    _agent, callback_id = in_call(database, now, n=2)
    with database.read() as session:
        page = listing.page(session, listing.Wanted(), 1, now=now)
        assert page.total == 2
        held = next(row for row in page.rows if row.id == callback_id)
        assert (held.holder, held.held_since, held.state) == ("Anna", now, "in_call")
        in_hand = listing.page(session, listing.Wanted("in_hand"), 1, now=now)
        assert [row.id for row in in_hand.rows] == [callback_id]
        assert listing.page(session, listing.Wanted("overdue"), 1, now=now + timedelta(days=9)).total == 2


def test_a_late_decision_does_not_end_the_call_that_an_agent_has_in_hand(
    database: Database, now: datetime
) -> None:
    agent, callback_id = in_call(database, now)
    end(database, agent, callback_id, Code.SUPERVISOR, now, note="投诉升级")
    decided = {"actor": "sven", "reason": "13812345678 ok", "now": now}
    with database.begin() as session:
        supervising.decide_held(session, callback_id, resume=True, **decided)
    assert pull(database, agent, now) == callback_id
    with database.begin() as session:
        holding.reveal(session, callback_id, agent, now=now)
    with pytest.raises(ConflictError), database.begin() as session:  # the other supervisor's page was old
        supervising.decide_held(session, callback_id, resume=False, **decided)
    assert state(database)[0] == "in_call"
    with database.read() as session:
        details = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "callback.decide"))
        assert all("13812345678" not in detail for detail in details)


def test_the_queue_is_read_in_the_order_of_its_indexes(database: Database, now: datetime) -> None:
    queued(database, now)
    agent = anna(database, now)
    if database.engine.dialect.name != "sqlite":
        return  # PostgreSQL decides by the figures of a filled table
    with database.read() as session:
        for wanted in taking.most_urgent_first(session, agent.id, now):
            statement = wanted.limit(20).compile(database.engine, compile_kwargs={"literal_binds": True})
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")
            steps = " / ".join(str(row[3]) for row in plan)
            assert "SCAN callbacks" not in steps
            assert "SCAN attempts" not in steps
            assert "ORDER BY" not in steps, steps


def test_a_wrong_number_closes_the_link_that_went_there(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, replace(make.ASK_ALL, reminder_after_workdays=None), now=now)
        make.closed_case(session, now=now)
    for days in (0, 2, 2):  # the link, then the phone
        tick(database, now=now + timedelta(days=days, minutes=days))
    agent, later = anna(database, now), now + timedelta(days=2, minutes=3)
    callback_id = pull(database, agent, later)
    assert callback_id is not None
    with database.begin() as session:
        holding.reveal(session, callback_id, agent, now=later)
    end(database, agent, callback_id, Code.WRONG_NUMBER, later)
    settled(database, later)
    with database.read() as session:
        assert session.scalars(select(Invitation.state)).all() == ["revoked"]


def test_a_promise_is_kept_in_a_year_whose_days_off_are_not_known(database: Database) -> None:
    eve = datetime.fromisoformat("2026-12-31T15:00:00+08:00")
    agent, callback_id = in_call(database, eve)
    promised = eve + timedelta(days=1)
    end(database, agent, callback_id, Code.APPT_FIXED, eve, appointment=promised)
    wake_callbacks(database, now=promised)
    with database.read() as session:
        shown = listing.figures(session, agent.id, now=promised)
        assert (shown.mine_ready, shown.is_open) == (1, False)
    assert pull(database, agent, promised) == callback_id
