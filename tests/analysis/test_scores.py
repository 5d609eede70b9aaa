"""Every statistic agrees with its witness from R, and every degenerate table has its stated answer."""

import json
from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.scores import (
    BrunnerMunzel,
    CliffsDelta,
    MannWhitney,
    MeanChange,
    MeanScore,
    brunner_munzel,
    cliffs_delta,
    holm,
    mann_whitney,
    mean_score,
    newcombe,
    top_box,
    welch,
    wilson,
)

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

# NHS England Friends and Family Test, two trusts, very poor to very good; figures from R 4.2.2 with the
# packages named at each.
BEFORE = [53, 43, 45, 122, 562]  # 2021Q4
AFTER = [46, 33, 37, 171, 697]  # 2022Q2

counts = st.lists(st.integers(0, 60), min_size=5, max_size=5).filter(lambda table: sum(table) > 2)


def near(expected, rel=1e-9):
    return pytest.approx(expected, rel=rel)


def test_means_agree_with_r_t_test():
    before, after = mean_score(BEFORE), mean_score(AFTER)
    assert (before.mean, before.sd) == near((4.32969696969697, 1.18972258751596))
    assert before.ci95 == near((4.24839422505004, 4.4109997143439))
    assert after.ci95 == near((4.39818675138165, 4.52864251691104))
    change = welch(before, after)
    assert (change.diff, change.statistic, change.df, change.p) == near(
        (0.133717664449372, 2.51781411103507, 1652.52000026274, 0.0119024274543668)
    )
    assert change.ci95 == near((0.0295503624902174, 0.237884966408526))


def test_shares_agree_with_r_prop_test_and_newcombe():
    before, after = top_box(BEFORE, 3), top_box(AFTER, 3)
    assert (before.x, before.p) == (684, near(0.829090909090909))
    assert before.ci95 == near((0.801893414667018, 0.853237906554051))
    assert after.ci95 == near((0.860463695234508, 0.900792064265355))
    change = newcombe(before, after)
    assert change.diff == near(0.0530229120473023)
    assert change.ci95 == near((0.0205913620052335, 0.0860165549085303))


def test_mann_whitney_agrees_with_r_wilcox_test_and_coin():
    test = mann_whitney(BEFORE, AFTER)
    assert (test.u, test.u_after) == (390028, 421772)
    assert test.p == near(0.0770985442821817)  # stats::wilcox.test(exact = FALSE)
    assert test.p_uncorrected == near(0.0770892309208253)
    assert test.z == near(-1.76783058044277)  # coin::wilcox_test, earlier against later


def test_brunner_munzel_agrees_with_r():
    test = brunner_munzel(BEFORE, AFTER)  # brunnermunzel::brunnermunzel.test
    assert (test.theta, test.statistic) == near((0.519551613697955, 1.75873585597902))
    assert (test.df, test.p) == near((1681.62672431328, 0.0788042488243488))
    assert test.ci95 == near((0.49774728216717, 0.54135594522874))


def test_cliffs_delta_agrees_with_effsize():
    effect = cliffs_delta(BEFORE, AFTER)
    assert effect.delta == near(0.0391032273959103)
    assert effect.ci95 == near((-0.0045337847470524, 0.0825915996643867))


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data with the reference figures is not here")
@pytest.mark.parametrize(
    ("name", "key"), [("gold_nhs_fft.json", "compare_2021Q4_2022Q2"), ("gold_housing.json", "compare")]
)
def test_all_reference_figures(name, key):
    gold = json.loads((DATA / name).read_text())[key]
    before, after = gold["counts1"], gold["counts2"]
    means = mean_score(before), mean_score(after)
    assert [one.mean for one in means] == near(gold["mean"])
    assert [one.sd for one in means] == near(gold["sd"])
    assert [list(one.ci95) for one in means] == [
        near(gold["mean_ci95_t_1"]),
        near(gold["mean_ci95_t_2"]),
    ]
    change = welch(*means)
    assert [change.diff, change.statistic, change.df, change.p] == near(
        [gold["welch"][figure] for figure in ("diff", "t", "df", "p")]
    )
    top = [top_box(table, gold["top_box"]["from_category"] - 1) for table in (before, after)]
    assert [one.p for one in top] == near(gold["top_box"]["p"])
    assert list(top[0].ci95) == near(gold["top_box"]["wilson1"])
    assert list(newcombe(*top).ci95) == near(gold["top_box"]["newcombe"])
    rank = mann_whitney(before, after)
    assert [rank.u, rank.u_after, rank.p, rank.p_uncorrected, rank.z] == near(
        [gold["mann_whitney"][figure] for figure in ("U_x", "U_y", "p_cc", "p_nocc", "z_nocc_coin")]
    )
    test = brunner_munzel(before, after)
    assert [test.statistic, test.df, test.p, test.theta] == near(
        [gold["brunner_munzel"][figure] for figure in ("statistic", "df", "p", "theta_P_x_lt_y")]
    )
    assert list(test.ci95) == near(gold["brunner_munzel"]["ci95"])
    effect = cliffs_delta(before, after)
    assert [effect.delta, *effect.ci95] == near([gold["cliff"]["delta"], *gold["cliff"]["ci95"]])


