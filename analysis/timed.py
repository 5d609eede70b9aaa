"""Answers over the years that two periods touch: which of a page's figures their ends would give away.

Month sums are enough where the ends are those of months; a month that an end divides is read by day.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import product
from time import monotonic
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, case, func, or_, select
from sqlalchemy.orm import Session

from analysis.complements import Place
from analysis.cube import Where
from analysis.disclosing import Marks, Rules, cut, cut_parts
from analysis.kept import Kept
from analysis.periods import ONE_DAY, Period
from core.seasons.policy import NamedSeason
from surveys.models import Stratum, Tally, TallyMonth
from surveys.tallies import MODE, PEOPLE

Times = dict[date, int]
Found = TypeVar("Found")
_LOOKED_AT = 10  # years whose months are looked at one by one; over more they are added up
Sized = tuple[date, Place, int, int]  # day or month, values of the dimensions, answered, asked

_MOST_KEPT, _MOST_ROWS = 6, 20_000  # so that a worker keeps some megabytes at most
MANY, REMEMBERED = 3, 600.0  # times the limit; seconds
_KEPT: WeakKeyDictionary[Engine, Kept] = WeakKeyDictionary()
_SEEN: WeakKeyDictionary[Engine, dict[tuple[int, date], tuple[float, int, int]]] = WeakKeyDictionary()


@dataclass
class Timed:
    """The answers of some items by month or day, and what the ends of a period would give away."""

    dimensions: tuple[str, ...]
    by_item: Mapping[int, Sequence[Sized]]
    where: Where
    rules: Rules
    firsts: Collection[int]
    _responses: dict[tuple[date, date], bool] = field(default_factory=dict)
    _known: dict[Any, Any] = field(default_factory=dict)  # every period asks for the same

    def cuts(self, item_ids: Collection[int], period: Period) -> bool:
        """Say whether a period must not be shown of some items' answers."""
        return self.cuts_responses(period) or self.cuts_answers(item_ids, period)

    def cuts_answers(self, item_ids: Collection[int], period: Period) -> bool:
        """Say the same where nothing else of the responses is shown."""
        return self._cuts(item_ids, period, asked=False)

    def known(self, named: tuple[object, ...], make: Callable[[], Found]) -> Found:
        """Return what was made of the same answers before, or make it."""
        if named not in self._known:
            self._known[named] = make()
        found: Found = self._known[named]
        return found

    def filtered(self, where: Where) -> "Timed":
        """Return the same answers under another filter."""
        return self if where == self.where else replace(self, where=where, _responses={})

    def cuts_responses(self, period: Period) -> bool:
        """Say whether a period must not be shown of the responses."""
        days = period.start, period.end  # a season keeps its name when its days are changed
        if days not in self._responses:
            self._responses[days] = self._cuts(self.firsts, period, asked=True)
        return self._responses[days]

    def parts(self, item_ids: Collection[int], period: Period, name: str, *, asked: bool = False) -> set[str]:
        """Return the parts of a breakdown that the period must not show."""
        return {place[0] for place in self.places(item_ids, period, (name,), asked=asked)}

    def places(
        self, item_ids: Collection[int], period: Period, names: Sequence[str], *, asked: bool = False
    ) -> set[Place]:
        """Return the parts of a breakdown by several dimensions at once that the period must not show."""
        hidden = self._cut_places(item_ids, period, names, self.where, asked=asked)
        if not self.where or set(names) & set(self.where):
            return hidden
        parts = self._parts(item_ids, names, self.where, asked=asked)
        order = sorted(parts, key=lambda part: (-sum(parts[part].values()), part))
        for number, place in enumerate(order):
            # A part under a filter is what two filters show: each is looked at among the others.
            where = {**self.where, **{name: (value,) for name, value in zip(names, place, strict=True)}}
            if place not in hidden and self.filtered(where)._cuts(item_ids, period, asked=asked):
                return hidden | set(order[number:])
        return hidden

    def _cut_places(
        self, item_ids: Collection[int], period: Period, names: Sequence[str], where: Where, *, asked: bool
    ) -> set[Place]:
        named = (
            "cut",
            frozenset(item_ids),
            tuple(names),
            tuple(where.items()),
            asked,
            period.start,
            period.end,
        )

        def find() -> set[Place]:
            parts, outside = self._parts(item_ids, names, where, asked=asked), None
            if where:
                every = self._parts(item_ids, names, {}, asked=asked)
                outside = {part: _less(points, parts.get(part, {})) for part, points in every.items()}
            return cut_parts(parts, period, self.rules, outside=outside)

        return self.known(named, find)

    def _cuts(self, item_ids: Collection[int], period: Period, *, asked: bool) -> bool:
        if not self.where:
            versions = item_ids if asked else ()  # which version somebody answered must not be told either
            rows = [self._points(self._rows([one]), asked=asked) for one in versions]
            return cut([*rows, self._points(self._rows(item_ids), asked=asked)], period, self.rules)
        for name, wanted in self.where.items():
            others = {other: values for other, values in self.where.items() if other != name}
            cut_off = self._cut_places(item_ids, period, (name,), others, asked=asked)
            hidden = {place[0] for place in cut_off}
            if hidden & set(wanted) and not hidden <= set(wanted):
                return True  # all hidden ones together are what is left of the total: nobody's secret
        return len(self.where) > 1 and cut(self._corners(item_ids, asked=asked), period, self.rules)

    def _corners(self, item_ids: Collection[int], *, asked: bool) -> list[Times]:
        """Return the answers inside and outside each filter, in all combinations."""
        found: dict[tuple[bool, ...], list[Sized]] = defaultdict(list)
        places = [(self.dimensions.index(name), frozenset(values)) for name, values in self.where.items()]
        for row in self._rows(item_ids):
            found[tuple(row[1][place] in values for place, values in places)].append(row)
        every = product((True, False), repeat=len(places))
        return [self._points(found[corner], asked=asked) for corner in every if corner in found]

    def _parts(
        self, item_ids: Collection[int], names: Sequence[str], where: Where, *, asked: bool
    ) -> dict[Place, Times]:
        asked_for = (frozenset(item_ids), tuple(names), tuple(where.items()), asked)
        return self.known(asked_for, lambda: self._divided(item_ids, names, where, asked=asked))

    def _divided(
        self, item_ids: Collection[int], names: Sequence[str], where: Where, *, asked: bool
    ) -> dict[Place, Times]:
        keep = [(self.dimensions.index(other), frozenset(values)) for other, values in where.items()]
        at = [self.dimensions.index(name) for name in names]
        found: dict[Place, list[Sized]] = defaultdict(list)
        for row in self._rows(item_ids):
            if all(row[1][place] in values for place, values in keep):
                found[tuple(row[1][place] for place in at)].append(row)
        return {part: self._points(rows, asked=asked) for part, rows in found.items()}

    def _rows(self, item_ids: Collection[int]) -> Iterable[Sized]:
        return (row for item_id in item_ids for row in self.by_item.get(item_id, ()))

    @staticmethod
    def _points(rows: Iterable[Sized], *, asked: bool) -> Times:
        found: Times = {}
        for day, _place, answered, all_asked in rows:
            n = all_asked if asked else answered
            if n:
                found[day] = found.get(day, 0) + n
        return found


