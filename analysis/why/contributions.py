"""What each group adds to a change, with intervals by drawing anew from the counts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.breakdown import HIDDEN
from analysis.mix import Mix, kitagawa, stratum
from analysis.scores import Share, ShareChange, newcombe, top_box
from analysis.scores.shares import Interval

DRAWS = 2000
Table = Mapping[str, Sequence[int]]  # group -> answers per score, worst first


class Drawn(NamedTuple):
    """The 95 % intervals of what happened within the groups and of what their mix did."""

    within: Interval
    composition: Interval


@dataclass(frozen=True)
class Group:
    """One group in both periods; ``within`` and ``composition`` are what it adds to the change.

    ``composition`` is counted from the average of all: a group above it that grows adds, one below it that
    grows takes away. The sum over the groups is that of `Mix`.
    """

    name: str
    before: Share
    after: Share
    change: ShareChange
    within: float
    composition: float

    @property
    def pooled(self) -> bool:
        """Whether small groups stand here together."""
        return self.name == HIDDEN


@dataclass(frozen=True)
class Breakdown:
    """The change of one item by one dimension: ``top`` of the satisfied share, ``mean`` of the mean.

    ``moved`` is half the sum of how much the groups' shares of the answers changed: 0 for the same mix,
    1 for wholly other groups.
    """

    dimension: str
    groups: tuple[Group, ...]
    top: Mix
    mean: Mix
    moved: float
    drawn_top: Drawn | None = None
    drawn_mean: Drawn | None = None

    @property
    def opposed(self) -> tuple[Group, ...]:
        """The groups with enough answers that move against the total."""
        return tuple(group for group in self.groups if group.name in self.top.opposed)

    @property
    def simpson(self) -> bool:
        """Whether the groups taken together, or one that is large enough, move against the total."""
        return self.top.reversed or bool(self.top.opposed)


def break_down(
    dimension: str, before: Table, after: Table, *, scores: Sequence[float], first_top: int, enough: int = 30
) -> Breakdown | None:
    """Take the change of an item apart by one dimension.

    Parameters
    ----------
    dimension : str
    before, after : mapping of str to counts
        Answers per score, worst first, of each group that may be shown; what must not be shown alone has
        been put together before, so nothing here tells more than these counts.
    scores : sequence of float
        The scores, worst first.
    first_top : int
        Place of the lowest satisfied score.
    enough : int
        Answers in both periods from which a group is named as opposed to the total.

    Returns
    -------
    Breakdown or None
        None with fewer than two groups, or without answers in a period.
    """
    names = [
        name
        for name in dict.fromkeys([*before, *after])
        if sum(before.get(name, [])) + sum(after.get(name, []))
    ]
    nothing = [0] * len(scores)
    tables = [{name: list(side.get(name, nothing)) for name in names} for side in (before, after)]
    satisfied = [float(place >= first_top) for place in range(len(scores))]
    top, mean = (
        kitagawa(
            *({n: stratum(counts, values) for n, counts in side.items()} for side in tables), enough=enough
        )
        for values in (satisfied, scores)
    )
    if top is None or mean is None or len(names) < 2:
        return None
    totals = [sum(map(sum, side.values())) for side in tables]
    shifts = {part.name: part.n_after / totals[1] - part.n_before / totals[0] for part in top.strata}
    moved = sum(map(abs, shifts.values())) / 2
    average = sum(_satisfied(side, first_top) / n for side, n in zip(tables, totals, strict=True)) / 2
    groups = []
    for part in top.strata:
        earlier, later = (top_box(side[part.name], first_top) for side in tables)
        centred = part.composition - shifts[part.name] * average
        groups.append(Group(part.name, earlier, later, newcombe(earlier, later), part.within, centred))
    return Breakdown(dimension, tuple(groups), top, mean, moved)


def _satisfied(table: Table, first_top: int) -> int:
    return sum(sum(counts[first_top:]) for counts in table.values())


def draw(
    before: Table, after: Table, *, scores: Sequence[float], first_top: int, draws: int = DRAWS
) -> tuple[Drawn, Drawn] | None:
    """Draw both periods anew and return the intervals for the satisfied share and for the mean.

    Parameters
    ----------
    before, after : mapping of str to counts
        Answers per score of each group.
    scores : sequence of float
    first_top : int
    draws : int

    Returns
    -------
    tuple of Drawn, or None
        Percentile intervals over ``draws`` tables, each of which is multinomial with the size and the
        proportions of its period; the two periods are independent. A group that a draw leaves without
        answers in one period counts as unchanged there, as in `analysis.mix.kitagawa`. The seed comes from
        the counts: the same counts give the same interval.

    References
    ----------
    B. Efron, R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    names = list(dict.fromkeys([*before, *after]))
    nothing = [0] * len(scores)
    tables = [np.array([side.get(name, nothing) for name in names]) for side in (before, after)]
    if not all(table.sum() for table in tables):
        return None
    values = np.array([[float(place >= first_top) for place in range(len(scores))], [*scores]]).T
    seed = hashlib.sha256(repr([table.tolist() for table in tables]).encode()).digest()
    rng = np.random.default_rng(int.from_bytes(seed[:8], "big"))
    (n1, sums1), (n2, sums2) = (_redrawn(table, values, rng, draws) for table in tables)
    found = [_parts(n1, n2, sums1[:, :, k], sums2[:, :, k]) for k in range(2)]
    return Drawn(*map(_interval, found[0])), Drawn(*map(_interval, found[1]))


def _redrawn(
    table: NDArray[np.int64], values: NDArray[np.float64], rng: np.random.Generator, draws: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each draw the groups' answers and the sums of their values."""
    flat = table.ravel()
    used = np.flatnonzero(flat)
    new = np.zeros((draws, flat.size))
    new[:, used] = rng.multinomial(flat.sum(), flat[used] / flat.sum(), size=draws)
    cells = new.reshape(draws, *table.shape)
    return cells.sum(axis=2), cells @ values


def _parts(
    n1: NDArray[np.float64], n2: NDArray[np.float64], sums1: NDArray[np.float64], sums2: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    with np.errstate(invalid="ignore", divide="ignore"):
        m1, m2 = sums1 / n1, sums2 / n2
    m1, m2 = np.where(n1 > 0, m1, m2), np.where(n2 > 0, m2, m1)
    m1, m2 = np.nan_to_num(m1), np.nan_to_num(m2)  # a group that no draw has weighs nothing
    w1, w2 = n1 / n1.sum(axis=1, keepdims=True), n2 / n2.sum(axis=1, keepdims=True)
    within = ((w1 + w2) / 2 * (m2 - m1)).sum(axis=1)
    return within, ((w2 - w1) * (m1 + m2) / 2).sum(axis=1)


def _interval(drawn: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)
