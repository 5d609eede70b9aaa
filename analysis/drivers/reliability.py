"""Whether the items of a scale measure one thing: Cronbach's alpha, McDonald's omega, item by item."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from analysis.drivers import chance
from analysis.drivers.chance import Interval
from analysis.drivers.sums import Moments, correlation

AT_LEAST = 30  # answers; below, the interval of alpha spans half of what it can be
SINGULAR = 1e-8  # the smallest eigenvalue of a correlation matrix that is used
_ROUNDS = 2_000
_CLOSE = 1e-12

Real = NDArray[np.float64]


class Unusable(StrEnum):
    """Why there are no figures."""

    ITEMS = "items"  # fewer than two
    FEW = "few"  # answers
    CONSTANT = "constant"  # everybody gave an item the same score
    OVERLAP = "overlap"  # too few answered the same items: no people could have these correlations


@dataclass(frozen=True)
class ItemFit:
    """How one item goes with the others; ``alpha_without`` is None where only one would be left."""

    key: str
    item_rest: float
    alpha_without: float | None
    loading: float | None


@dataclass(frozen=True)
class Reliability:
    """The figures of one scale; ``omega`` is None for two items, and where one factor does not fit."""

    keys: tuple[str, ...]
    n: int
    alpha: float | None = None
    alpha_ci95: Interval | None = None
    omega: float | None = None
    omega_ci95: Interval | None = None
    items: tuple[ItemFit, ...] = ()
    unusable: Unusable | None = None
    constant: tuple[str, ...] = ()


def reliability(moments: Moments, at_least: int = AT_LEAST) -> Reliability:
    """Return alpha and omega of the items.

    Parameters
    ----------
    moments : Moments
        Of the items of one scale; where not everybody answered all of them, each pair counts who answered
        both, and n is that of the pair with the fewest.
    at_least : int
        Answers below which nothing is said.

    Returns
    -------
    Reliability
        alpha = k/(k-1) (1 - sum of variances / variance of the sum), its interval by Feldt from F;
        omega total = (sum of loadings)² / variance of the sum that one factor implies, loadings by
        minres, its interval by leaving out random groups.

    References
    ----------
    L. J. Cronbach, Psychometrika 16 (1951) 297-334. L. S. Feldt, Psychometrika 30 (1965) 357-370.
    R. P. McDonald, Test Theory (1999). H. H. Harman and W. H. Jones, Psychometrika 31 (1966) 351-368.
    """
    keys, n = moments.keys, moments.n
    if len(keys) < 2:
        return Reliability(keys, n, unusable=Unusable.ITEMS)
    if n < at_least:
        return Reliability(keys, n, unusable=Unusable.FEW)
    covariance = moments.covariance()
    constant = tuple(key for key, variance in zip(keys, covariance.diagonal(), strict=True) if variance == 0)
    if constant:
        return Reliability(keys, n, unusable=Unusable.CONSTANT, constant=constant)
    if not usable(correlation(covariance), at_least=0.0):
        return Reliability(keys, n, unusable=Unusable.OVERLAP)
    found, loadings = alpha(covariance), one_factor(correlation(covariance))
    return Reliability(
        keys,
        n,
        found,
        feldt(found, n, len(keys)),
        None if loadings is None else omega(covariance, loadings),
        _omega_interval(moments) if loadings is not None else None,
        _fits(keys, covariance, loadings),
    )


def alpha(covariance: Real) -> float:
    """Return Cronbach's alpha of a covariance matrix."""
    k = len(covariance)
    total = float(covariance.sum())
    return k / (k - 1) * (1 - float(np.trace(covariance)) / total) if total > 0 else 0.0


def feldt(found: float, n: int, k: int) -> Interval:
    """Return Feldt's 95 % interval of alpha: 1 - (1 - alpha) F with n - 1 and (n - 1)(k - 1)."""
    first, second = n - 1, (n - 1) * (k - 1)
    low, high = (1 - (1 - found) * float(fdtri(first, second, p)) for p in (0.975, 0.025))
    return low, high


def one_factor(correlations: Real) -> Real | None:
    """Return the loadings of one factor by minres: least squares of what stands off the diagonal.

    Takes one matrix or a stack. None with fewer than three items, which no factor can be told from, and where
    an item would have more than all of its variance from the factor.
    """
    k = correlations.shape[-1]
    if k < 3:
        return None
    off = correlations * (1 - np.eye(k))
    values, vectors = np.linalg.eigh(correlations)
    loadings = vectors[..., -1] * np.sqrt(values[..., -1:])
    loadings *= np.where(loadings.sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)
    for _round in range(_ROUNDS):
        before = loadings.copy()
        for i in range(k):  # the best value of one loading, given the others
            rest = (loadings**2).sum(axis=-1) - loadings[..., i] ** 2
            loadings[..., i] = (off[..., i, :] * loadings).sum(axis=-1) / np.maximum(rest, _CLOSE)
        if np.abs(loadings - before).max() < _CLOSE:
            break
    return None if (np.abs(loadings) >= 1).any() or not np.isfinite(loadings).all() else loadings


def omega(covariance: Real, loadings: Real) -> float:
    """Return omega total of the sum of the scores as they are."""
    deviations = np.sqrt(covariance.diagonal())
    common = float((loadings * deviations).sum() ** 2)
    own = float(((1 - loadings**2) * deviations**2).sum())
    return common / (common + own)


def usable(correlations: Real, at_least: float = SINGULAR) -> bool:
    """Tell whether correlations (one matrix or a stack) can be those of people.

    With missing answers each pair rests on other people, and together they may contradict each other.
    """
    if not np.isfinite(correlations).all():
        return False
    return bool(np.linalg.eigvalsh(correlations).min() >= at_least - 1e-12)


def _omega_interval(moments: Moments) -> Interval | None:
    """Jackknife log(1 - omega), which has no upper end to bump into."""
    stack = moments.left_out()
    correlations = correlation(stack)
    loadings = one_factor(correlations) if np.isfinite(correlations).all() else None
    if loadings is None:
        return None
    values = np.log1p([-omega(*each) for each in zip(stack, loadings, strict=True)])
    low, high = chance.interval(float(values.mean()), float(chance.spread(values)), len(values))
    return 1 - float(np.exp(high)), 1 - float(np.exp(low))


def _fits(keys: tuple[str, ...], covariance: Real, loadings: Real | None) -> tuple[ItemFit, ...]:
    fits = []
    for place, key in enumerate(keys):
        rest = np.delete(np.delete(covariance, place, 0), place, 1)
        shared = float(covariance[place].sum() - covariance[place, place])
        below = float(np.sqrt(covariance[place, place] * rest.sum()))
        fits.append(
            ItemFit(
                key,
                shared / below if below > 0 else 0.0,
                alpha(rest) if len(keys) > 2 else None,
                None if loadings is None else float(loadings[place]),
            )
        )
    return tuple(fits)
