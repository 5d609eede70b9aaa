"""Which clocks run low or out, and noting each once.

What is due is asked in rows: for each limit in force the calendar says once from which moment on it is
low, so a round costs a few statements and not one for each case.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.calendar import CalendarError
from core.db import settings_of
from followup.cases.lifecycle import OPEN
from followup.cases.policy import KINDS, SEVERITIES
from followup.cases.queries import overdue
from followup.clocks.conditions import BREACH, DECISION, ESCALATED, WARNING, noted_as
from followup.clocks.faces import RESOLUTION, RESPONSE, Reading
from followup.clocks.models import CaseAlert
from followup.clocks.policy import Span, limits_of, share_left
from followup.clocks.queries import reading
from followup.models import Case, ReopenRequest

AT_ONCE = 20_000  # alerts of one round; the rest is still due at the next


@dataclass(frozen=True, slots=True)
class Due:
    """A clock that ran low or out and was not noted yet."""

    case_id: int
    resolution_no: int
    clock: str
    level: str
    due_at: datetime


def due_alerts(session: Session, now: datetime) -> list[Due]:
    """Return what has to be noted: of each clock and level the longest overdue first."""
    read = reading(session, now)
    found: list[Due] = []
    late = {RESPONSE: _unanswered() & (Case.response_due_at < now), RESOLUTION: overdue(now)}
    for clock, column in _COLUMNS.items():
        spans = _spans(clock, read)
        near = _by_span(spans, column, lambda span: _warned_until(span, read))
        long_late = _by_span(spans, column, lambda span: _escalated_until(session, span, read))
        running = _unanswered() if clock == RESPONSE else Case.state.in_(OPEN) & Case.paused_at.is_(None)
        conditions = {
            BREACH: late[clock],
            ESCALATED: late[clock] & long_late,
            WARNING: running & (column >= now) & near,
        }
        for level, condition in conditions.items():
            found += _not_noted(session, clock, level, column, condition)
    found += _undecided(session, read)
    return found[:AT_ONCE]


def note(session: Session, found: list[Due], now: datetime) -> list[Due]:
    """Write what was found; return what nobody had noted before."""
    if not found:
        return []
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    rows = [
        {"case_id": d.case_id, "resolution_no": d.resolution_no, "clock": d.clock, "level": d.level,
         "due_at": d.due_at, "at": now}
        for d in found
    ]  # fmt: skip
    key = (CaseAlert.case_id, CaseAlert.resolution_no, CaseAlert.clock, CaseAlert.level)
    new = dialect.insert(CaseAlert).on_conflict_do_nothing().returning(*key)
    written = {tuple(row) for row in session.execute(new, rows)}
    return [d for d in found if (d.case_id, d.resolution_no, d.clock, d.level) in written]


_COLUMNS: dict[str, InstrumentedAttribute[datetime | None]] = {
    RESPONSE: Case.response_due_at,
    RESOLUTION: Case.due_at,
}


def _unanswered() -> ColumnElement[bool]:
    return Case.state.in_(OPEN) & Case.responded_at.is_(None)


def _not_noted(
    session: Session, clock: str, level: str, column: Any, condition: ColumnElement[bool]
) -> Iterator[Due]:
    wanted = select(Case.id, Case.resolution_no, column).where(condition, ~noted_as(clock, level))
    for row in session.execute(wanted.order_by(column, Case.id).limit(AT_ONCE)):
        yield Due(row[0], row[1], clock, level, row[2])


def _spans(clock: str, read: Reading) -> Mapping[Span, list[tuple[str, str]]]:
    """Return which kinds and severities have which limit."""
    groups: dict[Span, list[tuple[str, str]]] = {}
    for severity in SEVERITIES:
        for kind in KINDS:
            limits = limits_of(kind, severity, read.table)
            span = limits.response if clock == RESPONSE else limits.resolution
            groups.setdefault(span, []).append((kind, severity))
    return groups


def _by_span(
    spans: Mapping[Span, list[tuple[str, str]]], column: Any, until: Callable[[Span], datetime]
) -> ColumnElement[bool]:
    """Return the condition that a limit ends before what ``until`` says about its length."""
    parts: list[ColumnElement[bool]] = []
    for span, members in spans.items():
        which = or_(*(and_(Case.kind == kind, Case.severity == severity) for kind, severity in members))
        parts.append((column <= until(span)) & which)
    return or_(false(), *parts)


def _warned_until(span: Span, read: Reading) -> datetime:
    return span.last_part(share_left(read.warn_percent), read.now, read.calendar)


def _escalated_until(session: Session, span: Span, read: Reading) -> datetime:
    hours = timedelta(hours=settings_of(session).escalate_hours)
    return worked_back(read, hours) if span.counts_work else read.now - hours


def worked_back(read: Reading, length: timedelta) -> datetime:
    """Return since when so much working time has passed; plain time where the days off are not known."""
    try:
        return read.calendar.take_working_time(read.now, length)
    except CalendarError:
        return read.now - length


def _undecided(session: Session, read: Reading) -> Iterator[Due]:
    """Yield the closings whose reopen request has waited for a decision for too long."""
    length = timedelta(hours=settings_of(session).decide_hours)
    wanted = (
        select(Case.id, Case.resolution_no, ReopenRequest.created_at)
        .join(ReopenRequest, ReopenRequest.case_id == Case.id)
        .where(
            ReopenRequest.state == "open",
            ReopenRequest.resolution_no == Case.resolution_no,
            ReopenRequest.created_at < worked_back(read, length),
            ~noted_as(DECISION, BREACH),
        )
    )
    seen = set()
    for case_id, resolution_no, asked_at in session.execute(
        wanted.order_by(ReopenRequest.created_at).limit(AT_ONCE)
    ):
        if case_id not in seen:  # two rules may have asked about one closing
            seen.add(case_id)
            yield Due(case_id, resolution_no, DECISION, BREACH, _worked_on(read, asked_at, length))


def _worked_on(read: Reading, moment: datetime, length: timedelta) -> datetime:
    try:
        return read.calendar.add_working_time(moment, length)
    except CalendarError:
        return moment + length
