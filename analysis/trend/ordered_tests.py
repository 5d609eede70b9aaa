"""Does something rise or fall over ordered periods? Two tests, from counts alone, for any number of items.

Both work on whole arrays: the last axes are the periods (and the categories), those before are items that
are tested beside each other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OrderedTest:
    """One test, or as many as the counts have leading axes.

    Parameters
    ----------
    statistic : ndarray
        Jonckheere-Terpstra: how many pairs of an earlier and a later answer rise, ties as half.
        Cochran-Armitage: chi squared with one degree of freedom.
    z : ndarray
        In standard deviations, above 0 where later is better; 0 where nothing can differ.
    p : ndarray
        Two-sided, from the normal distribution.
    """

    statistic: Floats
    z: Floats
    p: Floats


def jonckheere_terpstra(counts: ArrayLike) -> OrderedTest:
    """Test whether later periods have better answers, over the whole scale.

    Parameters
    ----------
    counts : array_like, shape (..., periods, categories)
        Answers per period, the earliest first, and category, the worst first.

    Returns
    -------
    OrderedTest
        With the variance corrected for ties, which answers on five categories are full of.
    """
    table = np.asarray(counts, dtype=float)
    earlier = np.cumsum(table, axis=-2) - table  # of all earlier periods together
    below = np.cumsum(earlier, axis=-1) - earlier / 2
    statistic = (table * below).sum(axis=(-2, -1))
    groups, ties = table.sum(axis=-1), table.sum(axis=-2)
    n = groups.sum(axis=-1)
    expected = (n**2 - (groups**2).sum(axis=-1)) / 4
    return _normal(statistic, statistic - expected, _jonckheere_variance(n, groups, ties))


def cochran_armitage(satisfied: ArrayLike, answers: ArrayLike) -> OrderedTest:
    """Test whether the satisfied share rises or falls steadily over the periods.

    Parameters
    ----------
    satisfied, answers : array_like, shape (..., periods)
        The earliest first; the periods count as equally far from each other.

    Returns
    -------
    OrderedTest
        As R's ``prop.trend.test``.
    """
    x, n = np.asarray(satisfied, dtype=float), np.asarray(answers, dtype=float)
    scores = np.arange(n.shape[-1], dtype=float)
    total = n.sum(axis=-1)
    share = np.divide(x.sum(axis=-1), total, out=np.zeros_like(total), where=total > 0)
    distance = (scores * (x - n * share[..., None])).sum(axis=-1)
    centred = np.divide((n * scores).sum(axis=-1) ** 2, total, out=np.zeros_like(total), where=total > 0)
    variance = share * (1 - share) * ((n * scores**2).sum(axis=-1) - centred)
    found = _normal(distance, distance, variance)
    return OrderedTest(found.z**2, found.z, found.p)


def _jonckheere_variance(n: Floats, groups: Floats, ties: Floats) -> Floats:
    """Return the variance with ties (Lehmann 1975; statistics.md 1.3)."""

    first = (n * (n - 1) * (2 * n + 5) - _fives(groups) - _fives(ties)) / 72
    pairs = n * (n - 1)
    both = _over(_threes(groups) * _threes(ties), 36 * pairs * (n - 2))
    return first + both + _over(_twos(groups) * _twos(ties), 8 * pairs)


def _twos(sizes: Floats) -> Floats:
    return np.asarray((sizes * (sizes - 1)).sum(axis=-1))


def _threes(sizes: Floats) -> Floats:
    return np.asarray((sizes * (sizes - 1) * (sizes - 2)).sum(axis=-1))


def _fives(sizes: Floats) -> Floats:
    return np.asarray((sizes * (sizes - 1) * (2 * sizes + 5)).sum(axis=-1))


def _over(top: Floats, bottom: Floats) -> Floats:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _normal(statistic: Floats, distance: Floats, variance: Floats) -> OrderedTest:
    scale = np.sqrt(np.where(variance > 1e-9, variance, np.inf))
    z = np.asarray(distance / scale)
    return OrderedTest(np.asarray(statistic), z, np.asarray(2 * ndtr(-np.abs(z))))
