"""How much each driver goes together with the overall rating: shares of the explained variance."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from analysis.drivers import chance
from analysis.drivers.chance import Interval
from analysis.drivers.reliability import usable
from analysis.drivers.sums import Moments, correlation
from analysis.scores import holm

AT_LEAST = 100  # answers; below, the interval of a correlation is wider than ± 0.2
EXACT_UP_TO = 10  # drivers; beyond, 2^k regressions give way to relative weights
LEAST_GROUPS = 10  # random groups; with fewer nobody can say how far chance reaches
LEAST_EXPLAINED = 0.02  # of the variance; shares of nothing are noise

Real = NDArray[np.float64]


class Reason(StrEnum):
    """Why there is no importance, of a driver or of all."""

    DRIVERS = "drivers"  # fewer than two
    FEW = "few"  # answers
    CONSTANT = "constant"  # everybody gave the same score
    COLLINEAR = "collinear"  # one driver follows from others
    NOTHING = "nothing"  # explained
    NO_OVERALL = "no_overall"  # rating is asked


class Method(StrEnum):
    """How R² was divided."""

    LMG = "lmg"
    WEIGHTS = "weights"


@dataclass(frozen=True)
class Driver:
    """One driver: its share of what all explain, from which to which rank it may stand, its correlation."""

    key: str
    share: float
    error: float
    ci95: Interval
    ranks: tuple[int, int]
    correlation: float
    correlation_ci95: Interval
    beta: float


@dataclass(frozen=True)
class Importance:
    """The drivers, the most important first; ``left_out`` says which have no share and why."""

    n: int
    r2: float | None = None
    drivers: tuple[Driver, ...] = ()
    method: Method = Method.LMG
    reason: Reason | None = None
    left_out: tuple[tuple[str, Reason], ...] = ()
    groups: int = 0


def importance(moments: Moments, overall: str, drivers: tuple[str, ...]) -> Importance:
    """Divide what the drivers explain of the overall rating among them.

    Parameters
    ----------
    moments : Moments
    overall : str
        Key of the rating that is explained.
    drivers : tuple of str
        Keys of what explains it.

    Returns
    -------
    Importance
        Shares of R² (LMG, Shapley values of R²: the mean gain over all orders of entry) for up to ten
        drivers, Johnson's relative weights beyond; they sum to 1. Intervals by leaving out random groups.
        The ranks of a driver leave out those that another clearly has, at 95 % for all pairs together
        (Holm).

    References
    ----------
    R. H. Lindeman, P. F. Merenda, R. Z. Gold, Introduction to Bivariate and Multivariate Analysis (1980);
    U. Grömping, Journal of Statistical Software 17 (2006) 1. J. W. Johnson, Multivariate Behavioral
    Research 35 (2000) 1-19. M. Klein, T. Wright, J. Wieczorek, JRSS A 183 (2020) 913-933.
    """
    keys, left_out = _kept(moments, overall, drivers)
    if keys is None:
        return Importance(_n(moments, overall), reason=left_out[0][1], left_out=left_out[1:])
    chosen = moments.of((overall, *keys))
    if len(keys) < 2:
        few = len(drivers) >= 2 and all(reason is Reason.FEW for _key, reason in left_out)
        reason = Reason.FEW if few else Reason.DRIVERS
        return Importance(chosen.n, reason=reason, left_out=left_out)
    stack = correlation(np.concatenate([chosen.covariance()[None], _groups(chosen)]))
    if len(stack) <= LEAST_GROUPS:
        return Importance(chosen.n, reason=Reason.FEW, left_out=left_out)
    if not usable(stack):
        twins = tuple((key, Reason.COLLINEAR) for key in _twins(keys, stack[0, 1:, 1:]))
        return Importance(chosen.n, reason=Reason.COLLINEAR, left_out=(*left_out, *twins))
    method = Method.LMG if len(keys) <= EXACT_UP_TO else Method.WEIGHTS
    parts = lmg(stack) if method is Method.LMG else weights(stack)
    r2 = parts.sum(axis=1)
    if r2[0] < LEAST_EXPLAINED:
        return Importance(chosen.n, float(r2[0]), method=method, reason=Reason.NOTHING, left_out=left_out)
    found = _drivers(keys, stack, parts / r2[:, None])
    return Importance(chosen.n, float(r2[0]), found, method, None, left_out, len(stack) - 1)


def lmg(correlations: Real) -> Real:
    """Return each driver's mean gain in R² over all orders of entry.

    Parameters
    ----------
    correlations : array, shape (m, k + 1, k + 1)
        A stack of correlation matrices; the first row and column is what is explained.

    Returns
    -------
    array, shape (m, k)
        Each row sums to R² of all drivers.
    """
    k = correlations.shape[1] - 1
    explained = np.zeros((len(correlations), 2**k))
    for size in range(1, k + 1):
        sets = np.array(list(combinations(range(k), size)), dtype=np.intp) + 1
        inside = correlations[:, sets[:, :, None], sets[:, None, :]]
        outside = correlations[:, sets, 0][..., None]
        solved = np.linalg.solve(inside, outside)
        explained[:, (1 << (sets - 1)).sum(axis=1)] = (solved * outside).sum(axis=(2, 3))
    masks = np.arange(2**k)
    sizes = np.bitwise_count(masks)
    chances = np.array([factorial(s) * factorial(k - s - 1) / factorial(k) for s in range(k)])
    found = np.zeros((len(correlations), k))
    for place in range(k):
        without = masks[(masks >> place) & 1 == 0]
        gains = explained[:, without | 1 << place] - explained[:, without]
        found[:, place] = gains @ chances[sizes[without]]
    return found


def weights(correlations: Real) -> Real:
    """Return Johnson's relative weights; same shapes as `lmg`."""
    values, vectors = np.linalg.eigh(correlations[:, 1:, 1:])
    root = (vectors * np.sqrt(values)[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    betas = np.linalg.solve(root, correlations[:, 1:, 0][..., None])[..., 0]
    found: Real = np.einsum("mij,mj->mi", root**2, betas**2)
    return found


def _kept(
    moments: Moments, overall: str, drivers: tuple[str, ...]
) -> tuple[tuple[str, ...] | None, tuple[tuple[str, Reason], ...]]:
    """Return the drivers that can be used, and why the others cannot; None where the rating itself cannot."""
    if overall not in moments.keys:
        return None, ((overall, Reason.NO_OVERALL),)
    if moments.answered[overall] < AT_LEAST:
        return None, ((overall, Reason.FEW),)
    chosen = moments.of((overall, *(key for key in drivers if key in moments.keys)))
    constant = _constant(chosen)
    if overall in constant:
        return None, ((overall, Reason.CONSTANT),)
    left_out = [(key, Reason.FEW) for key in drivers if key not in chosen.keys]
    while len(chosen.keys) > 1 and chosen.n < AT_LEAST:
        fewest = _fewest(chosen)
        left_out.append((fewest, Reason.FEW))
        chosen = chosen.of(key for key in chosen.keys if key != fewest)
    left_out += [(key, Reason.CONSTANT) for key in chosen.keys[1:] if key in constant]
    gone = {key for key, _reason in left_out}
    return tuple(key for key in chosen.keys[1:] if key not in gone), tuple(left_out)


def _constant(chosen: Moments) -> set[str]:
    """Return the items without any spread, or with none once a group is left out."""
    variances = _groups(chosen).diagonal(axis1=1, axis2=2).min(axis=0)
    return {key for key, variance in zip(chosen.keys, variances, strict=True) if variance == 0}


def _fewest(chosen: Moments) -> str:
    """Return the driver that has the fewest answers together with another item."""
    pairs = chosen.counts.sum(axis=0)
    place = min(range(1, len(pairs)), key=lambda one: (pairs[one].min(), pairs[one, one]))
    return chosen.keys[place]


def _groups(chosen: Moments) -> Real:
    """Return the covariances with each group that has answers left out in turn."""
    found: Real = chosen.left_out()[chosen.counts.sum(axis=(1, 2)) > 0]
    return found


def _drivers(keys: tuple[str, ...], stack: Real, shares: Real) -> tuple[Driver, ...]:
    groups = len(stack) - 1
    errors = chance.spread(shares[1:])
    ranks = _ranks(shares)
    fisher = np.arctanh(np.clip(stack[:, 1:, 0], -1 + 1e-9, 1 - 1e-9))
    reach = chance.spread(fisher[1:])
    betas = np.linalg.solve(stack[0, 1:, 1:], stack[0, 1:, 0])
    found = []
    for place, key in enumerate(keys):
        low, high = chance.interval(float(shares[0, place]), float(errors[place]), groups)
        below, above = chance.interval(float(fisher[0, place]), float(reach[place]), groups)
        found.append(
            Driver(
                key, float(shares[0, place]), float(errors[place]), (max(low, 0.0), min(high, 1.0)),
                ranks[place], float(stack[0, 1 + place, 0]), (float(np.tanh(below)), float(np.tanh(above))),
                float(betas[place]),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: -one.share))


def _ranks(shares: Real) -> list[tuple[int, int]]:
    """Return from which to which rank each driver may stand."""
    k, groups = shares.shape[1], len(shares) - 1
    pairs = list(combinations(range(k), 2))
    gaps = np.stack([shares[:, i] - shares[:, j] for i, j in pairs], axis=1)
    errors = chance.spread(gaps[1:])
    tests = [chance.p_value(float(gap), float(e), groups) for gap, e in zip(gaps[0], errors, strict=True)]
    above, below = [0] * k, [0] * k
    for (i, j), gap, p in zip(pairs, gaps[0], holm(tests), strict=True):
        if p is not None and p < 0.05:
            first, second = (i, j) if gap > 0 else (j, i)
            above[second] += 1
            below[first] += 1
    return [(1 + above[place], k - below[place]) for place in range(k)]


def _twins(keys: tuple[str, ...], correlations: Real) -> tuple[str, str]:
    """Return the two drivers that are answered most alike."""
    alike = np.triu(np.abs(np.nan_to_num(correlations)), 1)
    first, second = np.unravel_index(int(alike.argmax()), alike.shape)
    return keys[int(first)], keys[int(second)]


def _n(moments: Moments, overall: str) -> int:
    return moments.answered.get(overall, 0)
