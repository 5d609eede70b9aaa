"""What is compared, what is hidden, and the document that says it."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.compare import Comparison, ItemCounts, PeriodSummary, Reason, compare_items
from analysis.documents import to_json
from analysis.items import Cell, Kind
from analysis.mix import Mix
from analysis.periods import parse_period
from analysis.verdicts import Code

SCORES = (1, 2, 3, 4, 5)


def cell(*counts, **missing):
    return Cell(dict(zip(SCORES, counts, strict=False)), missing)


def scored(before, after, key="overall"):
    return ItemCounts(key, "Overall", "sat5.1", Kind.SCALE, SCORES, 4, before, after)


NHS = scored(cell(53, 43, 45, 122, 562), cell(46, 33, 37, 171, 697, dont_know=12))  # 2021Q4, 2022Q2


def document(items, **options):
    before = PeriodSummary(parse_period("2021Q4"), 825, 1000, 800)
    after = PeriodSummary(parse_period("2022Q2"), 984)
    return to_json(Comparison("fft", before, after, tuple(compare_items(items, **options))))


def test_the_document_has_the_keys_of_the_design():
    found = document([NHS])
    assert list(found) == ["questionnaire", "before", "after", "adjustment", "seasonal", "items"]
    assert found["before"] == {
        "period": "2021Q4", "start": "2021-10-01", "end": "2022-01-01",
        "invited": 1000, "responses": 825, "response_rate": 0.8,
    }  # fmt: skip
    assert found["after"]["response_rate"] is None
    item = found["items"][0]
    assert list(item) == ["item", "label", "scale", "before", "after", "difference", "verdict", "to_see"]
    assert item["to_see"] == {"points": 3.0, "answers": 2304}  # a fall from 85.6 % needs more than a rise
    assert list(item["before"]) == ["n", "counts", "missing", "mean", "sd", "mean_ci95", "top_box"]
    assert item["after"]["counts"] == {"1": 46, "2": 33, "3": 37, "4": 171, "5": 697}
    assert item["after"]["missing"] == {"dont_know": 12}
    assert item["after"]["top_box"]["x"] == 868
    assert item["difference"]["top_box"]["diff"] == pytest.approx(0.0530229120473023, rel=1e-9)
    assert item["difference"]["mann_whitney"]["u"] == 390028
    assert item["difference"]["brunner_munzel"]["p"] == pytest.approx(0.0788042488243488, rel=1e-9)
    assert item["difference"]["cliffs_delta"]["delta"] == pytest.approx(0.0391032273959103, rel=1e-9)
    assert item["difference"]["p_adjusted"] == item["difference"]["brunner_munzel"]["p"]
    assert item["verdict"]["code"] == "mixed"
    assert item["verdict"]["text"].startswith("88%: the share differs from Q4 2021 by +5 points")


def test_a_mix_stands_in_the_document_where_it_was_asked_for():
    one = compare_items([NHS])[0]
    mixed = replace(one, mix=Mix(0.3, 0.2, 0.1, ()))
    period = PeriodSummary(parse_period("2026"), 1)
    found = to_json(Comparison("fft", period, period, (mixed,)))
    assert found["items"][0]["mix"] == {"total": 0.3, "within": 0.2, "composition": 0.1}


@pytest.mark.parametrize(
    ("n", "reason", "code"),
    [
        (0, Reason.NO_ANSWERS, Code.TOO_FEW),
        (1, Reason.SUPPRESSED, Code.SUPPRESSED),
        (9, Reason.SUPPRESSED, Code.SUPPRESSED),
        (10, Reason.FEW, Code.TOO_FEW),
        (29, Reason.FEW, Code.TOO_FEW),
        (30, None, Code.MIXED),
    ],
)
def test_small_numbers_are_hidden_marked_or_judged(n, reason, code):
    one = compare_items([scored(cell(0, 0, 0, 0, n), cell(10, 20, 30, 100, 100))])[0]
    assert one.before.reason is reason
    assert one.verdict.code in ({code} if n < 30 else {Code.LOWER})
    assert one.before.hidden == (n < 10)
    assert (one.difference is None) == (n < 10)


def test_a_hidden_side_gives_nothing_away():
    item = document([scored(cell(0, 0, 1, 2, 4, refused=3), cell(10, 20, 30, 100, 100))])["items"][0]
    assert item["before"] == {
        "n": None, "counts": None, "missing": None, "mean": None, "sd": None, "mean_ci95": None,
        "top_box": None, "reason": "fewer than 10 answers",
    }  # fmt: skip
    assert item["difference"] is None
    assert item["after"]["n"] == 260


def test_the_threshold_of_the_settings_is_the_one_that_is_named():
    item = document([scored(cell(0, 0, 1, 2, 9), cell(10, 20, 30, 100, 100))], min_cell=15)["items"][0]
    assert item["before"]["reason"] == "fewer than 15 answers"


def test_the_threshold_never_goes_below_five():
    with pytest.raises(ValueError, match="at least 5"):
        compare_items([NHS], min_cell=4)


def test_the_correction_counts_only_items_with_enough_answers():
    rise = scored(cell(20, 30, 50, 200, 100), cell(5, 10, 25, 200, 160))
    flat = scored(cell(10, 20, 30, 100, 100), cell(10, 20, 30, 100, 100), key="flat")
    few = scored(cell(1, 2, 3, 4, 5), cell(5, 4, 3, 2, 1), key="few")
    compared = compare_items([rise, flat, few])
    assert compared[0].difference.p_adjusted == pytest.approx(2 * compared[0].difference.brunner_munzel.p)
    assert compared[1].difference.p_adjusted == 1
    assert compared[2].difference.p_adjusted is None
    assert [one.verdict.code for one in compared] == [Code.HIGHER, Code.UNCLEAR, Code.TOO_FEW]


def test_an_open_period_shows_intervals_without_a_verdict():
    rise = scored(cell(20, 30, 50, 200, 100), cell(5, 10, 25, 200, 160))
    one = compare_items([rise], provisional=True)[0]
    assert one.verdict.code is Code.PROVISIONAL
    assert one.difference.top_box.ci95[0] > 0


def test_missing_answers_are_neither_zero_nor_satisfied():
    with_missing = scored(
        cell(0, 0, 10, 10, 10, refused=500, not_applicable=70), cell(0, 0, 10, 10, 10, skipped=1)
    )
    one = compare_items([with_missing])[0]
    assert (one.before.n, one.before.mean.mean, one.before.top_box.p) == (30, 4, pytest.approx(2 / 3))


def test_yes_is_satisfied():
    solved = ItemCounts(
        "solved", "Solved?", "yesno.1", Kind.YES_NO, (1, 2), 2, Cell({1: 60, 2: 340}), Cell({1: 30, 2: 370})
    )
    one = compare_items([solved])[0]
    assert (one.before.top_box.x, one.after.top_box.x) == (340, 370)
    assert one.verdict.code is Code.HIGHER


def test_a_zero_to_ten_scale_uses_its_own_scores():
    scores = tuple(range(11))
    item = ItemCounts(
        "nps", "Recommend?", "0-10", Kind.SCALE, scores, 9, Cell({0: 50, 10: 50}), Cell({0: 50, 10: 50})
    )
    assert compare_items([item])[0].before.mean.mean == 5


def test_options_give_counts_and_no_test():
    reasons = ItemCounts(
        "why", "Why?", "", Kind.MULTIPLE, ("slow", "rude"), None,
        Cell({"slow": 40, "rude": 30}, answered=50), Cell({"slow": 10}, answered=45),
    )  # fmt: skip
    one = compare_items([reasons])[0]
    assert (one.before.n, one.after.counts) == (50, {"slow": 10, "rude": 0})
    assert (one.difference, one.verdict.code) == (None, Code.NOT_TESTED)


def test_a_number_has_means_and_text_has_only_n():
    days = ItemCounts(
        "days", "Days?", "", Kind.NUMBER, (), None, Cell({0.5: 20, 2: 20}), Cell({3: 20, 1: 20})
    )
    words = ItemCounts("open", "More?", "", Kind.TEXT, (), None, Cell(answered=50), Cell(answered=60))
    found = document([days, words])["items"]
    assert found[0]["before"]["mean"] == 1.25
    assert found[0]["difference"]["mean"]["diff"] == 0.75
    assert found[0]["difference"]["top_box"] is None
    assert (found[1]["before"]["n"], found[1]["before"]["counts"]) == (50, {})


def test_a_score_outside_the_scale_is_refused():
    with pytest.raises(ValueError, match="not categories"):
        compare_items([scored(Cell({6: 40}), cell(1, 2, 3, 4, 50))])


def no_nan(value):
    if isinstance(value, dict):
        return all(no_nan(part) for part in value.values())
    if isinstance(value, list):
        return all(no_nan(part) for part in value)
    return not isinstance(value, float) or math.isfinite(value)


tables = st.lists(st.sampled_from([0, 0, 1, 5, 9, 30, 500]), min_size=5, max_size=5)


@given(tables, tables)
def test_every_table_gives_a_document_without_nan(before, after):
    found = document([scored(cell(*before), cell(*after)), NHS])
    assert no_nan(found)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
