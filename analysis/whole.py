"""The whole questionnaire as one figure: the mean of all rated items on a scale from 0 to 100."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import stdtr, stdtrit
from sqlalchemy.orm import Session

from analysis.compare import Comparison, ItemComparison
from analysis.drivers import moments
from analysis.drivers.sums import Moments
from analysis.periods import Period
from analysis.series import series_of
from surveys.queries import LoadedVersion
from surveys.tallies import MODE

Interval = tuple[float, float]
ROUNDING = 1e-12  # a variance below is what rounding leaves of none


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
    """Both periods and Welch's comparison of them; ``items`` are those that went in."""

    items: tuple[str, ...]
    before: Score
    after: Score
    diff: float
    ci95: Interval | None
    p: float | None


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


def whole_of(
    session: Session, comparison: Comparison, versions: Sequence[LoadedVersion], *, few_answers: int
) -> Whole | None:
    """Compare the whole questionnaire of two periods.

    Parameters
    ----------
    session : Session
    comparison : Comparison
        Of all items.
    versions : sequence of LoadedVersion
    few_answers : int
        With fewer people who rated two items together nothing is said.

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
    if before is None or after is None or min(before.n, after.n) < few_answers:
        return None
    return compared(before, after, [one.item.item_key for one in rated])


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
