"""The chart is the same for the same data, holds every case, and its Chinese is never boxes."""

import os
import subprocess
import sys
import warnings
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from analysis import fonts
from analysis.charts import ChartTexts, alt_text, compare_chart, finding
from analysis.charts.palette import category_colours, fraction, hatches, neutral_place, text_on
from analysis.charts.sheet import Box
from analysis.charts.words import balanced, shorten, wrap
from analysis.compare import ItemCounts, compare_items
from analysis.fonts import FontMissingError, chart_fonts, drawable, find_fonts, text_width
from analysis.items import Cell, Kind

SCORES = (1, 2, 3, 4, 5)
WORDS = ("非常不满意", "不满意", "一般", "满意", "非常满意")
LONG = "上门人员是否按照约定时间到达、穿着工装、出示证件并且主动说明收费标准和维修内容，离开前清理现场"


def item(before, after, label="总体满意度", missing=0):
    cells = [
        Cell(dict(zip(SCORES, counts, strict=True)), {"not_applicable": missing})
        for counts in (before, after)
    ]
    return ItemCounts("overall", label, "sat5.1", Kind.SCALE, SCORES, 4, *cells, category_labels=WORDS)


NHS = item([53, 43, 45, 122, 562], [46, 33, 37, 171, 697])
RISE = item([20, 30, 50, 200, 100], [5, 10, 25, 200, 160], LONG, missing=7)
FALL = item([5, 10, 25, 200, 160], [20, 30, 50, 200, 100], "服务态度 <b>$x_1$ & 😀")
FEW = item([1, 2, 3, 4, 5], [5, 10, 25, 200, 160], "维修质量")
HIDDEN = item([0, 0, 1, 2, 4], [5, 10, 25, 200, 160], "处理结果")
NOBODY = item([0, 0, 0, 0, 0], [0, 0, 0, 0, 0], "没有人回答的题目")
SOLVED = ItemCounts(
    "solved", "是否解决", "yesno.1", Kind.YES_NO, (1, 2), 2, Cell({1: 60, 2: 340}), Cell({1: 30, 2: 370}),
    category_labels=("否", "是"),
)  # fmt: skip
ALL = [NHS, RISE, FALL, FEW, HIDDEN, NOBODY, SOLVED]


def laid_out(items, before="2025Q3", **options):
    return compare_chart(compare_items(items), texts("满意率", before), **options)


def chart(items, before="2025Q3", dpi=110):
    return laid_out(items, before).png(dpi)


def words(items, before="2025Q3", **options):
    return laid_out(items, before, **options).svg().decode()


def texts(title="满意率", before="2025Q3"):
    return ChartTexts(title, "全部服务", "来源：回访问卷", before, "2026Q3")


def test_the_same_data_give_the_same_bytes():
    assert chart(ALL) == chart(ALL)
    assert words([NHS]) == words([NHS])
    assert chart([NHS]) != chart([RISE])


def test_the_picture_has_the_size_that_was_asked_for():
    picture = Image.open(BytesIO(chart([NHS], dpi=100)))
    assert picture.width == 1050
    assert 200 < picture.height < 500


@pytest.mark.parametrize("items", [[], [NHS], ALL, [RISE] * 25], ids=["none", "one", "every case", "25"])
def test_nothing_touches_the_edge_of_the_picture(items):
    picture = Image.open(BytesIO(chart(items, before="2024-11-15至2025-03-15"))).convert("RGB")
    width, height = picture.size
    edges = [
        (0, 0, width, 8),
        (0, height - 8, width, height),
        (0, 0, 12, height),
        (width - 12, 0, width, height),
    ]
    for edge in edges:
        assert picture.crop(edge).getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize("dpi", [72, 96, 110, 133, 200])
@pytest.mark.parametrize("items", [[], [NHS], ALL], ids=["none", "one", "every case"])
def test_the_size_is_known_before_the_picture_is_drawn(items, dpi):
    picture = Image.open(BytesIO(chart(items, dpi=dpi)))
    assert laid_out(items).size(dpi) == picture.size


def test_more_items_make_a_higher_picture():
    heights = [Image.open(BytesIO(chart([NHS] * count))).height for count in (1, 7, 20)]
    assert heights == sorted(set(heights))


