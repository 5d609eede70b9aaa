"""Control limits of a run chart, and the rules by which a point or a run of points is a signal.

Plain numbers in, plain numbers out; points that are missing are left out by the caller, in order of time.

The limits are three standard deviations of the chart to each side of its centre. What that deviation is
decides the chart: a p chart believes that answers differ by chance alone, Laney's p' chart multiplies by how
much more they differ from one period to the next, an XmR chart knows nothing but those differences.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import sqrt
from statistics import fmean

FEWEST = 12  # with fewer points limits are trial limits
RUN = 7
FALSE_ALARMS = 0.11  # share of charts of 24 steady points with any signal; a slow test simulates it
_D2 = 1.128  # mean moving range of two normal values, in standard deviations
_RANGE_LIMIT = 3.267  # moving ranges above this many mean ranges come from something special
_SIGMAS = 3.0
_WARNING = 2.0


class Rule(StrEnum):
    """What makes a signal: the four rules of NHS England's "Making data count"."""

    OUTSIDE = "outside"  # a point outside a limit
    SHIFT = "shift"  # seven points in a row on one side of the centre
    NEAR = "near"  # two of three points in the outer third, all three on the same side
    TREND = "trend"  # seven points in a row, each higher (or each lower) than the one before


@dataclass(frozen=True)
class Signal:
    """Points ``first`` to ``last`` (both included) show more than chance; ``side`` is 1 up, -1 down."""

    rule: Rule
    first: int
    last: int
    side: int


@dataclass(frozen=True)
class Limits:
    """The centre, one standard deviation of the chart for each point, and the limits three away from it.

    Parameters
    ----------
    chart : str
        ``p'``, ``u'`` or ``xmr``.
    centre : float
    sigma : tuple of float
    lower, upper : tuple of float
        Clipped to what is possible: shares to 0 and 1, counts to 0.
    sigma_z : float or None
        How many times more the points of a p' or u' chart differ than chance alone would have it.
    baseline : int
        How many points, from the first on, the limits were calculated from.
    """

    chart: str
    centre: float
    sigma: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    sigma_z: float | None = None
    baseline: int = 0

    @property
    def trial(self) -> bool:
        """Whether there are too few points for limits that one may rely on."""
        return self.baseline < FEWEST


def p_prime(
    x: Sequence[float], n: Sequence[float], *, baseline: int | None = None, at_least: float = 0.0
) -> Limits:
    """Return Laney's limits of shares ``x / n``, for large numbers of answers that differ more than chance.

    ``sigma_z`` is the mean moving range of the points in units of chance, divided by 1.128.

    Parameters
    ----------
    x, n : sequence of float
        Satisfied answers and answers of each period; ``n`` above 0.
    baseline : int, optional
        Calculate from the first so many points and judge those after them too; all when left out.
    at_least : float
        The smallest ``sigma_z`` that is used. With 1 the limits are never narrower than those of the p
        chart: answers of different people do not differ less than by chance, so less is an accident of few
        points.

    References
    ----------
    Laney (2002), Improved control charts for attributes, Quality Engineering 14(4).
    """
    return _of_counts("p'", x, n, baseline, chance=_share_chance, most=1.0, at_least=at_least)


def u_prime(
    counts: Sequence[float], sizes: Sequence[float], *, baseline: int | None = None, at_least: float = 0.0
) -> Limits:
    """Return Laney's limits of rates ``counts / sizes``, for events that come in clusters.

    Parameters
    ----------
    counts, sizes : sequence of float
        Events of each period, and days, households or whatever they are counted per; above 0.
    baseline, at_least
        As for `p_prime`; with 1 and counts as even as chance has them the limits are those of a u chart.
    """
    return _of_counts("u'", counts, sizes, baseline, chance=_rate_chance, at_least=at_least)


def xmr(
    values: Sequence[float], *, baseline: int | None = None, screen: bool = False,
    least: float | None = None, most: float | None = None,
) -> Limits:  # fmt: skip
    """Return the limits of single values: the mean and 2.66 mean moving ranges to each side.

    Parameters
    ----------
    values : sequence of float
    baseline
        As for `p_prime`.
    screen : bool
        Leave out moving ranges above 3.267 mean ones and take the mean of the rest, as NHSRplotthedots
        does by default: one jump does not widen the limits.
    least, most : float, optional
        Where limits are clipped.
    """
    first = _checked(values, [1.0] * len(values), baseline)
    centre = fmean(values[:first])
    sigma = [_moving(values[:first], screen=screen) / _D2] * len(values)
    return _limits("xmr", centre, sigma, first, least=least, most=most)


