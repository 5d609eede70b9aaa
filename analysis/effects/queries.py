"""The effect of a measure, from the tally: one statement, whatever the number of answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from analysis.disclosing import Rules
from analysis.effects import months, periods
from analysis.effects.did import Effect, Parallel, did_means, did_shares, parallel
from analysis.effects.its import Segmented, segmented
from analysis.effects.months import Reader, Scale, Side
from analysis.effects.periods import Months
from analysis.queries import Thresholds
from analysis.scores import MeanScore, Share, ShareChange, holm, newcombe
from analysis.series import Chosen, Series, choose, series_of
from analysis.texts import Note
from surveys.models import DIMENSIONS
from surveys.queries import LoadedVersion, versions

if TYPE_CHECKING:
    from followup.measures.models import Measure

LATELY = 3  # months before the start that may have been a bad spell
LEVEL = 0.05


class Code(StrEnum):
    """What may be said about the effect of a measure."""

    NO_QUESTION = "no_question"
    NOT_STARTED = "not_started"
    TOO_SOON = "too_soon"
    HIDDEN = "hidden"
    TOO_FEW = "too_few"
    TOO_SHORT = "too_short"
    NOT_PARALLEL = "not_parallel"
    RISE = "rise"
    FALL = "fall"
    UNCLEAR = "unclear"


CLAIMS = frozenset({Code.RISE, Code.FALL, Code.UNCLEAR})


@dataclass(frozen=True)
class MonthRow:
    """One month of the course."""

    month: int
    scope: Side
    control: Side | None
    since: bool


@dataclass(frozen=True)
class Found:
    """What was found; ``effect`` in fractions of 1, from the control group or else from the series."""

    code: Code
    label: str = ""
    expected: float | None = None
    before: Months | None = None
    after: Months | None = None
    same_season: bool = True
    scope: tuple[Side, Side] | None = None
    control: tuple[Side, Side] | None = None
    effect: Effect | None = None
    means: Effect | None = None
    plain: ShareChange | None = None  # the scope alone, before and after
    parallel: Parallel | None = None
    series: Segmented | None = None
    dip: tuple[Share, Share] | None = None  # earlier, and the bad spell just before the start
    course: tuple[MonthRow, ...] = ()
    notes: tuple[Note, ...] = ()
    others: tuple["Other", ...] = ()

    @property
    def fewest(self) -> int:
        """Return the smallest number of answers that the figures rest on."""
        return min((side.n for side in (*(self.scope or ()), *(self.control or ()))), default=0)


@dataclass(frozen=True)
class Other:
    """An item of which nothing was expected; ``p`` is corrected for all such items (Holm)."""

    found: Found
    p: float | None

    @property
    def is_clear(self) -> bool:
        """Tell whether it moved by more than chance, although several were looked at."""
        return self.p is not None and self.p < LEVEL


@dataclass(frozen=True)
class _Frame:
    """What was read, and for which groups."""

    reader: Reader
    scope: Mapping[str, Sequence[str]]
    control: Mapping[str, Sequence[str]]
    few: int


def effect(
    session: Session, measure: "Measure", *, today: date, thresholds: Thresholds, language: str,
    loaded: Sequence[LoadedVersion] = (),
) -> Found:  # fmt: skip
    """Measure the effect of a measure on the satisfied share of its question, and on others beside it.

    Parameters
    ----------
    session : Session
    measure : Measure
    today : datetime.date
        The local day; the month that is not over is left out.
    thresholds : Thresholds
    language : str
        Of the question's name.
    loaded : sequence of LoadedVersion
        All versions of the questionnaire, where the caller has them already.

    Returns
    -------
    Found
    """
    all_versions = loaded or versions(session, measure.questionnaire) if measure.item_key else ()
    known = series_of(all_versions)
    if measure.item_key not in known:
        return Found(Code.NO_QUESTION)
    if measure.starts_on is None or measure.starts_on > today:
        return Found(Code.NOT_STARTED, _label(all_versions, measure.item_key, language))
    after = periods.since(measure.starts_on, today)
    keys = [measure.item_key, *(key for key in measure.also if key in known and key != measure.item_key)]
    rules, few = Rules(today, thresholds.min_cell), thresholds.few_answers
    found = {
        chosen.series.item.item_key: _judged(
            _Frame(reader, measure.scope, measure.control, few) if reader else None,
            measure.starts_on,
            Found(Code.TOO_SOON, _name(chosen, language), after=after, notes=chosen.notes),
        )
        for chosen, reader in _readers(session, measure, all_versions, after, keys=keys, rules=rules)
    }
    expected = None if measure.expected_points is None else measure.expected_points / 100
    others = _corrected([found[key] for key in keys[1:]])
    return replace(found[measure.item_key], expected=expected, others=others)


def _readers(
    session: Session, measure: "Measure", all_versions: Sequence[LoadedVersion], after: Months, *,
    keys: Sequence[str], rules: Rules,
) -> Iterator[tuple[Chosen, Reader | None]]:  # fmt: skip
    """Read the months of all items in one statement; None for an item without scores."""
    assert measure.starts_on is not None
    looked_at = range(periods.course_before(measure.starts_on).first, after.end)
    known = series_of(all_versions)
    names = tuple(name for name in DIMENSIONS if name in {*measure.scope, *measure.control})
    ids = {item_id for key in keys for run in known[key] for item_id in run.item_ids}
    rows = months.read(session, ids, looked_at.start, looked_at.stop, names)
    answered = {row[0] for month, each in rows.items() if month in looked_at for row in each}
    for chosen in choose(all_versions, answered, keys):
        scale = _scale(chosen.series)
        yield chosen, Reader(rows, chosen.series.item_ids, names, scale, rules) if scale else None


def _corrected(found: Sequence[Found]) -> tuple[Other, ...]:
    """Correct the others for their number; the one that was named beforehand stands for itself."""
    raw = [each.effect.p if each.effect and each.code in CLAIMS else None for each in found]
    return tuple(Other(each, p) for each, p in zip(found, holm(raw), strict=True))


def _judged(frame: _Frame | None, starts_on: date, found: Found) -> Found:
    after = found.after
    if frame is None:
        return replace(found, code=Code.NO_QUESTION)
    if after is None or not len(after):
        return found
    before, same_season = _before(frame, starts_on, after)
    scope = _pair(frame, frame.scope, before, after)
    control = _pair(frame, frame.control, before, after) if frame.control else None
    found = replace(found, before=before, same_season=same_season, scope=scope, control=control)
    sides = (*scope, *(control or ()))
    if any(side.is_hidden for side in sides):
        return replace(found, code=Code.HIDDEN)
    if any(side.n < frame.few for side in sides):
        return replace(found, code=Code.TOO_FEW)
    found = replace(
        found,
        course=_course(frame, starts_on, after),
        dip=_dip(frame, periods.course_before(starts_on)),
        plain=newcombe(*_shares(scope)),
    )
    found = _compared(found, scope, control) if control else _interrupted(found, after)
    return replace(found, code=_code(found))


def _code(found: Found) -> Code:
    if found.effect is None:
        return Code.TOO_SHORT
    if found.parallel is not None and found.parallel.p < LEVEL:
        return Code.NOT_PARALLEL
    low, high = found.effect.ci95
    return Code.RISE if low > 0 else Code.FALL if high < 0 else Code.UNCLEAR


def _before(frame: _Frame, starts_on: date, after: Months) -> tuple[Months, bool]:
    """Choose the same months a year before where they have enough answers, else the months just before."""
    wanted = periods.same_months_before(after)
    groups = [frame.scope, *([frame.control] if frame.control else [])]
    enough = all(_matches(frame, where, wanted) for where in groups)
    return (wanted, True) if enough else (periods.months_before(starts_on, after), False)


def _matches(frame: _Frame, where: Mapping[str, Sequence[str]], before: Months) -> bool:
    """Tell whether a group has enough answers, and some in each month that has any a year later."""
    pairs = [
        (frame.reader.side(where, [month]).n, frame.reader.side(where, [month + periods.YEAR]).n)
        for month in before.numbers()
    ]
    return sum(n for n, _later in pairs) >= frame.few and all(n for n, later in pairs if later)


def _pair(
    frame: _Frame, where: Mapping[str, Sequence[str]], before: Months, after: Months
) -> tuple[Side, Side]:
    return frame.reader.side(where, before.numbers()), frame.reader.side(where, after.numbers())


def _course(frame: _Frame, starts_on: date, after: Months) -> tuple[MonthRow, ...]:
    """Return the months from two years before on; the month in which it began is left out if split."""
    numbers = [*periods.course_before(starts_on).numbers(), *after.numbers()]
    scope = frame.reader.course(frame.scope, numbers)
    control = frame.reader.course(frame.control, numbers) if frame.control else {}
    rows = [MonthRow(each, scope[each], control.get(each), each >= after.first) for each in numbers]
    first = next((place for place, row in enumerate(rows) if row.scope.n), len(rows))
    return tuple(rows[first:])


def _compared(found: Found, scope: tuple[Side, Side], control: tuple[Side, Side]) -> Found:
    pairs = [
        (row.month, row.scope.share, row.control.share)
        for row in found.course
        if not row.since and row.scope.share and row.control and row.control.share
    ]
    return replace(
        found,
        effect=did_shares(_shares(scope), _shares(control)),
        means=did_means(_means(scope), _means(control)),
        parallel=parallel(pairs),
    )


def _interrupted(found: Found, after: Months) -> Found:
    points = [
        (row.month, row.scope.share.p)
        for row in found.course
        if row.scope.share is not None and row.scope.share.p is not None
    ]
    fitted = segmented(points, after.first)
    if fitted is None:
        return found
    mean = fitted.mean
    return replace(found, series=fitted, effect=Effect(mean.estimate, mean.se, mean.ci95, mean.p))


def _dip(frame: _Frame, early: Months) -> tuple[Share, Share] | None:
    """Return the shares earlier and in the last months before the start, where these were clearly worse."""
    cut = early.end - LATELY
    earlier = frame.reader.side(frame.scope, range(early.first, cut))
    lately = frame.reader.side(frame.scope, range(cut, early.end))
    if earlier.share is None or lately.share is None or min(earlier.n, lately.n) < frame.few:
        return None
    change = newcombe(earlier.share, lately.share)
    return (earlier.share, lately.share) if change.ci95 and change.ci95[1] < 0 else None


def _shares(sides: tuple[Side, Side]) -> tuple[Share, Share]:
    before, after = sides
    assert before.share is not None
    assert after.share is not None
    return before.share, after.share


def _means(sides: tuple[Side, Side]) -> tuple[MeanScore, MeanScore]:
    before, after = sides
    assert before.mean is not None
    assert after.mean is not None
    return before.mean, after.mean


def _scale(series: Series) -> Scale | None:
    scale = series.item.definition.scored()
    return Scale(tuple(sorted(scale.scores)), scale.satisfied_from) if scale else None


def _name(chosen: Chosen, language: str) -> str:
    return chosen.series.item.definition.said(language).name


def _label(all_versions: Sequence[LoadedVersion], item_key: str, language: str) -> str:
    found = next(item for version in reversed(all_versions) if (item := version.item(item_key)))
    return found.definition.said(language).name