def test_svg_keeps_its_words_as_text():
    drawing = words(ALL)
    assert "非常满意" in drawing
    assert "fewer than 10 answers" in drawing
    assert "few answers" in drawing
    assert "服务态度 &lt;b&gt;$x_1$ &amp; □" in drawing


def test_words_of_the_chart_are_translated():
    drawing = words([NHS], translate=lambda text: {"Share of answers": "答案占比"}.get(text, text))
    assert "答案占比" in drawing


def test_long_period_names_give_way_to_before_and_after():
    drawing = words([NHS], before="2024-11-15至2025-03-15")
    assert ">before<" in drawing.replace(" ", "")


def test_the_hidden_side_leaves_no_figure():
    seven = item([0, 0, 0, 0, 7], [5, 10, 25, 200, 160])
    drawing = words([seven])
    assert ">7<" not in drawing
    assert ">100<" not in drawing


@pytest.mark.parametrize(
    ("items", "title"),
    [
        ([NHS], "Satisfied share 88%: the evidence is mixed"),
        ([RISE], "Satisfied share is higher: 90%"),
        ([FALL], "Satisfied share is lower: 75%"),
        ([RISE, FALL, NHS], "1 of 3 items higher, 1 lower"),
        ([RISE, NHS], "1 of 2 items clearly higher"),
        ([FALL, NHS], "1 of 2 items clearly lower"),
        ([NHS, NHS], "No clear change in 2 items"),
        ([FEW, HIDDEN], "Too few answers to compare"),
        ([], "Too few answers to compare"),
    ],
)
def test_the_title_is_the_finding(items, title):
    assert finding(compare_items(items)) == title


@pytest.mark.parametrize("items", [[], [NHS], [FEW], [HIDDEN], ALL])
@pytest.mark.parametrize("before", ["2025Q3", "2024-11-15 to 2025-03-15"])
def test_alternative_text_is_short_and_says_the_finding(items, before):
    compared = compare_items(items)
    text = alt_text(compared, before=before, after="2026Q3")
    assert len(text) <= 120
    assert finding(compared) in text


