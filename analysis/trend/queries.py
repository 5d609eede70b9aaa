"""The trend of one item: which answers, which periods, what is hidden, where lines break."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from analysis import cube, timed
from analysis.compare import Reason
from analysis.counting import categories
from analysis.cube import ALL_DIMENSIONS, Where
from analysis.disclosing import Rules
from analysis.periods import Period, is_open
from analysis.queries import MODES, Thresholds, over_time
from analysis.series import Series, series_of
from analysis.suppression import hidden_parts
from analysis.texts import N_, AskedError, Note
from analysis.trend import course, steps
from analysis.trend.course import Break, Line, Measure, Point, Trend
from analysis.trend.reading import Slice, by_month, read_slices
from analysis.trend.steps import Grain
from surveys.queries import LoadedItem, LoadedVersion
from surveys.tallies import MODE

APART = ("web", "phone")  # drawn as separate lines where both have enough answers

_UNKNOWN_ITEM = N_("An item should be one of %(known)s, but is %(found)s.")
_NO_SCALE = N_("%(found)s has no scale, so it has no trend; choose one of %(known)s.")
_NO_SCALES = N_("This questionnaire has no question with a scale, so it has no trend.")
_NOT_NPS = N_("%(found)s is not asked from 0 to 10, so it has no net score.")
_NO_VALUE = N_("%(dimension)s should be one of %(known)s, but is %(found)s.")
_SCALE = N_("Version %(version)s asks this on another scale (%(new)s instead of %(old)s): a new line begins.")
_VERSION = N_("Version %(version)s asks something else under this name: a new line begins.")
_REWORDED = N_("The wording changed with version %(version)s; the answers are still taken together.")
_SHORT_REWORDED = N_("version %(version)s: reworded")
_SHORT_SCALE = N_("version %(version)s: other scale")
_SHORT_VERSION = N_("version %(version)s: asked differently")
_NPS_SCORES = tuple(range(11))
_USUAL = Thresholds()

Cell = tuple[str, int]  # way of answering, or all of them; place of the period


@dataclass(frozen=True)
class _Window:
    """What was read, and which of it is shown."""

    periods: list[Period]
    slices: list[Slice]
    runs: list[int]  # which stretch of versions each period belongs to
    series: list[Series]
    first: int
    after: int
    thresholds: Thresholds
    today: date
    id_sets: tuple[frozenset[int], ...]
    timed: timed.Timed

    def ids(self, place: int) -> frozenset[int]:
        """Return the rows of the item in the versions that a period belongs to."""
        return self.id_sets[self.runs[place]]

    def size(self, mode: str, place: int) -> int:
        """Return the answers of one period, by one way of answering or by all."""
        return sum(self.slices[place].counts(self.ids(place), mode).values())

    def reason(self, mode: str, place: int) -> Reason | None:
        """Say why a period must be hidden, as the comparison would; None where nobody answered."""
        size = self.size(mode, place)
        if not size:
            return None
        if size < self.thresholds.min_cell:
            return Reason.SUPPRESSED
        if self.slices[place].gives_away(self.ids(place), self.thresholds.min_cell, mode):
            return Reason.PROTECTED
        where = {**self.timed.where, MODE: (mode,)} if mode else self.timed.where
        is_cut = self.timed.filtered(where).cuts_answers(self.ids(place), self.periods[place])
        return Reason.CUT if is_cut else None


def trend(
    session: Session, *, versions: Sequence[LoadedVersion], item_key: str | None, until: Period,
    grain: Grain = Grain.MONTH, where: Where | None = None, thresholds: Thresholds = _USUAL,
    today: date, language: str = "en", measure: Measure = Measure.SHARE, split: bool | None = None,
    points: int = steps.POINTS,
) -> Trend:  # fmt: skip
    """Read the trend of one item up to the end of a period; one statement by month, one more with filters.

    Parameters
    ----------
    session : Session
    versions : sequence of LoadedVersion
        All versions of the questionnaire, the oldest first.
    item_key : str or None
        The item; the overall one, else the first with a scale, when None.
    until : Period
        The last point holds its last day.
    grain : Grain
        How long one point is.
    where : mapping of dimension to values, optional
        Which answers count.
    thresholds : Thresholds
    today : datetime.date
        The local day; a period that is not over is shown and never judged.
    language : str
        Of the item's words.
    measure : Measure
    split : bool, optional
        A line for each way of answering; when None, where links and calls both have enough answers.
    points : int
        How many periods at most; empty ones before the first answers are left out.

    Returns
    -------
    Trend

    Raises
    ------
    AskedError
        For an item that is unknown or has no scale, and an unknown value of a filter.
    """
    where, grain, measure = dict(where or {}), Grain(grain), Measure(measure)
    _check_where(session, where)
    series = _comparable(scaled(versions, item_key), measure)
    shown = steps.shown(grain, until, today, points)
    periods = steps.read(grain, shown)
    slices = read_slices(session, sorted(_ids(series)), periods, grain, where)
    if grain is Grain.MONTH:
        judged = by_month(slices, periods, where, Rules(today, thresholds.min_cell))
    else:
        judged = over_time(
            session, versions, _ids(series), periods, where=where, today=today, min_cell=thresholds.min_cell,
            names=(MODE,),
        )  # fmt: skip
    window = _Window(
        periods, slices, _runs(slices, series), series, periods.index(shown[0]),
        periods.index(shown[-1]) + 1, thresholds, today, tuple(run.item_ids for run in series), judged,
    )  # fmt: skip
    hidden = _hidden(window)
    window = replace(window, first=_first_shown(window, hidden))
    item = series[-1].item
    can_split = MODE not in where and _can_split(window)
    apart = can_split if split is None else split and MODE not in where
    modes = (
        [mode for mode in APART if any(window.size(mode, k) for k in range(window.first, window.after))]
        if apart
        else []
    )
    return Trend(
        item.item_key, item.definition.said(language).name, item.scale, grain, measure, categories(item),
        _first_top(item),
        *_lines(window, hidden, measure, modes if len(modes) > 1 else [""], together=MODE not in where),
        today=today, where=where, can_split=can_split, min_cell=thresholds.min_cell,
        few_answers=thresholds.few_answers, reworded=tuple(_reworded(window)),
    )  # fmt: skip


def scaled_items(versions: Sequence[LoadedVersion]) -> list[LoadedItem]:
    """Return the items that can have a trend, in their newest wording; those of the newest version first."""
    found = series_of(versions)
    return [runs[-1].item for runs in found.values() if runs[-1].item.definition.scored()]


def headline_key(versions: Sequence[LoadedVersion]) -> str | None:
    """Return the item that the trend starts with: the overall one, else the first with a scale."""
    overall = versions[-1].with_role("overall")
    known = [item.item_key for item in scaled_items(versions)]
    if overall and overall.item_key in known:
        return overall.item_key
    return known[0] if known else None


def scaled(versions: Sequence[LoadedVersion], item_key: str | None) -> list[Series]:
    """Return the stretches of comparable versions of an item, or say why it has no trend."""
    known = [item.item_key for item in scaled_items(versions)]
    if not known:
        raise AskedError(_NO_SCALES)
    key = item_key or headline_key(versions) or known[0]
    every = series_of(versions)
    if key not in every:
        raise AskedError(_UNKNOWN_ITEM, known=", ".join(known), found=key)
    if key not in known:
        raise AskedError(_NO_SCALE, known=", ".join(known), found=key)
    return [run for run in every[key] if run.item.definition.scored()]


def _comparable(series: list[Series], measure: Measure) -> list[Series]:
    """Return the stretches that can stand on one axis: means need the same scores, shares do not."""
    if measure is Measure.SHARE:
        return series
    scores = categories(series[-1].item)
    if measure is Measure.NPS and scores != _NPS_SCORES:
        raise AskedError(_NOT_NPS, found=series[-1].item.item_key)
    return [run for run in series if categories(run.item) == scores]


def _ids(series: Sequence[Series]) -> frozenset[int]:
    return frozenset().union(*(run.item_ids for run in series))


def _check_where(session: Session, where: Where) -> None:
    if not where:
        return
    known: Mapping[str, list[str]] = {**cube.known_values(session), MODE: list(MODES)}
    for name, values in where.items():
        if name not in ALL_DIMENSIONS:
            raise ValueError(f"{name} should be one of {ALL_DIMENSIONS}")
        for value in values:
            if value and value not in known[name]:
                said = ", ".join(known[name][:20]) or "-"
                raise AskedError(_NO_VALUE, dimension=name, known=said, found=value)


def _runs(slices: Sequence[Slice], series: Sequence[Series]) -> list[int]:
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


def _first_shown(window: _Window, hidden: Collection[Cell]) -> int:
    """Return the first place with figures; what is before is left out."""
    found = (k for k in range(window.first, window.after) if ("", k) not in hidden and window.size("", k))
    return next(found, window.after - 1)


def _can_split(window: _Window) -> bool:
    """Say whether links and calls both have enough answers in at least half of the closed periods."""
    mixes = [
        window.slices[place].modes(window.ids(place))
        for place in range(window.first, window.after)
        if not is_open(window.periods[place], window.today)
    ]
    mixes = [mix for mix in mixes if mix]
    enough = [min(mix.get(mode, 0) for mode in APART) >= window.thresholds.few_answers for mix in mixes]
    return len(mixes) > 1 and sum(enough) * 2 >= len(mixes)


def _lines(
    window: _Window, hidden: Mapping[Cell, Reason], measure: Measure, modes: Sequence[str], *, together: bool
) -> tuple[tuple[Line, ...], tuple[Break, ...]]:
    """Return the lines and what breaks them; ``together`` where the ways of answering are mixed."""
    shown = range(window.first, window.after)
    breaks = course.run_breaks([window.runs[k] for k in shown], _notes(window.series))
    if modes != [""]:
        hidden = _hidden_apart(window, hidden)
    elif together:
        mixes = [
            None if ("", k) in hidden or is_open(window.periods[k], window.today)
            else window.slices[k].modes(window.ids(k))
            for k in shown
        ]  # fmt: skip
        breaks = sorted([*breaks, *course.mode_breaks(mixes, breaks)], key=lambda one: one.at)
    lines = []
    for mode in modes:
        points = [_point(window, k, mode, hidden.get((mode, k))) for k in shown]
        lines.append(course.line(mode, [_measured(one, window, measure) for one in points], breaks, measure))
    return tuple(lines), tuple(breaks)


def _hidden(window: _Window) -> dict[Cell, Reason]:
    """Return why a period must be hidden: too small, given away by a filter or by other periods."""
    found = {("", place): window.reason("", place) for place in range(window.first, window.after)}
    return {cell: reason for cell, reason in found.items() if reason}


def _hidden_apart(window: _Window, together: Mapping[Cell, Reason]) -> dict[Cell, Reason]:
    """Return why one way of answering in one period must be hidden, beside the others too."""
    found: dict[Cell, Reason] = {}
    for place in range(window.first, window.after):
        sizes = [window.size(mode, place) for mode in MODES]
        beside = hidden_parts(sizes, window.thresholds.min_cell)
        for mode, size, hide in zip(MODES, sizes, beside, strict=True):
            reason = window.reason(mode, place) or (Reason.PROTECTED if hide else together.get(("", place)))
            if size and reason:
                found[mode, place] = reason
    return found


def _point(window: _Window, place: int, mode: str, hidden: Reason | None) -> Point:
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


def _measured(point: Point, window: _Window, measure: Measure) -> Point:
    """Return a point with its figure."""
    if point.counts is None:
        return point
    item = window.series[point.run].item
    scores, first_top = categories(item), _first_top(item)
    value = course.value_of(measure, point.counts, scores, first_top)
    return replace(point, satisfied=sum(point.counts[first_top:]), value=value)


def _first_top(item: LoadedItem) -> int:
    scale = item.definition.scored()
    return categories(item).index(scale.satisfied_from) if scale else 0


def _notes(series: Sequence[Series]) -> list[tuple[Note, Note]]:
    """Return for each stretch of versions why it began, in full and for the chart."""
    found: list[tuple[Note, Note]] = []
    old = ""
    for run in series:
        number, item = run.members[0]
        version = {"version": str(number)}
        if old and item.scale and old != item.scale:
            long = Note(_SCALE, {**version, "new": item.scale, "old": old})
            found.append((long, Note(_SHORT_SCALE, version)))
        else:
            found.append((Note(_VERSION, version), Note(_SHORT_VERSION, version)))
        old = run.item.scale or ""
    return found


def _reworded(window: _Window) -> list[Break]:
    """Return where other words began whose answers are still taken together: marked, no break."""
    found = []
    for run in window.series:
        for number in run.reworded:
            older = {item.id for version, item in run.members if version < number}
            newer = {item.id for version, item in run.members if version >= number}
            sizes = [
                (sum(one.counts(older).values()), sum(one.counts(newer).values()))
                for one in window.slices[window.first : window.after]
            ]
            begins = next((k for k, (old, new) in enumerate(sizes) if new > old), 0)
            if begins:
                version = {"version": str(number)}
                found.append(Break(begins, Note(_REWORDED, version), Note(_SHORT_REWORDED, version)))
    return found
