"""How far chance reaches: leaving out one random group of answers after the other.

Scores bunch at the best answer, so formulas that expect normal scores promise too much. Groups of answers
need no such promise, cost nothing per answer and give the same interval each time.
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Real = NDArray[np.float64]
Interval = tuple[float, float]


def spread(left_out: Real) -> Real:
    """Return the standard error of each figure from its values with one group left out.

    Parameters
    ----------
    left_out : array, shape (G, …)
        The figure without group 1, …, G.

    Returns
    -------
    array, shape (…)
        √((G − 1)/G Σ (θ(g) − mean)²).

    References
    ----------
    K. M. Wolter, Introduction to Variance Estimation (2nd ed. 2007), chapter 4: the delete-a-group
    jackknife, with G − 1 degrees of freedom.
    """
    groups = len(left_out)
    deviations = left_out - left_out.mean(axis=0)
    found: Real = np.sqrt((groups - 1) / groups * (deviations**2).sum(axis=0))
    return found


def interval(figure: float, error: float, groups: int) -> Interval:
    """Return the 95 % interval of a figure."""
    half = float(stdtrit(groups - 1, 0.975)) * error
    return figure - half, figure + half


def p_value(figure: float, error: float, groups: int) -> float:
    """Return how often chance alone brings a figure at least as far from 0."""
    if error == 0:
        return 1.0 if figure == 0 else 0.0
    return float(2 * stdtr(groups - 1, -abs(figure) / error))


def apart(first: tuple[float, float], second: tuple[float, float], groups: int) -> Interval:
    """Return the 95 % interval of second − first, each (figure, error), from different answers."""
    return interval(second[0] - first[0], sqrt(first[1] ** 2 + second[1] ** 2), groups)
