"""When a saved report is made: a few days after the end of its period, each period once."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.periods import Period, parse_period, previous, previous_year

EVERY = ("month", "quarter", "half", "year")
COMPARED_WITH = ("year", "previous")
MOST_OWED = 3  # after an outage the last few periods are made up for, older ones are not news any more
_HOUR = time(6)  # local; before the day begins


def containing(every: str, day: date) -> Period:
    """Return the month, quarter, half year or year in which a day lies."""
    names = {
        "month": f"{day:%Y-%m}",
        "quarter": f"{day.year}Q{(day.month + 2) // 3}",
        "half": f"{day.year}H{(day.month + 5) // 6}",
        "year": f"{day.year}",
    }
    return parse_period(names[every])


def following(every: str, period: Period) -> Period:
    """Return the period after one."""
    return containing(every, period.end)


def due_at(period: Period, days: int, zone: ZoneInfo) -> datetime:
    """Return when the report about a period is made: so many days after its last, so that late answers count.

    Parameters
    ----------
    period : Period
    days : int
        How many whole days lie between.
    zone : ZoneInfo

    Returns
    -------
    datetime
        A moment in local time.
    """
    return datetime.combine(period.end + timedelta(days=days), _HOUR, zone)


def last_due(every: str, now: datetime, days: int, zone: ZoneInfo) -> Period:
    """Return the latest period whose report is due."""
    period = previous(containing(every, now.astimezone(zone).date()))
    while due_at(period, days, zone) > now:
        period = previous(period)
    return period


def next_due(every: str, now: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return when the next report is made, seen from now."""
    return due_at(following(every, last_due(every, now, days, zone)), days, zone)


def owed(every: str, since: datetime, now: datetime, days: int, zone: ZoneInfo) -> list[Period]:
    """Return the periods whose reports are due, the oldest first.

    Parameters
    ----------
    every : str
        One of `EVERY`.
    since : datetime
        When the first of them was due; after an outage that may be long ago.
    now : datetime
    days : int
    zone : ZoneInfo

    Returns
    -------
    list of Period
        At most `MOST_OWED`, and never one that is not over.
    """
    period = last_due(every, now, days, zone)
    first = last_due(every, since, days, zone)
    found: list[Period] = []
    while len(found) < MOST_OWED and period.start >= first.start:
        found.append(period)
        period = previous(period)
    return found[::-1]


def compared(period: Period, compared_with: str) -> Period:
    """Return the period that a report compares with."""
    return previous_year(period) if compared_with == "year" else previous(period)
