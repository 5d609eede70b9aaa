"""The months around the start of a measure: the answers where it reaches and where it does not."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.complements import Place, gives_away
from analysis.disclosing import Rules
from analysis.periods import Period
from analysis.scores import MeanScore, Share, mean_score, top_box
from analysis.timed import Sized, Timed
from surveys.models import DIMENSIONS, Stratum, TallyMonth

_YEAR = 12
Where = Mapping[str, Sequence[str]]
Rows = Mapping[
    int, Sequence[tuple[int, Place, int, int]]
]  # month -> item, values of the dimensions, value, n


@dataclass(frozen=True)
class Scale:
    """The scores of an item, worst first, and the lowest that counts as satisfied."""

    scores: tuple[int, ...]
    satisfied_from: int


@dataclass(frozen=True)
class Side:
    """The answers of one group in some months; None where they are hidden."""

    n: int
    share: Share | None
    mean: MeanScore | None

    @property
    def is_hidden(self) -> bool:
        """Tell whether there are answers that may not be shown."""
        return self.share is None


@dataclass(frozen=True)
class Reader:
    """What is needed to count one group: the rows, what a place is made of, the scale, the smallest cell."""

    rows: Rows
    item_ids: frozenset[int]
    dimensions: tuple[str, ...]
    scale: Scale
    rules: Rules

    @property
    def min_cell(self) -> int:
        """From how many answers on a group is shown."""
        return self.rules.min_cell

    def side(self, where: Where, months: Collection[int]) -> Side:
        """Count the answers of some months in a row together."""
        counted: Counter[int] = Counter()
        sizes: Counter[Place] = Counter()
        kept = [(self.dimensions.index(name), frozenset(values)) for name, values in where.items()]
        for item_id, place, value, n in (row for month in months for row in self.rows.get(month, ())):
            if item_id not in self.item_ids or value not in self.scale.scores:
                continue
            sizes[tuple(place[k] for k, _values in kept)] += n
            if all(place[k] in values for k, values in kept):
                counted[value] += n
        n = counted.total()
        hidden = 0 < n < self.min_cell or (
            bool(kept) and gives_away(sizes.items(), [values for _k, values in kept], self.min_cell)
        )
        hidden = hidden or (n > 0 and self._is_cut(where, months))
        return Side(n, None, None) if hidden else self._open(counted)

    def course(self, where: Where, months: Iterable[int]) -> dict[int, Side]:
        """Return the months one by one, each hidden where other periods would tell a small one."""
        return {month: self.side(where, {month}) for month in months}

    def _is_cut(self, where: Where, months: Collection[int]) -> bool:
        """Say whether other periods of the group, here or in the comparison, would give a few people away."""
        start, end = first_day(min(months)), first_day(max(months) + 1)
        asked = {name: tuple(values) for name, values in where.items()}
        return self._over_time.filtered(asked).cuts_answers(self.item_ids, Period(f"{start}", start, end))

    @cached_property
    def _over_time(self) -> Timed:
        by_item: dict[int, list[Sized]] = defaultdict(list)
        for month, rows in self.rows.items():
            for item_id, place, value, n in rows:
                if value in self.scale.scores:
                    by_item[item_id].append((first_day(month), place, n, n))
        return Timed(self.dimensions, by_item, {}, self.rules, ())

    def _open(self, counted: Counter[int]) -> Side:
        counts = [counted[score] for score in self.scale.scores]
        first = sum(score < self.scale.satisfied_from for score in self.scale.scores)
        return Side(counted.total(), top_box(counts, first), mean_score(counts, self.scale.scores))


def month_of(day: date) -> int:
    """Number the months without a gap: January 2026 is 2026 × 12."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """Return the first day of a numbered month."""
    return date(month // 12, month % 12 + 1, 1)


def read(
    session: Session, item_ids: Collection[int], first: int, end: int, dimensions: Sequence[str]
) -> Rows:
    """Read the months ``first <= month < end`` of some items in one statement, with the rest of their years.

    What may be shown of a month depends on the others of its year.
    """
    first, end = first // _YEAR * _YEAR, -(-end // _YEAR) * _YEAR
    names = tuple(name for name in DIMENSIONS if name in dimensions)
    columns: list[Any] = [getattr(Stratum, name) for name in names]
    key = (TallyMonth.month, TallyMonth.item_id, *columns, TallyMonth.value)
    wanted = select(*key, func.sum(TallyMonth.n)).where(
        TallyMonth.item_id.in_(sorted(item_ids)),
        TallyMonth.month >= first_day(first),
        TallyMonth.month < first_day(end),
        TallyMonth.value >= 0,  # missing answers are in no denominator
    )
    if names:
        wanted = wanted.join(Stratum, Stratum.id == TallyMonth.stratum_id)
    found = defaultdict[int, list[tuple[int, Place, int, int]]](list)
    for month, item_id, *place, value, n in session.execute(wanted.group_by(*key)):
        found[month_of(month)].append((item_id, tuple(place), value, int(n)))
    return found
