"""The parts of a total: what they add to a change, which must be hidden, what a constant mix gives.

Every figure here is computed from parts that may be shown, small ones together: a sum over all parts, however
it is weighted, would carry the hidden ones.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from analysis.compare import ItemComparison, Part, side_of
from analysis.complements import Place
from analysis.counting import Sides, categories, scores_of
from analysis.cube import Cube
from analysis.items import Cell, ItemCounts
from analysis.mix import Mix, kitagawa, stratum
from analysis.series import Series
from analysis.standardise import standardise
from analysis.suppression import HIDDEN, hidden_parts

__all__ = ["HIDDEN", "enriched", "pooled"]

Table = dict[str, list[int]]  # part -> answers per category
Crossed = dict[Place, list[int]]  # the same by the values of several dimensions


def enriched(
    one: ItemComparison, series: Series, sides: Sides, *, by: str | None, adjust: tuple[str, ...]
) -> ItemComparison:
    """Add the breakdown and the adjusted figures to an item that has a scale and may be shown."""
    if one.difference is None or not one.item.kind.ordered:
        return one
    if by is not None:
        one = _broken_down(one, series, sides, by)
    if adjust:
        before, after = _held(series, sides, adjust, one.min_cell)
        adjusted = standardise(
            *together(before, after, one.min_cell),
            dimensions=adjust, scores=[float(score) for score in categories(series.item)],
            first_top=one.item.first_top,
        )  # fmt: skip
        one = replace(one, adjusted=adjusted)
    return one


def pooled(sizes: Mapping[str, int], min_cell: int, cut: Collection[str] = ()) -> dict[str, int]:
    """Put the parts that must be hidden together under the name `HIDDEN`; ``cut`` are known to be such."""
    hidden = _hidden(sizes, min_cell) | {name for name in cut if name in sizes}
    shown = {name: n for name, n in sizes.items() if n and name not in hidden}
    rest = sum(sizes[name] for name in hidden)
    return shown | ({HIDDEN: rest} if rest >= min_cell else {})


def _held(series: Series, sides: Sides, names: tuple[str, ...], min_cell: int) -> tuple[Crossed, Crossed]:
    """Return what is held constant, with those groups put together that a breakdown would not show alone."""
    before, after = (_scores(side, series, names) for side in (sides.before, sides.after))
    pools = [
        (sides.cut_parts(series.item_ids, name), sides.told_beside(series.item_ids, name, min_cell))
        for name in names
    ]
    cut = sides.cut_places(series.item_ids, names)
    said = {
        place: (HIDDEN,) * len(names)
        if place in cut
        else tuple(
            HIDDEN if told is None or value in told | hidden else value
            for value, (hidden, told) in zip(place, pools, strict=True)
        )
        for place in dict.fromkeys([*before, *after])
    }
    return _renamed(before, said), _renamed(after, said)


def _broken_down(one: ItemComparison, series: Series, sides: Sides, by: str) -> ItemComparison:
    tables = [
        {place[0]: counts for place, counts in _scores(side, series, (by,)).items()}
        for side in (sides.before, sides.after)
    ]
    hidden = sides.cut_parts(series.item_ids, by) | {
        name for table in tables for name in _hidden({k: sum(v) for k, v in table.items()}, one.min_cell)
    }
    told = sides.told_beside(series.item_ids, by, one.min_cell)
    hidden = {name for table in tables for name in table if told is None or name in told | hidden}
    before, after = (_merged(table, hidden) for table in tables)
    satisfied = np.arange(len(one.item.categories)) >= one.item.first_top
    scores = np.array([float(score) for score in one.item.categories])
    names = sorted({*before, *after}, key=lambda name: (name == HIDDEN, name))
    return replace(
        one,
        mix=_mix(before, after, scores, one.min_cell),
        mix_top=_mix(before, after, satisfied, one.min_cell),
        parts=tuple(_part(one, name, before.get(name, []), after.get(name, [])) for name in names),
    )


def together(before: Crossed, after: Crossed, min_cell: int) -> tuple[Crossed, Crossed]:
    """Put combinations together that are small in one of the periods.

    Parameters
    ----------
    before, after : mapping of place to counts
        Answers per score of each combination of values.
    min_cell : int

    Returns
    -------
    tuple of mappings
        Small ones count together over the last dimension, then over the one before; what is small even so
        stands in one part under `HIDDEN`, with as many others as `hidden_parts` asks for.
    """
    depth = max(map(len, [*before, *after]), default=0)
    for level in range(depth - 1, 0, -1):
        small = {place for side in (before, after) for place in _small(side, min_cell) if len(place) > level}
        wider = {place: place[:level] for place in small}
        before, after = _renamed(before, wider), _renamed(after, wider)
    rest: set[Place] = set()
    for side in (before, after):
        sizes = {place: sum(counts) for place, counts in side.items()}
        flags = hidden_parts([*sizes.values()], min_cell)
        rest |= {place for place, hide in zip(sizes, flags, strict=True) if hide}
    pool: Place = (HIDDEN,) * depth
    return _renamed(before, dict.fromkeys(rest, pool)), _renamed(after, dict.fromkeys(rest, pool))


def _small(table: Crossed, min_cell: int) -> list[Place]:
    return [place for place, counts in table.items() if 0 < sum(counts) < min_cell]


def _renamed(table: Crossed, names: Mapping[Place, Place]) -> Crossed:
    found: Crossed = {}
    for place, counts in table.items():
        name = names.get(place, place)
        found[name] = [a + b for a, b in zip(found.get(name, [0] * len(counts)), counts, strict=True)]
    return found


def _scores(side: Cube, series: Series, names: tuple[str, ...]) -> Crossed:
    """Return the answers per score for each combination of some dimensions; empty ones are left out."""
    found = {
        place: scores_of(series.item, values)
        for place, values in side.grouped(series.item_ids, names).items()
    }
    return {place: counts for place, counts in found.items() if sum(counts)}


def _hidden(sizes: Mapping[str, int], min_cell: int) -> set[str]:
    flags = hidden_parts(list(sizes.values()), min_cell)
    return {name for name, hide in zip(sizes, flags, strict=True) if hide}


def _merged(table: Table, hidden: set[str]) -> Table:
    merged: Table = {}
    for name, counts in table.items():
        shown = HIDDEN if name in hidden else name
        merged[shown] = [a + b for a, b in zip(merged.get(shown, [0] * len(counts)), counts, strict=True)]
    return dict(sorted(merged.items(), key=lambda pair: pair[0] == HIDDEN))


def _mix(before: Table, after: Table, values: np.ndarray, min_cell: int) -> Mix | None:
    """Take the change apart by the parts that are shown; None where there is one, or a small one."""
    sizes = [sum(counts) for side in (before, after) for counts in side.values()]
    if len({*before, *after}) < 2 or any(size < min_cell for size in sizes):
        return None
    first, second = (
        {name: stratum(counts, values) for name, counts in side.items()} for side in (before, after)
    )
    return kitagawa(first, second)


def _part(one: ItemComparison, name: str, before: list[int], after: list[int]) -> Part:
    sides = [side_of(one.item, _cell(one.item, counts), min_cell=one.min_cell) for counts in (before, after)]
    return Part(name, *sides)


def _cell(item: ItemCounts, counts: list[int]) -> Cell:
    return Cell(Counter(dict(zip(item.categories, counts, strict=False))))
