"""Languages and the way dates and durations are said."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, g, render_template_string

from core.i18n import language, named, said_day, said_duration, said_moment, said_relative, text_in

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)  # Saturday 18:30 in Shanghai


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("zh-CN", "zh_Hans"), ("zh", "zh_Hans"), ("zh-SG", "zh_Hans"), ("zh-Hans-CN", "zh_Hans"),
        ("zh-TW", "zh_Hans"), ("zh-HK", "zh_Hans"), ("zh_Hans", "zh_Hans"), ("en", "en"), ("en-GB", "en"),
        ("EN-us", "en"), ("de", None), ("", None), (None, None), ("english", None), ("en_US", "en"),
    ],
)  # fmt: skip
def test_each_tag_means_a_language_we_have_or_none(tag: str | None, found: str | None) -> None:
    assert named(tag) == found


@pytest.mark.parametrize(
    ("query", "chosen", "browser", "expected"),
    [
        ("", None, "", "zh_Hans"),
        ("", None, "en-GB,en;q=0.9", "en"),
        ("", None, "de,en;q=0.5", "en"),
        ("", None, "de", "zh_Hans"),
        ("", "zh_Hans", "en", "zh_Hans"),
        ("?lang=en", "zh_Hans", "zh-CN", "en"),
        ("?lang=xx", None, "en", "en"),
    ],
)
def test_the_address_wins_then_the_choice_then_the_browser(
    small_app: Flask, query: str, chosen: str | None, browser: str, expected: str
) -> None:
    with small_app.test_request_context(f"/{query}", headers={"Accept-Language": browser}):
        g.language = chosen
        assert language() == expected


def test_a_text_in_another_language_is_better_than_none() -> None:
    assert text_in({"en": "Heat", "zh_Hans": "供暖"}, "en") == "Heat"
    assert text_in({"zh_Hans": "供暖"}, "en") == "供暖"
    assert text_in({}, "en") == ""


@pytest.mark.parametrize(
    ("at", "chinese", "english"),
    [
        (EVENING, "11月21日 周六 18:30", "Sat 21 Nov 18:30"),
        (datetime(2025, 12, 31, 15, 59, tzinfo=UTC), "2025年12月31日 周三 23:59", "Wed 31 Dec 2025 23:59"),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), "1月1日 周四 00:00", "Thu 1 Jan 00:00"),
    ],
)
def test_moments_are_said_as_people_say_them(at: datetime, chinese: str, english: str) -> None:
    assert said_moment(at, "zh_Hans", SHANGHAI, NOON) == chinese
    assert said_moment(at, "en", SHANGHAI, NOON) == english


def test_a_day_of_another_year_says_so() -> None:
    assert said_day(date(2027, 1, 2), "zh_Hans", date(2026, 11, 21)) == "2027年1月2日 周六"
    assert said_day(date(2026, 1, 2), "en", date(2026, 11, 21)) == "Fri 2 Jan"


@pytest.mark.parametrize(
    ("length", "chinese", "english"),
    [
        (timedelta(days=2, hours=3, minutes=59), "2天3小时", "2 days 3 hr"),
        (timedelta(hours=1, minutes=5), "1小时5分钟", "1 hr 5 min"),
        (90.0, "1分钟", "1 min"),
        (42, "42秒", "42 sec"),
        (timedelta(0), "0秒", "0 sec"),
    ],
)
def test_durations_say_their_two_largest_units(length: timedelta | float, chinese: str, english: str) -> None:
    assert said_duration(length, "zh_Hans") == chinese
    assert said_duration(length, "en").replace("\N{NO-BREAK SPACE}", " ") == english


def test_how_far_away_a_moment_is() -> None:
    assert said_relative(NOON + timedelta(days=2), "zh_Hans", NOON) == "2天后"
    assert said_relative(NOON - timedelta(hours=3), "en", NOON) == "3 hours ago"


def test_the_filters_carry_the_exact_time_for_hover_and_print(small_app: Flask) -> None:
    with small_app.test_request_context("/?lang=zh"):
        g.now = NOON
        said = render_template_string("{{ at|moment }} {{ at|day }} {{ none|moment }}", at=EVENING, none=None)
    assert said == (
        '<time datetime="2026-11-21T10:30:00+00:00" title="2026-11-21 18:30:00 CST">'
        "11月21日 周六 18:30</time> "
        '<time datetime="2026-11-21" title="2026-11-21">11月21日 周六</time> —'
    )
