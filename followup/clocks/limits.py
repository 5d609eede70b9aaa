"""The time limits of a case, from the table in force and the calendar. Pure: whoever calls loads both."""

from datetime import datetime

from core.calendar import Calendar, CalendarError
from followup.clocks.policy import Span, Table, limits_of


def for_case(
    kind: str, severity: str, at: datetime, calendar: Calendar, table: Table
) -> tuple[datetime | None, datetime | None]:
    """Return until when the customer should have a first answer, and the case be closed.

    None stands for a limit that nobody can know yet, because the days off of a year are not known; the
    tick computes it when they are. Who takes over a case that is closed or was answered elsewhere sets
    ``responded_at`` beside it.
    """
    limits = limits_of(kind, severity, table)
    return _end(limits.response, at, calendar), _end(limits.resolution, at, calendar)


def _end(span: Span, at: datetime, calendar: Calendar) -> datetime | None:
    try:
        return span.after(at, calendar)
    except CalendarError:
        return None
