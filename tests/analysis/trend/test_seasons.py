"""The seasons of three years beside each other: what is averaged, when there is a chart."""

from io import BytesIO

import pytest
from PIL import Image

from analysis.trend import course, presenting, seasons
from analysis.trend.picture import seasons_picture
from analysis.trend.steps import Grain
from core.periods import parse_period
from tests.analysis.answers import likert, publish
from tests.analysis.trend.test_trend_queries import TODAY, USUAL, months, read

WINTER = [40, 40, 20, 60, 40]  # 50 %
WINTERS = [WINTER, WINTER, *[USUAL] * 6, *[WINTER] * 4]  # November to October, the last four cold too


@pytest.fixture
def care(database):
    return publish(database, likert("overall", "Overall", role="overall"))


def test_three_years_of_a_month_are_beside_each_other(database, care):
    months(database, care, [*WINTERS * 3], first=(2023, 11))
    found = read(database, points=36, today=TODAY)
    one = seasons.seasons(found, found.lines[0])
    assert [season.place for season in one] == list(range(12))
    january = one[0]
    assert [point.period.name for _at, point in january.points] == ["2024-01", "2025-01", "2026-01"]
    assert january.average == pytest.approx(0.8)
    assert one[10].average == pytest.approx(0.5)
    assert seasons.finding(found, str).startswith("Lowest in July (50%), highest in January (80%)")


def by_month(shares, n=200):
    """Return the trend of such months, from November 2023 on."""
    points = []
    for k, share in enumerate(shares):
        year, month = divmod(2023 * 12 + 10 + k, 12)
        x = round(n * share)
        period = parse_period(f"{year}-{month + 1:02}")
        points.append(course.Point(period, n, (n - x, 0, 0, 0, x), x, x / n))
    one = course.line("", points, (), course.Measure.SHARE)
    return course.Trend(
        "overall", "Overall", "sat5", Grain.MONTH, course.Measure.SHARE, (1, 2, 3, 4, 5), 3, (one,), (), TODAY
    )


def test_a_signal_that_returns_each_year_is_said_to_and_another_is_not():
    """Winters at 70 %, summers at 85 %; the last summer again, or better than that."""
    year = [0.7] * 7 + [0.85] * 5
    found = by_month(year * 3)
    said = presenting.sentence(found, str, "en")
    assert "the same months of 2 other years were at 85%, so the season explains it." in said
    assert (
        presenting.rows(found, found.lines[0], str, "en")[0].remark == "close to a limit; as in other years"
    )
    better = presenting.sentence(by_month([*year * 2, *[0.7] * 7, *[0.925] * 5]), str, "en")
    assert "October 2026 stands out: 93%" in better
    assert "other years" not in better


def test_two_years_are_no_seasons(database, care):
    months(database, care, [USUAL] * 24)
    found = read(database)
    assert not seasons.has_seasons(found)
    assert seasons_picture(found, language="en", translate=str) is None


def test_the_chart_has_the_size_it_says(database, care):
    months(database, care, [*WINTERS * 3], first=(2023, 11))
    for grain in (Grain.MONTH, Grain.QUARTER):
        picture = seasons_picture(read(database, points=36, grain=grain), language="en", translate=str)
        assert Image.open(BytesIO(picture.png())).size == picture.size()
        assert len(picture.alt) <= 120
