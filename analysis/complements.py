"""Filters: what is left out of a filtered figure must not be small enough to be worked out.

Whoever sees the figures of everyone and the figures of one district can subtract. So a filtered side is
hidden too when what the filter leaves out is too small, or when it is the part that has to cover a small one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

from analysis.suppression import hidden_parts

Place = tuple[str, ...]  # the values of the filtered dimensions, in the order of the filters


def gives_away(
    sizes: Iterable[tuple[Place, int]], wanted: Sequence[frozenset[str]], min_cell: int = 10
) -> bool:
    """Say whether a filtered figure must be hidden to protect those it leaves out.

    Parameters
    ----------
    sizes : iterable of (place, n)
        Answers by the values of the filtered dimensions, without the filter.
    wanted : sequence of frozenset of str
        The values that each filter keeps.
    min_cell : int

    Returns
    -------
    bool
        Whether dropping some of the filters adds 1 to ``min_cell`` - 1 answers, or the wanted part
        is among those that `hidden_parts` hides in a breakdown by one of the filtered dimensions.
    """
    counted: Counter[Place] = Counter()
    for place, n in sizes:
        counted[place] += n
    dimensions = range(len(wanted))
    inside = _total(counted, wanted, dimensions)
    if not inside:
        return False
    wider = (kept for size in dimensions for kept in combinations(dimensions, size))
    if any(0 < _total(counted, wanted, kept) - inside < min_cell for kept in wider):
        return True
    return any(
        hidden_parts([inside, *_siblings(counted, wanted, place)], min_cell)[0] for place in dimensions
    )


def _total(counted: Counter[Place], wanted: Sequence[frozenset[str]], kept: Iterable[int]) -> int:
    kept = list(kept)
    return sum(n for place, n in counted.items() if all(place[k] in wanted[k] for k in kept))


def _siblings(counted: Counter[Place], wanted: Sequence[frozenset[str]], dimension: int) -> list[int]:
    """Return the sizes of the other values of one dimension, the other filters kept."""
    sizes: Counter[str] = Counter()
    for place, n in counted.items():
        others = (place[k] in wanted[k] for k in range(len(wanted)) if k != dimension)
        if place[dimension] not in wanted[dimension] and all(others):
            sizes[place[dimension]] += n
    return list(sizes.values())
