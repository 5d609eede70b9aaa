"""Difference in differences: the change where a measure reaches, less the change where it does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from analysis.scores import MeanScore, Share, newcombe
from analysis.scores.shares import Z95, Interval

RARE = 5  # below so many answers on one side of a share the normal interval is too narrow
MONTHS = 4  # that two courses must be seen beside each other before the measure began


@dataclass(frozen=True)
class Effect:
    """An estimated effect with its standard error and 95 % interval; as fractions of 1, or in scores.

    ``p`` leaves 5 % behind exactly where the interval ends at 0.
    """

    estimate: float
    se: float
    ci95: Interval
    p: float


@dataclass(frozen=True)
class Parallel:
    """How the difference of two groups moved before a measure began: ``slope`` a month, with its p."""

    months: int
    slope: float
    se: float
    ci95: Interval
    p: float


def did_shares(scope: tuple[Share, Share], control: tuple[Share, Share]) -> Effect | None:
    """Compare the changes of two satisfied shares.

    Parameters
    ----------
    scope, control : tuple of Share
        Before and after, where the measure reaches and where it does not.

    Returns
    -------
    Effect or None
        d = (p2 - p1) - (q2 - q1) with the binomial standard error √Σ p(1-p)/n and the normal interval. Where
        any of the four shares has fewer than 5 answers on one side, the interval is put together from the
        two of Newcombe instead: d - √((d1-l1)² + (u2-d2)²) and d + √((u1-d1)² + (d2-l2)²). None where a
        share has no answers.

    References
    ----------
    Equal to the interaction of a binomial model with identity link over period and group. G. Y. Zou and
    A. Donner, Statistics in Medicine 27 (2008) 1693-1702, for putting intervals together.
    """
    cells = (*scope, *control)
    if any(cell.p is None for cell in cells):
        return None
    shares = [cell.p or 0.0 for cell in cells]
    estimate = (shares[1] - shares[0]) - (shares[3] - shares[2])
    se = sqrt(sum(p * (1 - p) / cell.n for p, cell in zip(shares, cells, strict=True)))
    if any(min(cell.x, cell.n - cell.x) < RARE for cell in cells):
        return _normal(estimate, se, _together(scope, control, estimate))
    return _normal(estimate, se, (estimate - Z95 * se, estimate + Z95 * se))


def did_means(scope: tuple[MeanScore, MeanScore], control: tuple[MeanScore, MeanScore]) -> Effect | None:
    """Compare the changes of two mean scores.

    Parameters
    ----------
    scope, control : tuple of MeanScore
        Before and after.

    Returns
    -------
    Effect or None
        Standard error √Σ s²/n and Student's t with Satterthwaite's degrees of freedom over the four cells;
        None where a cell has fewer than two answers or no spread is left at all.

    References
    ----------
    The standard error equals that of the interaction in least squares with HC2.
    """
    cells = (*scope, *control)
    if any(cell.mean is None or cell.sd is None for cell in cells):
        return None
    means, parts = [cell.mean or 0.0 for cell in cells], [(cell.sd or 0.0) ** 2 / cell.n for cell in cells]
    estimate = (means[1] - means[0]) - (means[3] - means[2])
    se = sqrt(sum(parts))
    if se == 0:
        return None
    df = se**4 / sum(part**2 / (cell.n - 1) for part, cell in zip(parts, cells, strict=True))
    half = float(stdtrit(df, 0.975)) * se
    p = 2 * float(stdtr(df, -abs(estimate / se)))
    return Effect(estimate, se, (estimate - half, estimate + half), p)


def parallel(months: Sequence[tuple[int, Share, Share]]) -> Parallel | None:
    """Test whether two groups ran in parallel before a measure began.

    Parameters
    ----------
    months : sequence of (month, scope, control)
        The months before, counted from anywhere, each with both satisfied shares.

    Returns
    -------
    Parallel or None
        The straight line through the monthly differences, weighted by their binomial variances (with half an
        answer added on each side, so that none is 0), and Student's t with n - 2 degrees of freedom. Where
        the differences swing more than chance the error grows with them; it never shrinks below chance.
        None with fewer than 4 months: then nothing can be said.

    Notes
    -----
    That nothing is found does not show that the groups were parallel; few months find little.
    """
    seen = [(t, a, b) for t, a, b in months if a.p is not None and b.p is not None]
    if len(seen) < MONTHS:
        return None
    time = np.array([t for t, _a, _b in seen], dtype=np.float64)
    gaps = np.array([(a.p or 0.0) - (b.p or 0.0) for _t, a, b in seen])
    weights = np.array([1 / (_variance(a) + _variance(b)) for _t, a, b in seen])
    centre = float(weights @ time / weights.sum())
    spread = float(weights @ (time - centre) ** 2)
    slope = float(weights @ ((time - centre) * gaps)) / spread
    level = float(weights @ gaps / weights.sum())
    df = len(seen) - 2
    swing = float(weights @ (gaps - level - slope * (time - centre)) ** 2) / df
    se = sqrt(max(1.0, swing) / spread)
    half = float(stdtrit(df, 0.975)) * se
    return Parallel(
        len(seen), slope, se, (slope - half, slope + half), 2 * float(stdtr(df, -abs(slope / se)))
    )


def _normal(estimate: float, se: float, ci95: Interval) -> Effect:
    """Return an effect with the p of its interval: where that is not even, of the side towards 0."""
    reach = estimate - ci95[0] if estimate > 0 else ci95[1] - estimate
    return Effect(estimate, se, ci95, 2 * float(ndtr(-Z95 * abs(estimate) / reach)) if reach > 0 else 1.0)


def _variance(share: Share) -> float:
    p = (share.x + 0.5) / (share.n + 1)
    return p * (1 - p) / share.n


def _together(scope: tuple[Share, Share], control: tuple[Share, Share], estimate: float) -> Interval:
    one, other = newcombe(*scope), newcombe(*control)
    (low1, high1), (low2, high2) = one.ci95 or (0.0, 0.0), other.ci95 or (0.0, 0.0)
    d1, d2 = one.diff or 0.0, other.diff or 0.0
    below = sqrt((d1 - low1) ** 2 + (high2 - d2) ** 2)
    above = sqrt((high1 - d1) ** 2 + (d2 - low2) ** 2)
    return estimate - below, estimate + above
