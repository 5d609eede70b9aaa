"""The parts of a total: what they add to a change, which must be hidden, what a constant mix gives."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from math import fsum

import numpy as np

from analysis.compare import ItemComparison, Part, side_of
from analysis.counting import Sides, categories, scores_of
from analysis.cube import Cube
from analysis.items import Cell, ItemCounts
from analysis.mix import Mix, Stratum, StratumMix, kitagawa, stratum
from analysis.series import Series
from analysis.standardise import standardise
from analysis.suppression import HIDDEN, hidden_parts

__all__ = ["HIDDEN", "enriched", "pooled"]

Table = dict[str, list[int]]  # part -> answers per category


def enriched(
    one: ItemComparison, series: Series, sides: Sides, *, by: str | None, adjust: tuple[str, ...]
) -> ItemComparison:
    """Add the breakdown and the adjusted figures to an item that has a scale and may be shown."""
    if one.difference is None or not one.item.kind.ordered:
        return one
    if by is not None:
        one = _broken_down(one, series, sides, by)
    if adjust:
        adjusted = standardise(
            _scores(sides.before, series, adjust), _scores(sides.after, series, adjust),
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
        mix=_mix(tables, hidden, scores),
        mix_top=_mix(tables, hidden, satisfied),
        parts=tuple(_part(one, name, before.get(name, []), after.get(name, [])) for name in names),
    )


def _scores(side: Cube, series: Series, names: tuple[str, ...]) -> dict[tuple[str, ...], list[int]]:
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
    return merged


def _mix(tables: Sequence[Table], hidden: set[str], values: np.ndarray) -> Mix | None:
    """Take the change apart by all parts, then put those together that must be hidden."""
    strata: list[dict[str, Stratum]] = [
        {name: stratum(counts, values) for name, counts in table.items()} for table in tables
    ]
    mix = kitagawa(*strata)
    if mix is None or not hidden:
        return mix
    rest = [part for part in mix.strata if part.name in hidden]
    pool = StratumMix(
        HIDDEN, sum(part.n_before for part in rest), sum(part.n_after for part in rest),
        fsum(part.within for part in rest), fsum(part.composition for part in rest),
    )  # fmt: skip
    return replace(
        mix,
        strata=(*(part for part in mix.strata if part.name not in hidden), pool),
        one_sided=tuple(name for name in mix.one_sided if name not in hidden),
        opposed=tuple(name for name in mix.opposed if name not in hidden),
    )


def _part(one: ItemComparison, name: str, before: list[int], after: list[int]) -> Part:
    sides = [side_of(one.item, _cell(one.item, counts), min_cell=one.min_cell) for counts in (before, after)]
    return Part(name, *sides)


def _cell(item: ItemCounts, counts: list[int]) -> Cell:
    return Cell(Counter(dict(zip(item.categories, counts, strict=False))))
