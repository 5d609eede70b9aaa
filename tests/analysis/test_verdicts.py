"""A verdict never contradicts the interval, the test or the correction that stand beside it."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.nonparametric import rank_compare_2indep

from analysis.scores import brunner_munzel, newcombe, top_box
from analysis.verdicts import CLAIMS, Cause, Code, Verdict, judge, percent, sentence, signed_points


def verdict_of(before, after, *, family=1, p_adjusted=None, important=3.0, first_top=3):
    """Judge two count tables; the corrected p is the test's own unless one is given."""
    test = brunner_munzel(before, after)
    shares = top_box(before, first_top), top_box(after, first_top)
    return judge(
        *shares, newcombe(*shares), test, test.p if p_adjusted is None else p_adjusted,
        family=family, important_points=important, categories=len(before),
    )  # fmt: skip


def as_answers(counts):
    return np.repeat(np.arange(len(counts)), counts)


@given(
    st.lists(st.integers(0, 4000), min_size=5, max_size=5).filter(lambda table: sum(map(bool, table)) > 1),
    st.lists(st.integers(-40, 40), min_size=5, max_size=5),
)
def test_unchanged_is_two_one_sided_tests_and_the_interval_of_the_share(before, moved):
    """Against statsmodels: both one-sided tests of theta at 2.5 %, and Newcombe within the margin."""
    after = [max(0, n + more) for n, more in zip(before, moved, strict=True)]
    if sum(map(bool, after)) < 2 or brunner_munzel(before, after).statistic is None:
        return
    found = verdict_of(before, after)
    theirs = rank_compare_2indep(as_answers(after), as_answers(before)).tost_prob_superior(0.45, 0.55)
    low, high = found.ci95
    clear = low > 0 or high < 0 or brunner_munzel(before, after).p < 0.05
    wanted = theirs.pvalue < 0.025 and low > -0.03 and high < 0.03 and not clear
    assert (found.code is Code.UNCHANGED) == wanted


def test_few_answers_never_claim_that_nothing_changed():
    same = [20, 30, 50, 200, 100]
    assert verdict_of(same, same).code is Code.UNCLEAR
    many = [n * 20 for n in same]
    found = verdict_of(many, many)
    assert found.code is Code.UNCHANGED
    assert "unchanged from the period before within 3 points: difference 0 (plausible range" in sentence(
        found
    )
    assert verdict_of(many, many, important=1).code is Code.UNCLEAR  # a narrower margin needs more answers


LOW, HIGH = [20, 30, 50, 200, 100], [5, 10, 25, 200, 160]  # 75 % and 90 % of 400
NHS_BEFORE, NHS_AFTER = [53, 43, 45, 122, 562], [46, 33, 37, 171, 697]


@pytest.mark.parametrize(
    ("before", "after", "options", "code", "cause"),
    [
        (LOW, HIGH, {}, Code.HIGHER, Cause.NONE),
        (HIGH, LOW, {}, Code.LOWER, Cause.NONE),
        (LOW, HIGH, {"important": 20.0}, Code.SLIGHTLY_HIGHER, Cause.NONE),
        (HIGH, LOW, {"important": 20.0}, Code.SLIGHTLY_LOWER, Cause.NONE),
        (LOW, LOW, {}, Code.UNCLEAR, Cause.NONE),
        (NHS_BEFORE, NHS_AFTER, {}, Code.MIXED, Cause.SHARE_ONLY),
        (LOW, HIGH, {"family": 20, "p_adjusted": 0.06}, Code.MIXED, Cause.FAMILY),
        ([50, 350], [25, 375], {"p_adjusted": 0.2, "first_top": 1}, Code.MIXED, Cause.FAMILY),
        ([0, 0, 0, 300, 100], [0, 0, 0, 200, 200], {}, Code.MIXED, Cause.SCALE_ONLY),
        ([0, 0, 60, 140, 200], [0, 0, 10, 390, 0], {}, Code.MIXED, Cause.OPPOSITE),
    ],
)
def test_the_rule(before, after, options, code, cause):
    verdict = verdict_of(before, after, **options)
    assert (verdict.code, verdict.cause) == (code, cause)


