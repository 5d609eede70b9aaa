"""Which months stand before and after a measure began."""

from dataclasses import dataclass
from datetime import date

from analysis.effects.months import month_of

YEAR = 12
COURSE = 24  # months before that are looked at


@dataclass(frozen=True)
class Months:
    """Months ``first <= month < end``, numbered."""

    first: int
    end: int

    def __len__(self) -> int:
        return max(0, self.end - self.first)

    def numbers(self) -> range:
        """Return the months one by one."""
        return range(self.first, self.end)


def since(starts_on: date, today: date) -> Months:
    """Return the whole months since a measure is in force, at most the first twelve.

    The month in which it began belongs to neither side unless it began on its first day; a month that is
    not over is left out. Where the first month is split, eleven months follow, so that the same months a
    year before stay clear of it.
    """
    whole = starts_on.day == 1
    first = month_of(starts_on) + (0 if whole else 1)
    return Months(first, max(first, min(month_of(today), first + YEAR - (0 if whole else 1))))


def same_months_before(after: Months) -> Months:
    """Return the same months a year before: the season is held constant."""
    return Months(after.first - YEAR, after.end - YEAR)


def months_before(starts_on: date, after: Months) -> Months:
    """Return as many months directly before the month in which it began."""
    end = month_of(starts_on)
    return Months(end - len(after), end)


def course_before(starts_on: date) -> Months:
    """Return the two years before the month in which it began."""
    end = month_of(starts_on)
    return Months(end - COURSE, end)
