"""Comparisons of two count tables by rank: Brunner-Munzel, Cliff's delta, Mann-Whitney.

Counts are per category, worst first; the scores themselves do not matter, only their order. Everything is
later against earlier: positive means that later answers are better.
"""

from dataclasses import dataclass
from math import exp, lgamma, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtr, stdtrit

from analysis.scores.shares import Interval, wilson

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MannWhitney:
    """Mann-Whitney's U of the earlier period, with two conventions of its normal approximation.

    ``u`` + ``u_after`` = n1 n2; ``z`` is negative where the earlier period is lower. ``z`` has no
    continuity correction (as R coin), ``p`` has it (as R ``wilcox.test`` and SciPy by default);
    ``z_corrected`` and ``p_uncorrected`` are their counterparts.
    """

    u: float | None
    u_after: float | None
    z: float | None
    p: float | None
    z_corrected: float | None
    p_uncorrected: float | None


@dataclass(frozen=True)
class BrunnerMunzel:
    """``theta`` = P(later > earlier) + P(equal)/2, with statistic, degrees of freedom, p, 95 % interval.

    ``separated`` says that every answer of one period lies above every answer of the other.
    """

    theta: float | None
    statistic: float | None
    df: float | None
    p: float | None
    ci95: Interval | None
    separated: bool = False


@dataclass(frozen=True)
class CliffsDelta:
    """P(later > earlier) - P(later < earlier), with its 95 % interval."""

    delta: float | None
    ci95: Interval | None


@dataclass(frozen=True)
class _Pair:
    """Two count tables with what every rank statistic needs."""

    before: Floats
    after: Floats
    n1: int
    n2: int

    @property
    def below_before(self) -> Floats:
        """Earlier answers below each category, its own counted half: F_a(k)."""
        return np.cumsum(self.before) - self.before / 2

    @property
    def below_after(self) -> Floats:
        """Later answers below each category, its own counted half: F_b(k)."""
        return np.cumsum(self.after) - self.after / 2

    @property
    def theta(self) -> float:
        """Return sum b_k F_a(k) / (n1 n2), exact as long as the sum is below 2**53."""
        return float(self.after @ self.below_before) / (self.n1 * self.n2)

    @property
    def constant(self) -> bool:
        """Whether all answers of both periods are the same."""
        return int(np.count_nonzero(self.before + self.after)) == 1

    @property
    def separated(self) -> bool:
        """Whether the two periods do not overlap."""
        one, other = np.flatnonzero(self.before), np.flatnonzero(self.after)
        return bool(one[-1] < other[0] or other[-1] < one[0])


def _pair(before: ArrayLike, after: ArrayLike) -> _Pair:
    one, other = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if one.shape != other.shape:
        raise ValueError(f"both periods need the same categories, got {one.size} and {other.size}")
    return _Pair(one, other, int(one.sum()), int(other.sum()))


def mann_whitney(before: ArrayLike, after: ArrayLike) -> MannWhitney:
    """Compare two periods by Mann-Whitney's U, tie-corrected, normal approximation.

    Parameters
    ----------
    before, after : array_like of int, shape (K,)
        Answers per category, worst first.

    Returns
    -------
    MannWhitney
        ``u`` = sum_k a_k F_b(k) with variance n1 n2/12 ((N+1) - sum(t³-t)/(N(N-1))), t = a + b. Where
        all answers are equal z = 0 and p = 1; without answers on a side all is None.

    Notes
    -----
    Shown for comparison with other tools. Where the spreads differ its false-alarm rate is not the
    nominal one (1 % or 21 % instead of 5 %), so no verdict rests on it.

    References
    ----------
    H. B. Mann, D. R. Whitney, Annals of Mathematical Statistics 18 (1947) 50-60; R ``wilcox.test(exact =
    FALSE)`` for p, ``coin::wilcox_test`` for z.
    """
    pair = _pair(before, after)
    if not pair.n1 or not pair.n2:
        return MannWhitney(None, None, None, None, None, None)
    u = float(pair.before @ pair.below_after)
    pairs, n = pair.n1 * pair.n2, pair.n1 + pair.n2
    if pair.constant:
        return MannWhitney(u, pairs - u, 0.0, 1.0, 0.0, 1.0)
    ties = pair.before + pair.after
    sd = sqrt(pairs / 12 * ((n + 1) - float(np.sum(ties**3 - ties)) / (n * (n - 1))))
    distance = u - pairs / 2
    z = distance / sd
    corrected = (distance - 0.5 * float(np.sign(distance))) / sd
    return MannWhitney(u, pairs - u, z, _two_sided(corrected), corrected, _two_sided(z))


