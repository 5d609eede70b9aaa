"""Which parts of a total may be shown in a period, where the parts are in no tally."""

from collections.abc import Mapping
from datetime import date

from analysis.disclosing import Points, Rules, cut_parts
from analysis.periods import Period
from analysis.suppression import hidden_parts


def shown(parts: Mapping[str, Points], period: Period, rules: Rules) -> set[str]:
    """Return the parts that neither are small, nor cover a small one, nor are cut off by the period."""
    sizes = {name: within(points, period) for name, points in parts.items()}
    flags = zip(sizes, hidden_parts([*sizes.values()], rules.min_cell), strict=True)
    return {name for name, hide in flags if not hide} - cut_parts(parts, period, rules)


def within(points: Points, period: Period) -> int:
    """Return how many answers lie in a period."""
    return sum(n for day, n in points.items() if period.start <= day < period.end)


def years_of(period: Period) -> Period:
    """Return the years that a period touches: what it cuts off may lie outside it."""
    first, last = period.start.year, period.last_day.year
    return Period(f"{first}..{last}", date(first, 1, 1), date(last + 1, 1, 1))
