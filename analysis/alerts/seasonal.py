"""What the same weeks of earlier years let expect: the start of heating is no news when it comes every year.

Pure: numbers in, numbers out. docs/alerts.md gives the rule with what it does to false alarms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean

YEARS = 3  # earlier years that are looked at, at most
MARGIN = 3  # weeks to each side that are read as well: a season begins a little earlier or later
FEWEST_CASES = 12.0  # of three weeks of all those years; with fewer their ups and downs are chance
_EASE = 3.0  # cases added to three weeks, so that three weeks without any make no rule
_SLACK = 2  # weeks to each side of the judged one of which the highest counts
_MISFIT = 3.0  # times as far from the shape as from none: of a group that came into use in those years


@dataclass(frozen=True, slots=True)
class Profile:
    """How large a week is beside the others, and how many deviations of chance its own error adds."""

    sizes: tuple[float, ...]
    spread: float


def weeks_back(years: int) -> int:
    """Return how many weeks ago the same week of an earlier year was."""
    return round(years * 365.2425 / 7)


def profile(earlier: Sequence[float], now: Sequence[float]) -> Profile | None:
    """Return the sizes of the weeks that make the limits and of the judged one, after earlier years.

    Parameters
    ----------
    earlier : sequence of float
        Cases of the same weeks of earlier years, summed over the years, with ``MARGIN`` more to each side.
    now : sequence of float
        Cases of this year, the judged week last.

    Returns
    -------
    Profile or None
        None where the earlier years have too few cases to say anything, or where the weeks before the judged
        one are nothing like them. A week has the size of the three weeks around it; the judged one, of which
        only a rise is told, the highest of those near it.
    """
    threes = [sum(earlier[k - 1 : k + 2]) for k in range(1, len(earlier) - 1)]
    inner = MARGIN - 1  # the place in ``threes`` of the first week of this year's
    base = threes[inner : inner + len(now) - 1]
    if not base or fmean(base) < FEWEST_CASES:
        return None
    judged = inner + len(now) - 1
    near = max(threes[judged - _SLACK : judged + _SLACK + 1])
    usual = fmean(base) + _EASE
    sizes = tuple((one + _EASE) / usual for one in (*base, near))
    before, even = now[:-1], [1.0] * len(base)
    if off_by(before, sizes[:-1]) > _MISFIT * max(1.0, off_by(before, even)):
        return None
    return Profile(sizes, sqrt(1 + fmean(before) / fmean(base)))


def off_by(x: Sequence[float], sizes: Sequence[float]) -> float:
    """Return how far this year's weeks lie from the profile, in deviations of chance (root mean square)."""
    centre = sum(x) / sum(sizes)
    if centre <= 0:
        return 0.0
    return sqrt(
        fmean((one - centre * size) ** 2 / (centre * size) for one, size in zip(x, sizes, strict=True))
    )
