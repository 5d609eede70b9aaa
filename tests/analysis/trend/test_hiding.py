"""No small month can be worked out from totals that other pages show; the time axis is what people expect."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.periods import parse_period
from analysis.trend import steps
from analysis.trend.hiding import hidden_cells
from analysis.trend.steps import Grain

YEAR = [parse_period(f"2026-{month:02}") for month in range(1, 13)]
SIZES = st.lists(st.one_of(st.integers(0, 15), st.integers(0, 400)), min_size=12, max_size=12)


@given(SIZES)
@settings(max_examples=200)
def test_a_differencing_attack_finds_no_small_month(sizes):
    """Who knows every shown month and every quarter, half year and year is left with two unknowns."""
    groups = steps.groups(Grain.MONTH, YEAR)
    assert sorted(len(group) for group in groups) == [3, 3, 3, 3, 6, 6, 12]
    hidden = hidden_cells(dict(enumerate(sizes)), groups)
    assert {place for place, size in enumerate(sizes) if 0 < size < 10} <= hidden
    for group in groups:
        unknown = [sizes[place] for place in group if place in hidden]
        shown = [place for place in group if place not in hidden and sizes[place]]
        if unknown and shown:  # with nothing shown the total itself is all there is
            assert len(unknown) >= 2
            assert sum(unknown) >= 10


def test_what_is_hidden_for_another_reason_is_covered_too():
    sizes = dict(enumerate([50, 60, 70]))
    assert hidden_cells(sizes, [[0, 1, 2]], hidden=[1]) == {0, 1}
    assert hidden_cells(sizes, [[0, 1, 2]]) == set()
    assert hidden_cells({0: 0, 1: 60, 2: 0}, [[0, 1, 2]], hidden=[0]) == set()  # nobody: nothing to protect


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


@pytest.mark.parametrize("until", ["2020-W53", "2026-W40", "2021-W02"])
def test_weeks_are_hidden_in_blocks_of_four_and_all_of_them_are_read(until):
    shown = steps.shown(Grain.WEEK, parse_period(until), date(2026, 11, 18), 24)
    read = steps.read(Grain.WEEK, shown)
    assert set(shown) <= set(read)
    assert all(one.end == other.start for one, other in pairwise(read))
    assert {len(group) for group in steps.groups(Grain.WEEK, read)} <= {4, 5}


def test_months_are_read_for_whole_years():
    shown = steps.shown(Grain.MONTH, parse_period("2026Q3"), date(2026, 11, 18), 24)
    read = steps.read(Grain.MONTH, shown)
    assert (read[0].name, read[-1].name, len(read)) == ("2024-01", "2026-12", 36)