def test_theta_counts_pairs_by_hand():  # before 2 4, after 1 4 5: of 6 pairs 3 rise, 1 ties, 2 fall
    before, after = [0, 1, 0, 1, 0], [1, 0, 0, 1, 1]
    assert brunner_munzel(before, after).theta == pytest.approx(3.5 / 6)
    assert cliffs_delta(before, after).delta == pytest.approx(1 / 6)
    assert mann_whitney(before, after).u == 2.5


def test_holm_corrects_as_r_p_adjust():
    # R 4.2.2: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.01, None, 0.5]) == [0.02, None, 0.5]
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_no_answers_give_no_figures():
    none = [0, 0, 0, 0, 0]
    assert mean_score(none) == MeanScore(0, None, None, None)
    assert top_box(none, 3).p is None
    assert newcombe(top_box(none, 3), top_box(AFTER, 3)).diff is None
    assert welch(mean_score(none), mean_score(AFTER)) == MeanChange(None, None, None, None, None)
    assert mann_whitney(none, AFTER) == MannWhitney(None, None, None, None, None, None)
    assert brunner_munzel(AFTER, none) == BrunnerMunzel(None, None, None, None, None)
    assert cliffs_delta(none, none) == CliffsDelta(None, None)


def test_one_answer_gives_a_mean_without_a_spread():
    one = [0, 0, 0, 1, 0]
    assert mean_score(one) == MeanScore(1, 4.0, None, None)
    assert welch(mean_score(one), mean_score(AFTER)).ci95 is None
    test = brunner_munzel(one, AFTER)
    assert test.theta is not None
    assert (test.statistic, test.p, test.ci95) == (None, None, None)
    assert cliffs_delta(one, AFTER).ci95 is None


def test_equal_constants_are_no_evidence_of_a_change():
    same = [0, 0, 40, 0, 0]
    assert mean_score(same) == MeanScore(40, 3.0, 0.0, None)
    assert welch(mean_score(same), mean_score(same)).p == 1
    assert mann_whitney(same, same).p == 1
    assert brunner_munzel(same, same) == BrunnerMunzel(0.5, None, None, 1.0, None)
    assert cliffs_delta(same, same) == CliffsDelta(0.0, None)
    low, high = newcombe(top_box(same, 3), top_box(same, 3)).ci95
    assert low < 0 < high


def test_complete_separation_has_an_exact_p_and_a_bounded_interval():
    low, high = [3, 2, 0, 0, 0], [0, 0, 0, 1, 3]
    up, down = brunner_munzel(low, high), brunner_munzel(high, low)
    assert up.separated
    assert (up.theta, down.theta) == (1, 0)
    assert up.p == pytest.approx(2 / comb(9, 4))
    assert up.ci95 == pytest.approx((wilson(4, 4)[0], 1))
    assert down.ci95 == pytest.approx((0, 1 - wilson(4, 4)[0]))
    assert cliffs_delta(low, high).ci95 == pytest.approx((2 * wilson(4, 4)[0] - 1, 1))
    assert welch(mean_score([5, 0]), mean_score([0, 5])).p is None


def test_a_scale_of_one_category_has_nothing_to_compare():
    assert brunner_munzel([7], [9]).p == 1
    assert mann_whitney([7], [9]).p == 1


def test_wilson_ends_at_the_ends_and_never_without_width():
    assert wilson(0, 10)[0] == 0
    assert wilson(10, 10)[1] == 1
    assert wilson(0, 10)[1] > 0.2


def test_ten_million_answers_do_not_overflow():
    big = mann_whitney([2_000_000] * 5, [2_000_000] * 5)
    assert big.z == pytest.approx(0)
    assert big.p == pytest.approx(1)


