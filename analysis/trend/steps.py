"""The periods along the time axis: as many months, weeks, quarters or years as are shown, and those beside
them that are read only to know what must stay hidden."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from analysis.periods import ONE_DAY, Period, parse_period, previous

POINTS = 24
MOST = 36
FEWEST = 6
_WEEKS = 4  # weeks that are hidden together

Place = TypeVar("Place")


class Grain(StrEnum):
    """How long one point is."""

    MONTH = "month"
    QUARTER = "quarter"
    WEEK = "week"
    YEAR = "year"  # a year has every season once


def containing(grain: Grain, day: date) -> Period:
    """Return the period of this length that a day belongs to."""
    if grain is Grain.WEEK:
        year, week, _day = day.isocalendar()
        return parse_period(f"{year}-W{week:02}")
    if grain is Grain.MONTH:
        return parse_period(f"{day:%Y-%m}")
    return parse_period(f"{day.year}Q{(day.month + 2) // 3}" if grain is Grain.QUARTER else f"{day.year}")


def shown(grain: Grain, until: Period, today: date, points: int) -> list[Period]:
    """Return the periods that are shown, the earliest first, the last with the end of ``until`` in it."""
    found = [containing(grain, min(until.last_day, today))]
    while len(found) < points:
        found.append(previous(found[-1]))
    return found[::-1]


def read(grain: Grain, periods: Sequence[Period]) -> list[Period]:
    """Return the periods to read: those shown, and the rest of the years (the blocks of weeks) they are in.

    What must stay hidden is decided over whole years, so that it does not depend on where the chart begins.
    """
    first, last = periods[0], periods[-1]
    if grain is Grain.WEEK:
        start = first.start - timedelta(weeks=_block_place(first))
        end = last.end + timedelta(weeks=max(0, _WEEKS - 1 - _block_place(last)))
    else:
        start, end = date(first.start.year, 1, 1), date(last.start.year + 1, 1, 1)
    found = [containing(grain, start)]
    while found[-1].end < end:
        found.append(containing(grain, found[-1].end))
    return found


def groups(grain: Grain, periods: Sequence[Period]) -> list[list[int]]:
    """Return which of the periods add up to something that other pages show: their places."""
    if grain is Grain.WEEK:
        return _together([(p.start - timedelta(weeks=_block_place(p)),) for p in periods])
    if grain is Grain.YEAR:
        return []
    months = [(p.start.year, p.start.month - 1) for p in periods]
    sizes = (3, 6, 12) if grain is Grain.MONTH else (6, 12)
    return [
        group
        for size in sizes
        for group in _together([(year, size, month // size) for year, month in months])
    ]


def _together(keys: Iterable[Place]) -> list[list[int]]:
    found: dict[Place, list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(key, []).append(place)
    return list(found.values())


def _block_place(week: Period) -> int:
    """Return the place of a week among the four that are hidden together; week 53 joins the block before."""
    number = week.start.isocalendar().week
    return (number - 1) % _WEEKS if number < 53 else _WEEKS


def last_day(period: Period, today: date) -> date:
    """Return the last day that a period has so far."""
    return min(today, period.end - ONE_DAY)
