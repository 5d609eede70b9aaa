"""Working days, make-up workdays and opening hours, against hand counts and against brute force."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from core.calendar import Calendar, CalendarError, is_published, load_calendar, parse_hours
from core.calendar_days import read_days, take_over
from core.db import Database
from core.errors import InputError
from core.installation import CalendarDay

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHINA = Calendar("CN", SHANGHAI)
LUNCH = "09:00-11:30,14:30-19:30"


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


# From the yearly notices of the General Office of the State Council.
@pytest.mark.parametrize(
    ("day", "is_workday"),
    [
        ("2026-02-14", True),  # Saturday, works for the Spring Festival
        ("2026-02-15", False),  # Sunday, first day of the Spring Festival
        ("2026-02-20", False),  # Friday
        ("2026-02-23", False),  # Monday, the last day
        ("2026-02-24", True),
        ("2026-02-28", True),  # Saturday, works for the Spring Festival
        ("2026-05-09", True),  # Saturday, works for 1 May
        ("2026-09-20", True),  # Sunday, works for the National Day
        ("2026-09-25", False),  # Friday, Mid-Autumn
        ("2026-10-07", False),  # Wednesday, the last day of the National Day
        ("2026-10-08", True),
        ("2026-10-10", True),  # Saturday, works for the National Day
        ("2026-11-21", False),  # a plain Saturday
        ("2025-01-26", True),  # Sunday, works for the Spring Festival
        ("2025-10-08", False),
        ("2025-10-11", True),
        ("2006-12-30", True),  # works for the new year of 2007
    ],
)
def test_china_works_as_the_notice_says(day: str, is_workday: bool) -> None:
    assert CHINA.is_workday(date.fromisoformat(day)) is is_workday


@pytest.mark.parametrize(
    ("moment", "n", "expected"),
    [
        ("2026-09-30T16:00", 1, "2026-10-08T16:00"),  # over the National Day
        ("2026-09-30T16:00", 3, "2026-10-10T16:00"),  # a Saturday that is a workday
        ("2026-09-30T16:00", 5, "2026-10-13T16:00"),
        ("2026-02-13T10:00", 1, "2026-02-14T10:00"),
        ("2026-02-13T10:00", 5, "2026-02-27T10:00"),  # Saturday 14, then 24, 25, 26, 27
        ("2025-12-31T09:00", 1, "2026-01-04T09:00"),  # a Sunday, the first workday of 2026
        ("2026-11-21T12:00", 0, "2026-11-21T12:00"),
    ],
)
def test_working_days_later(moment: str, n: int, expected: str) -> None:
    assert CHINA.add_workdays(local(moment), n) == local(expected)


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        ("2026-11-18T10:00", 1.0, "2026-11-18T11:00"),
        ("2026-11-18T11:00", 1.0, "2026-11-18T15:00"),  # half an hour before lunch, half after
        ("2026-11-18T12:00", 0.0, "2026-11-18T14:30"),
        ("2026-11-18T18:30", 1.0, "2026-11-18T19:30"),
        ("2026-11-18T19:30", 0.5, "2026-11-19T09:30"),  # 19:30 is closed already
        ("2026-11-20T19:00", 1.0, "2026-11-23T09:30"),  # over the weekend
        ("2026-09-30T19:00", 24.0, "2026-10-12T10:00"),  # 0.5, then 7.5 on 8, 9 and Saturday 10, then 1
    ],
)
def test_working_hours_skip_lunch_nights_and_holidays(moment: str, hours: float, expected: str) -> None:
    assert CHINA.add_working_hours(local(moment), hours, LUNCH) == local(expected)


@pytest.mark.parametrize(
    ("moment", "workdays_only", "expected"),
    [
        ("2026-11-18T08:59", True, "2026-11-18T09:00"),
        ("2026-11-18T09:00", True, "2026-11-18T09:00"),
        ("2026-11-18T11:30", True, "2026-11-18T14:30"),  # half-open: the end is closed
        ("2026-11-18T23:00", True, "2026-11-19T09:00"),
        ("2026-10-01T10:00", True, "2026-10-08T09:00"),
        ("2026-10-01T10:00", False, "2026-10-01T10:00"),
        ("2026-10-10T10:00", True, "2026-10-10T10:00"),  # a make-up Saturday
    ],
)
def test_next_open(moment: str, workdays_only: bool, expected: str) -> None:
    assert CHINA.next_open(local(moment), LUNCH, workdays_only=workdays_only) == local(expected)


@pytest.mark.parametrize(
    ("clock", "part"),
    [("11:59", "morning"), ("12:00", "afternoon"), ("17:59", "afternoon"), ("18:00", "evening")],
)
def test_parts_of_the_day_are_local(clock: str, part: str) -> None:
    assert CHINA.day_part(local(f"2026-11-18T{clock}").astimezone(UTC)) == part


def test_a_year_without_a_notice_is_never_guessed() -> None:
    assert not is_published("CN", 2100)
    with pytest.raises(CalendarError, match="2100"):
        CHINA.is_workday(date(2100, 3, 3))
    late = max(year for year in range(2020, 2100) if is_published("CN", year))
    with pytest.raises(CalendarError, match=str(late + 1)):
        CHINA.add_workdays(datetime(late, 12, 30, tzinfo=SHANGHAI), 5)
    with pytest.raises(CalendarError, match=str(late + 1)):
        CHINA.next_open(datetime(late, 12, 31, 23, tzinfo=SHANGHAI), LUNCH)
    free = CHINA.next_open(datetime(late, 12, 31, 23, tzinfo=SHANGHAI), LUNCH, workdays_only=False)
    assert free == datetime(late + 1, 1, 1, 9, tzinfo=SHANGHAI)  # needs no holidays


def test_an_override_wins_and_answers_for_its_day_only() -> None:
    calendar = Calendar("CN", SHANGHAI, {date(2026, 11, 18): False, date(2100, 3, 3): True})
    assert not calendar.is_workday(date(2026, 11, 18))
    assert calendar.is_workday(date(2100, 3, 3))
    with pytest.raises(CalendarError):
        calendar.is_workday(date(2100, 3, 4))


def test_a_year_without_any_workday_is_reported_instead_of_searched_for_ever() -> None:
    off = {date(2025, 1, 1) + timedelta(days=i): False for i in range(700)}
    with pytest.raises(CalendarError, match="no workday"):
        Calendar("DE", ZoneInfo("Europe/Berlin"), off).add_workdays(datetime(2025, 1, 1, tzinfo=UTC), 1)


@pytest.mark.parametrize(
    ("country", "zone", "day", "is_workday"),
    [
        ("DE", "Europe/Berlin", "2026-10-03", False),
        ("DE", "Europe/Berlin", "2027-01-01", False),
        ("DE", "Europe/Berlin", "2027-01-04", True),
        ("HU", "Europe/Budapest", "2026-01-10", True),  # a Hungarian make-up Saturday
        ("IL", "Asia/Jerusalem", "2026-11-20", False),  # Friday
        ("IL", "Asia/Jerusalem", "2026-11-22", True),  # Sunday
    ],
)
def test_other_countries_work_too(country: str, zone: str, day: str, is_workday: bool) -> None:
    assert Calendar(country, ZoneInfo(zone)).is_workday(date.fromisoformat(day)) is is_workday


def test_a_skipped_hour_is_no_opening_time() -> None:
    berlin = Calendar("DE", ZoneInfo("Europe/Berlin"))
    night = local("2026-03-29T00:00", berlin.zone)  # 02:00 to 03:00 does not exist
    opened = berlin.next_open(night, "02:00-03:00", workdays_only=False)
    assert opened == local("2026-03-30T02:00", berlin.zone)
    assert berlin.next_open(night, "00:00-04:00", workdays_only=False) == night


MOMENTS = st.integers(0, 700 * 24 * 60).map(  # the year edge, two Spring Festivals, two Octobers
    lambda minutes: datetime(2024, 12, 20, tzinfo=UTC) + timedelta(minutes=minutes)
)
HOURS = st.sampled_from([LUNCH, "09:00-18:00", "00:00-24:00", "08:30-12:00,12:00-12:30,20:00-24:00"])


def is_open(moment: datetime, hours: str) -> bool:
    """The definition: a workday, and inside one of the windows by the wall clock."""
    at = moment.astimezone(SHANGHAI)
    inside = any(a <= at.hour * 60 + at.minute < b for a, b in parse_hours(hours))
    return inside and CHINA.is_workday(at.date())


@given(MOMENTS, HOURS)
def test_next_open_is_the_first_open_minute(moment: datetime, hours: str) -> None:
    found = CHINA.next_open(moment, hours)
    assert is_open(found, hours)
    assert CHINA.is_open(found, hours)
    at = max(moment, found - timedelta(days=1))  # nothing open in the last day before it
    while at < found:
        assert not is_open(at, hours)
        assert not CHINA.is_open(at, hours)
        at += timedelta(minutes=1)


@given(MOMENTS, st.integers(0, 3 * 8 * 60), HOURS)
def test_working_hours_equal_counted_minutes(moment: datetime, minutes: int, hours: str) -> None:
    found = CHINA.add_working_hours(moment, minutes / 60, hours)
    at, counted = moment, 0
    while at < found:
        counted += is_open(at, hours)
        at += timedelta(minutes=1)
    assert counted == minutes
    assert minutes == 0 or is_open(found - timedelta(minutes=1), hours)


@given(MOMENTS, st.integers(0, 12))
def test_working_days_equal_counted_days(moment: datetime, n: int) -> None:
    found = CHINA.add_workdays(moment, n)
    first, last = moment.astimezone(SHANGHAI), found.astimezone(SHANGHAI)
    days = [first.date() + timedelta(days=i + 1) for i in range((last.date() - first.date()).days)]
    assert sum(CHINA.is_workday(day) for day in days) == n
    assert n == 0 or CHINA.is_workday(last.date())
    assert first.time() == last.time()


@given(MOMENTS, MOMENTS, st.floats(0, 40))
def test_later_stays_later(one: datetime, other: datetime, hours: float) -> None:
    early, late = sorted([one, other])
    assert CHINA.add_working_hours(early, hours) <= CHINA.add_working_hours(late, hours)
    assert CHINA.next_open(early) <= CHINA.next_open(late)


@pytest.mark.parametrize(
    "text", ["", "9-17", "09:00-25:00", "18:00-09:00", "09:00–18:00", "09:00-09:00", "24:00-24:00"]
)
def test_bad_hours_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match="09:00-11:30,14:30-19:30"):
        parse_hours(text)


def test_overlapping_hours_are_joined() -> None:
    assert parse_hours("13:00-15:00, 09:00-12:00,11:00-13:00") == ((540, 900),)


NOTICE = """{"year": 2100, "days": [
 {"name": "元旦", "date": "2100-01-01", "isOffDay": true},
 {"name": "元旦", "date": "2099-12-26", "isOffDay": false},
 {"name": "春节", "date": "2100-02-09", "isOffDay": true},
 {"name": "春节", "date": "2100-02-10", "isOffDay": true},
 {"name": "春节", "date": "2100-02-11", "isOffDay": true},
 {"name": "春节", "date": "2100-02-12", "isOffDay": true},
 {"name": "春节", "date": "2100-02-13", "isOffDay": false}]}"""


def test_a_year_that_was_taken_over_is_known(database: Database, now: datetime) -> None:
    year, days = read_days(NOTICE)
    with database.begin() as session:
        session.add(CalendarDay(day=date(2026, 11, 18), is_workday=False))
        take_over(session, year, days, actor="ada", now=now)
    with database.read() as session:
        calendar = load_calendar(session)
    assert calendar.is_workday(date(2099, 12, 26))  # a Saturday that works for the new year
    assert not calendar.is_workday(date(2100, 2, 10))
    assert calendar.is_workday(date(2100, 2, 13))  # a Saturday
    assert not calendar.is_workday(date(2100, 2, 14))
    assert calendar.is_workday(date(2100, 2, 15))
    assert not calendar.is_workday(date(2026, 11, 18))
    assert calendar.is_workday(date(2026, 11, 19))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no", "not JSON"),
        ("[]", "begin with"),
        ("[" * 100_000, "not JSON"),
        ('{"year": 100000, "days": []}', "begin with"),
        ('{"year": 2100, "days": 5}', "begin with"),
        ('{"year": 2100, "days": []}', "0 days off"),
        ('{"year": 2100, "days": [{"date": "1.1.2100", "isOffDay": true}]}', "Day 1"),
        ('{"year": 2100, "days": [{"date": "2100-01-01", "isOffDay": "yes"}]}', "true or false"),
        ('{"year": 2100, "days": [{"date": "2026-01-01", "isOffDay": true}]}', "does not belong to 2100"),
    ],
)
def test_a_bad_file_of_days_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_days(text)


def test_a_session_asks_for_the_calendar_once_and_sees_its_own_changes(database: Database) -> None:
    day, asked = date(2026, 11, 18), list[str]()
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with database.begin() as session:
        first = load_calendar(session)
        before = len(asked)
        assert load_calendar(session) is first
        assert len(asked) == before
        session.add(CalendarDay(day=day, is_workday=False))
        assert not load_calendar(session).is_workday(day)  # not written yet
        session.flush()
        assert not load_calendar(session).is_workday(day)
    with database.begin() as session:
        assert not load_calendar(session).is_workday(day)
        session.delete(session.get_one(CalendarDay, day))
        assert load_calendar(session).is_workday(day)
    with database.read() as session:
        assert load_calendar(session) == first