def signals(values: Sequence[float], limits: Limits) -> list[Signal]:
    """Return what is more than chance, by rule and then by place; runs that touch are one signal.

    Parameters
    ----------
    values : sequence of float
        The points that the limits are for: the shares, not the counts.
    limits : Limits
        With trial limits only runs that need no limits would mean something; nothing is returned.
    """
    if limits.trial:
        return []
    away = [
        (value - limits.centre) / sigma if sigma > _tiny(limits.centre) else _sign(value, limits.centre)
        for value, sigma in zip(values, limits.sigma, strict=True)
    ]
    return [
        *_single(away),
        *_runs(Rule.SHIFT, [_side(z) for z in away], RUN),
        *_near(away),
        *_trends(values),
    ]


def _single(away: Sequence[float]) -> list[Signal]:
    slack = 1e-9  # a point on the limit is inside, however it was rounded
    return [
        Signal(Rule.OUTSIDE, place, place, _side(z))
        for place, z in enumerate(away)
        if abs(z) > _SIGMAS + slack
    ]


def _near(away: Sequence[float]) -> list[Signal]:
    marked = [0] * len(away)
    for start in range(len(away) - 2):
        three = away[start : start + 3]
        side = _side(three[0])
        outer = [start + k for k, z in enumerate(three) if abs(z) > _WARNING + 1e-9]
        if side and all(_side(z) == side for z in three) and len(outer) >= 2:
            for place in range(outer[0], outer[-1] + 1):
                marked[place] = side
    return _runs(Rule.NEAR, marked, 2)


def _trends(values: Sequence[float]) -> list[Signal]:
    steps = [_side(later - earlier) for earlier, later in pairwise(values)]
    found = _runs(Rule.TREND, steps, RUN - 1)
    return [Signal(one.rule, one.first, one.last + 1, one.side) for one in found]


def _runs(rule: Rule, sides: Sequence[int], shortest: int) -> list[Signal]:
    """Return the runs of one side; a point on the centre ends a run."""
    found, start = [], 0
    for place in range(1, len(sides) + 1):
        if place < len(sides) and sides[place] == sides[start]:
            continue
        if sides[start] and place - start >= shortest:
            found.append(Signal(rule, start, place - 1, sides[start]))
        start = place
    return found


def _of_counts(
    chart: str, x: Sequence[float], n: Sequence[float], baseline: int | None, *,
    chance: Callable[[float, float], float], at_least: float, most: float | None = None,
) -> Limits:  # fmt: skip
    first = _checked(x, n, baseline)
    centre = sum(x[:first]) / sum(n[:first])
    by_chance = [chance(centre, size) for size in n]
    away = [
        (value / size - centre) / one if one else 0.0
        for value, size, one in zip(x[:first], n[:first], by_chance[:first], strict=True)
    ]
    sigma_z = _moving(away) / _D2
    used = max(sigma_z, at_least)
    sigma = [one * used for one in by_chance]
    return _limits(chart, centre, sigma, first, least=0.0, most=most, sigma_z=sigma_z)


def _limits(
    chart: str, centre: float, sigma: Sequence[float], baseline: int, *,
    least: float | None, most: float | None, sigma_z: float | None = None,
) -> Limits:  # fmt: skip
    lower, upper = ([centre + way * _SIGMAS * one for one in sigma] for way in (-1, 1))
    if least is not None:
        lower = [max(least, value) for value in lower]
    if most is not None:
        upper = [min(most, value) for value in upper]
    return Limits(chart, centre, tuple(sigma), tuple(lower), tuple(upper), sigma_z, baseline)


def _checked(x: Sequence[float], n: Sequence[float], baseline: int | None) -> int:
    """Return how many points make the limits."""
    if len(x) != len(n) or not x or min(n) <= 0:
        raise ValueError(f"a point needs a size above 0 for each value, but there are {list(x)} of {list(n)}")
    return len(x) if baseline is None else max(1, min(baseline, len(x)))


def _moving(values: Sequence[float], *, screen: bool = False) -> float:
    """Return the mean moving range; of one point 0."""
    ranges = [abs(later - earlier) for earlier, later in pairwise(values)]
    if not ranges:
        return 0.0
    mean = fmean(ranges)
    kept = [one for one in ranges if one <= _RANGE_LIMIT * mean] if screen else ranges
    return fmean(kept) if kept else mean


def _share_chance(centre: float, n: float) -> float:
    return sqrt(max(0.0, centre * (1 - centre)) / n)


def _rate_chance(centre: float, size: float) -> float:
    return sqrt(centre / size)


def _side(value: float) -> int:
    return (value > 1e-12) - (value < -1e-12)


def _sign(value: float, centre: float) -> float:
    """Say where a point lies when nothing varied so far: on the centre, or outside."""
    return 0.0 if abs(value - centre) <= _tiny(centre) else (2 * _SIGMAS if value > centre else -2 * _SIGMAS)


def _tiny(centre: float) -> float:
    return 1e-12 * max(1.0, abs(centre))
