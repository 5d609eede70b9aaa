"""On time or not (按时办结): closings and first answers against their limits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from core.i18n import _l
from followup.cases.lifecycle import CLOSED, OPEN
from followup.cases.queries import Viewer, visible_to
from followup.clocks.models import PastClock
from followup.models import Case

DEFINITION = _l(
    "Of everything whose limit ended in the period, the share that was done by then. What is still open "
    "counts as late; what was cancelled or merged, stands still, or has no limit does not count. A case "
    "that was closed twice counts twice."
)


@dataclass(frozen=True, slots=True)
class OnTime:
    """How many limits ended in a period, and how many of them were kept."""

    due: int
    kept: int

    @property
    def late(self) -> int:
        return self.due - self.kept

    @property
    def share(self) -> float | None:
        return self.kept / self.due if self.due else None


def closed_on_time(session: Session, viewer: Viewer, start: datetime, end: datetime) -> OnTime:
    """Return how many cases should have been closed in ``[start, end)`` and were by their limit."""
    return _sum(session, viewer, *_closings(start, end))


def closed_on_time_by(
    session: Session, start: datetime, end: datetime, key: Callable[[Any], ColumnElement[Any]]
) -> dict[Any, OnTime]:
    """Return the same of everybody's cases by group; ``key`` makes the group of the column of limits."""
    found: dict[Any, OnTime] = {}
    for wanted, due_at in zip(_closings(start, end), (Case.due_at, PastClock.due_at), strict=True):
        for due, kept, group in session.execute(wanted.add_columns(key(due_at).label("key")).group_by("key")):
            before = found.get(group, OnTime(0, 0))
            found[group] = OnTime(before.due + int(due), before.kept + int(kept))
    return found


def answered_on_time(session: Session, viewer: Viewer, start: datetime, end: datetime) -> OnTime:
    """Return how many customers should have had a first answer in ``[start, end)`` and had by the limit."""
    present = select(*_columns(Case.responded_at <= Case.response_due_at)).where(
        Case.state.in_((*OPEN, *CLOSED)), Case.response_due_at >= start, Case.response_due_at < end
    )
    past = _past(PastClock.responded_at <= PastClock.response_due_at)
    past = past.where(PastClock.response_due_at >= start, PastClock.response_due_at < end)
    return _sum(session, viewer, present, past)


def _closings(start: datetime, end: datetime) -> tuple[Select[Any], Select[Any]]:
    """Return what counts the present closings, and what counts those before a reopening."""
    stands_still = Case.paused_at.is_not(None) & (Case.due_at >= Case.paused_at)
    counts = or_(Case.state.in_(CLOSED), Case.state.in_(OPEN) & ~stands_still)
    kept = Case.state.in_(CLOSED) & (Case.closed_at <= Case.due_at)
    present = select(*_columns(kept)).where(counts, Case.due_at >= start, Case.due_at < end)
    past = _past(PastClock.closed_at <= PastClock.due_at)
    return present, past.where(PastClock.due_at >= start, PastClock.due_at < end)


def _sum(session: Session, viewer: Viewer, present: Select[Any], past: Select[Any]) -> OnTime:
    rows = [session.execute(wanted.where(visible_to(viewer))).one() for wanted in (present, past)]
    return OnTime(sum(int(row[0]) for row in rows), sum(int(row[1]) for row in rows))


def _past(kept: ColumnElement[bool]) -> Select[Any]:
    return select(*_columns(kept)).select_from(PastClock).join(Case, Case.id == PastClock.case_id)


def _columns(kept: ColumnElement[bool]) -> tuple[Any, Any]:
    return func.count(), func.coalesce(func.sum(case((kept, 1), else_=0)), 0)