def test_a_two_point_scale_at_the_edge_does_not_speak_of_the_answers_as_a_whole():
    edge = Verdict(Code.MIXED, 400, 0.93, 0.05, (0.002, 0.09), rose=True, cause=Cause.BORDERLINE)
    assert "could still be chance" in sentence(edge)
    assert "as a whole" not in sentence(edge)


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (
            Verdict(Code.HIGHER, 400, 0.86, 0.05, (0.02, 0.08), rose=True),
            "86%, 5 points higher than in Q1 2026 (plausible range +2 to +8); unlikely to be chance.",
        ),
        (
            Verdict(Code.LOWER, 400, 0.81, -0.05, (-0.08, -0.02)),
            "81%, 5 points lower than in Q1 2026 (plausible range -8 to -2); unlikely to be chance.",
        ),
        (
            Verdict(Code.SLIGHTLY_HIGHER, 9000, 0.861, 0.012, (0.004, 0.02), rose=True, decimals=1),
            (
                "86.1%, slightly higher than in Q1 2026: 1.2 points (plausible range +0.4 to +2.0), "
                "less than the 3 points we treat as important."
            ),
        ),
        (
            Verdict(Code.UNCLEAR, 400, 0.86, 0.02, (-0.01, 0.05), rose=True),
            (
                "86%, no clear change from Q1 2026: difference +2 (plausible range -1 to +5); "
                "it could be sampling variation."
            ),
        ),
        (Verdict(Code.TOO_FEW, 14), "Too few answers (n=14) to say."),
        (Verdict(Code.TOO_FEW, 0), "No answers that could be compared in one of the periods."),
        (
            Verdict(Code.PROVISIONAL, 140, 0.86, 0.02, (-0.01, 0.05)),
            (
                "Provisional, the period is not over (n=140 so far): 86%, difference from Q1 2026 so far +2 "
                "(plausible range -1 to +5)."
            ),
        ),
    ],
)
def test_sentences_carry_their_numbers(verdict, text):
    assert sentence(verdict, before="Q1 2026") == text


def test_a_bound_that_leaves_out_zero_is_not_rounded_into_it():
    verdict = Verdict(Code.HIGHER, 400, 0.86, 0.04, (0.003, 0.08), rose=True)
    assert "just above 0 to +8" in sentence(verdict)


def test_three_points_are_never_fewer_than_three_points():
    shown_as_three = Verdict(Code.UNCLEAR, 400, 0.8, 0.026, (0.01, 0.05), rose=True)
    assert signed_points(shown_as_three.diff) == "+3"
    before, after = [0, 0, 2000, 0, 8000], [0, 0, 1740, 0, 8260]
    assert verdict_of(before, after).code is Code.SLIGHTLY_HIGHER  # 2.6 is shown as 2.6 from 1000 answers


def test_sentences_are_translated_before_the_numbers_go_in():
    chinese = {
        "Too few answers (n=%(n)s) to say.": "样本太少（n=%(n)s），不能判断。",
    }
    assert sentence(Verdict(Code.TOO_FEW, 14), chinese.__getitem__) == "样本太少（n=14），不能判断。"


@pytest.mark.parametrize(
    ("share", "decimals", "text"),
    [(0.882, 0, "88%"), (0.885, 0, "89%"), (0.8849, 1, "88.5%"), (1, 0, "100%")],
)
def test_percent(share, decimals, text):
    assert percent(share, decimals) == text


@pytest.mark.parametrize(("diff", "text"), [(0.053, "+5"), (-0.053, "-5"), (0.004, "0"), (-0.004, "0")])
def test_points_carry_their_sign(diff, text):
    assert signed_points(diff) == text


tables = st.lists(st.integers(0, 400), min_size=5, max_size=5).filter(lambda table: sum(table) >= 30)


@given(tables, tables, st.integers(1, 20))
def test_no_sentence_contradicts_what_stands_beside_it(before, after, family):
    p = brunner_munzel(before, after).p
    verdict = verdict_of(before, after, family=family, p_adjusted=min(1.0, p * family))
    text = sentence(verdict, before="2026Q1")
    low, high = verdict.ci95
    assert ("sampling variation" in text) <= (low <= 0 <= high)
    if verdict.code in CLAIMS:
        assert low > 0 or high < 0
        assert p * family < 0.05
    assert "significant" not in text.lower()
    assert re.search(r"\d", text)
    if verdict.n < 1000:
        assert not re.search(r"\d\.\d", text)
