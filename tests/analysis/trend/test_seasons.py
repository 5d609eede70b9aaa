"""The seasons of three years beside each other: what is averaged, when there is a chart."""

from io import BytesIO

import pytest
from PIL import Image

from analysis.trend import seasons
from analysis.trend.picture import seasons_picture
from analysis.trend.steps import Grain
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
