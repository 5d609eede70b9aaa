"""The course of one item over time: points, breaks, the stretches between them, limits and signals.

Plain values in, plain values out; `analysis.trend.queries` brings the counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise
from math import sqrt

from analysis.compare import Reason
from analysis.periods import Period
from analysis.texts import N_, Note
from analysis.trend.limits import Limits, Rule, Signal, p_prime, signals, xmr
from analysis.trend.steps import Grain

MODE_BREAK = 0.10  # the ways of answering moved by more: no line across
_BEYOND_CHANCE = 3.0  # standard errors; a month of 30 answers moves by 10 points on its own
_AHEAD = 3  # periods over which the new mix has to hold

_MORE = N_("More of the answers came %(mode)s from here on: what moved may be the way of asking.")
_FEWER = N_("Fewer of the answers came %(mode)s from here on: what moved may be the way of asking.")
_MODE_MOVED = N_("other mix of modes")
_MODES = {
    "web": N_("by link"), "phone": N_("by phone"), "paper": N_("on paper"), "import": N_("by import"),
}  # fmt: skip


class Measure(StrEnum):
    """What is drawn."""

    SHARE = "share"
    MEAN = "mean"
    NPS = "nps"


@dataclass(frozen=True)
class Point:
    """One period of one line; ``value`` is None where nothing may or can be shown.

    Parameters
    ----------
    period : Period
    n : int or None
        Answers; None where they are hidden.
    counts : tuple of int or None
        Answers per category, the worst first.
    satisfied : int or None
    value : float or None
        The share (0 to 1), the mean or the net score (-1 to 1).
    reason : Reason or None
        Why there is no value, or ``FEW`` where there is one that must be read with care.
    open : bool
        Whether the period is not over.
    run : int
        Which stretch of comparable versions the answers belong to.
    """

    period: Period
    n: int | None
    counts: tuple[int, ...] | None = None
    satisfied: int | None = None
    value: float | None = None
    reason: Reason | None = None
    open: bool = False
    run: int = 0

    @property
    def judged(self) -> bool:
        """Whether limits are made from this point and rules look at it."""
        return self.value is not None and self.reason is None and not self.open


@dataclass(frozen=True)
class Break:
    """Nothing is drawn across: ``at`` is the place of the first point after it."""

    at: int
    note: Note
    short: Note


@dataclass(frozen=True)
class Segment:
    """Points ``first`` to ``last`` (included), of which ``places`` are judged by the limits.

    ``marked`` says that it begins where a person had the limits computed anew: the line itself goes on.
    """

    first: int
    last: int
    places: tuple[int, ...]
    limits: Limits | None
    marked: bool = False

    def limit_at(self, place: int) -> tuple[float, float] | None:
        """Return the limits of a point; None where it is not judged, or the limits would be trial limits."""
        if self.limits is None or self.limits.trial or place not in self.places:
            return None
        at = self.places.index(place)
        return self.limits.lower[at], self.limits.upper[at]


@dataclass(frozen=True)
class Line:
    """One line of the chart; ``mode`` is empty where all ways of answering are together."""

    mode: str
    points: tuple[Point, ...]
    segments: tuple[Segment, ...]
    signals: tuple[Signal, ...]

    @property
    def last_segment(self) -> Segment:
        """The stretch that goes on to this day."""
        return self.segments[-1]

    @property
    def places_since_break(self) -> tuple[int, ...]:
        """The judged points that can be compared with those of this day, whatever limits they made."""
        begin = max(one.first for one in self.segments if not one.marked)
        return tuple(place for one in self.segments if one.first >= begin for place in one.places)

    def marks(self) -> dict[int, int]:
        """Return for each point with a signal its side, as far as the point itself is on it."""
        found: dict[int, int] = {}
        for signal in reversed(self.signals):  # a limit that is crossed goes before a long rise or fall
            segment = next(one for one in self.segments if one.first <= signal.first <= one.last)
            for place in segment.places:
                if signal.first <= place <= signal.last:
                    found[place] = signal.side
        return found


@dataclass(frozen=True)
class Trend:
    """One item over many periods, as page, chart and report show it."""

    item_key: str
    label: str
    scale_id: str
    grain: Grain
    measure: Measure
    scores: tuple[int, ...]
    first_top: int
    lines: tuple[Line, ...]
    breaks: tuple[Break, ...]
    today: date
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    can_split: bool = False
    min_cell: int = 10
    few_answers: int = 30
    reworded: tuple[Break, ...] = ()  # marked, but the line goes on
    marks: tuple[Break, ...] = ()  # limits computed anew by a person; the line goes on

    @property
    def split(self) -> bool:
        """Whether each way of answering has a line of its own."""
        return len(self.lines) > 1

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods along the axis."""
        return tuple(point.period for point in self.lines[0].points) if self.lines else ()


def value_of(measure: Measure, counts: Sequence[int], scores: Sequence[int], first_top: int) -> float | None:
    """Return the figure of one period: share, mean or net score."""
    n = sum(counts)
    if not n:
        return None
    if measure is Measure.MEAN:
        return sum(count * score for count, score in zip(counts, scores, strict=True)) / n
    if measure is Measure.NPS:
        good = sum(c for c, score in zip(counts, scores, strict=True) if score >= 9)
        bad = sum(c for c, score in zip(counts, scores, strict=True) if score <= 6)
        return (good - bad) / n
    return sum(counts[first_top:]) / n


