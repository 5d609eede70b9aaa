"""The working calendar: holidays, make-up workdays 调休 and opening hours, never by guessing.

All intervals are half-open: 09:00-18:00 contains 09:00 and not 18:00. Moments go in and come out aware;
what comes out is UTC. China's days off are fixed each autumn by a notice of the State Council for the
year to come; until that notice is known here (in the ``holidays`` package, or declared by an
administrator), every question about such a year raises ``CalendarError``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

import holidays
from holidays.countries.china import ChinaStaticHolidays
from sqlalchemy import event, select
from sqlalchemy.orm import Session, object_session

from core.db import cache_of, settings_of
from core.errors import HuifangError, InputError
from core.installation import CalendarDay, Fact

WORKING_HOURS = "09:00-12:00,13:30-18:00"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DECLARED = "calendar:"  # calendar:2027 in the facts: an administrator declared the days of 2027
_LONGEST = 400  # days; no row of days off is longer, so a longer search is a mistake in the overrides
_ONE_DAY = timedelta(days=1)
_LOADED = "calendar"  # under which a session and a process keep it
_WORKING = "working"  # under which the shifts of workdays are kept, beside hours such as 09:00-18:00


class CalendarError(HuifangError):
    """The days off of that year are not known here yet."""

    status = 503


@dataclass(frozen=True)
class Calendar:
    """The working days of one country in one time zone; ``overrides`` win over everything."""

    country: str
    zone: ZoneInfo
    overrides: Mapping[date, bool] = field(default_factory=dict)
    declared: frozenset[int] = frozenset()  # years whose overrides are the complete list
    hours: str = WORKING_HOURS  # the shifts of a workday, by which clocks run
    _seen: dict[tuple[date, str], tuple[tuple[datetime, datetime], ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def is_workday(self, day: date) -> bool:
        """Tell whether people work on ``day``; raise ``CalendarError`` where nobody can know yet."""
        if day in self.overrides:
            return self.overrides[day]
        if day.year in self.declared:
            return day.weekday() not in _official(self.country, day.year).weekend
        if not is_published(self.country, day.year):
            raise CalendarError(
                f"The days off of {day.year} are not known here yet; take them over with: "
                f"huifang calendar import FILE"
            )
        return _official(self.country, day.year).is_working_day(day)

    def add_workdays(self, moment: datetime, n: int) -> datetime:
        """Return the same local time ``n`` working days later; the day of ``moment`` does not count."""
        if n < 0:
            raise ValueError(f"n must not be negative, got {n}")
        local = moment.astimezone(self.zone)
        days = self._workdays_from(local.date() + _ONE_DAY)
        day = local.date()
        for _count in range(n):
            day = next(days)
        return local.replace(year=day.year, month=day.month, day=day.day).astimezone(UTC)

    def add_working_hours(self, moment: datetime, hours: float, day_hours: str = "") -> datetime:
        """Return when ``hours`` of opening time, or of the shifts of people, have passed since ``moment``."""
        if hours < 0:
            raise ValueError(f"hours must not be negative, got {hours}")
        return self._after(moment, timedelta(hours=hours), day_hours or self.hours)

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """Return how much working time lies in ``[start, end)``; nothing where the end is not later."""
        first, last = (moment.astimezone(self.zone).date() for moment in (start, end))
        found, day = timedelta(0), first
        while day <= last:
            for opens, closes in self._working(day):
                found += max(min(closes, end) - max(opens, start), timedelta(0))
            day += _ONE_DAY
        return found

    def usual_day(self) -> timedelta:
        """Return how much people work on a workday without hours of its own."""
        usual, _semicolon, _special = self.hours.partition(";")
        return timedelta(minutes=sum(last - first for first, last in parse_hours(usual)))

    def working_minutes(self, start: datetime, end: datetime) -> float:
        """Return how many minutes of working time lie in ``[start, end)``."""
        return self.working_time(start, end) / timedelta(minutes=1)

    def add_working_minutes(self, moment: datetime, minutes: float) -> datetime:
        """Return when so many minutes of working time have passed since ``moment``."""
        return self._after(moment, timedelta(minutes=minutes), self.hours)

    def add_working_time(self, moment: datetime, length: timedelta) -> datetime:
        """Return when so much working time has passed since ``moment``; with nothing to pass, at once."""
        return self._after(moment, length, self.hours) if length else moment.astimezone(UTC)

    def take_working_time(self, moment: datetime, length: timedelta) -> datetime:
        """Return the latest moment from which ``length`` of working time passes until ``moment``."""
        left, off = length, 0
        day = moment.astimezone(self.zone).date()
        while off <= _LONGEST:
            off = 0 if self.is_workday(day) else off + 1
            for opens, closes in reversed(self._shifts(day)) if off == 0 else ():
                part = max(min(closes, moment.astimezone(UTC)) - opens, timedelta(0))
                if part >= left:
                    return opens + (part - left)
                left -= part
            day -= _ONE_DAY
        raise CalendarError(f"The calendar has no workday in the {_LONGEST} days before {day}.")

    def add_shift_days(self, moment: datetime, n: int) -> datetime:
        """Return when ``n`` whole workdays of work have passed since ``moment``.

        That is the same point of the working day ``n`` workdays later; for a day that has not begun, the
        end of the last shift. What comes in after hours begins to count with the next shift.
        """
        if n < 0:
            raise ValueError(f"n must not be negative, got {n}")
        if n == 0:
            return moment.astimezone(UTC)
        begins = self.next_open(moment, self.hours)
        first = begins.astimezone(self.zone).date()
        days = (day for day in self._workdays_from(first) if self._shifts(day))
        done = self.working_time(self._shifts(first)[0][0], begins)
        for _count in range(n + bool(done)):
            day = next(days)
        shifts = self._shifts(day)
        whole = sum((closes - opens for opens, closes in shifts), timedelta(0))
        return self._after(shifts[0][0], min(done, whole) or whole, self.hours)

    def known_until(self, moment: datetime) -> datetime:
        """Return the beginning of the first day from ``moment`` on of which nobody knows yet what it is."""
        day = moment.astimezone(self.zone).date()
        for each in islice(_days_from(day), _LONGEST):
            try:
                self.is_workday(each)
            except CalendarError:
                return self._at(each, 0)
        return self._at(day + _LONGEST * _ONE_DAY, 0)

    def next_open(
        self,
        moment: datetime,
        hours: str = "09:00-11:30,14:30-19:30",
        *,
        workdays_only: bool = True,
    ) -> datetime:
        """Return the earliest moment from ``moment`` on that lies inside the hours."""
        return next(self._openings(moment, hours, workdays_only=workdays_only))[0]

    def is_open(self, moment: datetime, hours: str, *, workdays_only: bool = True) -> bool:
        """Tell whether ``moment`` lies inside the hours."""
        day = moment.astimezone(self.zone).date()
        if workdays_only and not self.is_workday(day):
            return False
        return any(start <= moment < end for start, end in self._windows(day, hours))

    def day_part(self, moment: datetime) -> str:
        """Return ``morning`` before 12:00, ``afternoon`` before 18:00, else ``evening``."""
        hour = moment.astimezone(self.zone).hour
        return "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"

    def _openings(
        self, moment: datetime, hours: str, *, workdays_only: bool
    ) -> Iterator[tuple[datetime, datetime]]:
        """Yield the open intervals from ``moment`` on; the first may already be running."""
        moment = moment.astimezone(UTC)
        day = moment.astimezone(self.zone).date()
        days = self._workdays_from(day) if workdays_only else _days_from(day)
        for each in days:
            for start, end in self._windows(each, hours):
                if moment < end:
                    yield max(start, moment), end

    def _after(self, moment: datetime, length: timedelta, hours: str) -> datetime:
        """Return when ``length`` of opening time has passed since ``moment``."""
        left = length
        for start, end in self._openings(moment, hours, workdays_only=True):
            if left <= end - start:
                return start + left
            left -= end - start
        raise AssertionError("openings never end")

    def _working(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """Return the shifts of a day, none on a day off; each day is looked up once."""
        known = self._seen.get((day, _WORKING))
        if known is None:
            known = self._seen[day, _WORKING] = self._shifts(day) if self.is_workday(day) else ()
        return known

    def _shifts(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        return self._windows(day, self.hours)

    def _windows(self, day: date, hours: str) -> tuple[tuple[datetime, datetime], ...]:
        """Return the hours of one day in UTC; a window inside a skipped hour is empty and left out."""
        known = self._seen.get((day, hours))
        if known is None:
            ends = [
                (self._at(day, first), self._at(day, last))
                for first, last in parse_week(hours)[day.weekday()]
            ]
            known = self._seen[day, hours] = tuple((start, end) for start, end in ends if start < end)
        return known

    def _at(self, day: date, minutes: int) -> datetime:
        day, minutes = (day + _ONE_DAY, 0) if minutes == 24 * 60 else (day, minutes)
        local = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=self.zone)
        return local.astimezone(UTC)

    def _workdays_from(self, day: date) -> Iterator[date]:
        """Yield the workdays from ``day`` on."""
        off = 0
        for each in _days_from(day):
            off = 0 if self.is_workday(each) else off + 1
            if off == 0:
                yield each
            elif off > _LONGEST:
                raise CalendarError(f"The calendar has no workday in the {_LONGEST} days from {day}.")


def load_calendar(session: Session) -> Calendar:
    """Return the calendar of this installation with what administrators declared.

    A session asks for it once, however many questions follow; equal calendars are one in a process, so that
    the openings of a day are worked out once.
    """
    known = session.info.get(_LOADED)
    if isinstance(known, Calendar) and not _is_changing(session):
        return known
    settings = settings_of(session)
    days = {row.day: row.is_workday for row in session.scalars(select(CalendarDay))}
    keys = session.scalars(select(Fact.key).where(Fact.key.startswith(DECLARED)))
    years = frozenset(int(key.removeprefix(DECLARED)) for key in keys)
    fresh = Calendar(settings.country, settings.zone, days, years, settings.working_hours)
    kept = cache_of(session).get(_LOADED)
    calendar: Calendar = kept if kept == fresh else fresh
    cache_of(session)[_LOADED] = session.info[_LOADED] = calendar
    return calendar


def _is_changing(session: Session) -> bool:
    """Tell whether this session has changes of the calendar that are not written yet."""
    changing = (*session.new, *session.dirty, *session.deleted)
    return any(isinstance(row, CalendarDay | Fact) for row in changing)


def _forget(_mapper: object, _connection: object, row: CalendarDay | Fact) -> None:
    session = object_session(row)
    if session is not None:
        session.info.pop(_LOADED, None)


for _model in (CalendarDay, Fact):
    for _change in ("after_insert", "after_update", "after_delete"):
        event.listen(_model, _change, _forget)


def is_published(country: str, year: int) -> bool:
    """Tell whether the official days off of a year are known.

    China's shifted days come from a yearly notice; the package has them for the years of its static table,
    and silently computes bare statutory days for others. Elsewhere the law fixes the days in advance.
    """
    return year in ChinaStaticHolidays.special_public_holidays if country == "CN" else True


@lru_cache(maxsize=64)
def parse_week(text: str) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Read hours for each weekday from Monday: ``09:00-12:00,13:30-18:00;fri=09:00-15:00``."""
    usual, *special = text.split(";")
    week = [parse_hours(usual)] * len(WEEKDAYS)
    for part in special:
        name, _equals, hours = part.strip().partition("=")
        if name.strip().lower() not in WEEKDAYS:
            raise InputError(f"{part.strip()!r} are not the hours of a weekday; write fri=09:00-15:00.")
        week[WEEKDAYS.index(name.strip().lower())] = parse_hours(hours)
    return tuple(week)


