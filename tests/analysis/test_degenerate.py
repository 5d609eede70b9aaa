"""Tables for which formulas have no answer: defined figures and words all the way to JSON, CSV and page."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import presenting
from analysis.compare import Comparison, PeriodSummary, compare_items
from analysis.documents import to_json
from analysis.exports import to_csv
from analysis.items import Cell, ItemCounts, Kind
from analysis.periods import parse_period
from analysis.plain import as_text
from analysis.texts import N_
from analysis.verdicts import Code

SIDES = [
    (), (1,), (0, 0, 0, 0, 1), (0, 0, 40, 0, 0), (40, 0, 0, 0, 0), (0, 0, 0, 0, 40), (20, 20, 0, 0, 0),
    (0, 0, 0, 20, 20), (8, 8, 8, 8, 8), (0, 12, 0, 0, 0), (20_000_000, 0, 0, 0, 20_000_000),
]  # fmt: skip


def item(before, after, *, categories=(1, 2, 3, 4, 5), scale="sat5.1", top=4, missing=0):
    sides = [
        Cell(dict(zip(categories, counts, strict=False)), {"skipped": missing}) for counts in (before, after)
    ]
    return ItemCounts("a", "A", scale, Kind.SCALE, categories, top, *sides)


def all_of_it(one, **more):
    periods = [PeriodSummary(parse_period(name), None) for name in ("2025Q1", "2026Q1")]
    compared = Comparison("care", *periods, tuple(compare_items([one], **more)))
    words = presenting.item_words(compared.items[0], "Q1 2025", N_, response_rate=0.3)
    texts = [json.dumps(to_json(compared), allow_nan=False), to_csv(compared), as_text(compared), str(words)]
    assert not [text for text in texts if re.search(r"\b(nan|inf)\b", text, re.IGNORECASE)]
    return compared.items[0]


@pytest.mark.parametrize("before", SIDES)
@pytest.mark.parametrize("after", SIDES)
def test_every_table_has_figures_and_words_without_nan(before, after):
    found = all_of_it(item(before, after))
    if sum(before) == 0 or sum(after) == 0:
        assert found.verdict.code is Code.TOO_FEW
    elif min(sum(before), sum(after)) < 10:
        assert (found.verdict.code, found.difference) == (Code.SUPPRESSED, None)


def test_all_missing_is_nobody_to_compare():
    found = all_of_it(item((), (), missing=50))
    assert (found.before.n, found.verdict.code) == (0, Code.TOO_FEW)


def test_equal_constants_show_no_change_and_separated_ones_show_one():
    assert all_of_it(item((0, 0, 40, 0, 0), (0, 0, 40, 0, 0))).difference.brunner_munzel.p == 1
    apart = all_of_it(item((40, 0, 0, 0, 0), (0, 0, 0, 0, 40)))
    assert apart.difference.brunner_munzel.separated
    assert apart.verdict.code is Code.HIGHER


@pytest.mark.parametrize("categories", [(1,), (1, 2)])
def test_scales_of_one_and_two_categories(categories):
    counts = (40, 60)[: len(categories)]
    found = all_of_it(item(counts, counts[::-1], categories=categories, top=categories[-1]))
    assert found.verdict.code is (Code.UNCLEAR if len(categories) == 1 else Code.LOWER)


tables = st.lists(st.integers(0, 60), min_size=11, max_size=11)


@given(tables, tables, st.booleans())
def test_no_table_of_a_scale_to_ten_gives_nan(before, after, provisional):
    one = item(before, after, categories=tuple(range(11)), scale="rating10.1", top=9)
    found = all_of_it(one, provisional=provisional)
    assert found.min_cell == 10