def _less(points: Times, some: Times) -> Times:
    return {day: n - some.get(day, 0) for day, n in points.items() if n > some.get(day, 0)}


def read(
    session: Session, kinds: Mapping[int, str], periods: Sequence[Period], names: Sequence[str],
    *, where: Where, rules: Rules, firsts: Collection[int],
) -> Timed:  # fmt: skip
    """Read the years that the periods touch.

    Parameters
    ----------
    session : Session
    kinds : mapping of int to str
        The items with their kinds.
    periods : sequence of Period
    names : sequence of str
        Dimensions that are filtered or broken down.
    where : mapping of dimension to values
    rules : Rules
    firsts : collection of int
        The first item of each version: every response has a row there.
    """
    dimensions = tuple(dict.fromkeys([*where, *names]))
    years, divided = _years(periods), _divided_months(periods)
    if not dimensions and not divided:
        return Timed(dimensions, _by_month(session, kinds, years, rules), where, rules, firsts)
    kept = _KEPT.setdefault(session.get_bind().engine, Kept(_MOST_KEPT))
    # Read first: what is written in between makes the next look read anew, never rest on an older state.
    state = _state(session, sorted(kinds), years)
    asked = (tuple(sorted(kinds)), tuple(years), tuple(divided), dimensions, tuple(where.items()))
    named = repr((asked, rules.today, rules.min_cell, sorted(rules.marks), sorted(firsts), state))
    found: Timed | None = kept.look(named)
    if found is None:
        by_item = _grouped(session, kinds, years, divided, dimensions)
        found = Timed(dimensions, by_item, where, rules, firsts)
        if not divided and sum(map(len, by_item.values())) <= _MOST_ROWS:  # days are not in the state
            kept.put(named, found)
    return found


def _state(session: Session, item_ids: Sequence[int], years: Sequence[int]) -> tuple[int, int]:
    """Return what grows with every write of an answer in some years."""
    wanted = select(func.coalesce(func.sum(TallyMonth.changes), 0), func.count()).where(
        TallyMonth.item_id.in_(item_ids), or_(*_in_years(years))
    )
    written, rows = session.execute(wanted).one()
    return int(written), int(rows)


