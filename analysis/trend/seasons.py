"""The same months (or quarters) of several years beside each other: what the season does."""

from dataclasses import dataclass

from analysis.texts import N_, Translate
from analysis.trend import presenting
from analysis.trend.course import Line, Measure, Point, Trend
from analysis.trend.steps import Grain

FEWEST_YEARS = 3

_EXTREMES = N_("Lowest in %(lowest)s (%(low)s), highest in %(highest)s (%(high)s)")
_SAME = N_("Much the same in every season")
_MONTHS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"), N_("August"),
    N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip
_QUARTERS = (N_("first quarter"), N_("second quarter"), N_("third quarter"), N_("fourth quarter"))


@dataclass(frozen=True)
class Season:
    """One calendar month or quarter: its points over the years, the earliest first, and their average."""

    place: int
    points: tuple[tuple[int, Point], ...]  # place on the time axis, and the point
    average: float


def seasons(trend: Trend, one: Line) -> list[Season]:
    """Return the calendar months (quarters) of one line; none without three years of one of them.

    Only points that are judged take part, of the stretch since the last break.
    """
    if trend.grain not in {Grain.MONTH, Grain.QUARTER}:
        return []
    found: dict[int, list[tuple[int, Point]]] = {}
    for place in one.places_since_break:
        found.setdefault(_place(trend.grain, one.points[place]), []).append((place, one.points[place]))
    if max((len(points) for points in found.values()), default=0) < FEWEST_YEARS:
        return []
    return [
        Season(place, tuple(points), _average(trend.measure, [point for _at, point in points]))
        for place, points in sorted(found.items())
    ]


def has_seasons(trend: Trend) -> bool:
    """Whether there are enough years to look at the seasons."""
    return any(seasons(trend, one) for one in trend.lines)


def finding(trend: Trend, translate: Translate) -> str:
    """Say which season is lowest and highest, of the line with most of them."""
    found = max((seasons(trend, one) for one in trend.lines), key=len)
    full = [season for season in found if len(season.points) >= 2]
    if len(full) < 2:
        return translate(_SAME)
    low, high = min(full, key=lambda one: one.average), max(full, key=lambda one: one.average)
    if presenting.figure(trend, low.average) == presenting.figure(trend, high.average):
        return translate(_SAME)
    return translate(_EXTREMES) % {
        "lowest": name(trend.grain, low.place, translate), "low": presenting.figure(trend, low.average),
        "highest": name(trend.grain, high.place, translate), "high": presenting.figure(trend, high.average),
    }  # fmt: skip


def name(grain: Grain, place: int, translate: Translate) -> str:
    """Say which month or quarter."""
    return translate((_MONTHS if grain is Grain.MONTH else _QUARTERS)[place])


def count(grain: Grain) -> int:
    """Return how many seasons a year has."""
    return 12 if grain is Grain.MONTH else 4


def _place(grain: Grain, point: Point) -> int:
    month = point.period.start.month - 1
    return month if grain is Grain.MONTH else month // 3


def _average(measure: Measure, points: list[Point]) -> float:
    """Return the share of all answers together, or the mean of the values."""
    if measure is Measure.SHARE:
        return sum(point.satisfied or 0 for point in points) / sum(point.n or 0 for point in points)
    return sum(point.value or 0.0 for point in points) / len(points)
