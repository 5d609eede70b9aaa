"""Limits agree with R, rules fire where they should and, by chance alone, as rarely as the docs say."""

import json
from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.trend.limits import FALSE_ALARMS, Rule, Signal, p_prime, signals, u_prime, xmr
from tests.analysis.answers import DATA

EXACT = {"rel": 1e-9}
# NHS England Friends and Family Test, two trusts, June 2021 to September 2022: answers, "very good"
N = [78, 210, 91, 323, 332, 230, 263, 257, 293, 388, 295, 463, 226, 237, 266, 224]
TOP = [42, 155, 52, 178, 240, 145, 177, 191, 209, 230, 207, 329, 161, 165, 194, 167]


def shares():
    return [x / n for x, n in zip(TOP, N, strict=True)]


def by_chance(x, n):
    """The limits of a plain p chart: Laney's with sigma_z taken out."""
    limits = p_prime(x, n)
    sigma = tuple(one / limits.sigma_z for one in limits.sigma)
    lower = tuple(max(0.0, limits.centre - 3 * one) for one in sigma)
    return replace(limits, sigma=sigma, lower=lower, upper=tuple(limits.centre + 3 * one for one in sigma))


@pytest.fixture
def gold():
    if not DATA.is_dir():
        pytest.skip("the reference data are not beside this checkout (../shared/data)")
    return lambda name: json.loads((DATA / name).read_text())


def test_p_chart_of_the_orange_juice_agrees_with_qcc(gold):
    known = gold("gold_pchart_orangejuice.json")
    rows = [line.split(",") for line in (DATA / "pchart_orangejuice.csv").read_text().split()[1:]]
    trial = [(int(x), int(n)) for _sample, x, n, used in rows if used == "TRUE"]
    limits = by_chance(*zip(*trial, strict=True))
    assert limits.centre == pytest.approx(known["center"], **EXACT)
    assert limits.lower == pytest.approx(known["lcl"], **EXACT)
    assert limits.upper == pytest.approx(known["ucl"], **EXACT)
    outside = [one for one in signals([x / n for x, n in trial], limits) if one.rule is Rule.OUTSIDE]
    assert [one.first + 1 for one in outside] == known["beyond"]


def test_the_monthly_charts_of_the_nhs_agree_with_r(gold):
    known = gold("gold_nhs_fft.json")
    plain, laney = by_chance(TOP, N), p_prime(TOP, N)
    for limits, name in ((plain, "p_chart_top_box5"), (laney, "laney")):
        assert limits.lower == pytest.approx(known[name]["lcl"], **EXACT)
        assert limits.upper == pytest.approx(known[name]["ucl"], **EXACT)
    assert laney.sigma_z == pytest.approx(known["laney"]["sigma_z"], **EXACT)
    means = known["xmr_mean"]
    single = xmr(means["x"])
    assert single.centre == pytest.approx(means["center"], **EXACT)
    # qcc divides by d2 = 1.128 and multiplies by 3: the 2.66 of the books, not rounded
    assert (single.lower[0], single.upper[0]) == pytest.approx((means["lcl"], means["ucl"]), **EXACT)


def test_a_plain_p_chart_cries_wolf_where_laney_does_not():
    """R: qcc flags September 2021 and March 2022; Laney's formula neither (sigma_z 2.27)."""
    found = [one.first for one in signals(shares(), by_chance(TOP, N)) if one.rule is Rule.OUTSIDE]
    assert found == [3, 9]
    laney = p_prime(TOP, N)
    assert laney.sigma_z == pytest.approx(2.26748112766026, **EXACT)
    assert signals(shares(), laney) == []


def test_limits_of_a_baseline_are_fixed_and_judge_what_comes_after():
    x, n = [80, 82, 78, 81, 79, 80, 83, 77, 80, 81, 79, 80, 60], [100] * 13
    limits = p_prime(x, n, baseline=12, at_least=1.0)
    assert limits.centre == pytest.approx(0.8)
    assert limits.baseline == 12
    assert Signal(Rule.OUTSIDE, 12, 12, -1) in signals([one / 100 for one in x], limits)


def test_rates_have_limits_of_their_own():
    """By hand: 48 events in 12 days are 4 a day; one standard deviation of a day is 2."""
    limits = u_prime([4] * 12, [1] * 12, at_least=1.0)
    assert (limits.centre, limits.sigma[0]) == (4.0, 2.0)
    assert (limits.lower[0], limits.upper[0]) == (0.0, 10.0)
    busy = u_prime([1, 9] * 6, [1] * 12)
    ranges = 8 / sqrt(5)  # every moving range is 8, in units of the chance of 5 a day
    assert busy.sigma_z == pytest.approx(ranges / 1.128, **EXACT)


