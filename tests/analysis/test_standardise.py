"""Holding the mix constant: witnesses from R, laws that hold for every table."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.standardise import standardise
from tests.analysis.answers import DATA

SCORES = (1.0, 2.0, 3.0, 4.0, 5.0)


def standard(before, after, dimensions=("mode",), scores=SCORES, first_top=3):
    return standardise(before, after, dimensions=dimensions, scores=scores, first_top=first_top)


def test_a_change_of_mix_alone_is_no_change():
    """Phone answers are better and become more; within each way nothing moves."""
    web, phone = (10, 10, 10, 10, 10), (0, 0, 10, 20, 20)
    more = tuple(4 * n for n in phone)
    found = standard({("web",): web, ("phone",): phone}, {("web",): web, ("phone",): more})
    assert found.mean.diff == pytest.approx(0, abs=1e-12)
    assert found.top_box.diff == pytest.approx(0, abs=1e-12)
    assert found.mean.ci95[0] < 0 < found.mean.ci95[1]


def test_weights_and_variance_by_hand():
    """Two parts of two scores: A 1 of 4 then 2 of 4, B 6 of 8 then 2 of 4; weights 8/20 and 12/20."""
    before, after = {("a",): (3, 1), ("b",): (2, 6)}, {("a",): (2, 2), ("b",): (2, 2)}
    found = standard(before, after, scores=(0.0, 1.0), first_top=1)
    assert found.top_box.before == pytest.approx(0.4 * 1 / 4 + 0.6 * 6 / 8)
    assert found.top_box.after == pytest.approx(0.5)
    variance = (
        0.16 * (1 / 4 * 3 / 4) * 4 / 3 / 4  # A before: s² = p(1-p) n/(n-1)
        + 0.36 * (6 / 8 * 2 / 8) * 8 / 7 / 8
        + 0.16 * 0.25 * 4 / 3 / 4
        + 0.36 * 0.25 * 4 / 3 / 4
    )
    half = 1.959963984540054 * variance**0.5
    assert found.top_box.ci95 == pytest.approx((found.top_box.diff - half, found.top_box.diff + half))
    assert found.mean.diff == pytest.approx(found.top_box.diff)  # scores 0 and 1 are the share itself


def test_it_agrees_with_r_on_a_real_survey():
    """R's arithmetic with pooled weights over five services of the Friends and Family Test."""
    if not DATA.is_dir():
        pytest.skip("the real data are not beside this checkout (../shared/data)")
    gold = json.loads((DATA / "gold_nhs_fft.json").read_text())["kitagawa_by_service_2021Q4_2022Q2"]
    n1, n2 = gold["n1"], gold["n2"]
    weights = [(a + b) / (sum(n1) + sum(n2)) for a, b in zip(n1, n2, strict=True)]
    diff = sum(w * (b - a) for w, a, b in zip(weights, gold["mean1"], gold["mean2"], strict=True))
    assert diff == pytest.approx(gold["std_diff_weights_pooled"], rel=1e-9)  # so the weights are these


def test_a_part_of_one_period_is_left_out_and_named():
    one = (5, 5, 5, 5, 5)
    found = standard({("web",): one, ("paper",): one}, {("web",): one, ("phone",): one})
    assert set(found.dropped) == {("paper",), ("phone",)}
    assert (found.strata, found.covered) == (1, 0.5)


def test_thin_parts_are_put_together_over_the_last_dimension_first():
    one, none = (5, 5, 5, 5, 5), (0, 0, 0, 0, 0)
    before = {("web", "east"): one, ("web", "west"): one, ("web", "north"): none, ("phone", "east"): one}
    after = {("web", "east"): one, ("web", "west"): none, ("web", "north"): one, ("phone", "east"): none}
    found = standard(before, after, dimensions=("mode", "district"))
    assert set(found.collapsed) == {("web", "west"), ("web", "north")}
    assert found.dropped == (("phone",),)
    assert found.strata == 2


def test_without_a_common_part_there_is_no_figure():
    assert standard({("web",): (1, 2, 3, 4, 5)}, {("phone",): (1, 2, 3, 4, 5)}) is None


counts = st.lists(st.integers(0, 40), min_size=5, max_size=5).map(tuple)
tables = st.dictionaries(st.sampled_from([("a",), ("b",), ("c",)]), counts, min_size=1)


@given(tables, tables)
def test_swapping_the_periods_turns_the_sign(before, after):
    found, turned = standard(before, after), standard(after, before)
    assume(found is not None)
    assert turned.mean.diff == pytest.approx(-found.mean.diff)
    assert turned.top_box.ci95 == pytest.approx((-found.top_box.ci95[1], -found.top_box.ci95[0]))


@given(counts, counts)
def test_one_part_is_the_plain_difference(before, after):
    assume(sum(before) > 1 and sum(after) > 1)
    found = standard({("a",): before}, {("a",): after})
    means = [sum(k * n for k, n in enumerate(table, 1)) / sum(table) for table in (before, after)]
    assert found.mean.diff == pytest.approx(means[1] - means[0], abs=1e-12)
    assert found.covered == 1


@given(tables, tables)
def test_a_standardised_share_is_a_share(before, after):
    found = standard(before, after)
    assume(found is not None)
    assert -1e-12 <= found.top_box.before <= 1 + 1e-12
    assert found.top_box.ci95[0] <= found.top_box.diff <= found.top_box.ci95[1]
    assert 0 < found.covered <= 1
