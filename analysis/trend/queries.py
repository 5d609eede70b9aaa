"""The trend of one item: which answers, which periods, what is hidden, where lines break."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from analysis import cube
from analysis.compare import Reason
from analysis.counting import categories
from analysis.cube import ALL_DIMENSIONS, Where
from analysis.disclosing import Rules
from analysis.periods import Period, is_open
from analysis.queries import MODES, Thresholds, over_time
from analysis.series import Series, series_of
from analysis.texts import N_, AskedError, Note
from analysis.trend import course, marks, steps
from analysis.trend.course import Break, Line, Measure, Trend
from analysis.trend.reading import by_month, read_slices
from analysis.trend.steps import Grain
from analysis.trend.window import (
    Cell,
    Window,
    can_split,
    first_shown,
    first_top,
    hidden_apart,
    hidden_together,
    measured,
    modes_of,
    point,
    runs_of,
)
from core.db import settings_of
from surveys.queries import LoadedItem, LoadedVersion
from surveys.tallies import MODE

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
_MARKED = N_("%(who)s had the limits computed anew on %(day)s: %(note)s")
_SHORT_MARKED = N_("new limits")
_NPS_SCORES = tuple(range(11))
_USUAL = Thresholds()


def trend(
    session: Session, *, versions: Sequence[LoadedVersion], item_key: str | None, until: Period,
    grain: Grain = Grain.MONTH, where: Where | None = None, thresholds: Thresholds = _USUAL,
    today: date, language: str = "en", measure: Measure = Measure.SHARE, split: bool | None = None,
    points: int = steps.POINTS,
) -> Trend:  # fmt: skip
    """Read the trend of one item up to the end of a period; two statements by month, one more with filters.

    Parameters
    ----------
    versions : sequence of LoadedVersion
        All versions of the questionnaire, the oldest first.
    item_key : str or None
        The item; the overall one, else the first with a scale, when None.
    until : Period
        The last point holds its last day.
    where : mapping of dimension to values, optional
        Which answers count.
    today : datetime.date
        The local day; a period that is not over is shown and never judged.
    split : bool, optional
        A line for each way of answering; when None, where links and calls both have enough answers.
    points : int
        How many periods at most; empty ones before the first answers are left out.

    Raises
    ------
    AskedError
        For an item that is unknown or has no scale, and an unknown value of a filter.
    """
    measure = Measure(measure)
    _check_where(session, where or {})
    series = _comparable(scaled(versions, item_key), measure)
    shown = steps.shown(Grain(grain), until, today, points)
    window, hidden = _read(
        session, versions, series, grain=Grain(grain), shown=shown, where=where or {}, thresholds=thresholds,
        today=today,
    )  # fmt: skip
    item = series[-1].item
    can = MODE not in window.timed.where and can_split(window)
    apart = can if split is None else split and MODE not in window.timed.where
    marked = _marks(session, versions[-1].questionnaire_key, item.item_key, window.shown)
    lines, breaks = _lines(window, hidden, measure, modes_of(window) if apart else [""], marked)
    return Trend(
        item.item_key, item.definition.said(language).name, item.scale, Grain(grain), measure,
        categories(item), first_top(item), lines, breaks, today, window.timed.where, can,
        thresholds.min_cell, thresholds.few_answers, tuple(_reworded(window)), tuple(marked),
    )  # fmt: skip


def _read(
    session: Session, versions: Sequence[LoadedVersion], series: Sequence[Series], *, grain: Grain,
    shown: Sequence[Period], where: Where, thresholds: Thresholds, today: date,
) -> tuple[Window, dict[Cell, Reason]]:  # fmt: skip
    """Read the answers of whole years, and say which of the periods to be shown must be hidden."""
    periods = steps.read(grain, shown)
    slices = read_slices(session, sorted(_ids(series)), periods, grain, where)
    if grain is Grain.MONTH:
        judged = by_month(slices, periods, where, Rules(today, thresholds.min_cell))
    else:
        judged = over_time(
            session, versions, _ids(series), periods, where=where, today=today, min_cell=thresholds.min_cell,
            names=(MODE,),
        )  # fmt: skip
    window = Window(
        periods, slices, runs_of(slices, series), series, periods.index(shown[0]),
        periods.index(shown[-1]) + 1, thresholds, today, tuple(run.item_ids for run in series), judged,
    )  # fmt: skip
    hidden = hidden_together(window)
    return replace(window, first=first_shown(window, hidden)), hidden


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


def _lines(
    window: Window,
    hidden: Mapping[Cell, Reason],
    measure: Measure,
    modes: Sequence[str],
    marked: Sequence[Break],
) -> tuple[tuple[Line, ...], tuple[Break, ...]]:
    """Return the lines and what breaks them: where ways of answering are mixed, a change of their mix too."""
    shown = range(window.first, window.after)
    breaks = course.run_breaks([window.runs[k] for k in shown], _notes(window.series))
    if modes != [""]:
        hidden = hidden_apart(window, hidden)
    elif MODE not in window.timed.where:
        mixes = [
            None if ("", k) in hidden or is_open(window.periods[k], window.today)
            else window.slices[k].modes(window.ids(k))
            for k in shown
        ]  # fmt: skip
        breaks = sorted([*breaks, *course.mode_breaks(mixes, breaks)], key=lambda one: one.at)
    lines = []
    for mode in modes:
        points = [point(window, k, mode, hidden.get((mode, k))) for k in shown]
        values = [measured(one, window, measure) for one in points]
        lines.append(course.line(mode, values, breaks, measure, marked))
    return tuple(lines), tuple(breaks)


def _marks(session: Session, questionnaire: str, item_key: str, periods: Sequence[Period]) -> list[Break]:
    """Return where a person had the limits computed anew, with the note; the item's own goes before all's."""
    found: dict[date, tuple[Note, Note]] = {}
    zone = settings_of(session).zone
    for one in marks.valid(session, questionnaire, item_key):
        said = Note(
            _MARKED, {"who": one.who, "day": one.at.astimezone(zone).date().isoformat(), "note": one.note}
        )
        found.setdefault(one.month, (said, Note(_SHORT_MARKED)))
    return course.mark_places(found, periods)


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


def _reworded(window: Window) -> list[Break]:
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
