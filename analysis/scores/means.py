"""Mean scores of one period, and Welch's comparison of two."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

Interval = tuple[float, float]


@dataclass(frozen=True)
class MeanScore:
    """Mean, standard deviation and 95 % interval of one period's scores.

    ``mean`` is None without answers, ``sd`` below two answers, ``ci95`` also where all answers are equal:
    an interval of no width would claim a certainty that the answers do not give.
    """

    n: int
    mean: float | None
    sd: float | None
    ci95: Interval | None


@dataclass(frozen=True)
class MeanChange:
    """Later mean minus earlier mean, with Welch's statistic, degrees of freedom, p and 95 % interval."""

    diff: float | None
    statistic: float | None
    df: float | None
    p: float | None
    ci95: Interval | None


def mean_score(counts: ArrayLike, scores: ArrayLike | None = None) -> MeanScore:
    """Average the scores of a count table.

    Parameters
    ----------
    counts : array_like of int, shape (K,)
        Answers per score.
    scores : array_like of float, shape (K,), optional
        The scores themselves; 1..K when not given.

    Returns
    -------
    MeanScore
        The interval is Student's t with n - 1 degrees of freedom.

    Notes
    -----
    A mean of ordinal answers takes the steps of the scale as equally wide; it is shown beside the share
    of satisfied answers, never instead of it.

    References
    ----------
    Equal to R ``t.test(x)``.
    """
    table = np.asarray(counts, dtype=np.float64)
    values = np.arange(1.0, table.size + 1) if scores is None else np.asarray(scores, dtype=np.float64)
    n = int(table.sum())
    if n == 0:
        return MeanScore(0, None, None, None)
    mean = float(table @ values) / n
    if n == 1:
        return MeanScore(1, mean, None, None)
    if np.count_nonzero(table) == 1:  # exact: rounding must not leave a spread of 1e-16
        return MeanScore(n, mean, 0.0, None)
    sd = sqrt(float(table @ (values - mean) ** 2) / (n - 1))
    half = float(stdtrit(n - 1, 0.975)) * sd / sqrt(n)
    return MeanScore(n, mean, sd, (mean - half, mean + half))


def welch(before: MeanScore, after: MeanScore) -> MeanChange:
    """Compare two means without taking their spreads as equal.

    Parameters
    ----------
    before, after : MeanScore
        The two periods.

    Returns
    -------
    MeanChange
        Later minus earlier; degrees of freedom by Satterthwaite. Where both periods are constant there
        is no spread to judge by: equal constants give p = 1, different ones no p; neither has an
        interval. With fewer than two answers on a side only the difference is given.

    References
    ----------
    B. L. Welch, Biometrika 34 (1947) 28-35; equal to R ``t.test(y, x)``.
    """
    if before.mean is None or after.mean is None:
        return MeanChange(None, None, None, None, None)
    diff = after.mean - before.mean
    if before.sd is None or after.sd is None:
        return MeanChange(diff, None, None, None, None)
    part_before, part_after = before.sd**2 / before.n, after.sd**2 / after.n
    se = sqrt(part_before + part_after)
    if se == 0:
        return MeanChange(diff, None, None, 1.0 if diff == 0 else None, None)
    df = se**4 / (part_before**2 / (before.n - 1) + part_after**2 / (after.n - 1))
    half = float(stdtrit(df, 0.975)) * se
    p = 2 * float(stdtr(df, -abs(diff / se)))
    return MeanChange(diff, diff / se, df, p, (diff - half, diff + half))
