"""The interrupted time series: what a measure did to the course of a share where nothing can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.scores.shares import Interval

BEFORE, AFTER = 12, 6  # months that are needed on each side
SEASONAL = 24  # months from which the twelve months of the year get terms of their own

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Term:
    """One estimate of the model with its standard error and 95 % interval."""

    estimate: float
    se: float
    ci95: Interval


@dataclass(frozen=True)
class Segmented:
    """A segmented regression.

    ``level`` is the jump at the start, ``slope`` the change of the rise a month, ``mean`` what both amount to
    on average over the months since; ``seasonal`` says whether the months of the year have terms.
    """

    level: Term
    slope: Term
    mean: Term
    before: int
    after: int
    seasonal: bool
    lags: int
    course: tuple[float, ...]  # where the earlier course would have led, for each of the months since


def segmented(points: Sequence[tuple[int, float]], start: int) -> Segmented | None:
    """Fit level and slope before and after ``start`` to a monthly series.

    Parameters
    ----------
    points : sequence of (month, value)
        Months are counted without gaps in the numbering (year × 12 + month - 1); months without a value are
        left out.
    start : int
        The first month since.

    Returns
    -------
    Segmented or None
        None with fewer than 12 months before or 6 since: too few to tell.

    Notes
    -----
    y = a + b t + c D + d D (t - start), with eleven terms for the months of the year from 24 months on where
    they can be told apart. Least squares with Newey and West's errors (Bartlett weights, ⌊4 (n/100)^(2/9)⌋
    lags, factor n/(n-k)) and Student's t with n - k degrees of freedom. Even so the intervals of short series
    are too narrow (Turner 2021, doi 10.1186/s12874-021-01364-0): say so beside them.
    """
    before, after = sum(t < start for t, _y in points), sum(t >= start for t, _y in points)
    if before < BEFORE or after < AFTER:
        return None
    months = np.array([t for t, _y in points], dtype=np.int64)
    values = np.array([y for _t, y in points], dtype=np.float64)
    design, seasonal = _design(months, start)
    fit, cov, lags = newey_west(design, values)
    df = len(values) - design.shape[1]
    since = months >= start
    contrast = np.zeros(design.shape[1])
    contrast[2], contrast[3] = 1.0, float((months[since] - start).mean())
    unit = np.eye(design.shape[1])
    level, slope, mean = (_term(weights, fit, cov, df) for weights in (unit[2], unit[3], contrast))
    course = tuple(map(float, _without(design, since) @ fit))
    return Segmented(level, slope, mean, before, after, seasonal, lags, course)


def newey_west(design: Array, values: Array) -> tuple[Array, Array, int]:
    """Return coefficients, their covariance and the number of lags of least squares with HAC errors.

    References
    ----------
    W. K. Newey and K. D. West, Econometrica 55 (1987) 703-708. Equal to statsmodels ``OLS.fit`` with
    ``cov_type="HAC"`` and ``use_correction=True``.
    """
    n, k = design.shape
    lags = int(4 * (n / 100) ** (2 / 9))
    bread = np.linalg.inv(design.T @ design)
    fit = bread @ (design.T @ values)
    scores = design * (values - design @ fit)[:, None]
    meat = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        meat = meat + (1 - lag / (lags + 1)) * (cross + cross.T)
    return fit, bread @ meat @ bread * n / (n - k), lags


def _design(months: NDArray[np.int64], start: int) -> tuple[Array, bool]:
    since = (months >= start).astype(np.float64)
    time = (months - months[0]).astype(np.float64)
    plain = np.column_stack([np.ones(len(months)), time, since, since * (months - start)])
    if len(months) < SEASONAL:
        return plain, False
    of_year = months % 12
    terms: Any = [of_year == month for month in sorted(set(of_year.tolist()))[1:]]
    full = np.column_stack([plain, *(term.astype(np.float64) for term in terms)])
    told_apart = np.linalg.matrix_rank(full) == full.shape[1] and len(months) > full.shape[1] + 1
    return (full, True) if told_apart else (plain, False)


def _without(design: Array, since: NDArray[np.bool_]) -> Array:
    """Return the rows since, as if the measure had not begun."""
    rows = design[since].copy()
    rows[:, 2:4] = 0.0
    return rows


def _term(weights: Array, fit: Array, cov: Array, df: int) -> Term:
    estimate, se = float(weights @ fit), sqrt(max(0.0, float(weights @ cov @ weights)))
    half = float(stdtrit(df, 0.975)) * se
    return Term(estimate, se, (estimate - half, estimate + half))
