"""Periods are read, named, shifted and refused as people expect."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.periods import Period, is_open, parse_period, previous, previous_year


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("2026H1", date(2026, 1, 1), date(2026, 7, 1)),
        ("2026H2", date(2026, 7, 1), date(2027, 1, 1)),
        ("2026Q1", date(2026, 1, 1), date(2026, 4, 1)),
        ("2026Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("2026-03", date(2026, 3, 1), date(2026, 4, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 5)),
        ("2026-W09", date(2026, 2, 23), date(2026, 3, 2)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 4)),
        ("2025-11-15..2026-03-15", date(2025, 11, 15), date(2026, 3, 16)),
        ("2026-03-05..2026-03-05", date(2026, 3, 5), date(2026, 3, 6)),
        (" 2026q1 ", date(2026, 1, 1), date(2026, 4, 1)),
        ("2026-w09", date(2026, 2, 23), date(2026, 3, 2)),
    ],
)
def test_a_period_is_read_as_a_half_open_interval(text, start, end):
    period = parse_period(text)
    assert (period.start, period.end) == (start, end)
    assert parse_period(period.name) == period


@pytest.mark.parametrize(
    "text",
    [
        "", "last quarter", "2026Q5", "2026Q0", "2026H3", "2026-13", "2026-00", "2025-W53", "2026-W54",
        "26Q1", "2026-3", "2026/03", "2026-02-30..2026-03-01", "2026-03-15..2025-11-15", "2026-03-05",
        "2026Q1..2026Q2", "0001", "9999-01-01..9999-12-31", "2026Q1; DROP TABLE", "２０２６",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_the_accepted_forms(text):
    with pytest.raises(InputError) as refusal:
        parse_period(text)
    assert text in str(refusal.value)
    assert "2026Q1" in str(refusal.value)
    assert "2025-11-15..2026-03-15" in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("2026", "2025"),
        ("2026H1", "2025H2"),
        ("2026H2", "2026H1"),
        ("2026Q1", "2025Q4"),
        ("2026-01", "2025-12"),
        ("2026-W01", "2025-W52"),
        ("2021-W01", "2020-W53"),
        ("2026-03-11..2026-03-20", "2026-03-01..2026-03-10"),
    ],
)
def test_previous_is_the_period_just_before(name, before):
    assert previous(parse_period(name)) == parse_period(before)


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("2026", "2025"),
        ("2026H2", "2025H2"),
        ("2026Q3", "2025Q3"),
        ("2024-02", "2023-02"),
        ("2026-W09", "2025-W09"),
        ("2026-W53", "2025-W52"),
        ("2025-11-15..2026-03-15", "2024-11-15..2025-03-15"),
        ("2024-02-01..2024-02-29", "2023-02-01..2023-02-28"),
    ],
)
def test_previous_year_is_the_same_season(name, before):
    assert previous_year(parse_period(name)) == parse_period(before)


def test_a_period_is_open_until_its_last_day_is_over():
    quarter = parse_period("2026Q1")
    assert is_open(quarter, date(2026, 3, 31))
    assert not is_open(quarter, date(2026, 4, 1))


@pytest.mark.parametrize(
    ("name", "chinese", "english"),
    [
        ("2026", "2026年", "2026"),
        ("2026H1", "2026年上半年", "H1 2026"),
        ("2026Q3", "2026年第三季度", "Q3 2026"),
        ("2026-03", "2026年3月", "March 2026"),
        ("2026-W01", "2026年第1周", "week 1 of 2026"),
        ("2025-11-15..2026-03-15", "2025-11-15至2026-03-15", "2025-11-15 to 2026-03-15"),
    ],
)
def test_labels_are_said_as_people_say_them(name, chinese, english):
    period = parse_period(name)
    assert period.label("zh_Hans") == chinese
    assert period.label("en") == english


def test_a_named_season_keeps_its_name_and_shifts_by_its_dates():
    season = Period("供暖季", date(2025, 11, 15), date(2026, 3, 16))
    assert season.label("zh") == "供暖季"
    assert previous_year(season) == parse_period("2024-11-15..2025-03-15")


@given(st.dates(date(1901, 1, 1), date(2190, 1, 1)), st.sampled_from(["{0:%Y}Q2", "{0:%Y-%m}", "{0:%Y}H1"]))
def test_previous_ends_where_the_period_begins(day, form):
    period = parse_period(form.format(day))
    assert previous(period).end == period.start


@given(st.dates(date(1901, 1, 1), date(2190, 1, 1)), st.integers(0, 400))
def test_a_range_counts_both_ends(first, more):
    last = first + timedelta(days=more)
    period = parse_period(f"{first}..{last}")
    assert period.days == more + 1
    assert period.last_day == last
    assert previous(period).days == period.days
