"""Net scores: the share at the upper end minus the share at the lower end, such as NPS."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.scores.shares import Z95, Interval


@dataclass(frozen=True)
class NetScore:
    """``upper`` minus ``lower`` of ``n`` answers, as a fraction of 1; None without answers."""

    upper: int
    lower: int
    n: int
    net: float | None
    ci95: Interval | None


@dataclass(frozen=True)
class NetChange:
    """Later net score minus earlier one; None where a side has no answers."""

    diff: float | None
    ci95: Interval | None


def net_score(counts: ArrayLike, last_lower: int, first_upper: int) -> NetScore:
    """Return the net score of one period.

    Parameters
    ----------
    counts : array_like of int, shape (K,)
        Answers per score, worst first.
    last_lower, first_upper : int
        Places (from 0) of the highest score of the lower end and of the lowest score of the upper end; for
        NPS on 0 to 10 these are 6 and 9.

    Returns
    -------
    NetScore
        The interval is adjusted Wald: with three answers added, three quarters of one to each end, it holds
        what it promises in small samples too; cut to [-1, 1], and never without the score itself.

    References
    ----------
    B. Rocks, The American Statistician 70 (2016) 365-372.
    """
    table = np.asarray(counts, dtype=np.int64)
    lower, upper, n = int(table[: last_lower + 1].sum()), int(table[first_upper:].sum()), int(table.sum())
    if n == 0:
        return NetScore(upper, lower, 0, None, None)
    high, low = (upper + 0.75) / (n + 3), (lower + 0.75) / (n + 3)
    half = Z95 * sqrt((high + low - (high - low) ** 2) / (n + 3))
    net = (upper - lower) / n
    # Where all answers agree the adjusted interval would leave out the score itself.
    interval = (max(-1.0, min(net, high - low - half)), min(1.0, max(net, high - low + half)))
    return NetScore(upper, lower, n, net, interval)


def net_change(before: NetScore, after: NetScore) -> NetChange:
    """Compare two net scores by squaring and adding the distances to their interval ends.

    Parameters
    ----------
    before, after : NetScore

    Returns
    -------
    NetChange
        As `newcombe` does with two shares: the interval leans to where the single ones do.

    References
    ----------
    G. Y. Zou, A. Donner, Statistics in Medicine 27 (2008) 1693-1702 (the method of variance estimates
    recovery, of which Newcombe's interval is one case).
    """
    if before.net is None or after.net is None or before.ci95 is None or after.ci95 is None:
        return NetChange(None, None)
    diff = after.net - before.net
    below = sqrt((after.net - after.ci95[0]) ** 2 + (before.ci95[1] - before.net) ** 2)
    above = sqrt((after.ci95[1] - after.net) ** 2 + (before.net - before.ci95[0]) ** 2)
    return NetChange(diff, (max(-2.0, diff - below), min(2.0, diff + above)))
