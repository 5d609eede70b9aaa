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
from surveys.models import DIMENSIONS, Answer, Response, Stratum, Tally, TallyMonth
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
    """Read one period: whole months from their sums, the days at its edges one by one.

    A quarter is one statement over three months; it costs the groups there are, not the answers.
    """
    names = tuple(dict.fromkeys([MODE, *where, *dimensions]))
    by_item: dict[int, list[Row]] = defaultdict(list)
    for span in spans(period):
        for item_id, *place, value, n in session.execute(_wanted(span, sorted(item_ids), names)):
            by_item[item_id].append((item_id, tuple(place), value, int(n)))
    return Cube(names, by_item, where)


@dataclass(frozen=True)
class Span:
    """Days ``start <= day < end``, of whole months or not."""

    start: date
    end: date
    months: bool


def spans(period: Period) -> list[Span]:
    """Divide a period into the days before its first whole month, its whole months, the days after."""
    first = period.start if period.start.day == 1 else _next_month(period.start)
    after = period.end.replace(day=1)
    if first >= after:
        return [Span(period.start, period.end, months=False)]
    parts = [
        Span(period.start, first, months=False),
        Span(first, after, months=True),
        Span(after, period.end, months=False),
    ]
    return [part for part in parts if part.start < part.end]


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _wanted(span: Span, item_ids: Sequence[int], names: Sequence[str]) -> Select[Any]:
    table: type[TallyMonth] | type[Tally] = TallyMonth if span.months else Tally
    day = TallyMonth.month if span.months else Tally.day
    columns: list[Any] = [table.mode if name == MODE else getattr(Stratum, name) for name in names]
    key = (table.item_id, *columns, table.value)
    # Grouped by month too, the rows come in the order of their index and nothing has to be sorted.
    plain = span.months and not set(names) - {MODE}
    group = (table.item_id, day, *columns, table.value) if plain else key
    total = func.sum(table.n)
    wanted: Select[Any] = (
        select(*key, total)
        .where(table.item_id.in_(item_ids), day >= span.start, day < span.end)
        .group_by(*group)
        .having(total != 0)
    )
    if set(names) - {MODE}:
        wanted = wanted.join(Stratum, Stratum.id == table.stratum_id)
    return wanted


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
        column = Response.mode if name == MODE else getattr(Stratum, name)
        wanted = wanted.where(column.in_(values))
    found: dict[int, Counter[float]] = defaultdict(Counter)
    for item_id, number, n in session.execute(wanted):
        found[item_id][float(number)] += n
    return found


_SPARSE = 1.5  # pairs of groups for each group of the dimension that has more of them


@dataclass(frozen=True)
class Joint:
    """How many answered some items in one period, by all dimensions together and without a filter."""

    dimensions: tuple[str, ...]
    by_item: Mapping[int, list[tuple[Place, int]]]

    def sizes(self, item_ids: Collection[int], where: Where) -> dict[Place, int]:
        """Return the answers to the versions of an item that a filter keeps."""
        keep = [(self.dimensions.index(name), frozenset(values)) for name, values in where.items()]
        found: Counter[Place] = Counter()
        for place, n in (row for item_id in item_ids for row in self.by_item.get(item_id, ())):
            if all(place[at] in values for at, values in keep):
                found[place] += n
        return found


def joint(session: Session, item_ids: Collection[int], period: Period, names: Sequence[str]) -> Joint:
    """Count the answers of one period by several dimensions at once."""
    by_item: dict[int, list[tuple[Place, int]]] = defaultdict(list)
    for span in spans(period):
        table: type[TallyMonth] | type[Tally] = TallyMonth if span.months else Tally
        day = TallyMonth.month if span.months else Tally.day
        columns: list[Any] = [table.mode if name == MODE else getattr(Stratum, name) for name in names]
        wanted: Select[Any] = (
            select(table.item_id, *columns, func.sum(table.n))
            .join(Stratum, Stratum.id == table.stratum_id)
            .where(table.item_id.in_(sorted(item_ids)), day >= span.start, day < span.end, table.value >= 0)
            .group_by(table.item_id, *columns)
        )
        for item_id, *place, n in session.execute(wanted):
            if n:
                by_item[item_id].append((tuple(place), int(n)))
    return Joint(tuple(names), by_item)


def linked(session: Session, name: str) -> tuple[str, ...]:
    """Return the dimensions whose groups add up to each other, or nearly, with one that is named among them.

    Where most groups of one lie in a single group of the other, as departments in districts, tables by both
    say what one leaves of the other. Where every group of one crosses many of the other, sums of the one say
    little of the other.
    """
    if name == MODE:
        return (name,)
    rows = session.execute(select(*(getattr(Stratum, one) for one in DIMENSIONS))).all()
    found, look_at = {name}, [name]
    while look_at:
        at = DIMENSIONS.index(look_at.pop())
        more = [one for k, one in enumerate(DIMENSIONS) if one not in found and _is_linked(rows, at, k)]
        found |= {*more}
        look_at += more
    return tuple(one for one in DIMENSIONS if one in found)


def _is_linked(rows: Sequence[Sequence[str]], one: int, other: int) -> bool:
    pairs = {(row[one], row[other]) for row in rows}
    groups = [len(set(values)) for values in zip(*pairs, strict=True)]
    return bool(pairs) and min(groups) > 1 and len(pairs) <= _SPARSE * max(groups)


def last_day(session: Session, item_ids: Collection[int]) -> date | None:
    """Return the last day with answers: one look into the index per item."""
    days = [
        session.scalar(select(func.max(Tally.day)).where(Tally.item_id == item_id)) for item_id in item_ids
    ]
    return max((day for day in days if day), default=None)


def known_values(session: Session) -> dict[str, list[str]]:
    """Return for each dimension the values that occur, sorted; what is not given is left out."""
    rows = session.execute(select(*(getattr(Stratum, name) for name in DIMENSIONS))).all()
    return {name: sorted({row[k] for row in rows} - {""}) for k, name in enumerate(DIMENSIONS)}