def line(
    mode: str, points: Sequence[Point], breaks: Sequence[Break], measure: Measure, marks: Sequence[Break] = ()
) -> Line:
    """Divide the points at breaks and marks, and judge each stretch by limits of its own."""
    broken = {0, *(one.at for one in breaks)}
    inside = {one.at for one in (*breaks, *marks) if 0 < one.at < len(points)}
    segments = [
        _segment(points, first, after - 1, measure, marked=first not in broken)
        for first, after in pairwise([0, *sorted(inside), len(points)])
    ]
    found = [signal for segment in segments for signal in _signals(points, segment)]
    return Line(mode, tuple(points), tuple(segments), tuple(found))


def run_breaks(runs: Sequence[int], notes: Sequence[tuple[Note, Note]]) -> list[Break]:
    """Return a break wherever another stretch of versions begins; ``notes`` are those of the stretches."""
    return [
        Break(place, *notes[later])
        for place, (earlier, later) in enumerate(pairwise(runs), start=1)
        if later != earlier
    ]


def mark_places(months: Mapping[date, tuple[Note, Note]], periods: Sequence[Period]) -> list[Break]:
    """Return where limits begin anew: at the first period that begins in a marked month or after it.

    A mark before the first period that is shown divides nothing.
    """
    found: dict[int, Break] = {}
    for month, notes in sorted(months.items()):
        at = next((place for place, period in enumerate(periods) if period.start >= month), 0)
        if at:
            found[at] = Break(at, *notes)
    return list(found.values())


def mode_breaks(modes: Sequence[Mapping[str, int] | None], known: Sequence[Break]) -> list[Break]:
    """Return a break wherever the ways of answering moved by more than ten points, and more than chance.

    Parameters
    ----------
    modes : sequence of mapping of mode to int, or None
        Answers per way of answering of each period; None where they may not be shown or are still coming.
    known : sequence of Break
        Those that are there already: the mix is compared within a stretch only.
    """
    starts = {one.at for one in known}
    found: list[Break] = []
    so_far: dict[str, int] = {}
    for place, mix in enumerate(modes):
        if place in starts:
            so_far = {}
        if mix is None:
            continue
        ahead = [one for one in modes[place : place + _AHEAD] if one is not None]
        moved = _moved(so_far, mix)
        if moved and _moved(so_far, _sum(ahead)) == moved:
            found.append(_mode_break(place, *moved))
            so_far = {}
        so_far = _sum([so_far, mix])
    return found


def _mode_break(place: int, mode: str, way: int) -> Break:
    said = Note(_MORE if way > 0 else _FEWER, {"mode": _MODES.get(mode, mode)})
    return Break(place, said, Note(_MODE_MOVED))


def _moved(earlier: Mapping[str, int], later: Mapping[str, int]) -> tuple[str, int] | None:
    """Return the way of answering whose share moved most, and the direction, where it moved enough."""
    n1, n2 = sum(earlier.values()), sum(later.values())
    if not n1 or not n2:
        return None
    moves = {mode: later.get(mode, 0) / n2 - earlier.get(mode, 0) / n1 for mode in sorted({*earlier, *later})}
    mode = max(moves, key=lambda name: abs(moves[name]))
    pooled = (earlier.get(mode, 0) + later.get(mode, 0)) / (n1 + n2)
    error = sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    size = abs(moves[mode])
    if size <= MODE_BREAK or size <= _BEYOND_CHANCE * error:
        return None
    return mode, 1 if moves[mode] > 0 else -1


def _sum(mixes: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return {mode: sum(mix.get(mode, 0) for mix in mixes) for mix in mixes for mode in mix}


def _segment(points: Sequence[Point], first: int, last: int, measure: Measure, *, marked: bool) -> Segment:
    places = tuple(place for place in range(first, last + 1) if points[place].judged)
    judged = [points[place] for place in places]
    limits = None
    if judged and measure is Measure.SHARE:
        limits = p_prime([p.satisfied or 0 for p in judged], [p.n or 0 for p in judged], at_least=1.0)
    elif judged:
        limits = xmr([p.value or 0.0 for p in judged])
    return Segment(first, last, places, limits, marked)


def _signals(points: Sequence[Point], segment: Segment) -> list[Signal]:
    if segment.limits is None:
        return []
    values = [points[place].value or 0.0 for place in segment.places]
    return [
        replace(one, first=segment.places[one.first], last=segment.places[one.last])
        for one in signals(values, segment.limits)
    ]


_WEIGHT = {Rule.OUTSIDE: 3, Rule.SHIFT: 2, Rule.TREND: 1, Rule.NEAR: 0}


def latest_signal(found: Line) -> Signal | None:
    """Return the signal to speak of: the latest of the present stretch, the plainest among those."""
    here = [one for one in found.signals if one.first >= found.last_segment.first]
    return max(here, key=lambda one: (one.last, _WEIGHT[one.rule]), default=None)
