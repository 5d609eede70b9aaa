"""How many answers it takes to see a change, and which change so many answers can show."""

from math import asin, pi, sin, sqrt

from scipy.special import ndtri

LEVEL, POWER = 0.05, 0.8
_REACH = float(ndtri(1 - LEVEL / 2) + ndtri(POWER))


def answers_for_shares(before: float, after: float) -> int:
    """Return how many answers a period shows a change between two shares, four times in five.

    Parameters
    ----------
    before, after : float
        The shares, as fractions of 1.

    Returns
    -------
    int
        n = 2 ((z₀.₉₇₅ + z₀.₈) / h)² with h = 2 asin √p2 - 2 asin √p1, rounded; the same in both periods.

    Raises
    ------
    ValueError
        Where the shares are equal: no number of answers shows what is not there.

    References
    ----------
    J. Cohen, Statistical Power Analysis (1988) 6.2; equal to statsmodels ``NormalIndPower`` with
    ``proportion_effectsize`` and R ``pwr.2p.test``.
    """
    if before == after:
        raise ValueError("two equal shares never differ, whatever the number of answers")
    return max(2, round(2 * (_REACH / _effect(before, after)) ** 2))


def answers_for_means(change: float, sd: float = 1.0) -> int:
    """Return how many answers a period shows a change of a mean, four times in five.

    n = 2 (z₀.₉₇₅ + z₀.₈)² (sd/change)² + z₀.₉₇₅²/4, the last term for Student's t (Guenther 1981).
    """
    if change == 0 or sd <= 0:
        raise ValueError("a change and a spread above 0 are needed")
    return max(2, round(2 * (_REACH * sd / change) ** 2 + float(ndtri(1 - LEVEL / 2)) ** 2 / 4))


def answers_to_see(share: float, points: float) -> int | None:
    """Return how many answers a period show a change of so many points, up or down, from a share.

    The direction that needs more counts; None where a change of that size leaves no room on either side.
    """
    ends = [end for end in (share - points / 100, share + points / 100) if 0 <= end <= 1]
    return max((answers_for_shares(share, end) for end in ends), default=None)


def detectable_points(share: float, before: int, after: int) -> float | None:
    """Return the smallest change, in points, that two periods of so many answers show four times in five.

    The direction in which more is needed counts, as in `answers_to_see`; None where even the ends of the
    scale are too near.
    """
    if before < 1 or after < 1:
        return None
    h = _REACH * sqrt(1 / before + 1 / after)
    angle = 2 * asin(sqrt(share))
    ends = [sin(end / 2) ** 2 for end in (angle - h, angle + h) if 0 <= end <= pi]
    return max((abs(end - share) * 100 for end in ends), default=None)


def _effect(before: float, after: float) -> float:
    return 2 * asin(sqrt(after)) - 2 * asin(sqrt(before))