@lru_cache(maxsize=64)
def parse_hours(text: str) -> tuple[tuple[int, int], ...]:
    """Read ``09:00-11:30,14:30-24:00`` as minutes of the day, sorted, overlaps joined."""
    found: list[tuple[int, int]] = []
    for part in sorted(p.strip() for p in text.split(",")):
        first, last = (_minutes(clock, text) for clock in (part[:5], part[6:]))
        if part[5:6] != "-" or not first < last:
            raise InputError(f"{text!r} are not hours; write hours such as 09:00-11:30,14:30-19:30.")
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def _minutes(clock: str, text: str) -> int:
    digits = clock[:2] + clock[3:]
    if len(clock) == 5 and clock[2] == ":" and digits.isascii() and digits.isdigit():
        hour, minute = int(clock[:2]), int(clock[3:])
        if minute < 60 and (hour < 24 or clock == "24:00"):
            return hour * 60 + minute
    raise InputError(f"{text!r} are not hours; write hours such as 09:00-11:30,14:30-19:30.")


def _days_from(day: date) -> Iterator[date]:
    while True:
        yield day
        day += _ONE_DAY


@lru_cache(maxsize=32)
def _official(country: str, year: int) -> holidays.HolidayBase:
    """Return the package's calendar; with the next year, whose new year may shift days into December."""
    return holidays.country_holidays(country, years=(year, year + 1), expand=False)
