"""Which periods may be shown of a group, so that subtracting two of them shows nobody.

Who sees January to March and January to February has March, and who sees a year and eleven months of it has
the twelfth. So the days of a group are put together in blocks that hold no answer at all or at least
``min_cell``, and a period is shown only where its ends cut no block in two. The blocks are made from the year
down: what is too small goes together with its neighbour inside the same half year, quarter, month or week, so
that years come before quarters, quarters before months. Every year stands for itself. Where a whole year, or
the beginning of a present one, is too small, the months with the few are in no figure, and the others are.

Parts of a total are looked at one after another, the largest of the year first: each has blocks in which both
it and all smaller ones together hold nothing or enough. A part is shown where its own blocks and those of all
larger ones are kept whole, so that what can be had by subtracting is such a block or a sum of them.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate, pairwise
from typing import TypeVar

from analysis.periods import ONE_DAY, Period

Part = TypeVar("Part", str, tuple[str, ...])  # a value of one dimension, or values of several
Sizes = tuple[int, ...]
Points = Mapping[date, int]  # answers by day; a month that is not read by day stands on its first
Marks = frozenset[tuple[int, int]]  # days of the year at which seasons begin or are over


@dataclass(frozen=True)
class Rules:
    """What is the same for all groups of a page."""

    today: date
    min_cell: int
    marks: Marks = frozenset()

    def fits(self, sizes: Sizes) -> bool:
        """Say whether all of these may be seen: nobody, or enough."""
        return all(size == 0 or size >= self.min_cell for size in sizes)


class Line:
    """Several groups over time, counted between any two days."""

    def __init__(self, groups: Sequence[Points]) -> None:
        self._days = [sorted(points) for points in groups]
        self._sums = [
            [0, *accumulate(points[day] for day in days)]
            for points, days in zip(groups, self._days, strict=True)
        ]

    def between(self, start: date, end: date) -> Sizes:
        """Return the answers of each group on ``start <= day < end``."""
        return tuple(
            sums[bisect_left(days, end)] - sums[bisect_left(days, start)]
            for days, sums in zip(self._days, self._sums, strict=True)
        )


@dataclass(frozen=True)
class Block:
    """Days that stay together; what is ``buried`` is in no figure."""

    start: date
    end: date
    buried: bool = False


def cut(groups: Sequence[Points], period: Period, rules: Rules) -> bool:
    """Say whether a period would let groups be worked out that are too small.

    Parameters
    ----------
    groups : sequence of mapping of date to int
        The groups that can be told from the figures; each is looked at by itself.
    period : Period
    rules : Rules

    Returns
    -------
    bool
        Whether an end of the period divides a block of one of the groups, or the period holds answers of a
        block that is too small.
    """
    if _every_month_fits(groups, period, rules):
        return False
    line = Line(groups)
    for year in range(period.start.year, period.last_day.year + 1):
        first, after = date(year, 1, 1), date(year + 1, 1, 1)
        start, end = max(first, period.start), min(after, period.end)
        ends = [day for day in (start, end) if first < day < after]
        for block in _blocks(line, Block(first, after), ends, rules):
            low, high = max(start, block.start), min(end, block.end)
            if block.buried and low < high and any(line.between(low, high)):
                return True
            if any(_divides(line, block, day) for day in ends):
                return True
    return False


def cut_parts(
    parts: Mapping[Part, Points],
    period: Period,
    rules: Rules,
    *,
    outside: Mapping[Part, Points] | None = None,
) -> set[Part]:
    """Return the parts of a total that the period must not show.

    Parameters
    ----------
    parts : mapping of part to mapping of date to int
        All parts of the total with their answers by day.
    period : Period
    rules : Rules
    outside : mapping of part to mapping of date to int, optional
        What a filter leaves out of the same parts: who takes it away sees the difference.

    Returns
    -------
    set of part
        From the first part on that is cut, with all smaller ones: they go into one.
    """
    hidden: set[Part] = set()
    sides = [parts, outside] if outside else [parts]
    if _every_month_fits([points for side in sides for points in side.values()], period, rules):
        return hidden
    for year in range(period.start.year, period.last_day.year + 1):
        first, after = date(year, 1, 1), date(year + 1, 1, 1)
        within = Period(period.name, max(first, period.start), min(after, period.end))
        of_year = [
            {
                name: {day: n for day, n in points.items() if first <= day < after}
                for name, points in side.items()
            }
            for side in sides
        ]
        hidden |= _cut_of_year(of_year, within, rules)
    return hidden


def _during(days: Period, points: Points) -> dict[date, int]:
    return {day: n for day, n in points.items() if days.start <= day < days.end}


def _cut_of_year(sides: Sequence[Mapping[Part, Points]], period: Period, rules: Rules) -> set[Part]:
    every = dict.fromkeys(name for side in sides for name in side)
    names = sorted(every, key=lambda name: (-sum(sides[0].get(name, {}).values()), name))
    for place, name in enumerate(names):
        rest = names[place + 1 :]
        told = [side.get(name, {}) for side in sides]
        told += [added(side.get(other, {}) for other in rest) for side in sides]
        if cut(told, period, rules):
            return set(names[place:])
    return set()


def added(groups: Iterable[Points]) -> dict[date, int]:
    """Put groups together."""
    total: dict[date, int] = {}
    for points in groups:
        for day, n in points.items():
            total[day] = total.get(day, 0) + n
    return total


def _every_month_fits(groups: Iterable[Points], period: Period, rules: Rules) -> bool:
    months = period.start.day == period.end.day == 1
    return months and all(n >= rules.min_cell for points in groups for n in points.values())


def _divides(line: Line, block: Block, day: date) -> bool:
    if not block.start < day < block.end:
        return False
    halves = zip(line.between(block.start, day), line.between(day, block.end), strict=True)
    return any(left and right for left, right in halves)


def _blocks(line: Line, node: Block, ends: Sequence[date], rules: Rules, level: int = 0) -> list[Block]:
    """Return the blocks of a part of the year, as fine as the ends ask for.

    Of a part that may not be shown itself each half year, quarter or month that may be is kept; the rest is
    buried, and with it every period that holds some of it.
    """
    is_shown = rules.fits(line.between(node.start, node.end))
    # Of a month that fits nothing is buried: who asks for the whole of it does not come as far as its days.
    if level >= _BY_DAY and not is_shown:
        return [replace(node, buried=True)]
    if level == len(_LEVELS) or (level >= _BY_DAY and not _is_inside(node, ends)):
        return [node]
    children = [Block(*pair) for pair in pairwise(_LEVELS[level](node, rules))]
    is_open = level < _BY_DAY and node.end > rules.today
    found: list[Block] = []
    for run in _runs(line, children, is_open=is_open, rules=rules) if is_shown else _alone(children):
        whole = Block(run[0].start, run[-1].end)
        # Months that go together stay together: not all of them are read by day.
        last = level == _BY_DAY - 1 and len(run) > 1
        found += [whole] if last else _blocks(line, whole, ends, rules, level + 1)
    return found


def _alone(blocks: Iterable[Block]) -> list[list[Block]]:
    return [[block] for block in blocks]


def _is_inside(node: Block, ends: Sequence[date]) -> bool:
    return any(node.start < day < node.end for day in ends)


def _runs(line: Line, children: Sequence[Block], *, is_open: bool, rules: Rules) -> list[list[Block]]:
    """Put neighbours together until each run may be shown; what is left of a present period stays alone."""
    runs: list[list[Block]] = []
    rest: list[Block] = []
    for child in children:
        rest.append(child)
        if rules.fits(line.between(rest[0].start, rest[-1].end)):
            runs.append(rest)
            rest = []
    if rest and is_open:
        return [*runs, *_alone(rest)]
    while rest and runs:  # the whole may be shown, so that this ends
        rest = runs.pop() + rest
        if rules.fits(line.between(rest[0].start, rest[-1].end)):
            break
    return [*runs, rest] if rest else runs


def _every(months: int) -> Callable[[Block, Rules], list[date]]:
    def starts(node: Block, _rules: Rules) -> list[date]:
        found = [node.start]
        while found[-1] < node.end:
            place = found[-1].month - 1 + months
            found.append(date(found[-1].year + place // 12, place % 12 + 1, 1))
        return found

    return starts


def _seasons(node: Block, rules: Rules) -> list[date]:
    inside = [day for day in _days(node, rules)[1:-1] if (day.month, day.day) in rules.marks]
    return [node.start, *inside, node.end]


def _mondays(node: Block, rules: Rules) -> list[date]:
    return [node.start, *(day for day in _days(node, rules)[1:-1] if day.weekday() == 0), node.end]


def _days(node: Block, _rules: Rules) -> list[date]:
    return [node.start + timedelta(days=n) for n in range((node.end - node.start) // ONE_DAY + 1)]


_LEVELS: tuple[Callable[[Block, Rules], list[date]], ...] = (
    _every(6), _every(3), _every(1), _seasons, _mondays, _days,
)  # fmt: skip
_BY_DAY = 3  # from here on answers by day are needed
