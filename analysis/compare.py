"""One questionnaire, two periods: what is shown, what is hidden, and the figures of every item.

Plain values in, plain values out: the counts come from `analysis.queries`, the page and ``compare --json``
read what comes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from analysis import scores, verdicts
from analysis.items import Category, Cell, ItemCounts, Kind
from analysis.mix import Mix
from analysis.periods import Period
from analysis.standardise import Adjusted
from analysis.texts import N_, Note, Translate
from analysis.verdicts import Code, Verdict

if TYPE_CHECKING:
    from analysis.whole import Whole

MIN_CELL = 10
SMALLEST_MIN_CELL = 5
FEW_ANSWERS = 30
IMPORTANT_POINTS = 3.0
WHOLE_YEAR, SAME_SEASON = 330, 20  # days
DETRACTORS_TO, PROMOTERS_FROM = 6, 9  # on a scale of 0 to 10


class Reason(StrEnum):
    """Why figures are missing or must be read with care."""

    NO_ANSWERS = "no_answers"
    SUPPRESSED = "suppressed"
    PROTECTED = "protected"
    CUT = "cut"
    FEW = "few_answers"


_REASONS = {
    Reason.NO_ANSWERS: N_("no answers"),
    Reason.SUPPRESSED: N_("fewer than %(number)s answers"),
    Reason.PROTECTED: N_("hidden, because a small group could be worked out from it"),
    Reason.CUT: N_(
        "hidden, because this period cuts off a group of fewer than %(number)s answers; choose a longer one"
    ),
    Reason.FEW: N_("few answers"),
}


def reason_text(reason: Reason, translate: Translate = N_, *, min_cell: int = MIN_CELL) -> str:
    """Say a reason in the reader's language."""
    return translate(_REASONS[reason]) % {"number": min_cell}


@dataclass(frozen=True)
class Side:
    """One item in one period as it may be shown; with ``reason`` set, some or all figures are None."""

    n: int | None
    counts: dict[Category, int] | None
    missing: dict[str, int] | None
    mean: scores.MeanScore | None
    top_box: scores.Share | None
    reason: Reason | None = None
    nps: scores.NetScore | None = None

    @property
    def hidden(self) -> bool:
        """Whether nothing of this side may be shown."""
        return self.counts is None


@dataclass(frozen=True)
class Difference:
    """Later against earlier; parts that do not fit the kind of item are None."""

    top_box: scores.ShareChange | None
    mean: scores.MeanChange | None
    mann_whitney: scores.MannWhitney | None
    brunner_munzel: scores.BrunnerMunzel | None
    cliffs_delta: scores.CliffsDelta | None
    p_adjusted: float | None = None
    nps: scores.NetChange | None = None


@dataclass(frozen=True)
class Part:
    """One part of a breakdown; parts that must be hidden are put together in one."""

    name: str
    before: Side
    after: Side


@dataclass(frozen=True)
class ItemComparison:
    """One item as the page, the chart and the JSON document show it.

    ``mix`` takes the change of the mean apart, ``mix_top`` that of the satisfied share, ``parts`` are their
    strata; ``adjusted`` holds dimensions constant; ``notes`` say what was left out.
    """

    item: ItemCounts
    before: Side
    after: Side
    difference: Difference | None
    verdict: Verdict
    mix: Mix | None = None
    min_cell: int = MIN_CELL
    mix_top: Mix | None = None
    parts: tuple[Part, ...] = ()
    adjusted: Adjusted | None = None
    notes: tuple[Note, ...] = ()

    @property
    def few(self) -> bool:
        """Whether both sides may be shown and at least one has too few answers for a verdict."""
        return Reason.FEW in {self.before.reason, self.after.reason} and self.difference is not None


@dataclass(frozen=True)
class PeriodSummary:
    """One period of a comparison: how many were invited, how many answers came.

    ``invited`` counts the links that were sent, ``responded`` the answers that came by link or by phone;
    ``responses`` counts imports and paper too, and is None where it must be hidden. ``modes`` are the
    responses by the way in which they came; ``as_of`` is the last day of a period that is not over.
    """

    period: Period
    responses: int | None
    invited: int | None = None
    responded: int | None = None
    modes: Mapping[str, int] = field(default_factory=dict)
    provisional: bool = False
    reason: Reason | None = None
    as_of: date | None = None

    @property
    def response_rate(self) -> float | None:
        """Responded of invited; None where nobody was invited, or more answers came than links went out."""
        if not self.invited or self.responded is None or self.responded > self.invited:
            return None
        return self.responded / self.invited


@dataclass(frozen=True)
class Comparison:
    """A whole comparison; ``adjustment`` names the dimensions that were held constant.

    ``where`` are the filters, ``by`` is the dimension of the breakdown; ``whole`` is the whole questionnaire
    as one figure, where it was asked for.
    """

    questionnaire: str
    before: PeriodSummary
    after: PeriodSummary
    items: tuple[ItemComparison, ...]
    adjustment: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by: str | None = None
    whole: "Whole | None" = None

    @property
    def seasonal(self) -> bool:
        """Whether the periods lie in different parts of the year, so that a season may explain a change."""
        first, second = self.before.period, self.after.period
        if min(first.days, second.days) > WHOLE_YEAR:
            return False
        apart = (second.start - first.start).days % 365.25
        return min(apart, 365.25 - apart) > SAME_SEASON


