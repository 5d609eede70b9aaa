"""Working time in shifts: against a count of minutes, over weekends, feasts, clock changes and years."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendar import Calendar, CalendarError, parse_hours, parse_week
from core.errors import InputError
from core.settings import Settings, checked

OFFICE = "09:00-12:00,13:30-18:00"
CHINA = Calendar("CN", ZoneInfo("Asia/Shanghai"))
MOVED = {date(2026, 3, 4): False, date(2026, 3, 7): True}
CALENDARS = [
    CHINA,
    Calendar("CN", CHINA.zone, MOVED, hours="06:00-14:00,22:00-24:00"),
    Calendar("DE", ZoneInfo("Europe/Berlin"), hours="01:30-03:30,09:00-17:00;fri=09:00-13:00"),
    Calendar("US", ZoneInfo("America/New_York"), hours="00:00-24:00"),
]
# Year edges, the Spring Festival and the National Day of 2026, and the nights in which clocks change.
DAYS = ("2025-12-29", "2026-02-11", "2026-03-06", "2026-03-27", "2026-09-27", "2025-10-25", "2026-10-30")
STARTS = st.sampled_from([datetime.fromisoformat(f"{day}T00:00+00:00") for day in DAYS])
MINUTE = timedelta(minutes=1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA.zone)


def works(calendar: Calendar, moment: datetime) -> bool:
    """The definition, written a second time: a workday, and inside a shift by the clock on the wall."""
    at = moment.astimezone(calendar.zone)
    usual, *special = calendar.hours.split(";")
    named = dict(part.split("=") for part in special)
    shifts = parse_hours(named.get(("mon", "tue", "wed", "thu", "fri", "sat", "sun")[at.weekday()], usual))
    inside = any(first <= at.hour * 60 + at.minute < last for first, last in shifts)
    return inside and calendar.is_workday(at.date())


def counted(calendar: Calendar, start: datetime, end: datetime) -> int:
    return sum(works(calendar, start + i * MINUTE) for i in range(int((end - start) / MINUTE)))


@settings(max_examples=40)
@given(st.sampled_from(CALENDARS), STARTS, st.integers(0, 4 * 1440), st.integers(0, 6 * 1440))
def test_working_minutes_equal_counted_minutes(
    calendar: Calendar, day: datetime, offset: int, length: int
) -> None:
    start = day + offset * MINUTE
    end = start + length * MINUTE
    assert calendar.working_minutes(start, end) == counted(calendar, start, end)


@given(st.sampled_from(CALENDARS), STARTS, st.integers(0, 4 * 1440), st.integers(1, 3 * 450))
def test_adding_and_counting_are_inverse(
    calendar: Calendar, day: datetime, offset: int, minutes: int
) -> None:
    start = day + offset * MINUTE
    end = calendar.add_working_minutes(start, minutes)
    assert calendar.working_minutes(start, end) == minutes
    assert calendar.working_minutes(start, end - MINUTE) == minutes - 1  # no earlier end would do
    back = calendar.take_working_time(end, timedelta(minutes=minutes))
    assert start <= back < end
    assert calendar.working_minutes(back, end) == minutes
    assert calendar.working_minutes(start, back) == 0  # and no later beginning


@given(st.sampled_from(CALENDARS), STARTS, st.lists(st.integers(0, 7 * 1440), min_size=3, max_size=3))
def test_spans_that_touch_add_up(calendar: Calendar, day: datetime, offsets: list[int]) -> None:
    a, b, c = (day + offset * MINUTE for offset in sorted(offsets))
    assert calendar.working_time(a, b) + calendar.working_time(b, c) == calendar.working_time(a, c)
    assert calendar.working_time(c, a) == timedelta(0)


@given(STARTS, st.integers(0, 8 * 1440), st.integers(1, 12))
def test_a_workday_is_one_day_of_work_where_all_days_are_alike(day: datetime, offset: int, n: int) -> None:
    start = day + offset * MINUTE
    end = CHINA.add_shift_days(start, n)
    assert CHINA.working_time(start, end) == n * timedelta(hours=7.5)
    assert works(CHINA, end - MINUTE)


@given(st.sampled_from(CALENDARS), STARTS, st.integers(0, 4 * 1440), st.integers(0, 2000), st.integers(0, 5))
def test_what_begins_later_ends_no_earlier(
    calendar: Calendar, day: datetime, offset: int, later: int, n: int
) -> None:
    start = day + offset * MINUTE
    assert calendar.add_shift_days(start, n) <= calendar.add_shift_days(start + later * MINUTE, n)


@pytest.mark.parametrize(
    ("moment", "n", "expected"),
    [
        ("2026-11-18T10:00", 3, "2026-11-23T10:00"),  # Wednesday to Monday
        ("2026-11-18T12:30", 3, "2026-11-23T12:00"),  # at lunch: three days end with the morning
        ("2026-11-21T22:00", 3, "2026-11-25T18:00"),  # Saturday night: Monday, Tuesday, Wednesday
        ("2026-11-23T08:00", 3, "2026-11-25T18:00"),
        ("2026-09-30T16:00", 3, "2026-10-10T16:00"),  # over the National Day, to a Saturday that works
        ("2026-09-30T16:00", 5, "2026-10-13T16:00"),
        ("2026-02-13T10:00", 5, "2026-02-27T10:00"),  # Saturday 14 works, then 24, 25, 26, 27
        ("2025-12-31T09:00", 1, "2025-12-31T18:00"),
        ("2025-12-31T09:01", 1, "2026-01-04T09:01"),  # a Sunday, the first workday of 2026
    ],
)
def test_whole_workdays(moment: str, n: int, expected: str) -> None:
    assert CHINA.add_shift_days(local(moment), n) == local(expected)


def test_a_weekday_may_have_hours_of_its_own() -> None:
    calendar = Calendar("CN", CHINA.zone, hours=f"{OFFICE};fri=09:00-12:00")
    assert calendar.working_minutes(local("2026-11-20T09:00"), local("2026-11-23T09:00")) == 180
    assert calendar.add_shift_days(local("2026-11-19T17:00"), 1) == local("2026-11-20T12:00")  # no later hour
    assert parse_week("09:00-12:00; Fri=09:00-11:00")[4] == ((540, 660),)
    with pytest.raises(InputError, match="fri=09:00-15:00"):
        parse_week("09:00-12:00;feast=09:00-10:00")


def test_nobody_guesses_a_year_that_is_not_known() -> None:
    bare = Calendar("CN", CHINA.zone, {date(2100, 1, 3) + timedelta(days=i): True for i in range(5)})
    assert bare.working_minutes(local("2100-01-03T09:00"), local("2100-01-04T09:00")) == 450  # all known
    with pytest.raises(CalendarError, match="2100"):
        bare.working_minutes(local("2100-01-07T09:00"), local("2100-01-08T09:00"))
    with pytest.raises(CalendarError, match="2100"):
        bare.add_shift_days(local("2100-01-07T10:00"), 1)
    with pytest.raises(CalendarError, match="2100"):
        bare.take_working_time(local("2100-01-03T08:00"), timedelta(hours=1))


@pytest.mark.parametrize(
    "hours", ["9-12", "09:00-12:00;fri", "09:00-12:00;fri=9-12", "09:00-12:00;x=09:00-10:00"]
)
def test_settings_refuse_bad_shifts(hours: str) -> None:
    with pytest.raises(Exception, match="HUIFANG_WORKING_HOURS"):
        checked(Settings(working_hours=hours, secret_key="k" * 32))