def test_a_single_jump_can_be_screened_out_of_the_moving_range():
    values = [10.0, 11, 10, 11, 10, 11, 10, 11, 10, 11, 40, 11, 10, 11]
    open_, screened = xmr(values), xmr(values, screen=True)
    assert screened.sigma[0] == pytest.approx(1 / 1.128)  # ranges of 1 are left
    assert open_.sigma[0] > 5 * screened.sigma[0]


def test_few_points_have_trial_limits_and_no_signal():
    limits = p_prime([50] * 11, [100] * 11)
    assert limits.trial
    assert signals([0.9] * 11, limits) == []
    assert not p_prime([50] * 12, [100] * 12).trial


def judged(values):
    limits = xmr([0.0, 1.0] * (len(values) // 2) + [0.5] * (len(values) % 2))
    return signals([limits.centre + limits.sigma[0] * value for value in values], limits)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([0.5, -0.5] * 6 + [3.1], [Signal(Rule.OUTSIDE, 12, 12, 1)]),
        ([0.5, -0.5] * 6 + [2.99], []),
        ([0.5, -0.5] * 3 + [0.1, 0.3, 0.2, 0.4, 0.1, 0.2, 0.3], [Signal(Rule.SHIFT, 6, 12, 1)]),
        ([0.5, -0.5] * 3 + [0.1, 0.3, 0.2, 0.4, 0.1, 0.2, -0.3], []),
        ([0.5, -0.5] * 5 + [-2.2, -0.3, -2.5], [Signal(Rule.NEAR, 10, 12, -1)]),
        ([0.5, -0.5] * 5 + [-2.2, 0.3, -2.5], []),  # NHSRplotthedots: all three on one side
        ([0.9, -0.5] * 4 + [-0.9, -0.6, -0.3, 0.0, 0.3, 0.6, 0.9], [Signal(Rule.TREND, 8, 14, 1)]),
    ],
)
def test_each_rule_fires_for_its_pattern(values, found):
    assert judged(values) == found


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 400)), min_size=12, max_size=40))
@settings(max_examples=50)
def test_turning_satisfied_into_dissatisfied_mirrors_limits_and_signals(pairs):
    x = [min(a, b) for a, b in pairs]
    n = [b for _a, b in pairs]
    up, down = p_prime(x, n), p_prime([b - a for a, b in zip(x, n, strict=True)], n)
    assert down.centre == pytest.approx(1 - up.centre)
    assert down.lower == pytest.approx([1 - value for value in up.upper], abs=1e-9)
    assert (down.sigma_z or 0) == pytest.approx(up.sigma_z or 0, abs=1e-9)


@given(st.floats(0, 1), st.integers(12, 40))
@settings(max_examples=30)
def test_a_constant_series_has_no_signal(share, points):
    n = [200] * points
    x = [round(200 * share)] * points
    for limits in (p_prime(x, n), p_prime(x, n, at_least=1.0)):
        assert signals([x[0] / 200] * points, limits) == []
    assert signals([share] * points, xmr([share] * points)) == []


def false_alarms(points: int, charts: int, n: int, at_least: float = 1.0) -> dict[str, float]:
    """Return the share of charts of a steady process with any signal, and by rule."""
    drawn = np.random.default_rng(20261122).binomial(n, 0.8, size=(charts, points))
    found = dict.fromkeys(["any", *Rule], 0)
    for x in drawn.tolist():
        limits = p_prime(x, [n] * points, at_least=at_least)
        rules = {one.rule for one in signals([one / n for one in x], limits)}
        for name in rules | ({"any"} if rules else set()):
            found[name] += 1
    return {name: times / charts for name, times in found.items()}


@pytest.mark.slow
def test_the_rule_set_gives_as_many_false_alarms_as_the_page_says():
    """The page and docs/statistics.md print these shares; 6 000 charts tell them to about 0.8 points."""
    rates = false_alarms(24, 6000, 300)
    known = {
        "any": FALSE_ALARMS, Rule.OUTSIDE: 0.018, Rule.SHIFT: 0.088, Rule.NEAR: 0.008, Rule.TREND: 0.003,
    }  # fmt: skip
    assert rates == pytest.approx(known, abs=0.009)
