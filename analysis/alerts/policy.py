"""What is an alert and what is not: one closed period of one group against the periods before it.

Pure: numbers in, judgements out. docs/alerts.md gives the rules with their false alarm rate.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import erfc, exp, lgamma, log, log1p, sqrt
from statistics import median

from analysis.alerts.seasonal import off_by
from analysis.trend.limits import FEWEST, Limits, Rule, p_prime, signals, u_prime

SATISFACTION, VOLUME, RESPONSE_RATE, OVERDUE, COLLECTION = KINDS = (
    "satisfaction", "volume", "response_rate", "overdue", "collection",
)  # fmt: skip
UP, DOWN = 1, -1
SIDES: Mapping[str, tuple[int, ...]] = {
    SATISFACTION: (UP, DOWN), VOLUME: (UP,), RESPONSE_RATE: (DOWN,), OVERDUE: (UP,),
}  # fmt: skip
WEEK, MONTH = GRAINS = ("week", "month")
BASE = {WEEK: 26, MONTH: 24}  # periods before the judged one that make its limits, at most
DISCOVERIES = 0.02  # of the alerts on groups, the share that may be false: Benjamini and Hochberg's q
COLLAPSED = 0.25  # fewer answers than this share of those to be expected are no matter of satisfaction
ENOUGH_EXPECTED = 20.0  # answers to be expected, before their absence says anything
LARGE_PART = 0.2  # of the answers: a way of answering that falls away with so many changes every figure
_EFFECTIVE = 0.62  # degrees of freedom that a moving range is worth, with two points to each range
_NEW_RUN = {Rule.SHIFT: 7, Rule.NEAR: 2, Rule.TREND: 7}  # how long a run is when it is first seen


@dataclass(frozen=True, slots=True)
class Point:
    """One period of one group: ``x`` of ``n``, or a count ``x`` of a week that is ``n`` usual weeks large.

    ``base`` is how many people, answers or cases stand behind it; ``hidden`` says that it may not be shown,
    because it is small or because the others could be worked out from it. A hidden one makes no figure. One
    that is ``covered`` could be had by subtracting periods: it is part of limits, never shown or judged.
    """

    start: date
    x: float
    n: float
    base: float
    hidden: bool = False
    covered: bool = False

    @property
    def value(self) -> float:
        return self.x / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Series:
    """A kind of figure of one group over neighbouring periods, the oldest first; the last one is judged."""

    kind: str
    grain: str
    points: tuple[Point, ...]
    questionnaire: str = ""
    item_key: str = ""
    dimension: str = ""  # "" for everybody
    group: str = ""
    spread: float = 1.0  # the least deviation in units of chance; above 1 where earlier years gave the sizes


@dataclass(frozen=True, slots=True)
class Judged:
    """The last period of a series that can be judged, with what it was judged by."""

    series: Series
    shown: tuple[Point, ...]  # those that make the limits, and last the judged one
    limits: Limits
    p: float  # how often chance alone brings a point as far from the centre
    rule: str  # "" for nothing, else the rule of analysis.trend.limits
    side: int


@dataclass(frozen=True, slots=True)
class Collapse:
    """Hardly any answers where many were to be expected."""

    expected: float
    answers: float


def judge(series: Series, *, least_change: float, runs: bool = False) -> Judged | None:
    """Judge the last period of a series against up to ``BASE`` periods before it.

    Parameters
    ----------
    series : Series
    least_change : float
        A share that differs from the centre by less is no alert, however sure it is; 0 for counts.
    runs : bool
        Whether runs count as well as single points; for single figures, not for many groups at once.

    Returns
    -------
    Judged or None
        None where the period may not be shown, or fewer than ``FEWEST`` periods before it can be used.
    """
    *before, last = series.points
    usable = [point for point in before if not point.hidden and point.n > 0][-BASE[series.grain] :]
    if last.hidden or last.covered or last.n <= 0 or len(usable) < FEWEST:
        return None
    shown = (*usable, last)
    limits, known = _limits(series, shown)
    z = (last.value - limits.centre) / limits.sigma[-1] if limits.sigma[-1] else 0.0
    side, rule = (UP if z > 0 else DOWN), _rule(shown, limits, runs=runs)
    told = rule and side in SIDES[series.kind] and abs(last.value - limits.centre) >= least_change
    p = chance_of(z, len(usable), both=len(SIDES[series.kind]) > 1, known=known)
    if series.kind == VOLUME:
        p = max(p, poisson_tail(int(last.x), limits.centre * last.n))
    return Judged(series, shown, limits, p, rule if told else "", side)


def worth_telling(judged: Iterable[Judged]) -> list[Judged]:
    """Return what is told: of everybody all that is a signal, of groups what survives the correction.

    The groups of one kind, questionnaire and dimension are one family, those without a signal too.
    """
    families: dict[tuple[str, ...], list[Judged]] = {}
    found = []
    for one in judged:
        key = (one.series.kind, one.series.questionnaire, one.series.item_key, one.series.dimension)
        if one.series.dimension:
            families.setdefault(key, []).append(one)
        elif one.rule:
            found.append(one)
    for family in families.values():
        kept = benjamini_hochberg([one.p for one in family])
        found += [one for one, keep in zip(family, kept, strict=True) if keep and one.rule == Rule.OUTSIDE]
    return found


def collapse(answers: Sequence[float], chances: Sequence[float], *, silent: bool = False) -> Collapse | None:
    """Say whether hardly any answers came in the last period although they were to be expected.

    Parameters
    ----------
    answers : sequence of float
        How many came in each period, the last one judged.
    chances : sequence of float
        How many there were to ask: cases closed, or links sent. Where fewer were asked than usual, fewer
        answers are expected; where none ever were, as many as usual.
    silent : bool
        Whether nothing at all came in, no case either: then what is usual was to be expected.

    Returns
    -------
    Collapse or None
        None too where the usual number is unknown or small.
    """
    if len(answers) <= FEWEST:
        return None
    usual, usual_chances = median(answers[-1 - FEWEST : -1]), median(chances[-1 - FEWEST : -1])
    part = min(1.0, chances[-1] / usual_chances) if usual_chances > 0 and not silent else 1.0
    expected = usual * part
    if expected < ENOUGH_EXPECTED or answers[-1] > COLLAPSED * expected:
        return None
    return Collapse(expected, answers[-1])


def chance_of(z: float, points: int, *, both: bool, known: bool = False) -> float:
    """Return how often chance alone brings a new point so many chart deviations away.

    The centre is estimated from few points, so its own error is added. The deviation is too, unless it is
    ``known``, that of chance itself: then the tail is that of Student's t. Wallace (1959), Bounds on normal
    approximations to Student's t, turns t into a normal value with an error below 6 % of the chance here.
    """
    freedom = _EFFECTIVE * (points - 1)
    t = abs(z) / sqrt(1 + 1 / points)
    normal = t if known else sqrt(freedom * log1p(t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)
    return erfc(normal / sqrt(2)) * (1.0 if both else 0.5)


def poisson_tail(count: int, mean: float) -> float:
    """Return the chance of ``count`` or more events where ``mean`` are usual: counts are skew."""
    if mean <= 0:
        return 0.0 if count > 0 else 1.0
    below = sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count))
    return max(0.0, 1.0 - below)


def benjamini_hochberg(ps: Sequence[float], q: float = DISCOVERIES) -> list[bool]:
    """Say which of several p values are discoveries at a false discovery rate of ``q``."""
    limit = max((p for rank, p in enumerate(sorted(ps), start=1) if p <= q * rank / len(ps)), default=-1.0)
    return [p <= limit for p in ps]


def may_show(n: float, everybody: float, min_cell: int) -> bool:
    """Say whether a group of one period may be shown: neither it nor what is left over is small."""
    rest = everybody - n
    return n >= min_cell and (rest <= 0 or rest >= min_cell)


def _limits(series: Series, shown: Sequence[Point]) -> tuple[Limits, bool]:
    """Return the limits, and whether their width is that of chance and not estimated from the points.

    Sizes after earlier years may not fit this one: how far the weeks lie from them counts as spread.
    """
    x, n = [point.x for point in shown], [point.n for point in shown]
    own = off_by(x[:-1], n[:-1]) if series.spread > 1.0 else 0.0
    chart = u_prime if series.kind == VOLUME else p_prime
    limits = chart(x, n, baseline=len(shown) - 1, at_least=max(series.spread, own))
    return limits, max(limits.sigma_z or 0.0, own) <= series.spread


def _rule(shown: Sequence[Point], limits: Limits, *, runs: bool) -> str:
    """Return the rule by which the last point is a signal that the one before was not; runs are told once."""
    last = len(shown) - 1
    for signal in signals([point.value for point in shown], limits):
        if signal.last != last:
            continue
        new = signal.rule == Rule.OUTSIDE or signal.last - signal.first + 1 == _NEW_RUN[signal.rule]
        if new and (runs or signal.rule == Rule.OUTSIDE):
            return str(signal.rule)
    return ""
