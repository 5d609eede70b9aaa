"""How well two people agree about the same call: pure figures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from followup.figures.rates import wilson

KAPPA_FROM = 30  # pairs; below, kappa says more about chance than about people


@dataclass(frozen=True, slots=True)
class Share:
    """``x`` of ``n``, with the 95 % interval; both None below the least number that is shown."""

    x: int
    n: int
    p: float | None
    ci95: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """One question: the same answer, at most one step apart, and kappa."""

    n: int
    same: Share
    near: Share | None  # None where the answers are no steps
    kappa: float | None


def share(x: int, n: int, min_cell: int) -> Share:
    """Return a share, without its figure where it is of too few."""
    return Share(x, n, x / n, wilson(x, n)) if n and n >= min_cell else Share(x, n, None, None)


def weighted_kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Return kappa with quadratic weights; None where both people gave one and the same answer throughout.

    Parameters
    ----------
    pairs : sequence of (int, int)
        What the first and the second person gave, on one scale of equal steps.

    Notes
    -----
    With weights (i - j)², the disagreement seen is the mean squared difference, and the one expected by
    chance is var(first) + var(second) + (mean(first) - mean(second))².

    References
    ----------
    J. Cohen, Psychological Bulletin 70 (1968) 213-220; J. L. Fleiss and J. Cohen, Educational and
    Psychological Measurement 33 (1973) 613-619.
    """
    n = len(pairs)
    if not n:
        return None
    first, second = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    expected = sum((a - first) ** 2 + (b - second) ** 2 for a, b in pairs) / n + (first - second) ** 2
    if expected == 0:
        return None
    return 1 - sum((a - b) ** 2 for a, b in pairs) / n / expected


def of_item(pairs: Sequence[tuple[int, int]], *, has_steps: bool, min_cell: int) -> Agreement:
    """Count one question; a missing answer is the same as the same kind of missing answer only."""
    scored = [pair for pair in pairs if min(pair) >= 0]
    near = sum(abs(a - b) <= 1 for a, b in scored)
    return Agreement(
        n=len(pairs),
        same=share(sum(a == b for a, b in pairs), len(pairs), min_cell),
        near=share(near, len(scored), min_cell) if has_steps else None,
        kappa=weighted_kappa(scored) if has_steps and len(scored) >= KAPPA_FROM else None,
    )


def by_item(marks: Iterable[Mapping[str, Sequence[int]]]) -> dict[str, list[tuple[int, int]]]:
    """Gather the pairs of each question over many calls."""
    pairs: dict[str, list[tuple[int, int]]] = {}
    for each in marks:
        for key, (first, second) in each.items():
            pairs.setdefault(key, []).append((first, second))
    return pairs
