"""Net scores, plans, screening and equivalence, each beside a witness from outside this code."""

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.nonparametric import rank_compare_2indep
from statsmodels.stats.power import NormalIndPower, TTestIndPower
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportion_effectsize,
)

from analysis.scores import (
    benjamini_hochberg,
    brunner_munzel,
    net_change,
    net_score,
    newcombe,
    top_box,
    wilson,
)
from analysis.scores.planning import (
    answers_for_means,
    answers_for_shares,
    answers_to_see,
    detectable_points,
)

counts = st.lists(st.integers(0, 40), min_size=5, max_size=5)
likely = counts.filter(lambda table: sum(n > 0 for n in table) > 1)


@given(likely, likely)
def test_ranks_agree_with_statsmodels(before, after):
    """On one answer each of the counted kind, as statsmodels wants them."""
    ours = brunner_munzel(before, after)
    if ours.statistic is None:
        return
    x, y = (np.repeat(np.arange(5), table) for table in (before, after))
    theirs = rank_compare_2indep(y, x)
    assert ours.theta == pytest.approx(theirs.prob1, rel=1e-12)
    assert (ours.statistic, ours.p) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-8, abs=1e-12)
    low, high = theirs.conf_int()
    assert ours.ci95 == pytest.approx((max(0, low), min(1, high)), rel=1e-8, abs=1e-12)


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_shares_agree_with_statsmodels(n1, n2, data):
    x1, x2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    assert wilson(x1, n1) == pytest.approx(proportion_confint(x1, n1, method="wilson"), rel=1e-9, abs=1e-12)
    before, after = top_box([n1 - x1, x1], 1), top_box([n2 - x2, x2], 1)
    theirs = confint_proportions_2indep(x2, n2, x1, n1, method="newcomb", compare="diff")
    assert newcombe(before, after).ci95 == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_the_plans_of_the_specification():
    shares = [answers_for_shares(*pair) for pair in ((0.8, 0.85), (0.8, 0.9), (0.5, 0.55))]
    assert shares == [902, 195, 1565]
    assert [answers_for_means(change) for change in (0.1, 0.2, 0.3)] == [1571, 393, 175]


@pytest.mark.parametrize(
    ("before", "after"), [(0.8, 0.83), (0.5, 0.45), (0.97, 1.0), (0.02, 0.0), (0.1, 0.9)]
)
def test_plans_agree_with_statsmodels(before, after):
    effect = proportion_effectsize(before, after)
    wanted = NormalIndPower().solve_power(abs(effect), power=0.8, alpha=0.05)
    assert answers_for_shares(before, after) == max(2, round(wanted))
    mean = TTestIndPower().solve_power(0.25, power=0.8, alpha=0.05)
    assert answers_for_means(0.25) == round(mean)


@given(st.floats(0.02, 0.98), st.integers(20, 5000))
def test_what_can_be_seen_is_what_the_plan_needs(share, n):
    points = detectable_points(share, n, n)
    if points is None or points < 0.5:
        return
    needed = answers_to_see(share, points)
    if needed is not None:
        assert needed >= n - 1  # as many as there are, or more where the other direction needs more


def test_plans_at_the_ends():
    assert answers_to_see(0.99, 3) == answers_for_shares(0.99, 0.96)  # there is no 102 %
    assert answers_to_see(0.5, 60) is None
    assert detectable_points(0.5, 0, 10) is None
    assert detectable_points(0.5, 1, 1) is None
    with pytest.raises(ValueError, match="never differ"):
        answers_for_shares(0.8, 0.8)
    with pytest.raises(ValueError, match="above 0"):
        answers_for_means(0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_screening_agrees_with_scipy(p_values):
    assert benjamini_hochberg(p_values) == pytest.approx(list(false_discovery_control(p_values)))


def test_screening_leaves_out_what_was_not_tested():
    assert benjamini_hochberg([0.01, None, 0.04]) == pytest.approx([0.02, None, 0.04])
    assert benjamini_hochberg([None]) == [None]


# Rocks 2016: n + 3 answers, 3/4 more at each end. 20 promoters, 12 passives, 8 detractors.
def test_nps_by_hand():
    found = net_score([8, 12, 20], 0, 2)
    assert found.net == pytest.approx(0.3)
    high, low = 20.75 / 43, 8.75 / 43
    half = 1.959963984540054 * ((high + low - (high - low) ** 2) / 43) ** 0.5
    assert found.ci95 == pytest.approx((high - low - half, high - low + half), rel=1e-12)


def chances(shares, n):
    """Every outcome of n answers at the lower end, between, at the upper end, with its chance."""
    for low in range(n + 1):
        for high in range(n - low + 1):
            ways = comb(n, low) * comb(n - low, high)
            middle = n - low - high
            yield (low, middle, high), ways * shares[0] ** low * shares[1] ** middle * shares[2] ** high


@pytest.mark.parametrize(
    "shares", [(0.1, 0.2, 0.7), (0.3, 0.4, 0.3), (0.05, 0.05, 0.9), (0.5, 0.1, 0.4), (0.02, 0.28, 0.7)]
)
@pytest.mark.parametrize("n", [10, 30])
def test_the_interval_of_nps_holds_what_it_promises_in_small_samples(shares, n):
    """Exact coverage by listing every outcome; plain Wald falls to 70 % here."""
    net = shares[2] - shares[0]
    held = sum(
        chance
        for outcome, chance in chances(shares, n)
        if (found := net_score(outcome, 0, 2).ci95) and found[0] <= net <= found[1]
    )
    assert held >= 0.92


def test_the_interval_of_a_change_of_nps_holds_what_it_promises():
    before, after = (0.2, 0.4, 0.4), (0.1, 0.2, 0.7)
    real = (after[2] - after[0]) - (before[2] - before[0])
    sides = [
        [(net_score(outcome, 0, 2), p) for outcome, p in chances(shares, 12)] for shares in (before, after)
    ]
    held = 0.0
    for (one, p1), (other, p2) in product(*sides):
        low, high = net_change(one, other).ci95
        held += p1 * p2 * (low <= real <= high)
    assert 0.93 <= held <= 0.985


def test_net_scores_of_nobody_and_of_one():
    nobody, one = net_score([0, 0, 0], 0, 2), net_score([0, 0, 1], 0, 2)
    assert (nobody.net, nobody.ci95, net_change(nobody, one).diff) == (None, None, None)
    assert one.net == 1
    assert one.ci95[0] < 0 < one.ci95[1] == 1
