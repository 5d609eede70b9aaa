"""The drivers' chart: readable without colour, names that stand clear, same figures same bytes."""

from dataclasses import replace
from io import BytesIO
from random import Random

import pytest
from PIL import Image

from analysis.charts import drivers as chart
from analysis.charts.drivers import DriverTexts, Point
from analysis.charts.palette import RISE, UNCLEAR

TEXTS = DriverTexts("与总体评价关联最强：办理结果", "2026年第三季度，n = 1,204", "来源：某供热公司")


def points(count: int, seed: int = 1, label: str = "办理的质量好不好") -> list[Point]:
    chance, found = Random(seed), []
    for place in range(count):
        satisfied, share = chance.uniform(0.7, 0.95), chance.uniform(0.02, 0.3)
        reach = (satisfied - 0.03, satisfied + 0.03)
        found.append(Point(f"{label}{place}", satisfied, reach, share, (share / 2, share + 0.04), place == 0))
    return found


def laid_out(count: int, **more: object) -> chart.Sheet:
    return chart.drivers_chart(points(count, **more), TEXTS).sheet  # type: ignore[arg-type]


def names_of(sheet: chart.Sheet, label: str = "办理的质量") -> list[tuple[float, float]]:
    return [(one.x, one.y) for one in sheet.texts if one.text.startswith(label)]


def words_of(sheet: chart.Sheet) -> list[str]:
    return [one.text for one in sheet.texts]


@pytest.mark.parametrize("count", [2, 6, 12, 25])
def test_every_point_has_its_name_inside_the_picture(count: int):
    sheet = laid_out(count)
    assert len(names_of(sheet)) == count
    assert all(0.3 < x < 10.2 for x, _y in names_of(sheet))


@pytest.mark.parametrize("seed", range(20))
def test_names_of_eight_drivers_do_not_cover_each_other(seed: int):
    sheet = laid_out(8, seed=seed)
    width = chart.text_width(sheet.fonts.bold, "办理的质量好不好0", chart.TEXT)
    names = names_of(sheet)
    for place, (x, y) in enumerate(names):
        for other_x, other_y in names[place + 1 :]:
            assert abs(x - other_x) > width * 0.9 or abs(y - other_y) > chart.LINE * 0.9


def test_shape_says_what_colour_says():
    marks = laid_out(5).marks[2:]  # the first two explain the shapes
    assert [(one.shape, one.filled, one.colour) for one in marks] == [
        ("D", True, RISE), *[("o", False, UNCLEAR)] * 4,
    ]  # fmt: skip


def test_without_a_verdict_no_shape_is_explained():
    open_still = DriverTexts("尚无结论", "截至目前", "来源", judged=False)
    sheet = chart.drivers_chart([replace(one, first=False) for one in points(4)], open_still).sheet
    assert {one.shape for one in sheet.marks} == {"o"}
    assert not any("first" in text for text in words_of(sheet))


def test_intervals_are_drawn_both_ways_to_scale():
    sheet, one = laid_out(1), points(1)[0]
    across, up = sheet.lines[-2], sheet.lines[-1]
    (x, low), (_x, high) = up[0], up[1]
    assert across[0][1] == across[1][1] == pytest.approx(sheet.marks[-1].y)
    assert x == pytest.approx(sheet.marks[-1].x)
    share = (low - sheet.marks[-1].y) / (low - high)
    assert share == pytest.approx((one.share - one.share_ci95[0]) / (one.share_ci95[1] - one.share_ci95[0]))


def test_an_axis_that_is_cut_says_so_and_importance_begins_at_0():
    assert "Satisfied (this axis does not begin at 0)" in words_of(laid_out(3))
    whole = Point("题", 0.1, (0.02, 0.2), 0.5, (0.4, 0.6), first=True)
    assert "Satisfied" in words_of(chart.drivers_chart([whole], TEXTS).sheet)
    assert chart._up([whole], 1.0, 5.0).low == 0


def test_the_same_figures_give_the_same_bytes_of_the_size_that_was_said():
    first = chart.drivers_chart(points(6), TEXTS)
    assert first.png(110) == chart.drivers_chart(points(6), TEXTS).png(110)
    assert Image.open(BytesIO(first.png(110))).size == first.size(110)


def test_without_colour_nothing_pale_is_left():
    """The two kinds of marks differ in ink, not in hue: a full diamond and an empty ring."""
    grey = Image.open(BytesIO(chart.drivers_chart(points(6), TEXTS).png(110))).convert("L")
    dark = sum(value < 110 for value in grey.tobytes()) / (grey.width * grey.height)
    assert 0.005 < dark < 0.2


@pytest.mark.parametrize("label", ["质量", "How clearly everything was explained to you by those who came"])
def test_the_description_is_short_and_names_first_and_last(label: str):
    found = chart.drivers_alt(points(9, label=label))
    assert len(found) <= 120
    shares = sorted(one.share for one in points(9))
    assert f"{100 * shares[-1]:.0f}%" in found
    assert f"{100 * shares[0]:.0f}%" in found
