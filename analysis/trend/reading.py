"""Reading the tally along time: one statement, whatever the number of answers."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from analysis.cube import Cube, Row, Where
from analysis.disclosing import Rules
from analysis.periods import Period
from analysis.timed import Sized, Timed
from analysis.trend.steps import Grain
from surveys.models import Stratum, Tally, TallyMonth
from surveys.tallies import MODE

Counts = dict[int, int]  # answers per value


@dataclass(frozen=True)
class Slice:
    """The answers to one item in one period; ``kept`` are those that the filters keep, by item and mode."""

    cube: Cube
    kept: Mapping[tuple[int, str], Counts]

    def counts(self, item_ids: Collection[int], mode: str = "") -> Counts:
        """Return the answers per value, by one way of answering or by all."""
        found: Counts = {}
        for (item_id, way), values in self.kept.items():
            if item_id in item_ids and mode in {"", way}:
                for value, n in values.items():
                    found[value] = found.get(value, 0) + n
        return found

    def modes(self, item_ids: Collection[int]) -> dict[str, int]:
        """Return the answers per way of answering."""
        found: dict[str, int] = {}
        for (item_id, way), values in self.kept.items():
            if item_id in item_ids:
                found[way] = found.get(way, 0) + sum(values.values())
        return found

    def gives_away(self, item_ids: Collection[int], min_cell: int, mode: str = "") -> bool:
        """Say whether what the filters leave out could be worked out; without filters nothing is left out."""
        if not self.cube.where:
            return False
        narrowed = replace(self.cube, where={**self.cube.where, MODE: (mode,)}) if mode else self.cube
        return narrowed.gives_away(item_ids, lambda value: value >= 0, min_cell)


def read_slices(
    session: Session, item_ids: Collection[int], periods: Sequence[Period], grain: Grain, where: Where
) -> list[Slice]:
    """Read the answers to some items in neighbouring periods: one statement, from the sums of months."""
    names = tuple(dict.fromkeys([MODE, *where]))
    found: list[dict[int, list[Row]]] = [defaultdict(list) for _period in periods]
    place_of = _places(periods, grain)
    wanted = _wanted(sorted(item_ids), periods[0].start, periods[-1].end, names, days=grain is Grain.WEEK)
    for item_id, day, *place, value, n in session.execute(wanted):
        found[place_of(day)][item_id].append((item_id, tuple(place), value, int(n)))
    return [_slice(Cube(names, by_item, where)) for by_item in found]


def by_month(slices: Sequence[Slice], periods: Sequence[Period], where: Where, rules: Rules) -> Timed:
    """Return which periods may be shown from months of whole years that are read already."""
    by_item: dict[int, list[Sized]] = defaultdict(list)
    for period, one in zip(periods, slices, strict=True):
        for item_id, rows in one.cube.by_item.items():
            by_item[item_id] += [(period.start, place, n, n) for _item, place, value, n in rows if value >= 0]
    return Timed(slices[0].cube.dimensions, by_item, where, rules, ())


def _slice(read: Cube) -> Slice:
    kept: dict[tuple[int, str], Counts] = defaultdict(dict)
    for item_id, place, value, n in read.rows(list(read.by_item)):
        if value >= 0:
            values = kept[item_id, place[0]]
            values[value] = values.get(value, 0) + n
    return Slice(read, kept)


def _places(periods: Sequence[Period], grain: Grain) -> Callable[[date], int]:
    start = periods[0].start
    if grain is Grain.WEEK:
        return lambda day: (day - start).days // 7
    months = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[grain]
    first = start.year * 12 + start.month
    return lambda day: (day.year * 12 + day.month - first) // months


def _wanted(
    item_ids: Sequence[int], start: date, end: date, names: Sequence[str], *, days: bool
) -> Select[Any]:
    table: type[TallyMonth] | type[Tally] = Tally if days else TallyMonth
    day = Tally.day if days else TallyMonth.month
    columns: list[Any] = [table.mode if name == MODE else getattr(Stratum, name) for name in names]
    total = func.sum(table.n)
    key = (table.item_id, day, *columns, table.value)
    wanted: Select[Any] = (
        select(*key, total)
        .where(table.item_id.in_(item_ids), day >= start, day < end)
        .group_by(*key)
        .having(total != 0)
    )
    if set(names) - {MODE}:
        wanted = wanted.join(Stratum, Stratum.id == table.stratum_id)
    return wanted
