"""The periods along the time axis: as many months, weeks, quarters or years as are shown, and those beside
them that are read only to know what must stay hidden."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from analysis.periods import ONE_DAY, Period, parse_period, previous

POINTS = 24
MOST = 36
FEWEST = 6


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
    """Return the periods to read: those shown, and except for weeks the rest of the years they are in.

    What must stay hidden is decided over whole years, so that it does not depend on where the chart begins.
    """
    if grain is Grain.WEEK:
        return list(periods)
    found = [containing(grain, date(periods[0].start.year, 1, 1))]
    while found[-1].end < date(periods[-1].start.year + 1, 1, 1):
        found.append(containing(grain, found[-1].end))
    return found


def last_day(period: Period, today: date) -> date:
    """Return the last day that a period has so far."""
    return min(today, period.end - ONE_DAY)
