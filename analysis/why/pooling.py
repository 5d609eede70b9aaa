"""Which groups of several breakdowns are put together, so that none of them gives a small group away.

Each breakdown hides its small groups by itself (`hidden_parts`). Beside each other they say more: where the
stations of a district are listed under "department", the district is their sum. So what is shown is looked at
as one system of equations: every group that is shown is a known sum over the smallest cells, and no small
group may follow from those sums by adding and subtracting. Figures are computed from what is shown and from
nothing else, so they give away no more than the counts do.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.suppression import HIDDEN, hidden_parts

Place = tuple[str, ...]
Sizes = Mapping[Place, int]  # answers by the values of all dimensions
Pools = dict[str, frozenset[str]]  # dimension -> the values that are put together

_ROUNDING = 1e-7
_MOST_CELLS = 1000


@dataclass(frozen=True)
class _Codes:
    """The cells of one period: per dimension which group each belongs to, and how many answers it has."""

    groups: tuple[tuple[str, ...], ...]  # names per dimension
    codes: tuple[NDArray[np.intp], ...]
    sizes: NDArray[np.int64]


def pools(
    dimensions: Sequence[str],
    sides: Sequence[Sizes],
    *,
    outside: Sequence[Sizes] = (),
    hidden: Mapping[str, Collection[str]] | None = None,
    min_cell: int = 10,
) -> Pools:
    """Say for each dimension which of its values are put together.

    Parameters
    ----------
    dimensions : sequence of str
        What the places are made of.
    sides : sequence of mapping of place to int
        Answers of each period.
    outside : sequence of mapping of place to int
        Answers of each period that a filter leaves out: the same groups without the filter are shown to
        whoever takes it away, so they must not differ by a small number.
    hidden : mapping of dimension to values, optional
        Values that must not stand alone for another reason.
    min_cell : int

    Returns
    -------
    dict of str to frozenset of str
        A dimension of which nothing may be shown is left out.
    """
    found = {
        name: frozenset(_small(place, sides, outside, min_cell)) for place, name in enumerate(dimensions)
    }
    for dimension, values in (hidden or {}).items():
        margins = _margins(dimensions.index(dimension), sides)
        for one in sorted({*values} & {*margins}):
            if dimension in found and not _widen(found, dimension, one, margins):
                del found[dimension]
    while (given := _given_away(dimensions, sides, found, min_cell)) is not None:
        name, value = given
        if value is None or not _widen(found, name, value, _margins(dimensions.index(name), sides)):
            del found[name]
    return found


def grouped(table: Mapping[Place, Sequence[int]], place: int, pool: frozenset[str]) -> dict[str, list[int]]:
    """Add up counts by the values of one dimension, those of the pool under one name."""
    found: dict[str, list[int]] = {}
    for values, counts in table.items():
        name = HIDDEN if values[place] in pool else values[place]
        found[name] = [a + b for a, b in zip(found.get(name, [0] * len(counts)), counts, strict=True)]
    return dict(sorted(found.items(), key=lambda pair: (pair[0] == HIDDEN, pair[0])))


def _margins(place: int, sides: Sequence[Sizes]) -> dict[str, list[int]]:
    """Return how many answers each value of a dimension has, side by side."""
    found: dict[str, list[int]] = {}
    for number, side in enumerate(sides):
        for values, n in side.items():
            found.setdefault(values[place], [0] * len(sides))[number] += n
    return found


def _small(place: int, sides: Sequence[Sizes], outside: Sequence[Sizes], min_cell: int) -> set[str]:
    """Return the values that a dimension hides by itself."""
    hidden: set[str] = set()
    for sizes in [*_columns(_margins(place, sides)), *_columns(_margins(place, outside))]:
        flags = hidden_parts(list(sizes.values()), min_cell)
        hidden |= {name for name, hide in zip(sizes, flags, strict=True) if hide}
    return hidden


def _columns(margins: Mapping[str, list[int]]) -> Iterator[dict[str, int]]:
    width = len(next(iter(margins.values()), []))
    for column in range(width):
        yield {name: sizes[column] for name, sizes in margins.items()}


def _widen(found: Pools, name: str, value: str, margins: Mapping[str, list[int]]) -> bool:
    """Put one more group into a pool, and a second one where it would be alone; say whether that helps."""
    pool = found[name] | {value}
    others = sorted((sum(sizes), other) for other, sizes in margins.items() if other not in pool)
    if len(pool) == 1 and others:
        pool |= {others[0][1]}
    found[name] = pool
    return len(pool) < len(margins)


def _given_away(
    dimensions: Sequence[str], sides: Sequence[Sizes], found: Pools, min_cell: int
) -> tuple[str, str | None] | None:
    """Return the group to hide next because a small one follows from what is shown; None when all is well."""
    for side in sides:
        cells = [(place, n) for place, n in side.items() if n]
        shown = [(place, name) for place, name in enumerate(dimensions) if name in found]
        if not cells or not shown:
            continue
        true = _coded(cells, [place for place, _ in shown], [frozenset()] * len(shown))
        pooled = _coded(cells, [place for place, _ in shown], [found[name] for _, name in shown])
        worst = _difference(pooled, min_cell) or _follows(true, pooled, min_cell)
        if worst is not None:
            number, value = worst
            return shown[number][1], value
    return None


def _coded(
    cells: Sequence[tuple[Place, int]], places: Sequence[int], hidden: Sequence[frozenset[str]]
) -> _Codes:
    groups, codes = [], []
    for place, pool in zip(places, hidden, strict=True):
        said = [HIDDEN if values[place] in pool else values[place] for values, _ in cells]
        names = tuple(dict.fromkeys(said))
        where = {name: number for number, name in enumerate(names)}
        groups.append(names)
        codes.append(np.array([where[name] for name in said], dtype=np.intp))
    return _Codes(tuple(groups), tuple(codes), np.array([n for _, n in cells], dtype=np.int64))


def _difference(shown: _Codes, min_cell: int) -> tuple[int, str | None] | None:
    """Find a group that holds all of another but a few answers: the two together say who those few are."""
    for one, names in enumerate(shown.groups):
        for other, others in enumerate(shown.groups):
            if one == other:
                continue
            common = _crossed(shown, one, other, None) > 0
            sizes = _sums(shown, one), _sums(shown, other)
            inside = common.sum(axis=1) == 1  # each such group lies within one group of the other dimension
            for group in np.flatnonzero(inside):
                wider = int(np.argmax(common[group]))
                if 0 < sizes[1][wider] - sizes[0][group] < min_cell:
                    if names[group] != HIDDEN:
                        return one, names[group]
                    return other, None if others[wider] == HIDDEN else others[wider]
    return None


def _follows(true: _Codes, shown: _Codes, min_cell: int) -> tuple[int, str | None] | None:
    """Find a small group or cell that is a combination of the groups shown, and a group to hide for it."""
    gram, offsets = _gram(shown)
    inverse: NDArray[Any] = np.linalg.pinv(gram, hermitian=True)
    rows = np.stack([code + offset for code, offset in zip(shown.codes, offsets, strict=True)], axis=1)
    few = rows[shown.sizes < min_cell], shown.sizes[shown.sizes < min_cell]
    weights = _few_cells(*few, inverse, min_cell)
    if weights is not None:
        return _to_hide(shown, offsets, weights)
    for dimension in range(len(true.groups)):
        small = np.flatnonzero(_sums(true, dimension) < min_cell)
        if not small.size:
            continue
        against = np.concatenate(
            [_crossed(true, dimension, other, shown) for other in range(len(shown.groups))], axis=1
        )
        cells = np.bincount(true.codes[dimension], minlength=len(true.groups[dimension]))
        for group in small:
            weights = inverse @ against[group]
            if cells[group] - against[group] @ weights < _ROUNDING:
                return _to_hide(shown, offsets, weights)
    return None


def _few_cells(
    rows: NDArray[np.intp], sizes: NDArray[np.int64], inverse: NDArray[np.float64], min_cell: int
) -> NDArray[np.float64] | None:
    """Find one cell, or two, with few answers that follow from the groups; return the groups' weights.

    The projection of a cell on the groups has its leverage as length; two cells can only follow together
    where both have some.
    """
    leverage = inverse[rows[:, :, None], rows[:, None, :]].sum(axis=(1, 2))
    likely = np.flatnonzero(leverage > 0.17)[:_MOST_CELLS]  # (√2 - 1)²: less cannot add up to two cells
    rows, sizes = rows[likely], sizes[likely]
    solved = inverse[rows].sum(axis=1)  # for each cell the weights of its projection
    products = solved[:, rows].sum(axis=2)
    alone = np.diag(products)
    for cell in np.flatnonzero(alone > 1 - _ROUNDING):
        return np.asarray(solved[cell])
    together = alone[:, None] + alone[None, :] + 2 * products > 2 - _ROUNDING
    np.fill_diagonal(together, val=False)
    for one, other in np.argwhere(together & (sizes[:, None] + sizes[None, :] < min_cell)):
        return np.asarray(solved[one] + solved[other])
    return None


def _to_hide(shown: _Codes, offsets: Sequence[int], weights: NDArray[np.float64]) -> tuple[int, str | None]:
    """Return the smallest group that the combination needs; a pool only when there is nothing else."""
    needed = [
        (names[group] == HIDDEN, int(_sums(shown, dimension)[group]), dimension, names[group])
        for dimension, names in enumerate(shown.groups)
        for group in range(len(names))
        if abs(weights[offsets[dimension] + group]) > _ROUNDING
    ]
    pooled, _, dimension, name = min(needed)
    return dimension, None if pooled else name


def _gram(shown: _Codes) -> tuple[NDArray[np.float64], list[int]]:
    """Return how many cells each pair of groups shares, and where each dimension begins."""
    several = range(len(shown.groups))
    gram = np.block([[_crossed(shown, one, other, None) for other in several] for one in several])
    starts = np.cumsum([0, *(len(names) for names in shown.groups)])
    return gram.astype(np.float64), [int(start) for start in starts[:-1]]


def _crossed(first: _Codes, one: int, other: int, second: _Codes | None) -> NDArray[np.int64]:
    """Count the cells by the groups of two dimensions."""
    second = second or first
    width = len(second.groups[other])
    pairs = first.codes[one] * width + second.codes[other]
    return np.bincount(pairs, minlength=len(first.groups[one]) * width).reshape(-1, width)


def _sums(cells: _Codes, dimension: int) -> NDArray[Any]:
    return np.bincount(
        cells.codes[dimension], weights=cells.sizes, minlength=len(cells.groups[dimension])
    )  # fmt: skip
