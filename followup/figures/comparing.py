"""Two periods side by side: which one is the other, and how far each figure moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from core.errors import InputError
from core.i18n import _
from core.periods import Period, parse_period, previous, previous_year
from core.seasons.policy import NamedSeason
from followup.figures.definitions import Unit
from followup.figures.groups import By
from followup.figures.rates import Measure

BEFORE, YEAR = "before", "year"


@dataclass(frozen=True, slots=True)
class Change:
    """How far a figure moved from the other period; only a share has an interval."""

    value: float
    low: float | None = None
    high: float | None = None


def other(text: str, period: Period, by: By, seasons: Sequence[NamedSeason] = ()) -> Period | None:
    """Return the period to compare with: the one before, the same a year ago, or one that is named."""
    if not text:
        return None
    if by is By.MONTH:
        raise InputError(_("Months stand side by side already; compare two periods without that breakdown."))
    known = {BEFORE: previous, YEAR: previous_year}
    found = known[text](period) if text in known else parse_period(text, seasons)
    if found.start < period.end and period.start < found.end:
        raise InputError(_("The two periods overlap; compare with one that ended before or began after."))
    return found


def change(after: Measure, before: Measure, unit: Unit) -> Change | None:
    """Return the difference of a figure; None where one of the two has no value.

    The interval is that of Newcombe's method 10 for two independent shares (Statistics in Medicine 17,
    1998, 873-890): from the single Wilson intervals, each on the side where it counts.
    """
    if after.value is None or before.value is None:
        return None
    moved = after.value - before.value
    ends = (after.low, after.high, before.low, before.high)
    if unit is not Unit.SHARE or None in ends:
        return Change(moved)
    low, high, low_before, high_before = (end or 0.0 for end in ends)
    return Change(
        moved,
        moved - hypot(after.value - low, high_before - before.value),
        moved + hypot(high - after.value, before.value - low_before),
    )
