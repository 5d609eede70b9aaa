"""The periods along the time axis are what people expect; whole years are read."""

from datetime import date
from itertools import pairwise

import pytest

from analysis.periods import parse_period
from analysis.trend import steps
from analysis.trend.steps import Grain


@pytest.mark.parametrize(
    ("grain", "until", "first", "last"),
    [
        (Grain.MONTH, "2026Q3", "2024-10", "2026-09"),
        (Grain.QUARTER, "2026Q3", "2020Q4", "2026Q3"),
        (Grain.YEAR, "2026Q3", "2003", "2026"),
        (Grain.WEEK, "2026-09", "2026-W17", "2026-W40"),
        (Grain.MONTH, "2026", "2024-12", "2026-11"),  # the period goes on: up to today
    ],
)
def test_the_last_point_holds_the_end_of_the_period_or_today(grain, until, first, last):
    found = steps.shown(grain, parse_period(until), date(2026, 11, 18), 24)
    assert (found[0].name, found[-1].name, len(found)) == (first, last, 24)
    assert all(one.end == other.start for one, other in pairwise(found))


def test_months_are_read_for_whole_years():
    shown = steps.shown(Grain.MONTH, parse_period("2026Q3"), date(2026, 11, 18), 24)
    read = steps.read(Grain.MONTH, shown)
    assert (read[0].name, read[-1].name, len(read)) == ("2024-01", "2026-12", 36)
