"""Reading the tally: the answers of one period, by item, way of answering, dimensions and value."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from analysis.complements import Place, gives_away
from analysis.periods import Period
from surveys.models import DIMENSIONS, Answer, Response, Stratum, Tally
from surveys.tallies import MODE

ALL_DIMENSIONS = (*DIMENSIONS, MODE)
Where = Mapping[str, tuple[str, ...]]
Row = tuple[int, Place, int, int]  # item, values of the dimensions, value, n


@dataclass(frozen=True)
class Cube:
    """The counts of some items in one period; ``dimensions`` say what a place is made of."""

    dimensions: tuple[str, ...]
    by_item: Mapping[int, list[Row]]
    where: Where

    def rows(self, item_ids: Collection[int]) -> list[Row]:
        """Return the rows of some items that the filter keeps."""
        keep = [(self.dimensions.index(name), frozenset(values)) for name, values in self.where.items()]
        return [row for row in self._all(item_ids) if all(row[1][place] in values for place, values in keep)]

    def grouped(self, item_ids: Collection[int], names: Sequence[str]) -> dict[Place, Counter[int]]:
        """Return the counts per value, for each combination of some dimensions."""
        places = [self.dimensions.index(name) for name in names]
        found: dict[Place, Counter[int]] = defaultdict(Counter)
        for _item, place, value, n in self.rows(item_ids):
            found[tuple(place[k] for k in places)][value] += n
        return dict(sorted(found.items()))

    def values(self, item_ids: Collection[int]) -> Counter[int]:
        """Return the counts per value."""
        counted: Counter[int] = Counter()
        for _item, _place, value, n in self.rows(item_ids):
            counted[value] += n
        return counted

    def gives_away(self, item_ids: Collection[int], counts: Callable[[int], bool], min_cell: int) -> bool:
        """Say whether the filtered answers must be hidden to protect those the filter leaves out.

        ``counts`` says whether a value stands for people who answered.
        """
        if not self.where:
            return False
        places = [self.dimensions.index(name) for name in self.where]
        sizes = (
            (tuple(place[k] for k in places), n)
            for _item, place, value, n in self._all(item_ids)
            if counts(value)
        )
        return gives_away(sizes, [frozenset(values) for values in self.where.values()], min_cell)

    def _all(self, item_ids: Collection[int]) -> Iterable[Row]:
        return (row for item_id in item_ids for row in self.by_item.get(item_id, ()))


def read(
    session: Session, item_ids: Collection[int], period: Period, dimensions: Sequence[str], where: Where
) -> Cube:
    """Read one period in one statement; it costs what the tally holds, not what was answered."""
    names = tuple(dict.fromkeys([MODE, *where, *dimensions]))
    columns: list[Any] = [_column(name) for name in names]
    key = (Tally.item_id, *columns, Tally.value)
    total = func.sum(Tally.n)
    wanted: Select[Any] = (
        select(*key, total)
        .where(Tally.item_id.in_(sorted(item_ids)), Tally.day >= period.start, Tally.day < period.end)
        .group_by(*key)
        .having(total != 0)
    )
    if set(names) - {MODE}:
        wanted = wanted.join(Stratum, Stratum.id == Tally.stratum_id)
    by_item: dict[int, list[Row]] = defaultdict(list)
    for item_id, *place, value, n in session.execute(wanted):
        by_item[item_id].append((item_id, tuple(place), value, int(n)))
    return Cube(names, by_item, where)


def numbers(
    session: Session, item_ids: Collection[int], period: Period, where: Where
) -> dict[int, Counter[float]]:
    """Return the free numbers that were given; the tally knows only how many there are."""
    columns: list[Any] = [Answer.item_id, Answer.number, func.count()]
    wanted: Select[Any] = (
        select(*columns)
        .join(Response, Response.id == Answer.response_id)
        .where(Answer.item_id.in_(sorted(item_ids)), Answer.number.is_not(None))
        .where(Response.day >= period.start, Response.day < period.end)
        .group_by(Answer.item_id, Answer.number)
    )
    if set(where) - {MODE}:
        wanted = wanted.join(Stratum, Stratum.id == Response.stratum_id)
    for name, values in where.items():
        column = Response.mode if name == MODE else _column(name)
        wanted = wanted.where(column.in_(values))
    found: dict[int, Counter[float]] = defaultdict(Counter)
    for item_id, number, n in session.execute(wanted):
        found[item_id][float(number)] += n
    return found


def last_day(session: Session, item_ids: Collection[int]) -> date | None:
    """Return the last day with answers: one look into the index per item."""
    days = [
        session.scalar(select(func.max(Tally.day)).where(Tally.item_id == item_id)) for item_id in item_ids
    ]
    return max((day for day in days if day), default=None)


def known_values(session: Session) -> dict[str, list[str]]:
    """Return for each dimension the values that occur, sorted; what is not given is left out."""
    rows = session.execute(select(*(_column(name) for name in DIMENSIONS))).all()
    return {name: sorted({row[k] for row in rows} - {""}) for k, name in enumerate(DIMENSIONS)}


def _column(name: str) -> Any:
    return Tally.mode if name == MODE else getattr(Stratum, name)
