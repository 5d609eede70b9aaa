"""The whole questionnaire as one figure: the mean of all rated items on a scale from 0 to 100."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from scipy.special import stdtr, stdtrit
from sqlalchemy.orm import Session

from analysis.compare import Comparison, ItemComparison
from analysis.drivers import moments
from analysis.drivers.sums import Moments
from analysis.periods import Period
from analysis.queries import Thresholds
from analysis.series import series_of
from analysis.texts import N_, Translate
from analysis.verdicts import CLAIMS, Code, rounded, shown_bound
from surveys.queries import LoadedVersion
from surveys.tallies import MODE

Interval = tuple[float, float]
ROUNDING = 1e-12  # a variance below is what rounding leaves of none
_RISES = frozenset({Code.HIGHER, Code.SLIGHTLY_HIGHER})

_SENTENCES = {
    Code.HIGHER: N_(
        "%(after)s, %(size)s points higher than in %(period)s (plausible range %(low)s to %(high)s); "
        "unlikely to be chance."
    ),
    Code.LOWER: N_(
        "%(after)s, %(size)s points lower than in %(period)s (plausible range %(low)s to %(high)s); unlikely "
        "to be chance."
    ),
    Code.SLIGHTLY_HIGHER: N_(
        "%(after)s, slightly higher than in %(period)s: %(signed)s points (plausible range %(low)s to "
        "%(high)s), less than the %(important)s points we treat as important."
    ),
    Code.SLIGHTLY_LOWER: N_(
        "%(after)s, slightly lower than in %(period)s: %(signed)s points (plausible range %(low)s to "
        "%(high)s), less than the %(important)s points we treat as important."
    ),
    Code.UNCLEAR: N_(
        "%(after)s, no clear change from %(period)s: difference %(signed)s points (plausible range %(low)s "
        "to %(high)s); it could be sampling variation."
    ),
    Code.UNCHANGED: N_(
        "%(after)s, unchanged from %(period)s within %(important)s points: difference %(signed)s points "
        "(plausible range %(low)s to %(high)s)."
    ),
    Code.PROVISIONAL: N_(
        "Provisional, a period is not over: %(after)s, difference from %(period)s so far %(signed)s points "
        "(plausible range %(low)s to %(high)s)."
    ),
}
_NO_SPREAD = N_(
    "%(after)s after %(before)s: in each period everybody has the same score, so nothing can be tested."
)
_APART = N_("Its %(items)s questions differ: %(rose)s clearly higher, %(fell)s clearly lower.")


@dataclass(frozen=True)
class Score:
    """The mean of the items' means, 0 to 100, with its standard error; ``n`` rated the pair rated least."""

    n: int
    mean: float
    se: float

    @property
    def ci95(self) -> Interval:
        """Student's interval with n - 1 degrees of freedom."""
        half = float(stdtrit(self.n - 1, 0.975)) * self.se
        return self.mean - half, self.mean + half


@dataclass(frozen=True)
class Whole:
    """Both periods and Welch's comparison of them.

    Parameters
    ----------
    items : tuple of str
        Those that went in; of them ``rose`` and ``fell`` clearly by themselves.
    before, after : Score
    diff, ci95, p : float
        Of the scores, in points of the scale from 0 to 100.
    code : Code
        What may be said; ``important`` is the smallest change that matters, in points of the same scale.
    """

    items: tuple[str, ...]
    before: Score
    after: Score
    diff: float
    ci95: Interval | None
    p: float | None
    code: Code = Code.NOT_TESTED
    important: float = 3.0
    rose: int = 0
    fell: int = 0

    def sentence(self, translate: Translate = N_, *, period: str = "the period before") -> str:
        """Say it in words, never without the numbers; ``period`` is what the earlier one is called."""
        said = translate(_SENTENCES.get(self.code, _NO_SPREAD)) % self._params(translate, period)
        against = self.fell if self.diff > 0 else self.rose
        if self.code is Code.PROVISIONAL or not (against if self.code in CLAIMS else self.rose + self.fell):
            return said
        numbers = {"items": len(self.items), "rose": self.rose, "fell": self.fell}
        return f"{said} {translate(_APART) % numbers}"

    def _params(self, translate: Translate, period: str) -> dict[str, str]:
        low, high = self.ci95 or (self.diff, self.diff)
        size, signed, least, most = (
            shown_bound(value / 100, 1, translate, clear=low > 0 or high < 0)
            for value in (abs(self.diff), self.diff, low, high)
        )
        return {
            "before": _mean(self.before), "after": _mean(self.after), "period": period,
            "size": size.lstrip("+"), "signed": signed, "low": least, "high": most,
            "important": f"{self.important:g}",
        }  # fmt: skip


def _mean(one: Score) -> str:
    return f"{rounded(one.mean, 1):.1f}"


