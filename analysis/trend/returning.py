"""Whether a signal is what the same time of other years brings: then the season explains it, not a change."""

from dataclasses import dataclass
from math import sqrt

from analysis.trend.course import Line, Measure, Point, Trend
from analysis.trend.limits import Rule, Signal
from analysis.trend.steps import Grain

FEWEST_YEARS = 2  # other years of the same month or quarter
_SURE = 2.0  # standard errors


@dataclass(frozen=True)
class Returning:
    """What the same months (quarters) of other years were at; ``years`` is the fewest of one of them."""

    share: float
    years: int


def returning(trend: Trend, one: Line, signal: Signal) -> Returning | None:
    """Say whether the season explains a signal: other years were as far off, and this one fits them.

    Parameters
    ----------
    trend : Trend
    one : Line
    signal : Signal
        A long rise or fall is left alone: of its course the level says nothing.

    Returns
    -------
    Returning or None
        With each point compared with the same month of at least two other years since the last break: those
        lie to the same side of the centre by two standard errors, and the points within two of them. The
        errors are those of the chart, sigma_z included.
    """
    limits = next(part.limits for part in one.segments if part.first <= signal.first <= part.last)
    if trend.measure is not Measure.SHARE or trend.grain not in {Grain.MONTH, Grain.QUARTER}:
        return None
    if limits is None or signal.rule is Rule.TREND:
        return None
    off = season_off = error = season_error = 0.0
    satisfied = answers = 0
    years = []
    for place in one.places_since_break:
        if not signal.first <= place <= signal.last:
            continue
        point, others = one.points[place], _others(one, place)
        x, n, size = (sum(p.satisfied or 0 for p in others), sum(p.n or 0 for p in others), point.n or 0)
        if len(others) < FEWEST_YEARS or not n:
            return None
        off += size * ((point.value or 0.0) - x / n)
        season_off += size * (x / n - limits.centre)
        error += size + size * size / n
        season_error += size * size / n
        satisfied, answers = satisfied + x, answers + n
        years.append(len(others))
    sigma = max(1.0, limits.sigma_z or 1.0) * sqrt(limits.centre * (1 - limits.centre))
    fits = abs(off) <= _SURE * sigma * sqrt(error)
    returns = signal.side * season_off >= _SURE * sigma * sqrt(season_error)
    return Returning(satisfied / answers, min(years)) if years and fits and returns else None


def _others(one: Line, place: int) -> list[Point]:
    """Return the judged points of the same month or quarter of other years."""
    start = one.points[place].period.start
    return [
        one.points[other]
        for other in one.places_since_break
        if other != place and one.points[other].period.start.month == start.month
    ]
