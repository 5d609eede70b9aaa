"""Many closings planned at once: the very follow-ups that planning one by one makes, in few statements."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from core.db import Database
from core.transitions import Transition
from followup import actions
from followup.models import Case, FollowUp
from followup.rules import actions as rules
from followup.rules.policy import Terms
from tests.followup import factories as make

KINDS = ("complaint", "repair", "inquiry", "praise")


def closed_without_a_rule(session: Session, now: datetime, n: int) -> list[Case]:
    """Cases of several kinds and departments, closed at different hours; the fourth kind has no rule."""
    found = []
    for i in range(n):
        handler = None if i % 3 else make.new_user(session, f"handler{i}", "officer", now=now).id
        contact = make.new_contact(session, now=now) if i % 5 else None
        case = make.new_case(
            session, contact.id if contact else None, now=now, kind=KINDS[i % 4], handler_id=handler,
            department=f"{i % 3}所",
        )  # fmt: skip
        found.append(make.close(session, case, now=now + timedelta(hours=7 * i)))
    return found


def three_rules(session: Session, now: datetime) -> None:
    """One that samples, one in working hours, one with a cap; and one that is switched off."""
    terms = {
        "complaints": Terms(kinds=("complaint",), delay_hours=4, sampling_rate=30),
        "repairs": replace(make.ASK_ALL, kinds=("repair",), delay_hours=24, cap_days=30),
        "inquiries": Terms(kinds=("inquiry",), departments=("2所", "1所"), delay_hours=2),
        "never": Terms(),
    }
    for name, each in terms.items():
        rule = make.new_rule(session, each, now=now, name=name)
    rules.switch(session, rule.id, active=False, actor="test", now=now)


def remedied(session: Session, cases: list[Case], now: datetime) -> None:
    """Let some of the closings be the second of their case, after an answer that asked for a remedy."""
    for case in cases:
        for follow_up in actions.plan(session, case, now=case.closed_at or now):
            follow_up.state = "remedy"
        case.resolution_no = 2
        case.closed_at = now + timedelta(days=9)
        case.kind = "praise"  # no rule fits now: the one that asked before asks again
    session.flush()


def written(session: Session, plan: Callable[[], list[FollowUp]]) -> list[tuple[Any, ...]]:
    """Plan in a savepoint, return every column that was written but the numbers of rows, and undo it."""
    known = set(session.scalars(select(FollowUp.id)))
    with session.begin_nested() as point:
        new = [row for row in plan() if row.id not in known]
        columns = [c.key for c in FollowUp.__table__.columns if c.key not in {"id", "recovery_of_id"}]
        result = [
            (*(getattr(row, c) for c in columns), bool(row.recovery_of_id), *history_of(session, row))
            for row in new
        ]
        point.rollback()
    session.expire_all()
    return result


def history_of(session: Session, follow_up: FollowUp) -> tuple[Any, ...]:
    """The one step that was noted for a follow-up."""
    wanted = select(Transition.event, Transition.new, Transition.reason, Transition.actor, Transition.at)
    wanted = wanted.where(Transition.machine == "follow_up", Transition.subject_id == follow_up.id)
    return tuple(session.execute(wanted).one())


def test_many_at_once_are_planned_as_one_by_one(database: Database, now: datetime) -> None:
    def one_by_one(at: datetime | None) -> list[FollowUp]:
        return [f for case in cases for f in actions.plan(session, case, now=at or case.closed_at or now)]

    with database.begin() as session:
        cases = closed_without_a_rule(session, now, 24)
        three_rules(session, now)
        remedied(session, cases[:6], now)
        singly = written(session, lambda: one_by_one(None))
        together = written(session, lambda: actions.plan_many(session, cases))
        in_turn = written(session, lambda: one_by_one(now))
        at_once = written(session, lambda: actions.plan_many(session, cases, now=now))
    assert len(singly) == 16
    assert together == singly
    assert at_once == in_turn
    assert at_once != together


def test_after_a_remedy_the_rule_that_asked_before_asks_again(database: Database, now: datetime) -> None:
    with database.begin() as session:
        cases = closed_without_a_rule(session, now, 6)
        three_rules(session, now)
        remedied(session, cases[:2], now)
        made = actions.plan_many(session, cases[:2])
        assert [f.resolution_no for f in made] == [2, 2]
        assert all(f.recovery_of_id is not None for f in made)


def test_what_was_planned_before_is_found_and_the_same_case_twice_is_one(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        cases = closed_without_a_rule(session, now, 6)
        three_rules(session, now)
        first = actions.plan_many(session, cases[:3])
        again = actions.plan_many(session, [*cases, cases[5]])
        assert [f.id for f in again[: len(first)]] == [f.id for f in first]
        assert session.scalar(select(func.count()).select_from(FollowUp)) == len({f.id for f in again})


def test_the_statements_are_not_counted_by_case(database: Database, now: datetime) -> None:
    seen: list[str] = []

    def note(*given: Any) -> None:
        seen.append(given[2])

    def statements(closed: list[Case]) -> int:
        with database.begin() as session:
            cases = [session.merge(case) for case in closed]
            seen.clear()
            event.listen(session.connection(), "before_cursor_execute", note)
            assert len(actions.plan_many(session, cases)) == len(closed)
            event.remove(session.connection(), "before_cursor_execute", note)
            return len(seen)

    with database.begin() as session:
        cases = [make.new_case(session, None, now=now) for _n in range(44)]
        for case in cases:
            make.close(session, case, now=now)
        make.new_rule(session, now=now)
    few, many = statements(cases[:4]), statements(cases[4:])
    assert few <= 12
    assert many <= few


def test_without_a_rule_nothing_is_planned(database: Database, now: datetime) -> None:
    with database.begin() as session:
        assert actions.plan_many(session, closed_without_a_rule(session, now, 3)) == []


def test_an_open_case_cannot_be_planned(database: Database, now: datetime) -> None:
    with database.begin() as session:
        case = make.new_case(session, None, now=now)
        with pytest.raises(ValueError, match="is not closed"):
            actions.plan_many(session, [case])
