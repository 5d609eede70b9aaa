"""Named seasons as periods: which days, what is typed, what is before."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.periods import (
    PeriodError,
    is_open,
    parse_period,
    previous,
    previous_year,
    recent_seasons,
    season_of,
)
from core.seasons.policy import NamedSeason

HEATING = NamedSeason("供暖季", (11, 15), (3, 15), {"zh_Hans": "供暖季", "en": "heating season"})
FLOODS = NamedSeason("汛期", (6, 1), (9, 30), {"en": "flood season"})
WINTER = NamedSeason("winter", (12, 1), (2, 29))
SEASONS = [HEATING, FLOODS, WINTER]


@pytest.mark.parametrize(
    "typed",
    ["2025供暖季", " 2025 供暖季 ", "2025年供暖季", "2025 heating season", "2025 Heating  Season",
     "2025heating-season"],
)  # fmt: skip
def test_a_season_is_typed_with_the_year_in_which_it_begins(typed):
    period = parse_period(typed, SEASONS)
    assert (period.name, period.start, period.end) == ("2025供暖季", date(2025, 11, 15), date(2026, 3, 16))
    assert parse_period(period.name, SEASONS) == period


def test_it_is_said_in_both_languages():
    period = parse_period("2025供暖季", SEASONS)
    assert (period.label("zh_Hans"), period.label()) == ("2025–2026年供暖季", "heating season 2025–26")
    floods = parse_period("2026汛期", SEASONS)
    assert (floods.label("zh"), floods.label()) == ("2026年汛期", "flood season 2026")


def test_before_a_season_is_that_of_the_year_before():
    period = parse_period("2025供暖季", SEASONS)
    assert previous(period) == previous_year(period) == parse_period("2024供暖季", SEASONS)
    assert previous(previous(period)).label() == "heating season 2023–24"


@pytest.mark.parametrize(("year", "last"), [(2023, date(2024, 2, 29)), (2024, date(2025, 2, 28))])
def test_the_end_of_february_is_its_last_day(year, last):
    assert season_of(WINTER, year).last_day == last


@pytest.mark.parametrize(("year", "first"), [(2024, date(2024, 2, 29)), (2025, date(2025, 3, 1))])
def test_the_leap_day_as_a_beginning_is_the_day_after_february(year, first):
    assert season_of(NamedSeason("spring", (2, 29), (5, 31)), year).start == first


def test_a_season_of_one_day_ends_on_it():
    period = season_of(NamedSeason("节", (5, 1), (5, 1)), 2026)
    assert (period.start, period.days) == (date(2026, 5, 1), 1)


@pytest.mark.parametrize(
    "typed", ["2025采暖季", "1825供暖季", "供暖季", "2025", "20251供暖季", "2025Q1供暖季"]
)
def test_what_is_no_season_is_none(typed):
    if typed == "2025":
        assert parse_period(typed, SEASONS).season is None
        return
    with pytest.raises(PeriodError, match="2025供暖季"):  # the sentence names the seasons there are
        parse_period(typed, SEASONS)


def test_those_that_have_begun_are_offered():
    names = [period.name for period in recent_seasons([HEATING], date(2026, 11, 14))]
    assert names == ["2025供暖季", "2024供暖季", "2023供暖季"]
    newest = recent_seasons([HEATING], date(2026, 11, 15), 1)[0]
    assert newest.name == "2026供暖季"
    assert is_open(newest, date(2027, 3, 15))
    assert not is_open(newest, date(2027, 3, 16))


@given(
    year=st.integers(1900, 2198),
    first=st.dates(date(2024, 1, 1), date(2024, 12, 31)),
    last=st.dates(date(2024, 1, 1), date(2024, 12, 31)),
)
def test_any_season_has_between_one_day_and_a_year_and_never_overlaps_the_next(year, first, last):
    season = NamedSeason("x", (first.month, first.day), (last.month, last.day))
    one, following = season_of(season, year), season_of(season, year + 1)
    if one.days:  # 29 February alone has no day in a common year
        assert 1 <= one.days <= 366
    assert one.end <= following.start or season.first == (2, 29)
