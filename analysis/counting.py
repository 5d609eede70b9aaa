"""From rows of the tally to the counts that are compared."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from analysis.compare import Reason
from analysis.complements import Place
from analysis.cube import Cube, Joint
from analysis.items import Category, Cell, ItemCounts, Kind
from analysis.periods import Period
from analysis.series import Series
from analysis.timed import Timed
from analysis.why.pooling import pools
from surveys.comparability import options_over
from surveys.definition import Option
from surveys.models import Missing
from surveys.queries import LoadedItem
from surveys.tallies import ANSWERED, MODE, PEOPLE

_KINDS = {
    "likert": Kind.SCALE, "rating": Kind.SCALE, "yesno": Kind.YES_NO, "single": Kind.SINGLE,
    "multiple": Kind.MULTIPLE, "number": Kind.NUMBER, "text": Kind.TEXT,
    "date": Kind.TEXT,  # days are counted as given, not compared
}  # fmt: skip


@dataclass(frozen=True)
class Sides:
    """What was read of both periods; free numbers stand apart, the tally knows only how many there are."""

    before: Cube
    after: Cube
    numbers_before: Mapping[int, Counter[float]]
    numbers_after: Mapping[int, Counter[float]]
    periods: tuple[Period, Period]
    timed: Timed
    joint: Mapping[str, tuple[Joint, ...]] = field(default_factory=dict)  # of each period, by dimension

    def cut_parts(self, item_ids: Collection[int], by: str) -> set[str]:
        """Return the parts of a breakdown that one of the periods must not show."""
        return {place[0] for place in self.cut_places(item_ids, (by,))}

    def cut_places(self, item_ids: Collection[int], names: Sequence[str]) -> set[Place]:
        """Return the same of a breakdown by several dimensions at once."""
        first, second = (self.timed.places(item_ids, period, names) for period in self.periods)
        return first | second

    def told_beside(self, item_ids: Collection[int], by: str, min_cell: int) -> frozenset[str] | None:
        """Return the parts to hide because another breakdown would tell them; None where all must be.

        Only dimensions whose groups add up to those of the other are looked at, as districts and departments;
        whichever of them is asked for, the same parts of each are hidden.
        """
        if by not in self.joint:
            return frozenset()
        where, days = self.before.where, tuple((one.start, one.end) for one in self.periods)
        named = ("beside", frozenset(item_ids), by, tuple(where.items()), days, min_cell)
        return self.timed.known(named, lambda: self._told_beside(item_ids, by, min_cell))

    def _told_beside(self, item_ids: Collection[int], by: str, min_cell: int) -> frozenset[str] | None:
        inside = [one.sizes(item_ids, self.before.where) for one in self.joint[by]]
        every = [one.sizes(item_ids, {}) for one in self.joint[by]] if self.before.where else []
        outside = [
            {place: n - kept.get(place, 0) for place, n in all_of_them.items()}
            for all_of_them, kept in zip(every, inside, strict=False)
        ]
        names = self.joint[by][0].dimensions
        cut = {name: self.cut_parts(item_ids, name) for name in names}
        return pools(names, inside, outside=outside, hidden=cut, min_cell=min_cell).get(by)


def item_counts(series: Series, sides: Sides, *, min_cell: int, language: str) -> ItemCounts:
    """Count the answers to one item in both periods.

    Parameters
    ----------
    series : Series
        The versions of the item whose answers are put together.
    sides : Sides
    min_cell : int
        A filtered side is withheld when fewer could be worked out from it.
    language : str
        Of the item's and its options' words.

    Returns
    -------
    ItemCounts
    """
    item = series.item
    scale = item.definition.scored()
    offered = options_over([member.definition for _number, member in series.members])
    values = categories(item) if scale else tuple(offered)  # with those that an older version offered
    return ItemCounts(
        item.item_key, item.definition.said(language).name, item.scale, _KINDS[item.kind], values,
        scale.satisfied_from if scale else None,
        before=_cell(series, sides, 0, min_cell),
        after=_cell(series, sides, 1, min_cell),
        category_labels=_words(item, offered, language),
    )  # fmt: skip


def categories(item: LoadedItem) -> tuple[int, ...]:
    """Return scores, worst first, or the codes of options in the order shown."""
    values = item.definition.values()
    return tuple(sorted(values)) if item.scale else values


def scores_of(item: LoadedItem, values: Mapping[int, int]) -> list[int]:
    """Return the counts per category of an item with a scale."""
    return [values.get(score, 0) for score in categories(item)]


def responses(
    side: Cube, first_items: Mapping[int, str], min_cell: int
) -> tuple[Counter[str], Reason | None]:
    """Count the responses by mode, and say why they must be hidden, if so.

    ``first_items`` are the first items of each version with their kinds: every response has a row there.
    """
    modes: Counter[str] = Counter()
    for item_id, kind in first_items.items():
        for (mode,), values in side.grouped([item_id], [MODE]).items():
            modes[mode] += sum(n for value, n in values.items() if _is_response(kind, value))
    if 0 < modes.total() < min_cell:
        return modes, Reason.SUPPRESSED
    plain = [item_id for item_id, kind in first_items.items() if kind != "multiple"]
    several = [item_id for item_id, kind in first_items.items() if kind == "multiple"]
    withheld = side.gives_away(plain, partial(_is_response, ""), min_cell) or side.gives_away(
        several, partial(_is_response, "multiple"), min_cell
    )
    return modes, Reason.PROTECTED if withheld else None


def _is_response(kind: str, value: int) -> bool:
    """Say whether a row counts responses, answered or not; of a multiple choice the chosen codes do not."""
    return kind != "multiple" or value <= PEOPLE


def _is_answer(kind: str, value: int) -> bool:
    """Say whether a row counts people who answered."""
    return value == PEOPLE if kind == "multiple" else value >= 0


def _cell(series: Series, sides: Sides, place: int, min_cell: int) -> Cell:
    """Count one of the two sides."""
    side, numbers = (sides.before, sides.after)[place], (sides.numbers_before, sides.numbers_after)[place]
    ids, kind = series.item_ids, series.item.kind
    given: Counter[float] = Counter()
    for item_id in ids:
        given.update(numbers.get(item_id, {}))
    cell = _counted(kind, side.values(ids), given)
    return replace(
        cell,
        withheld=side.gives_away(ids, partial(_is_answer, kind), min_cell),
        # That a part has nobody would tell that another part is all there is.
        cut=(cell.n >= min_cell or (not cell.n and bool(sides.timed.where)))
        and sides.timed.cuts(ids, sides.periods[place]),
    )


def _counted(kind: str, values: Counter[int], given: Counter[float]) -> Cell:
    missing = {Missing(value).key: n for value, n in sorted(values.items(), reverse=True) if value < 0}
    if kind in {"text", "date"}:
        return Cell({}, missing, answered=values[ANSWERED])
    if kind == "number":
        return Cell(dict[Category, int](given.items()), missing)
    counts: dict[Category, int] = {value: n for value, n in values.items() if value >= 0}
    if kind == "multiple":
        return Cell(counts, missing, answered=counts.pop(PEOPLE, 0))
    return Cell(counts, missing)


def _words(item: LoadedItem, offered: Mapping[int, Option], language: str) -> tuple[str, ...]:
    scale = item.definition.scored()
    if scale:
        return tuple(scale.word(value, language) for value in categories(item))
    texts = [option.texts for option in offered.values()]
    return tuple(said.get(language) or next(iter(said.values())) for said in texts)
