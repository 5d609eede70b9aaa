"""How long a case may take: the limits that come with the program, and what a length of time means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.calendar import Calendar, CalendarError

HOURS, WORKING_HOURS, WORKDAYS = "hours", "working_hours", "workdays"
UNITS = (HOURS, WORKING_HOURS, WORKDAYS)
EVERY_KIND = ""  # the limits of a severity, where a kind has none of its own
ANSWERED_BY = ("phone", "visit", "social", "email", "counter", "hotline", "letter", "other")
LONGEST = {HOURS: 2400.0, WORKING_HOURS: 800.0, WORKDAYS: 100.0}


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: of the clock on the wall, or of the time in which people work."""

    amount: float
    unit: str

    @property
    def counts_work(self) -> bool:
        return self.unit != HOURS

    def after(self, at: datetime, calendar: Calendar) -> datetime:
        """Return when it is over; raise ``CalendarError`` where the days off are not known."""
        if self.unit == HOURS:
            return at + timedelta(hours=self.amount)
        if self.unit == WORKING_HOURS:
            return calendar.add_working_time(at, timedelta(hours=self.amount))
        return calendar.add_shift_days(at, int(self.amount))

    def last_part(self, share: float, at: datetime, calendar: Calendar) -> datetime:
        """Return when the last ``share`` of it is over, if it begins at ``at``.

        Where that lies beyond the days that are known, return where these end: no limit that is known lies
        further away.
        """
        try:
            if self.unit == WORKDAYS:
                return calendar.add_working_time(at, self._whole(at, calendar) * share)
            return Span(self.amount * share, self.unit).after(at, calendar)
        except CalendarError:
            return calendar.known_until(at)

    def _whole(self, at: datetime, calendar: Calendar) -> timedelta:
        """Return how much working time the days hold; as usual, where the days to come are not known."""
        try:
            start = calendar.next_open(at, calendar.hours)
            return calendar.working_time(start, calendar.add_shift_days(start, int(self.amount)))
        except CalendarError:
            return calendar.usual_day() * self.amount


@dataclass(frozen=True, slots=True)
class Limits:
    """How long until the first answer to the customer, and until the case is closed."""

    response: Span
    resolution: Span


Table = Mapping[tuple[str, str], Limits]  # by kind and severity; what an organisation changed

# docs/operations.md gives the reasons.
DEFAULTS = {
    "urgent": Limits(Span(2, HOURS), Span(24, HOURS)),
    "serious": Limits(Span(24, HOURS), Span(3, WORKDAYS)),
    "normal": Limits(Span(3, WORKDAYS), Span(5, WORKDAYS)),
    "minor": Limits(Span(3, WORKDAYS), Span(5, WORKDAYS)),
}


def limits_of(kind: str, severity: str, table: Table) -> Limits:
    """Return the limits in force: of the kind, else of every kind, else those of the program."""
    own = table.get((kind, severity)) or table.get((EVERY_KIND, severity))
    return own or DEFAULTS.get(severity) or DEFAULTS["normal"]


def left_at_pause(due_at: datetime, paused_at: datetime, span: Span, calendar: Calendar) -> timedelta:
    """Return how much of a limit is left when its clock stops; nothing when it has run out."""
    if not span.counts_work:
        return max(due_at - paused_at, timedelta(0))
    return calendar.working_time(paused_at, due_at)


def due_after_pause(
    due_at: datetime, paused_at: datetime, resumed_at: datetime, span: Span, calendar: Calendar
) -> datetime:
    """Return the new end of a limit: what was left when the clock stopped is left again."""
    if due_at <= paused_at:
        return due_at  # it had run out before, and no pause makes that undone
    resumed_at = max(resumed_at, paused_at)  # clocks of two systems differ
    left = left_at_pause(due_at, paused_at, span, calendar)
    if not span.counts_work:
        return resumed_at + left
    return max(due_at, calendar.add_working_time(resumed_at, left))


def is_late(due_at: datetime | None, done_at: datetime | None, stands_at: datetime) -> bool:
    """Tell whether a limit was missed: by what was done, or by the moment at which the clock stands."""
    return due_at is not None and due_at < (done_at or stands_at)


def share_left(percent: int) -> float:
    """Return the share of a limit that is left when so many percent of it have passed."""
    return (100 - percent) / 100