def _grouped(
    session: Session, kinds: Mapping[int, str], years: Sequence[int], divided: Sequence[date],
    dimensions: Sequence[str],
) -> dict[int, list[Sized]]:  # fmt: skip
    by_item: dict[int, list[Sized]] = defaultdict(list)
    places: dict[Place, Place] = {}  # few groups stand in many rows
    for statement in _statements(sorted(kinds), years, divided, dimensions):
        for item_id, day, *found, missing, zero, above in session.execute(statement):
            place = tuple(found)
            sizes = _answered(kinds[item_id], missing, zero, above)
            by_item[item_id].append((day, places.setdefault(place, place), *sizes))
    return by_item


def _divided_months(periods: Sequence[Period]) -> list[date]:
    return sorted({day.replace(day=1) for one in periods for day in (one.start, one.end) if day.day > 1})


def _by_month(
    session: Session, kinds: Mapping[int, str], years: Sequence[int], rules: Rules
) -> dict[int, list[Sized]]:
    """Return the answers of whole months without any group; nothing where no month is too small.

    A month that held many answers is not added up again for a while: answers come, and hardly ever go.
    """
    seen, now = _SEEN.setdefault(session.get_bind().engine, {}), monotonic()
    months = [date(year, month, 1) for year in years for month in range(1, 13)]
    old = [
        (item_id, month)
        for item_id in kinds
        for month in months
        if (found := seen.get((item_id, month))) is None or now - found[0] > REMEMBERED
    ]
    counted: dict[tuple[int, date], tuple[int, int]] = {}
    if old:
        items, stale = sorted({item_id for item_id, _month in old}), sorted({month for _id, month in old})
        wanted = _sums(TallyMonth, TallyMonth.month, items, ()).where(TallyMonth.month.in_(stale))
        for item_id, month, missing, zero, above in session.execute(wanted):
            counted[item_id, month] = _answered(kinds[item_id], missing, zero, above)
    for key, (answered, asked) in counted.items():
        if answered >= MANY * rules.min_cell:
            seen[key] = (now, answered, asked)
    everything = {key: seen[key][1:] for key in product(kinds, months) if key in seen} | counted
    if all(rules.fits(sizes) for sizes in everything.values()):
        return {}
    by_item: dict[int, list[Sized]] = defaultdict(list)
    for (item_id, month), (answered, asked) in everything.items():
        by_item[item_id].append((month, (), answered, asked))
    return by_item


def _answered(kind: str, missing: int, zero: int, above: int) -> tuple[int, int]:
    """Return how many answered and how many were asked."""
    answered = zero if kind == "multiple" else zero + above
    return int(answered), int(missing + answered)


def marks_of(seasons: Iterable[NamedSeason]) -> Marks:
    """Return the days at which seasons begin and at which they are over."""
    found: set[tuple[int, int]] = set()
    for season in seasons:
        for year in (2023, 2024, 2025):  # a leap year, one before it and another
            first, last = season.days(year)
            after = last + ONE_DAY
            found |= {(first.month, first.day), (after.month, after.day)}
    return frozenset(found)


def _years(periods: Sequence[Period]) -> list[int]:
    return sorted({year for one in periods for year in range(one.start.year, one.last_day.year + 1)})


def _statements(
    item_ids: Sequence[int], years: Sequence[int], divided: Sequence[date], names: Sequence[str]
) -> list[Any]:
    """Return one statement over months, and one over the days of months that an end divides."""
    found = [
        _sums(TallyMonth, TallyMonth.month, item_ids, names).where(
            or_(*_in_years(years)), TallyMonth.month.not_in(divided)
        )
    ]
    if divided:
        in_months = [(Tally.day >= first) & (Tally.day < _next(first)) for first in divided]
        found.append(_sums(Tally, Tally.day, item_ids, names).where(or_(*in_months)))
    return found


def _in_years(years: Sequence[int]) -> list[Any]:
    """Return one condition for years in a row: a period may last centuries, a statement has its limits."""
    starts = [year for year in years if year - 1 not in years]
    ends = [year for year in years if year + 1 not in years]
    return [
        TallyMonth.month.between(date(first, 1, 1), date(last, 12, 1))
        for first, last in zip(starts, ends, strict=True)
    ]


def _next(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _sums(table: type[Any], day: Any, item_ids: Sequence[int], names: Sequence[str]) -> Any:
    columns = [table.mode if name == MODE else getattr(Stratum, name) for name in names]
    sums = [
        func.sum(case((condition, table.n), else_=0))
        for condition in (table.value < PEOPLE, table.value == PEOPLE, table.value > PEOPLE)
    ]
    wanted = (
        select(table.item_id, day, *columns, *sums)
        .where(table.item_id.in_(item_ids))
        .group_by(table.item_id, day, *columns)
    )
    if set(names) - {MODE}:
        wanted = wanted.join(Stratum, Stratum.id == table.stratum_id)
    return wanted