def brunner_munzel(before: ArrayLike, after: ArrayLike) -> BrunnerMunzel:
    """Compare two periods by Brunner and Munzel's test, the test on which verdicts rest.

    Parameters
    ----------
    before, after : array_like of int, shape (K,)
        Answers per category, worst first.

    Returns
    -------
    BrunnerMunzel
        theta = sum_k b_k F_a(k)/(n1 n2). With placements P1(k) = F_b(k)/n2 and P2(k) = F_a(k)/n1 and
        their variances S1², S2², se² = S1²/n1 + S2²/n2; (theta - 1/2)/se follows t with Satterthwaite's
        degrees of freedom; the interval theta ± t se is cut to [0, 1].

    Notes
    -----
    Tables for which the formula gives nothing:

    - no answers on a side: all None; one answer on a side: theta alone (there is no variance);
    - all answers equal: theta = 1/2, p = 1, no interval;
    - no overlap (theta 0 or 1): p = min(1, 2 / C(n1+n2, n1)), the exact permutation p of the most
      extreme of all arrangements; the interval runs from 1 down to Wilson's bound for m of m,
      m = min(n1, n2) (mirrored for 0); no statistic. This also answers one answer against one.

    References
    ----------
    E. Brunner, U. Munzel, Biometrical Journal 42 (2000) 17-25; R ``brunnermunzel.test``. Why this test:
    J. D. Karch, AMPPS 4 (2021), doi 10.1177/2515245921999602.
    """
    pair = _pair(before, after)
    if not pair.n1 or not pair.n2:
        return BrunnerMunzel(None, None, None, None, None)
    if pair.constant:
        return BrunnerMunzel(0.5, None, None, 1.0, None)
    if pair.separated:
        return _separated(pair)
    theta = pair.theta
    if pair.n1 < 2 or pair.n2 < 2:
        return BrunnerMunzel(theta, None, None, None, None)
    part1 = _spread(pair.before, pair.below_after / pair.n2, pair.n1) / pair.n1
    part2 = _spread(pair.after, pair.below_before / pair.n1, pair.n2) / pair.n2
    se = sqrt(part1 + part2)
    df = (part1 + part2) ** 2 / (part1**2 / (pair.n1 - 1) + part2**2 / (pair.n2 - 1))
    statistic, half = (theta - 0.5) / se, float(stdtrit(df, 0.975)) * se
    p = 2 * float(stdtr(df, -abs(statistic)))
    return BrunnerMunzel(theta, statistic, df, p, (max(0.0, theta - half), min(1.0, theta + half)))


def cliffs_delta(before: ArrayLike, after: ArrayLike) -> CliffsDelta:
    """Measure how far later answers dominate earlier ones, from -1 to 1.

    Parameters
    ----------
    before, after : array_like of int, shape (K,)
        Answers per category, worst first.

    Returns
    -------
    CliffsDelta
        delta = 2 theta - 1; the interval is asymmetric,
        (d - d³ ∓ q s √((1-d²)² + q² s²)) / (1 - d² + q² s²), with q = t(n1+n2-2; 0.975) and
        Cliff's unbiased variance s². Where the periods do not overlap the interval comes from Wilson's
        bound as in `brunner_munzel`; where all answers are equal, or a side has fewer than two, there
        is none.

    References
    ----------
    N. Cliff, Psychological Bulletin 114 (1993) 494-509; R ``effsize::cliff.delta``.
    """
    pair = _pair(before, after)
    if not pair.n1 or not pair.n2:
        return CliffsDelta(None, None)
    delta = 2 * pair.theta - 1
    if pair.constant:
        return CliffsDelta(0.0, None)
    if pair.separated:
        low, high = _separated_interval(pair)
        return CliffsDelta(delta, (2 * low - 1, 2 * high - 1))
    if pair.n1 < 2 or pair.n2 < 2:
        return CliffsDelta(delta, None)
    q2s2 = float(stdtrit(pair.n1 + pair.n2 - 2, 0.975)) ** 2 * _delta_variance(pair, delta)
    room = 1 - delta**2
    half, scale = sqrt(q2s2 * (room**2 + q2s2)), room + q2s2
    return CliffsDelta(delta, ((delta * room - half) / scale, (delta * room + half) / scale))


def _delta_variance(pair: _Pair, delta: float) -> float:
    """Return Cliff's unbiased variance of delta from the dominance matrix's rows, columns and cells."""
    rows = _spread(pair.before, 2 * pair.below_after / pair.n2 - 1, pair.n1)
    columns = _spread(pair.after, 2 * pair.below_before / pair.n1 - 1, pair.n2)
    pairs = pair.n1 * pair.n2
    unequal = 1 - float(pair.before @ pair.after) / pairs  # a cell is -1, 0 or 1, so its square says unequal
    cells = (unequal - delta**2) / ((pair.n1 - 1) * (pair.n2 - 1))
    unbiased = pair.n2 / (pair.n2 - 1) * rows / pair.n1 + pair.n1 / (pair.n1 - 1) * columns / pair.n2 - cells
    return max(unbiased, (1 - delta**2) / (pairs - 1))  # the unbiased one can be negative; Cliff's floor


def _spread(counts: Floats, placements: Floats, n: int) -> float:
    """Return the sample variance of placements that occur ``counts`` times."""
    mean = float(counts @ placements) / n
    return float(counts @ (placements - mean) ** 2) / (n - 1)


def _separated(pair: _Pair) -> BrunnerMunzel:
    n1, n2 = pair.n1, pair.n2
    log_arrangements = lgamma(n1 + n2 + 1) - lgamma(n1 + 1) - lgamma(n2 + 1)
    p = min(1.0, 2 * exp(-log_arrangements))
    return BrunnerMunzel(round(pair.theta), None, None, p, _separated_interval(pair), separated=True)


def _separated_interval(pair: _Pair) -> Interval:
    smaller = min(pair.n1, pair.n2)
    low, _ = wilson(smaller, smaller)
    return (low, 1.0) if pair.theta > 0.5 else (0.0, 1.0 - low)


def _two_sided(z: float) -> float:
    return 2 * float(ndtr(-abs(z)))
