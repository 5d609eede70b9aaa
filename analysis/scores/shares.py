"""Shares of satisfied answers, and the difference of two shares."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

Interval = tuple[float, float]

Z95 = float(ndtri(0.975))


@dataclass(frozen=True)
class Share:
    """``x`` of ``n`` answers are satisfied; ``p`` and ``ci95`` are None without answers."""

    x: int
    n: int
    p: float | None
    ci95: Interval | None


@dataclass(frozen=True)
class ShareChange:
    """Later share minus earlier share, as a fraction of 1; None where a side has no answers."""

    diff: float | None
    ci95: Interval | None


def wilson(x: int, n: int) -> Interval:
    """Return the 95 % score interval of a proportion.

    Parameters
    ----------
    x, n : int
        Successes and trials, ``n`` at least 1.

    Returns
    -------
    tuple of float
        (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n). Never outside [0, 1], and never of no width,
        even where all answers agree.

    References
    ----------
    E. B. Wilson, JASA 22 (1927) 209-212; equal to R ``prop.test(x, n, correct = FALSE)``.
    """
    p, z2 = x / n, Z95 * Z95
    centre = p + z2 / (2 * n)
    half = Z95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # At the ends the bound is 0 or 1 exactly; rounding would leave 1e-17 beside it.
    low = 0.0 if x == 0 else (centre - half) / (1 + z2 / n)
    high = 1.0 if x == n else (centre + half) / (1 + z2 / n)
    return low, high


def top_box(counts: ArrayLike, first_top: int) -> Share:
    """Count the satisfied answers of one period.

    Parameters
    ----------
    counts : array_like of int, shape (K,)
        Answers per score, worst first.
    first_top : int
        Place (from 0) of the lowest score that counts as satisfied.

    Returns
    -------
    Share
        With the Wilson interval.
    """
    table = np.asarray(counts, dtype=np.int64)
    x, n = int(table[first_top:].sum()), int(table.sum())
    return Share(x, n, x / n, wilson(x, n)) if n else Share(x, n, None, None)


def newcombe(before: Share, after: Share) -> ShareChange:
    """Compare two shares by the hybrid score interval.

    Parameters
    ----------
    before, after : Share
        The two periods, each with its Wilson interval (l, u).

    Returns
    -------
    ShareChange
        d = p2 - p1 with d - √((p2-l2)² + (u1-p1)²) and d + √((u2-p2)² + (p1-l1)²).

    References
    ----------
    R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10.
    """
    if before.p is None or after.p is None or before.ci95 is None or after.ci95 is None:
        return ShareChange(None, None)
    (low1, high1), (low2, high2) = before.ci95, after.ci95
    diff = after.p - before.p
    below = sqrt((after.p - low2) ** 2 + (high1 - before.p) ** 2)
    above = sqrt((high2 - after.p) ** 2 + (before.p - low1) ** 2)
    return ShareChange(diff, (diff - below, diff + above))