def compare_items(
    items: Sequence[ItemCounts],
    *,
    min_cell: int = MIN_CELL,
    few_answers: int = FEW_ANSWERS,
    important_points: float = IMPORTANT_POINTS,
    provisional: bool = False,
) -> list[ItemComparison]:
    """Compare the items that are shown together.

    Parameters
    ----------
    items : sequence of ItemCounts
        They are one family: the correction for several questions counts those of them that have enough
        answers for a verdict.
    min_cell : int
        With fewer answers a side is hidden, and with it the difference.
    few_answers : int
        With fewer answers figures are marked and no verdict is given.
    important_points : float
        The smallest change of the satisfied share that matters, in points.
    provisional : bool
        A period is not over: intervals are shown, verdicts are not. Looking every week at a growing
        quarter turns 5 % false alarms into 20 %.

    Returns
    -------
    list of ItemComparison
        In the order given.

    Raises
    ------
    ValueError
        If ``min_cell`` is below `SMALLEST_MIN_CELL`: four answers can be four people with names.
    """
    if min_cell < SMALLEST_MIN_CELL:
        raise ValueError(f"min_cell must be at least {SMALLEST_MIN_CELL}, got {min_cell}")
    compared = [_compare(item, min_cell, few_answers) for item in items]
    p_values = [_family_p(one) for one in compared]
    family = sum(p is not None for p in p_values)
    return [
        _conclude(one, p, family, important_points, provisional=provisional)
        for one, p in zip(compared, scores.holm(p_values), strict=True)
    ]


def _compare(item: ItemCounts, min_cell: int, few_answers: int) -> ItemComparison:
    before = side_of(item, item.before, min_cell=min_cell, few_answers=few_answers)
    after = side_of(item, item.after, min_cell=min_cell, few_answers=few_answers)
    hidden = before.hidden or after.hidden
    difference = None if hidden else _difference(before, after)
    code = Code.SUPPRESSED if hidden else Code.NOT_TESTED
    if Reason.NO_ANSWERS in {before.reason, after.reason}:
        code = Code.TOO_FEW
    return ItemComparison(
        item, before, after, difference, Verdict(code, n=_smaller(before, after)), min_cell=min_cell
    )


def _smaller(before: Side, after: Side) -> int | None:
    return min((side.n for side in (before, after) if side.n is not None), default=None)


def side_of(
    item: ItemCounts, cell: Cell, *, min_cell: int = MIN_CELL, few_answers: int = FEW_ANSWERS
) -> Side:
    """Return what may be shown of the answers to an item in one period, or in a part of it."""
    if cell.n == 0 and not cell.cut:
        return Side(0, None, None, None, None, Reason.NO_ANSWERS)
    if 0 < cell.n < min_cell:
        return Side(None, None, None, None, None, Reason.SUPPRESSED)
    if cell.withheld:
        return Side(None, None, None, None, None, Reason.PROTECTED)
    if cell.cut:
        return Side(None, None, None, None, None, Reason.CUT)
    counts = _filled(item, cell)
    mean = top = None
    if item.kind.ordered or item.kind is Kind.NUMBER:
        mean = scores.mean_score(list(counts.values()), [float(category) for category in counts])
    if item.kind.ordered:
        top = scores.top_box(list(counts.values()), item.first_top)
    reason = Reason.FEW if cell.n < few_answers else None
    nps = scores.net_score(list(counts.values()), DETRACTORS_TO, PROMOTERS_FROM) if item.is_nps else None
    return Side(cell.n, counts, dict(cell.missing), mean, top, reason, nps)


def _filled(item: ItemCounts, cell: Cell) -> dict[Category, int]:
    """Return the counts of all categories in their order, with zeros where nobody chose one."""
    if item.kind is Kind.NUMBER:
        return dict(sorted(cell.counts.items(), key=lambda pair: float(pair[0])))
    unknown = [category for category in cell.counts if category not in item.categories]
    if unknown:
        raise ValueError(f"{item.item_key}: {unknown} are not categories of {item.scale_id}")
    return {category: cell.counts.get(category, 0) for category in item.categories}


def _difference(before: Side, after: Side) -> Difference | None:
    if before.mean is None or after.mean is None:
        return None
    mean = scores.welch(before.mean, after.mean)
    if before.top_box is None or after.top_box is None or before.counts is None or after.counts is None:
        return Difference(None, mean, None, None, None)
    earlier, later = np.array([*before.counts.values()]), np.array([*after.counts.values()])
    return Difference(
        top_box=scores.newcombe(before.top_box, after.top_box),
        mean=mean,
        mann_whitney=scores.mann_whitney(earlier, later),
        brunner_munzel=scores.brunner_munzel(earlier, later),
        cliffs_delta=scores.cliffs_delta(earlier, later),
        nps=scores.net_change(before.nps, after.nps) if before.nps and after.nps else None,
    )


def _family_p(one: ItemComparison) -> float | None:
    if one.few or one.difference is None or one.difference.brunner_munzel is None:
        return None
    return one.difference.brunner_munzel.p


def _conclude(
    one: ItemComparison, p_adjusted: float | None, family: int, important_points: float, *, provisional: bool
) -> ItemComparison:
    difference = one.difference
    if difference is None or difference.brunner_munzel is None or difference.top_box is None:
        return one
    before, after = one.before.top_box, one.after.top_box
    if before is None or after is None:
        return one
    if one.few:
        few = replace(one.verdict, code=Code.TOO_FEW, important=important_points / 100)
        return replace(one, verdict=few)
    verdict = verdicts.judge(
        before, after, difference.top_box, difference.brunner_munzel, p_adjusted,
        family=family, important_points=important_points, categories=len(one.item.categories),
    )  # fmt: skip
    if provisional:
        verdict = replace(verdict, code=Code.PROVISIONAL, cause=verdicts.Cause.NONE, n=after.n)
    return replace(one, difference=replace(difference, p_adjusted=p_adjusted), verdict=verdict)
