"""Subtracting periods of a group shows nobody: blocks, and an attack on all periods there are."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.disclosing import Rules, cut, cut_parts
from analysis.periods import Period, parse_period

LATER = Rules(date(2030, 1, 1), 10)


def months(*counts, year=2025):
    return {date(year, month, 1): n for month, n in enumerate(counts, start=1) if n}


def shown(groups, *names, rules=LATER):
    return [name for name in names if not cut(groups, parse_period(name), rules)]


def test_large_months_are_shown_one_by_one():
    assert shown([months(*[30] * 12)], "2025-01", "2025-12", "2025Q2", "2025") == [
        "2025-01", "2025-12", "2025Q2", "2025",
    ]  # fmt: skip


def test_a_small_month_takes_its_neighbour_with_it_and_the_quarter_stays():
    counts = months(30, 4, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30)
    assert shown([counts], "2025-01", "2025-02", "2025-03", "2025-04", "2025Q1") == [
        "2025-01", "2025-04", "2025Q1",
    ]  # fmt: skip


def test_small_quarters_go_together_and_the_half_year_stays():
    counts = months(2, 2, 2, 3, 2, 3, 9, 9, 9, 9, 9, 9)
    assert shown([counts], "2025Q1", "2025Q2", "2025H1", "2025Q3", "2025") == ["2025H1", "2025Q3", "2025"]


def test_a_small_beginning_goes_with_the_quarter_after_it_and_the_rest_stays():
    counts = months(0, 0, 0, 2, 3, 0, 20, 20, 20, 20, 20, 20)
    assert shown([counts], "2025Q2", "2025H1", "2025Q3", "2025Q4", "2025-10", "2025") == [
        "2025Q4", "2025-10", "2025",
    ]  # fmt: skip


def test_a_small_year_is_in_no_figure():
    counts = months(3, 2) | months(30, 30, year=2026)
    periods = ["2025", "2026", "2025-01-01..2026-12-31", "2026-01"]
    assert shown([counts], *periods) == ["2026", "2026-01"]


def test_the_beginning_of_a_present_period_waits_until_it_holds_enough():
    counts = months(*[20] * 9, 4)
    rules = Rules(date(2025, 10, 5), 10)
    assert shown([counts], "2025Q3", "2025-09", "2025Q4", "2025", rules=rules) == ["2025Q3", "2025-09"]
    assert shown([months(*[20] * 9, 12)], "2025Q3", "2025", rules=rules) == ["2025Q3", "2025"]


def test_earlier_quarters_stay_while_the_present_month_waits():
    counts = months(13, 10, 15, 7, 5, 8, 7, 10, 8, 15, 9, year=2026)
    rules = Rules(date(2026, 11, 22), 10)
    names = ["2026Q1", "2026Q2", "2026Q3", "2026H1", "2026-10", "2026Q4", "2026-05"]
    assert shown([counts], *names, rules=rules) == names[:5]


def test_days_without_answers_cut_nothing():
    counts = {date(2025, 3, day): 6 for day in (3, 4, 20, 21)}
    assert shown([counts], "2025-03-03..2025-03-04", "2025-03-02..2025-03-10", "2025-03-03..2025-03-03") == [
        "2025-03-03..2025-03-04", "2025-03-02..2025-03-10",
    ]  # fmt: skip


def test_seasons_come_before_weeks():
    counts = {date(2025, 11, 1) + timedelta(days=n): 1 for n in range(30)}
    season = "2025-11-15..2025-11-30"
    assert shown([counts], season, rules=Rules(date(2030, 1, 1), 10, frozenset({(11, 15)}))) == [season]
    assert shown([counts], season) == []


def test_the_smallest_parts_are_hidden_until_nobody_can_be_told():
    parts = {name: months(*[n] * 12) for name, n in (("a", 60), ("b", 35), ("c", 5), ("d", 6))}
    assert cut_parts(parts, parse_period("2025-02"), LATER) == {"c", "d"}
    del parts["d"]
    assert cut_parts(parts, parse_period("2025-02"), LATER) == {"b", "c"}
    assert cut_parts(parts, parse_period("2025Q1"), LATER) == set()


@pytest.mark.parametrize("today", [LATER.today, date(2025, 11, 22)])
def test_a_few_of_nowhere_hide_their_month_and_not_the_year(today):
    """Four answers without a district: the smallest district keeps its other months."""
    rules = Rules(today, 10)
    parts = {"a": months(*[60] * 11), "b": months(*[45] * 11), "": {date(2025, 11, 1): 4}}
    for name in ("2025-01", "2025-10", "2025Q3", "2025H1"):
        assert cut_parts(parts, parse_period(name), rules) == set()
    for name in ("2025-11", "2025Q4", "2025"):
        assert cut_parts(parts, parse_period(name), rules) == {"b", ""}


FIRST = date(2025, 11, 1)
by_day = st.dictionaries(
    st.integers(0, 130).map(lambda n: FIRST + timedelta(days=n)), st.integers(1, 14), max_size=12
)


def every_period(days):
    """All periods whose ends matter: at days with answers, the day after, and the months between."""
    ends = {FIRST, *days, *(day + timedelta(days=1) for day in days)}
    ends |= {date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)}
    ordered = sorted(ends)
    return [Period(f"{a}..", a, b) for place, a in enumerate(ordered) for b in ordered[place + 1 :]]


def differences(periods):
    """All spans that sums and differences of shown periods give: ends that are tied to each other."""
    known = {}
    for period in periods:  # a union of trees: two ends are tied where a chain of periods joins them
        one, other = (_root(known, end) for end in (period.start, period.end))
        known[one] = other
    ends = sorted({end for period in periods for end in (period.start, period.end)})
    return [
        (a, b)
        for place, a in enumerate(ends)
        for b in ends[place + 1 :]
        if _root(known, a) == _root(known, b)
    ]


def _root(known, end):
    while known.setdefault(end, end) != end:
        end = known[end]
    return end


@settings(max_examples=60)
@given(by_day, st.sampled_from([date(2025, 12, 20), date(2026, 2, 3), date(2030, 1, 1)]))
def test_no_sum_or_difference_of_shown_periods_is_small(counts, today):
    rules = Rules(today, 10, frozenset({(11, 15), (3, 16)}))
    periods = [period for period in every_period(counts) if not cut([counts], period, rules)]
    for start, end in differences(periods):
        size = sum(n for day, n in counts.items() if start <= day < end)
        assert size == 0 or size >= 10, (start, end)


@settings(max_examples=25)
@given(by_day, by_day, by_day)
def test_no_part_and_no_rest_of_a_total_can_be_told(one, other, third):
    """What is left of the total after all shown parts, too: over every span that can be had."""
    parts = {"a": one, "b": other, "c": third}
    rules = Rules(date(2030, 1, 1), 10)
    days = {*one, *other, *third}
    shown_parts = {period: set(parts) - cut_parts(parts, period, rules) for period in every_period(days)}
    for names in ({"a"}, {"b"}, {"c"}, {"a", "b"}, {"a", "c"}, {"b", "c"}, {"a", "b", "c"}):
        together = [period for period, those in shown_parts.items() if names <= those]
        for start, end in differences(together):
            left = set(parts) - names
            for group in (*({name} for name in names), left):
                size = sum(n for name in group for day, n in parts[name].items() if start <= day < end)
                assert size == 0 or size >= 10, (names, group, start, end)


@pytest.mark.parametrize("name", ["2025", "2025-11", "2025-11-03..2025-11-09"])
def test_nobody_at_all_is_no_secret(name):
    assert shown([{}], name) == [name]
    assert cut_parts({"a": {}, "b": {}}, parse_period(name), LATER) == set()