def score(found: Moments, ranges: Sequence[tuple[float, float]]) -> Score | None:
    """Return the mean of the items' means.

    Parameters
    ----------
    found : Moments
        Of the items, in the order of ``ranges``.
    ranges : sequence of (lowest, highest)
        Of each item's scale.

    Returns
    -------
    Score or None
        The variance is sum_ij n_ij c_ij / (n_i n_j) over k², c the covariances of those who rated both:
        exact where people leave items out, and that of the mean over people where nobody does. None where
        two items were never rated by the same two people.
    """
    counts = found.counts.sum(axis=0).astype(np.float64)
    if not ranges or counts.min() < 2:
        return None
    low, high = np.array(ranges, dtype=np.float64).T
    unit = 100 / (high - low)
    answered = counts.diagonal()
    spread = found.covariance() * np.outer(unit, unit) * counts / np.outer(answered, answered)
    means = (found.mean() - low) * unit
    variance = float(spread.sum()) / len(ranges) ** 2
    variance = variance if variance > ROUNDING else 0.0
    return Score(int(counts.min()), float(means.mean()), sqrt(variance))


def compared(before: Score, after: Score, items: Sequence[str] = ()) -> Whole:
    """Compare two scores by Welch's rule; without any spread there is no interval and no p."""
    diff, variances = after.mean - before.mean, (before.se**2, after.se**2)
    se = sqrt(sum(variances))
    if se == 0:
        return Whole(tuple(items), before, after, diff, None, None)
    df = se**4 / sum(v**2 / (one.n - 1) for v, one in zip(variances, (before, after), strict=True))
    half = float(stdtrit(df, 0.975)) * se
    p = 2 * float(stdtr(df, -abs(diff / se)))
    return Whole(tuple(items), before, after, diff, (diff - half, diff + half), p)


def judged(found: Whole, important: float) -> Code:
    """Decide what may be said about two closed periods, by the interval that stands beside it.

    One figure, one test: nothing is corrected. The size counts as it is shown.
    """
    if found.ci95 is None:
        return Code.NOT_TESTED
    low, high = found.ci95
    if low <= 0 <= high:
        return Code.UNCHANGED if -important < low and high < important else Code.UNCLEAR
    matters = rounded(abs(found.diff), 1) >= rounded(important, 1)
    if found.diff > 0:
        return Code.HIGHER if matters else Code.SLIGHTLY_HIGHER
    return Code.LOWER if matters else Code.SLIGHTLY_LOWER


def whole_of(
    session: Session, comparison: Comparison, versions: Sequence[LoadedVersion], thresholds: Thresholds
) -> Whole | None:
    """Compare the whole questionnaire of two periods.

    Parameters
    ----------
    session : Session
    comparison : Comparison
        Of all items.
    versions : sequence of LoadedVersion
    thresholds : Thresholds
        With fewer than its few answers by people who rated two items together nothing is said.

    Returns
    -------
    Whole or None
        None for one item alone, where an item is hidden, has few answers or was left out of a version,
        where its words or scale changed, and with filters that the moments are not kept for.
    """
    rated = [one for one in comparison.items if one.item.kind.ordered]
    if len(rated) < 2 or set(comparison.where) - {MODE} or not all(map(_comparable, rated)):
        return None
    found = [_score(session, period, comparison, versions, rated) for period in _periods(comparison)]
    before, after = found
    if before is None or after is None or min(before.n, after.n) < thresholds.few_answers:
        return None
    whole, points = compared(before, after, [one.item.item_key for one in rated]), thresholds.important_points
    is_open = comparison.before.provisional or comparison.after.provisional
    claims = [one.verdict.code for one in rated if one.verdict.code in CLAIMS]
    rose = sum(code in _RISES for code in claims)
    return replace(
        whole, code=Code.PROVISIONAL if is_open else judged(whole, points), important=points,
        rose=rose, fell=len(claims) - rose,
    )  # fmt: skip


def _periods(comparison: Comparison) -> tuple[Period, Period]:
    return comparison.before.period, comparison.after.period


def _comparable(one: ItemComparison) -> bool:
    return one.difference is not None and not one.few and not one.notes


def _score(
    session: Session, period: Period, comparison: Comparison, versions: Sequence[LoadedVersion],
    rated: Sequence[ItemComparison],
) -> Score | None:  # fmt: skip
    runs = series_of(versions)
    ids = {row for one in rated for row in runs[one.item.item_key][-1].item_ids}
    found = moments.read(session, versions, period, comparison.where, item_ids=ids)
    keys = [one.item.item_key for one in rated]
    if set(keys) - set(found.keys):
        return None
    ranges = [(float(one.item.categories[0]), float(one.item.categories[-1])) for one in rated]
    return score(found.of(keys), ranges)