def test_lines_fit_their_column_and_lose_nothing():
    font = chart_fonts().regular
    for text in (LONG, "Did the technician arrive at the agreed time?", "a" * 200):
        lines = wrap(text, font, 12, 2.0, most=99)
        assert all(text_width(font, line, 12) <= 2.0 for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert not any(line[0] in "，、。" for line in lines)


def test_what_does_not_fit_is_cut_with_an_ellipsis():
    lines = wrap(LONG * 3, chart_fonts().regular, 12, 2.0, most=3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert shorten("abcdef", 4) == "abc…"


def test_a_head_has_no_last_line_of_one_character():
    lines = balanced("变化（百分点）及 95% 区间", chart_fonts().regular, 12, 2.05)
    assert min(map(len, lines)) > 3


@pytest.mark.parametrize(
    ("categories", "first_top", "colours"),
    [
        (5, 3, ["#a63603", "#fdae6b", "#bdbdbd", "#6baed6", "#08519c"]),
        (5, 2, ["#a63603", "#fdae6b", "#c6dbef", "#6baed6", "#08519c"]),  # the middle is already positive
        (2, 1, ["#a63603", "#08519c"]),
        (1, 0, ["#08519c"]),
    ],
)
def test_colours(categories, first_top, colours):
    assert category_colours(categories, first_top) == colours


@pytest.mark.parametrize(("categories", "first_top"), [(11, 9), (11, 6), (7, 4), (10, 5), (3, 2), (4, 0)])
def test_every_category_has_a_colour_of_its_own(categories, first_top):
    colours = category_colours(categories, first_top)
    assert len(set(colours)) == categories
    assert (neutral_place(categories, first_top) is not None) == (
        categories % 2 and first_top == categories // 2 + 1
    )


def test_only_the_dissatisfied_side_is_hatched_and_no_two_neighbours_are_one_grey():
    for scheme in ((5, 3), (4, 2), (2, 1), (11, 9), (5, 2)):
        lines, colours = hatches(*scheme), category_colours(*scheme)
        greys = [
            sum(w * p for w, p in zip((0.299, 0.587, 0.114), fraction(one), strict=True)) for one in colours
        ]
        worse = neutral_place(*scheme) or scheme[1]
        assert [bool(one) for one in lines] == [place < worse for place in range(scheme[0])]
        if scheme[0] <= 5:
            assert all(
                lines[k] != lines[k + 1] or abs(greys[k] - greys[k + 1]) > 0.09 for k in range(scheme[0] - 1)
            )


def test_a_hatch_stays_inside_its_box():
    box = Box(1.0, 2.0, 1.4, 2.3, "#fdae6b", "#a63603")
    ends = [place for line in box.hatch_lines() for place in line]
    assert len(ends) > 8
    assert all(1.0 <= x <= 1.4 and 2.0 - 1e-9 <= y <= 2.3 + 1e-9 for x, y in ends)
    assert list(Box(1.0, 2.0, 1.4, 2.3, "#bdbdbd").hatch_lines()) == []


def test_the_colours_of_the_sheet_are_those_of_the_picture():
    """A PNG has 256 colours at most: the flat ones are exact, whatever the soft edges need."""
    picture = Image.open(BytesIO(chart(ALL)))
    assert picture.mode == "P"
    found = {colour for _count, colour in picture.convert("RGB").getcolors()}
    flat = {*category_colours(5, 3), "#ffffff", "#16212b", "#4b5963"}
    assert {tuple(bytes.fromhex(colour[1:])) for colour in flat} <= found


def test_text_on_the_ends_is_white_and_inside_black():
    assert [text_on(colour) for colour in category_colours(5, 3)] == [
        "white",
        "black",
        "black",
        "black",
        "white",
    ]


def test_without_a_system_font_the_packaged_one_is_taken():
    found = find_fonts(families=())
    assert found.origin == "package"
    assert text_width(found.regular, "满意", 12) == pytest.approx(2 * 12 / 72)
    assert drawable(found.bold, "满意度1%😀") == "满意度1%□"


def test_without_any_font_the_start_fails_with_what_to_do(monkeypatch):
    monkeypatch.setattr(fonts, "find_spec", lambda name: None)
    with pytest.raises(FontMissingError, match="fonts-noto-cjk"):
        find_fonts(families=())


BARE_MACHINE = """
import sys
import matplotlib.font_manager as manager
manager.fontManager.ttflist = [one for one in manager.fontManager.ttflist if "matplotlib" in str(one.fname)]
from tests.analysis.test_charts import ALL, chart
from analysis.fonts import chart_fonts
assert chart_fonts().origin == "package", chart_fonts()
sys.stdout.buffer.write(chart(ALL))
assert "mpl_font" not in sys.modules and "matplotlib.pyplot" not in sys.modules
"""


@pytest.mark.slow
def test_a_machine_with_matplotlibs_own_fonts_only_draws_chinese(tmp_path):
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", BARE_MACHINE],
        cwd=root, env=os.environ | {"MPLCONFIGDIR": str(tmp_path)}, capture_output=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr.decode()
    assert run.stderr == b""
    assert Image.open(BytesIO(run.stdout)).width == 1155


def test_a_missing_glyph_would_be_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chart([item([5, 10, 25, 200, 160], [5, 10, 25, 200, 160], "𠮷野家 ﷽ ਪੰਜਾਬੀ \u200b")])


def _hidden(**why):
    counts = dict(zip(SCORES, (5, 10, 25, 200, 160), strict=True))
    return ItemCounts(
        "one", "一", "sat5.1", Kind.SCALE, SCORES, 4, Cell(counts, **why), Cell(counts),
        category_labels=WORDS,
    )  # fmt: skip


@pytest.mark.parametrize("why", ["cut", "withheld"])
def test_why_a_bar_is_hidden_fits_beside_its_number(why):
    items = [_hidden(**{why: True}), item([1] * 5, [1] * 5, missing=12345)]
    texts = laid_out(items).sheet.texts
    said = next(text for text in texts if text.text.startswith("hidden"))
    place = next(text for text in texts if text.text == "-")
    assert said.x + said.width < place.x - place.width


def test_millions_of_answers_do_not_stand_on_their_bars():
    sheet = laid_out([item([0, 0, 0, 0, 5_000_000], [5_000_000, 0, 0, 0, 0])]).sheet
    number = next(text for text in sheet.texts if text.text == "5,000,000")
    assert max(box.right for box in sheet.boxes) < number.x - number.width


def test_percents_on_the_bars_are_rounded_as_those_of_the_table():
    drawn = [text.text for text in laid_out([item([5, 0, 0, 0, 35], [5, 0, 0, 0, 35])]).sheet.texts]
    assert "13" in drawn  # 12.5 %
    assert "12" not in drawn
