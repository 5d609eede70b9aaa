"""The run chart: the same for the same figures, whatever is missing, and described in 120 characters."""

import random
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from PIL import Image

from analysis.charts.trend import trend_alt, trend_chart
from analysis.charts.trend_axis import value_range
from analysis.compare import Reason
from analysis.periods import parse_period
from analysis.texts import Note
from analysis.trend import course, presenting, steps
from analysis.trend.course import Break, Measure, Point, Trend
from analysis.trend.limits import Rule
from analysis.trend.picture import picture_of, texts_of
from analysis.trend.steps import Grain
from tests.pace import least_cpu

TODAY = date(2026, 11, 18)
LONG = "上门人员是否按照约定时间到达、穿着工装、出示证件并且主动说明收费标准和维修内容，离开前清理现场"


def point(period, n, satisfied, **more):
    counts = (0, 0, n - satisfied, satisfied // 2, satisfied - satisfied // 2)
    return Point(period, n, counts, satisfied, satisfied / n, **more)


def course_of(shares, *, modes=("",), grain=Grain.MONTH, breaks=(), label="Overall", special=None):
    """Return a trend with 400 answers a point, some points special."""
    periods = steps.shown(grain, parse_period("2026-10"), TODAY, len(shares))
    points = [point(period, 400, round(400 * share)) for period, share in zip(periods, shares, strict=True)]
    for place, other in (special or {}).items():
        points[place] = other(periods[place])
    lines = tuple(course.line(mode, points, breaks, Measure.SHARE) for mode in modes)
    return Trend(
        "overall", label, "sat5.1", grain, Measure.SHARE, (1, 2, 3, 4, 5), 3, lines, tuple(breaks), TODAY
    )


def steady(points=24, seed=3):
    rng = random.Random(seed)
    return [0.8 + rng.choice([-0.02, -0.01, 0.01, 0.02]) for _ in range(points)]


BROKEN = Break(12, Note("version %(version)s: other scale", {"version": "3"}), Note("other mix of modes"))
CASES = {
    "steady": course_of(steady()),
    "fall": course_of([*steady(23), 0.55]),
    "long name": course_of(steady(), label=LONG),
    "one point": course_of([0.8]),
    "two points": course_of([0.8, 1.0]),
    "constant": course_of([0.8] * 24),
    "everybody": course_of([1.0] * 24),
    "nobody": course_of([0.0] * 24),
    "thirty-six": course_of(steady(36)),
    "apart": course_of(steady(), modes=("web", "phone")),
    "broken": course_of(steady(), breaks=(BROKEN, Break(13, BROKEN.note, BROKEN.short))),
    "weeks": course_of(steady(), grain=Grain.WEEK),
    "years": course_of(steady(6), grain=Grain.YEAR),
    "gaps": course_of(
        steady(),
        special={
            3: lambda period: Point(period, None, reason=Reason.SUPPRESSED),
            4: lambda period: Point(period, None, reason=Reason.PROTECTED),
            8: lambda period: Point(period, 0, reason=Reason.NO_ANSWERS),
            11: lambda period: point(period, 20, 9, reason=Reason.FEW),
            23: lambda period: point(period, 80, 50, open=True),
        },
    ),
    "all hidden": course_of(
        [0.8], special={0: lambda period: Point(period, None, reason=Reason.SUPPRESSED)}
    ),
}  # fmt: skip


def drawn(trend, language="en", translate=str):
    texts = texts_of(trend, language=language, translate=translate, source="Source")
    drawing = trend_chart(trend, texts, translate)
    return drawing.png(110), drawing.size(110)


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_a_picture_of_the_size_it_says(name):
    png, size = drawn(CASES[name])
    assert Image.open(BytesIO(png)).size == size
    assert len(trend_alt(CASES[name])) <= 120
    assert 0 <= value_range(CASES[name])[0] < value_range(CASES[name])[1] <= 1


def test_the_same_figures_give_the_same_bytes_and_name():
    one, two = course_of(steady()), course_of(steady())
    assert drawn(one) == drawn(two)
    pictures = [picture_of(trend, language="en", translate=str) for trend in (one, two, CASES["fall"])]
    assert pictures[0].key == pictures[1].key != pictures[2].key


def test_nothing_to_show_has_no_picture():
    assert picture_of(CASES["all hidden"], language="en", translate=str) is None
    assert presenting.sentence(CASES["all hidden"], str, "en").startswith("no period has enough answers")


def test_a_signal_has_ink_of_its_own_in_greyscale():
    """A triangle of a signal has more dark pixels than the dot it replaces: shape, not colour, says it."""
    shares = [*steady(23), 0.55]
    with_signal = Image.open(BytesIO(drawn(course_of(shares))[0])).convert("L")
    place = {23: lambda period: point(period, 400, 220, open=True)}
    without = Image.open(BytesIO(drawn(course_of(shares, special=place))[0])).convert("L")

    def dark(image):
        width, height = image.size
        return sum(
            value < 110 for value in image.crop((width - 300, height // 2, width - 150, height)).tobytes()
        )

    assert dark(with_signal) > dark(without) + 20


@pytest.mark.parametrize(
    ("shares", "rule", "said"),
    [
        ([*steady(23), 0.55], Rule.OUTSIDE, "October 2026 stands out: 55%, below what chance allows ("),
        ([*[0.8, 0.79] * 8, *[0.83, 0.84] * 4], Rule.SHIFT, "8 months in a row, March 2026 to October"),
        (
            [*[0.8, 0.82, 0.81] * 5, 0.79, 0.795, 0.8, 0.805, 0.81, 0.815, 0.82, 0.825], Rule.TREND,
            "each of 8 months is higher than the one before, from 79% in March 2026 to 83% in October 2026",
        ),
    ],
)  # fmt: skip
def test_the_sentence_names_the_rule_with_its_numbers(shares, rule, said):
    found = course_of(shares)
    assert course.latest_signal(found.lines[0]).rule is rule
    assert said in presenting.sentence(found, str, "en")


def test_a_change_of_words_is_drawn_and_breaks_nothing():
    plain = course_of(steady())
    marked = replace(
        plain, reworded=(Break(9, BROKEN.note, Note("version %(version)s: reworded", {"version": "2"})),)
    )
    png, size = drawn(marked)
    assert png != drawn(plain)[0]
    assert Image.open(BytesIO(png)).size == size
    assert trend_alt(marked) == trend_alt(plain)


def test_a_new_line_is_said():
    broken = course_of(steady(), breaks=(Break(20, BROKEN.note, BROKEN.short),))
    said = presenting.sentence(broken, str, "en")
    assert "A new line began in July 2026; limits need 12 judged points (so far 4)" in said


def test_titles_are_short_enough():
    for trend in CASES.values():
        assert len(presenting.title(trend, str, "en").split()) <= 10


def test_a_chart_is_drawn_in_no_time():
    """The fonts are read before."""
    drawn(CASES["steady"])
    assert least_cpu(lambda: drawn(CASES["thirty-six"])) < 1  # the aim of 0.3 s is measured in bench/
