"""Difference in differences, held to statsmodels on raw rows."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from analysis.effects.did import did_means, did_shares, parallel
from analysis.scores import mean_score, top_box

COUNTS = {  # scores 1 to 5: scope before and after, control before and after
    "scope": ((12, 25, 60, 150, 90), (8, 14, 40, 170, 140)),
    "control": ((10, 22, 55, 140, 80), (12, 20, 60, 150, 85)),
}


def cells(measure):
    return tuple(tuple(measure(counts) for counts in COUNTS[name]) for name in ("scope", "control"))


def rows():
    """One row for each answer: score, after, scope."""
    found = []
    for scope, name in ((1, "scope"), (0, "control")):
        for after, counts in enumerate(COUNTS[name]):
            found += [(score, after, scope) for score, n in enumerate(counts, 1) for _ in range(n)]
    return np.array(found, dtype=float)


def saturated(data):
    after, scope = data[:, 1], data[:, 2]
    return np.column_stack([np.ones(len(data)), after, scope, after * scope])


@pytest.mark.filterwarnings("ignore:The Identity link")
def test_shares_equal_a_binomial_model_with_identity_link():
    data = rows()
    model = sm.GLM(
        (data[:, 0] >= 4).astype(float), saturated(data),
        family=sm.families.Binomial(link=sm.families.links.Identity()),
    ).fit(tol=1e-14)  # fmt: skip
    found = did_shares(*cells(lambda counts: top_box(counts, 3)))
    assert found.estimate == pytest.approx(model.params[3], abs=1e-9)
    assert found.se == pytest.approx(model.bse[3], abs=1e-9)
    assert found.ci95 == pytest.approx(model.conf_int()[3], abs=1e-9)


def test_means_equal_least_squares_with_hc2():
    data = rows()
    model = sm.OLS(data[:, 0], saturated(data)).fit(cov_type="HC2")
    found = did_means(*cells(mean_score))
    assert found.estimate == pytest.approx(model.params[3], abs=1e-9)
    assert found.se == pytest.approx(model.bse[3], abs=1e-9)
    assert found.ci95[1] - found.estimate > 1.959 * found.se  # Student's t is never narrower than the normal


def test_rare_answers_get_an_interval_that_is_not_of_no_width():
    """By hand: both Newcombe intervals of 30/30 then 30/30 are ±0.1135; together ±0.1135 √2."""
    full = top_box([0, 0, 0, 0, 30], 3)
    found = did_shares((full, full), (full, full))
    assert (found.estimate, found.se) == (0.0, 0.0)
    assert found.ci95 == pytest.approx((-0.1135133 * 2**0.5, 0.1135133 * 2**0.5), abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), min_size=4, max_size=4))
def test_swapping_the_groups_or_the_periods_flips_the_sign(sizes):
    a, b, c, d = (top_box([no, yes], 1) for no, yes in sizes)
    found = did_shares((a, b), (c, d))
    for other in (did_shares((c, d), (a, b)), did_shares((b, a), (d, c))):
        assert other.estimate == pytest.approx(-found.estimate)
        assert other.ci95 == pytest.approx((-found.ci95[1], -found.ci95[0]))


def test_without_answers_nothing_is_said():
    none, some = top_box([0, 0], 1), top_box([5, 5], 1)
    assert did_shares((none, some), (some, some)) is None
    one = mean_score([0, 1])
    assert did_means((one, one), (one, one)) is None


def shares(pairs):
    return [(t, top_box([n - x, x], 1), top_box([m - y, y], 1)) for t, (x, n, y, m) in enumerate(pairs)]


CALM = [
    (80, 100, 150, 200),
    (78, 100, 149, 200),
    (81, 100, 152, 200),
    (79, 100, 150, 200),
    (80, 100, 151, 200),
]
SWINGING = [
    (80, 100, 150, 200),
    (60, 100, 170, 200),
    (95, 100, 120, 200),
    (50, 100, 160, 200),
    (85, 100, 90, 200),
]


def weighted(months):
    """The weights of the documentation, written down a second time."""
    p = [((s.x + 0.5) / (s.n + 1), (c.x + 0.5) / (c.n + 1), s.n, c.n) for _t, s, c in months]
    weights = [1 / (a * (1 - a) / n + b * (1 - b) / m) for a, b, n, m in p]
    gaps = [s.x / s.n - c.x / c.n for _t, s, c in months]
    return sm.WLS(gaps, sm.add_constant(np.arange(len(gaps), dtype=float)), weights=weights)


def test_courses_that_swing_by_chance_alone_equal_a_fixed_scale():
    months = shares(CALM)
    found, model = parallel(months), weighted(months).fit(cov_type="fixed scale", use_t=True)
    assert found.slope == pytest.approx(model.params[1], abs=1e-9)
    assert found.se == pytest.approx(model.bse[1], abs=1e-9)
    assert found.p == pytest.approx(model.pvalues[1], abs=1e-9)


def test_courses_that_swing_more_than_chance_equal_weighted_least_squares():
    months = shares(SWINGING)
    found, model = parallel(months), weighted(months).fit()
    assert found.se == pytest.approx(model.bse[1], abs=1e-9)
    assert found.ci95 == pytest.approx(model.conf_int()[1], abs=1e-9)
    assert found.p == pytest.approx(model.pvalues[1], abs=1e-9)


def test_fewer_than_four_months_say_nothing_about_the_course():
    assert parallel(shares(CALM[:3])) is None
