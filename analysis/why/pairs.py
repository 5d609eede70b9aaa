"""Customers who rated twice: were they better off the second time? Pairs, not two samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from analysis.scores.shares import Interval, wilson

EXACT_BELOW = 25  # discordant pairs, below which McNemar's test is exact


@dataclass(frozen=True)
class Test:
    """A test: its statistic, degrees of freedom and p; ``exact`` where p comes from all possible outcomes."""

    statistic: float | None
    df: int
    p: float | None
    exact: bool = False


@dataclass(frozen=True)
class Transition:
    """What pairs of ratings say.

    ``table[i][j]`` counts who gave category i first and j then; ``lost`` were satisfied and are not any
    more (McNemar's b), ``won`` the other way (c); ``diff`` is the change of the satisfied share.
    """

    table: tuple[tuple[int, ...], ...]
    n: int
    satisfied: tuple[int, int]
    lost: int
    won: int
    diff: float
    ci95: Interval
    mcnemar: Test
    stuart_maxwell: Test


def transition(table: Sequence[Sequence[int]], first_top: int) -> Transition | None:
    """Summarise a square table of first and second ratings.

    Parameters
    ----------
    table : sequence of sequence of int, shape (K, K)
        Rows the first rating, columns the second, worst first.
    first_top : int
        Place of the lowest satisfied category.

    Returns
    -------
    Transition or None
        None without pairs.
    """
    square = np.asarray(table, dtype=np.int64)
    n = int(square.sum())
    if not n:
        return None
    lost, won = int(square[first_top:, :first_top].sum()), int(square[:first_top, first_top:].sum())
    first, second = int(square[first_top:, :].sum()), int(square[:, first_top:].sum())
    both = int(square[first_top:, first_top:].sum())
    return Transition(
        tuple(tuple(int(value) for value in row) for row in square), n, (first, second), lost, won,
        diff=(second - first) / n, ci95=paired_interval(both, lost, won, n),
        mcnemar=mcnemar(lost, won), stuart_maxwell=stuart_maxwell(square),
    )  # fmt: skip


def mcnemar(b: int, c: int) -> Test:
    """Test whether as many changed one way as the other.

    Parameters
    ----------
    b, c : int
        Pairs that changed one way, and the other.

    Returns
    -------
    Test
        Below 25 such pairs the exact binomial p, 2 P(X <= min(b, c)) with X ~ B(b + c, ½), at most 1; from
        there on chi² = (|b - c| - 1)²/(b + c) with the continuity correction.

    References
    ----------
    Q. McNemar, Psychometrika 12 (1947) 153-157; equal to R ``mcnemar.test`` and statsmodels ``mcnemar``.
    """
    n = b + c
    if not n:
        return Test(None, 1, 1.0, exact=True)
    if n < EXACT_BELOW:
        below = sum(comb(n, k) for k in range(min(b, c) + 1))
        return Test(float(min(b, c)), 1, min(1.0, 2 * below / 2**n), exact=True)
    statistic = max(0, abs(b - c) - 1) ** 2 / n
    return Test(statistic, 1, float(chdtrc(1, statistic)))


def stuart_maxwell(square: NDArray[np.int64]) -> Test:
    """Test whether the ratings as a whole are distributed the same the second time.

    Parameters
    ----------
    square : ndarray of int, shape (K, K)

    Returns
    -------
    Test
        dᵀ V⁻¹ d with d the differences of the margins, V their covariance under marginal homogeneity:
        v_ii = n_i. + n_.i - 2 n_ii, v_ij = -(n_ij + n_ji); the last category is left out. Categories that
        nobody used are left out too. Without a change to look at there is no statistic and p is 1; where V
        cannot be inverted there is neither.

    References
    ----------
    A. Stuart, Biometrika 42 (1955) 412-416; A. E. Maxwell, British Journal of Psychiatry 116 (1970)
    651-655; equal to statsmodels ``SquareTable.homogeneity``.
    """
    used = np.flatnonzero(square.sum(axis=0) + square.sum(axis=1))
    table = square[np.ix_(used, used)].astype(np.float64)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if np.array_equal(table, np.diag(np.diag(table))):
        return Test(None, max(0, len(used) - 1), 1.0)
    covariance = -(table + table.T)
    np.fill_diagonal(covariance, rows + columns - 2 * np.diag(table))
    inner, d = covariance[:-1, :-1], (rows - columns)[:-1]
    if np.linalg.matrix_rank(inner) < len(d):
        return Test(None, len(d), None)
    statistic = float(d @ np.linalg.solve(inner, d))
    return Test(statistic, len(d), float(chdtrc(len(d), statistic)))


def paired_interval(both: int, lost: int, won: int, n: int) -> Interval:
    """Return the 95 % interval of the difference of two shares of the same people.

    Parameters
    ----------
    both, lost, won, n : int
        Satisfied both times, only the first, only the second time, and all.

    Returns
    -------
    tuple of float
        Newcombe's square-and-add: as for independent shares, less twice phi times the products, phi the
        correlation of the two answers, with the continuity correction of his method 10.

    References
    ----------
    R. G. Newcombe, Statistics in Medicine 17 (1998) 2635-2650, method 10.
    """
    neither = n - both - lost - won
    p1, p2 = (both + lost) / n, (both + won) / n
    (low1, high1), (low2, high2) = wilson(both + lost, n), wilson(both + won, n)
    phi = _phi(both, lost, won, neither)
    d, under, over = p2 - p1, p2 - low2, high1 - p1
    below = sqrt(max(0.0, under**2 - 2 * phi * under * over + over**2))
    under, over = high2 - p2, p1 - low1
    above = sqrt(max(0.0, under**2 - 2 * phi * under * over + over**2))
    return d - below, d + above


def _phi(both: int, lost: int, won: int, neither: int) -> float:
    margins = (both + lost) * (won + neither) * (both + won) * (lost + neither)
    if not margins:
        return 0.0
    top = both * neither - lost * won
    n = both + lost + won + neither
    if top > 0:
        top = max(top - n / 2, 0)  # type: ignore[assignment]
    return float(top / sqrt(margins))
