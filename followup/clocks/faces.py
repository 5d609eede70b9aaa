"""How the clocks of a case stand, in the time that they count."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from core.calendar import Calendar, CalendarError
from followup.cases.lifecycle import ENDED, OPEN
from followup.clocks.policy import Span, Table, is_late, left_at_pause, limits_of, share_left
from followup.models import Case

RESPONSE, RESOLUTION = "response", "resolution"
RUNNING, NEAR, LATE, PAUSED, MET, MISSED, UNKNOWN = (
    "running", "near", "late", "paused", "met", "missed", "unknown",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Face:
    """One clock: how it stands, and by how much time that is; working time where it counts that."""

    clock: str
    state: str
    due_at: datetime | None = None
    done_at: datetime | None = None
    length: timedelta | None = None  # left, over the limit, or left while it stands still
    counts_work: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read clocks: loaded once for a whole page."""

    calendar: Calendar
    table: Table
    now: datetime
    warn_percent: int


def faces_of(case: Case, reading: Reading) -> tuple[Face, Face] | None:
    """Return the clocks of the first answer and of the resolution; a case that was ended has none."""
    if case.state in ENDED:
        return None
    limits, closed_at = limits_of(case.kind, case.severity, reading.table), None
    if case.state not in OPEN:
        closed_at = case.closed_at
    answer = _Hand(RESPONSE, case.response_due_at, case.responded_at or closed_at)
    closing = _Hand(RESOLUTION, case.due_at, closed_at, case.paused_at)
    return _face(answer, limits.response, reading), _face(closing, limits.resolution, reading)


class _Hand(NamedTuple):
    clock: str
    due_at: datetime | None
    done_at: datetime | None
    paused_at: datetime | None = None


def _face(hand: _Hand, span: Span, reading: Reading) -> Face:
    clock, due_at, done_at, paused_at = hand
    if due_at is None:
        return Face(clock, UNKNOWN, done_at=done_at, counts_work=span.counts_work)
    state = _state(hand, due_at, span, reading)
    until = done_at or (paused_at if paused_at and state == PAUSED else reading.now)
    try:
        length = left_at_pause(max(due_at, until), min(due_at, until), span, reading.calendar)
    except CalendarError:  # the limit was set by hand, into a year that is not known
        return Face(clock, state, due_at, done_at, abs(due_at - until))
    return Face(clock, state, due_at, done_at, length, span.counts_work)


def _state(hand: _Hand, due_at: datetime, span: Span, reading: Reading) -> str:
    if hand.done_at is not None:
        return MISSED if is_late(due_at, hand.done_at, reading.now) else MET
    if is_late(due_at, None, hand.paused_at or reading.now):
        return LATE
    if hand.paused_at:
        return PAUSED
    return NEAR if is_near(due_at, span, reading) else RUNNING


def is_near(due_at: datetime, span: Span, reading: Reading) -> bool:
    """Tell whether so much of a limit has passed that people are warned."""
    return due_at <= span.last_part(share_left(reading.warn_percent), reading.now, reading.calendar)
