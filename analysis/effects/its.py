"""The interrupted time series: what a measure did to the course of a share where nothing can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from analysis.scores.shares import Interval

BEFORE, AFTER = 12, 6  # months that are needed on each side
ROUNDS = 50  # it settles after a few
SETTLED = 1e-12
STRONGEST = 0.95
EXACT = 1e-24  # a line without any residual
NOTHING = 1e-10  # what is smaller is what the arithmetic left over
SEASONAL = 24  # months from which the twelve months of the year get terms of their own

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Term:
    """One estimate of the model with its standard error, 95 % interval and p."""

    estimate: float
    se: float
    ci95: Interval
    p: float


@dataclass(frozen=True)
class Segmented:
    """A segmented regression.

    ``level`` is the jump at the start, ``slope`` the change of the rise a month, ``mean`` what both amount to
    on average over the months since; ``seasonal`` says whether the months of the year have terms, ``rho`` how
    much neighbouring months are alike.
    """

    level: Term
    slope: Term
    mean: Term
    before: int
    after: int
    seasonal: bool
    rho: float
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
    they can be told apart. Generalised least squares after Prais and Winsten, Student's t with n - k degrees
    of freedom. Simulated with 24 months before and 8 since, the 95 % intervals hold 95 % where months do not
    depend on each other, 85 % where neighbours correlate by 0.4 (Newey and West's errors: 85 and 74 %). Short
    series cannot do better (Turner 2021, doi 10.1186/s12874-021-01364-0): say so beside them.
    """
    before, after = sum(t < start for t, _y in points), sum(t >= start for t, _y in points)
    if before < BEFORE or after < AFTER:
        return None
    months = np.array([t for t, _y in points], dtype=np.int64)
    values = np.array([y for _t, y in points], dtype=np.float64)
    design, seasonal = _design(months, start)
    fit, cov, rho = prais_winsten(design, values, months)
    df = len(values) - design.shape[1]
    since = months >= start
    contrast = np.zeros(design.shape[1])
    contrast[2], contrast[3] = 1.0, float((months[since] - start).mean())
    unit = np.eye(design.shape[1])
    level, slope, mean = (_term(weights, fit, cov, df) for weights in (unit[2], unit[3], contrast))
    course = tuple(map(float, _without(design, since) @ fit))
    return Segmented(level, slope, mean, before, after, seasonal, rho, course)


def prais_winsten(design: Array, values: Array, months: NDArray[np.int64]) -> tuple[Array, Array, float]:
    """Return coefficients, their covariance and the correlation of neighbouring months.

    The correlation of two months is rho to the power of their distance, also across months that are missing;
    rho is that of neighbouring residuals, found again with each fit, and never negative: a series that swings
    back and forth is not called more certain for it.

    References
    ----------
    S. J. Prais and C. B. Winsten, Cowles Commission Discussion Paper 383 (1954). Equal to statsmodels
    ``GLS`` with this correlation.
    """
    apart = np.abs(months[:, None] - months[None, :])
    rho, fit = 0.0, np.zeros(design.shape[1])
    for _round in range(ROUNDS):
        root: Array = np.linalg.inv(np.linalg.cholesky(rho**apart))
        fit = np.asarray(np.linalg.lstsq(root @ design, root @ values, rcond=None)[0], dtype=np.float64)
        found = _neighbours(values - design @ fit, months)
        if abs(found - rho) < SETTLED:
            break
        rho = found
    left = root @ (values - design @ fit)
    spread = float(left @ left) / (len(values) - design.shape[1])
    weighted: Array = root @ design
    bread = np.asarray(np.linalg.inv(weighted.T @ weighted), dtype=np.float64)
    return fit, bread * spread, rho


def _neighbours(left: Array, months: NDArray[np.int64]) -> float:
    """Return the correlation of the residuals of neighbouring months."""
    total = float(left @ left)
    beside = np.diff(months) == 1
    found = float((left[1:] * left[:-1])[beside].sum()) / total if total > EXACT else 0.0
    return min(max(found, 0.0), STRONGEST)


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
    found = (float(weights @ fit), sqrt(max(0.0, float(weights @ cov @ weights))))
    estimate, se = (0.0 if abs(one) < NOTHING else one for one in found)
    half = float(stdtrit(df, 0.975)) * se
    p = 2 * float(stdtr(df, -abs(estimate / se))) if se else float(estimate == 0)
    return Term(estimate, se, (estimate - half, estimate + half), p)