def test_tables_of_different_scales_are_refused():
    with pytest.raises(ValueError, match="same categories"):
        brunner_munzel([1, 2, 3], [1, 2])


@given(counts, counts)
def test_swapping_the_periods_flips_the_signs(before, after):
    there, back = brunner_munzel(before, after), brunner_munzel(after, before)
    assert there.theta == pytest.approx(1 - back.theta)
    assert there.p == back.p or there.p == pytest.approx(back.p, rel=1e-6)
    assert cliffs_delta(before, after).delta == pytest.approx(-cliffs_delta(after, before).delta)
    assert mann_whitney(before, after).z == pytest.approx(-mann_whitney(after, before).z)
    share, reverse = (newcombe(top_box(a, 3), top_box(b, 3)) for a, b in ((before, after), (after, before)))
    assert share.diff == pytest.approx(-reverse.diff)
    assert share.ci95 == pytest.approx((-reverse.ci95[1], -reverse.ci95[0]))


@given(counts, counts, st.integers(2, 5))
def test_the_same_answers_several_times_keep_the_effect(before, after, times):
    more = brunner_munzel(np.array(before) * times, np.array(after) * times)
    assert more.theta == pytest.approx(brunner_munzel(before, after).theta)


@given(counts, counts)
def test_intervals_hold_their_estimate_and_stay_in_range(before, after):
    for interval, value, low, high in (
        (brunner_munzel(before, after).ci95, brunner_munzel(before, after).theta, 0, 1),
        (cliffs_delta(before, after).ci95, cliffs_delta(before, after).delta, -1, 1),
        (top_box(after, 3).ci95, top_box(after, 3).p, 0, 1),
    ):
        if interval is not None:
            assert low - 1e-12 <= interval[0] <= value + 1e-12
            assert value - 1e-12 <= interval[1] <= high + 1e-12


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_lowers_a_p_and_keeps_their_order(p_values):
    adjusted = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    assert [adjusted[place] for place in order] == sorted(adjusted)


NARROW, WIDE = (0.0, 0.1, 0.8, 0.1, 0.0), (0.3, 0.15, 0.1, 0.15, 0.3)
PLEASED = (0.03, 0.05, 0.12, 0.40, 0.40)
SPLIT, EVEN = (0.45, 0.05, 0.0, 0.05, 0.45), (0.2, 0.2, 0.2, 0.2, 0.2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shapes", "sizes", "mann_whitney_fails"),
    [
        ((PLEASED, PLEASED), (60, 200), False),
        ((NARROW, WIDE), (120, 30), True),
        ((NARROW, WIDE), (30, 120), True),
        ((NARROW, SPLIT), (300, 100), True),
        ((EVEN, SPLIT), (200, 50), True),
        ((WIDE, WIDE), (40, 40), False),
    ],
)
def test_false_alarms_of_both_rank_tests_by_simulation(shapes, sizes, mann_whitney_fails):
    """Nothing differs by order; the rate is exact to ± 0.4 points (two standard errors of 12,000 draws)."""
    draw = np.random.default_rng(20261122)
    tables = [draw.multinomial(n, shape, 12_000) for n, shape in zip(sizes, shapes, strict=True)]
    pairs = list(zip(*tables, strict=True))
    alarms = np.mean([brunner_munzel(a, b).p < 0.05 for a, b in pairs])
    assert 0.04 < alarms < 0.06
    others = np.mean([mann_whitney(a, b).p_uncorrected < 0.05 for a, b in pairs])
    assert (others < 0.03 or others > 0.08) == mann_whitney_fails


@pytest.mark.slow
@pytest.mark.parametrize(("n1", "n2"), [(30, 120), (120, 30)])
def test_false_alarms_stay_near_five_percent_where_mann_whitney_fails(n1, n2):
    """Narrow against wide answers with the same middle, as in the simulation of Karch 2021."""
    draw = np.random.default_rng(20261121)
    narrow, wide = [0.0, 0.1, 0.8, 0.1, 0.0], [0.3, 0.15, 0.1, 0.15, 0.3]
    pairs = list(zip(draw.multinomial(n1, narrow, 4000), draw.multinomial(n2, wide, 4000), strict=True))
    alarms = np.mean([brunner_munzel(a, b).p < 0.05 for a, b in pairs])
    covered = np.mean([(t := brunner_munzel(a, b)).ci95[0] <= 0.5 <= t.ci95[1] for a, b in pairs])
    assert 0.035 < alarms < 0.065
    assert 0.935 < covered < 0.965
