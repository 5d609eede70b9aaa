"""What a trend reads and which of it may be shown: periods, ways of answering, what is hidden and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from analysis import timed
from analysis.compare import Reason
from analysis.counting import categories
from analysis.periods import Period, is_open
from analysis.queries import MODES, Thresholds
from analysis.series import Series
from analysis.suppression import hidden_parts
from analysis.trend import course
from analysis.trend.course import Measure, Point
from analysis.trend.reading import Slice
from surveys.queries import LoadedItem
from surveys.tallies import MODE

APART = ("web", "phone")  # drawn as separate lines where both have enough answers

Cell = tuple[str, int]  # way of answering, or all of them; place of the period


@dataclass(frozen=True)
class Window:
    """What was read, and which of it is shown."""

    periods: list[Period]
    slices: list[Slice]
    runs: list[int]  # which stretch of versions each period belongs to
    series: Sequence[Series]
    first: int
    after: int
    thresholds: Thresholds
    today: date
    id_sets: tuple[frozenset[int], ...]
    timed: timed.Timed

    @property
    def shown(self) -> list[Period]:
        """The periods along the axis; more are read, so that nothing hidden can be worked out."""
        return self.periods[self.first : self.after]

    def ids(self, place: int) -> frozenset[int]:
        """Return the rows of the item in the versions that a period belongs to."""
        return self.id_sets[self.runs[place]]

    def size(self, mode: str, place: int) -> int:
        """Return the answers of one period, by one way of answering or by all."""
        return sum(self.slices[place].counts(self.ids(place), mode).values())

    def reason(self, mode: str, place: int) -> Reason | None:
        """Say why a period must be hidden, as the comparison would; so is that nobody of a part answered."""
        size = self.size(mode, place)
        where = {**self.timed.where, MODE: (mode,)} if mode else self.timed.where
        if not size and not where:
            return None
        if 0 < size < self.thresholds.min_cell:
            return Reason.SUPPRESSED
        if size and self.slices[place].gives_away(self.ids(place), self.thresholds.min_cell, mode):
            return Reason.PROTECTED
        is_cut = self.timed.filtered(where).cuts_answers(self.ids(place), self.periods[place])
        return Reason.CUT if is_cut else None


def runs_of(slices: Sequence[Slice], series: Sequence[Series]) -> list[int]:
    """Say for each period which stretch of versions it belongs to: the one with most of its answers.

    Answers to an older version that come late are left out; time never goes back to an older stretch.
    """
    found: list[int] = []
    id_sets = [run.item_ids for run in series]
    for one in slices:
        sizes = [sum(one.counts(ids).values()) for ids in id_sets]
        least = found[-1] if found else 0
        later = range(least, len(series))
        best = max(later, key=lambda run: (sizes[run], run)) if any(sizes[least:]) else least
        found.append(best)
    return found


def first_shown(window: Window, hidden: Collection[Cell]) -> int:
    """Return the first place with figures; what is before is left out."""
    found = (k for k in range(window.first, window.after) if ("", k) not in hidden and window.size("", k))
    return next(found, window.after - 1)


def can_split(window: Window) -> bool:
    """Say whether links and calls both have enough answers in at least half of the closed periods."""
    mixes = [
        window.slices[place].modes(window.ids(place))
        for place in range(window.first, window.after)
        if not is_open(window.periods[place], window.today)
    ]
    mixes = [mix for mix in mixes if mix]
    enough = [min(mix.get(mode, 0) for mode in APART) >= window.thresholds.few_answers for mix in mixes]
    return len(mixes) > 1 and sum(enough) * 2 >= len(mixes)


def modes_of(window: Window) -> list[str]:
    """Return the ways of answering that have a line of their own; one "" where only one has answers."""
    shown = range(window.first, window.after)
    found = [mode for mode in APART if any(window.size(mode, k) for k in shown)]
    return found if len(found) > 1 else [""]


def hidden_together(window: Window) -> dict[Cell, Reason]:
    """Return why a period must be hidden: too small, given away by a filter or by other periods."""
    found = {("", place): window.reason("", place) for place in range(window.first, window.after)}
    return {cell: reason for cell, reason in found.items() if reason}


def hidden_apart(window: Window, together: Mapping[Cell, Reason]) -> dict[Cell, Reason]:
    """Return why one way of answering in one period must be hidden, beside the others too."""
    found: dict[Cell, Reason] = {}
    for place in range(window.first, window.after):
        sizes = [window.size(mode, place) for mode in MODES]
        beside = hidden_parts(sizes, window.thresholds.min_cell)
        for mode, size, hide in zip(MODES, sizes, beside, strict=True):
            reason = window.reason(mode, place) or (Reason.PROTECTED if hide else together.get(("", place)))
            if reason and (size or reason is Reason.CUT):
                found[mode, place] = reason
    return found


def point(window: Window, place: int, mode: str, hidden: Reason | None) -> Point:
    period, run = window.periods[place], window.runs[place]
    still = is_open(period, window.today)
    if hidden is not None:
        return Point(period, None, reason=hidden, open=still, run=run)
    found = window.slices[place].counts(window.ids(place), mode)
    counts = tuple(found.get(score, 0) for score in categories(window.series[run].item))
    n = sum(counts)
    if not n:
        return Point(period, 0, reason=Reason.NO_ANSWERS, open=still, run=run)
    few = Reason.FEW if n < window.thresholds.few_answers else None
    return Point(period, n, counts, reason=few, open=still, run=run)


def measured(point: Point, window: Window, measure: Measure) -> Point:
    """Return a point with its figure."""
    if point.counts is None:
        return point
    item = window.series[point.run].item
    value = course.value_of(measure, point.counts, categories(item), first_top(item))
    return replace(point, satisfied=sum(point.counts[first_top(item) :]), value=value)


def first_top(item: LoadedItem) -> int:
    scale = item.definition.scored()
    return categories(item).index(scale.satisfied_from) if scale else 0
