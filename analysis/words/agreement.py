"""How far two people agree who labelled the same comments without seeing each other's labels."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from analysis.scores.shares import wilson

Z = 1.959963984540054  # the 97.5 % point of the normal distribution
LISTED = 3  # pairs of topics that are mixed up most often

Confused = tuple[int, int, int]  # one topic, the other, how many comments


@dataclass(frozen=True)
class Agreement:
    """How many pairs agree; ``kappa`` is None where both only ever named one and the same topic."""

    n: int
    agreed: int
    ci95: tuple[float, float]  # of the share that agreed
    kappa: float | None
    kappa_ci95: tuple[float, float] | None
    confused: tuple[Confused, ...]


def agreement(pairs: Sequence[tuple[int, int]]) -> Agreement | None:
    """Compare first and second labels of the same comments.

    Parameters
    ----------
    pairs : sequence of (int, int)
        What the first and what the second person said, as codes; "none of the topics" is one of them.

    Returns
    -------
    Agreement or None
        None without a pair.

    Notes
    -----
    With p_ij the share of comments that the first called i and the second j, and p_i., p_.j the margins::

        p_o = Σ p_ii,  p_e = Σ p_i. p_.i,  κ = (p_o - p_e) / (1 - p_e)
        n (1 - p_e)² var(κ) = Σ p_ii [1 - (p_i. + p_.i)(1 - κ)]²
                              + (1 - κ)² Σ_{i≠j} p_ij (p_.i + p_j.)² - [κ - p_e (1 - κ)]²

    The interval is κ ± 1.96 √var, cut at -1 and 1; for the share that agreed it is Wilson's. Where all or
    none of the pairs agree the variance is zero and tells nothing, so κ has no interval.

    References
    ----------
    J. Cohen, Educational and Psychological Measurement 20 (1960) 37-46; J. L. Fleiss, J. Cohen,
    B. S. Everitt, Psychological Bulletin 72 (1969) 323-327.
    """
    n = len(pairs)
    if not n:
        return None
    agreed = sum(one == other for one, other in pairs)
    kappa, variance = _kappa({cell: count / n for cell, count in Counter(pairs).items()})
    reach = Z * sqrt(max(0.0, variance) / n)
    ci95 = (
        (max(-1.0, kappa - reach), min(1.0, kappa + reach)) if kappa is not None and 0 < agreed < n else None
    )
    return Agreement(n, agreed, wilson(agreed, n), kappa, ci95, _confused(pairs))


def _kappa(cells: Mapping[tuple[int, int], float]) -> tuple[float | None, float]:
    """Return kappa and n times its variance, from the shares of a table."""
    first, second = defaultdict[int, float](float), defaultdict[int, float](float)
    for (one, other), share in cells.items():
        first[one] += share
        second[other] += share
    observed = sum(share for (one, other), share in cells.items() if one == other)
    expected = sum(share * second[code] for code, share in [*first.items()])
    if len(cells) == 1 and observed:
        return None, 0.0
    kappa = (observed - expected) / (1 - expected)
    apart = 1 - kappa
    same = sum(
        share * (1 - (first[one] + second[one]) * apart) ** 2
        for (one, other), share in cells.items() if one == other
    )  # fmt: skip
    mixed = sum(
        share * (second[one] + first[other]) ** 2 for (one, other), share in cells.items() if one != other
    )
    spread = same + apart**2 * mixed - (kappa - expected * apart) ** 2
    return kappa, spread / (1 - expected) ** 2


def _confused(pairs: Sequence[tuple[int, int]]) -> tuple[Confused, ...]:
    """Return the pairs of topics that were mixed up, whichever way round, the commonest first."""
    apart = Counter((min(pair), max(pair)) for pair in pairs if pair[0] != pair[1])
    listed = sorted(apart.items(), key=lambda one: (-one[1], one[0]))[:LISTED]
    return tuple((one, other, count) for (one, other), count in listed)
