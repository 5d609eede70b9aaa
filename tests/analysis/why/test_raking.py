"""Raking against other ways to the same table, and what it says where no weight can help."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.standardise import standardise
from analysis.why.constants import raked, standardised
from analysis.why.raking import rake, weighted

# Deming & Stephan's problem as the textbooks print it: seed, row and column sums.
SEED = np.array([[40, 30, 20, 10], [35, 50, 100, 75], [30, 80, 70, 120], [20, 30, 40, 50]])
ROWS, COLUMNS = np.array([150, 300, 400, 150]) / 1000, np.array([200, 300, 400, 100]) / 1000


def sizes():
    return {(f"r{i}", f"c{j}"): float(SEED[i, j]) for i in range(4) for j in range(4)}


def margins():
    return [{f"r{i}": ROWS[i] for i in range(4)}, {f"c{j}": COLUMNS[j] for j in range(4)}]


def test_it_is_the_loglinear_model_with_the_seed_as_offset():
    """Witness: Birch's result. A Poisson model with both margins and log seed as offset fits the table."""
    design = np.array(
        [
            [float(i == r) for r in range(4)] + [float(j == c) for c in range(1, 4)]
            for i in range(4)
            for j in range(4)
        ]
    )
    target = np.outer(ROWS, COLUMNS).ravel() * SEED.sum()
    model = sm.GLM(target, design, family=sm.families.Poisson(), offset=np.log(SEED.ravel())).fit(tol=1e-14)
    found = rake(sizes(), margins())
    table = [found.weights[f"r{i}", f"c{j}"] * SEED[i, j] for i in range(4) for j in range(4)]
    assert found.converged
    assert table == pytest.approx(model.fittedvalues, rel=1e-6)


def test_it_keeps_the_odds_of_the_seed_and_reaches_the_margins():
    found = rake(sizes(), margins())
    table = np.array([[found.weights[f"r{i}", f"c{j}"] * SEED[i, j] for j in range(4)] for i in range(4)])
    assert table.sum(axis=1) / table.sum() == pytest.approx(ROWS, abs=1e-9)
    assert table.sum(axis=0) / table.sum() == pytest.approx(COLUMNS, abs=1e-9)
    odds = table[0, 0] * table[1, 1] / table[0, 1] / table[1, 0]
    assert odds == pytest.approx(40 * 50 / 30 / 35)


def test_one_margin_is_poststratification():
    """Weights by hand: 30 and 70 answers to halves; Kish's effective number is 100² / (30/.36 + 70/1.96)…"""
    found = rake({("a",): 30.0, ("b",): 70.0}, [{"a": 0.5, "b": 0.5}])
    assert found.weights == pytest.approx({("a",): 50 / 30, ("b",): 50 / 70})
    assert found.effective == pytest.approx(100**2 / (30 * (50 / 30) ** 2 + 70 * (50 / 70) ** 2))


def test_a_share_for_which_nobody_answered_has_no_weight():
    assert rake({("a",): 30.0}, [{"a": 0.5, "b": 0.5}]) is None
    assert rake({}, [{"a": 1.0}]) is None


def test_margins_that_empty_cells_forbid_are_said_not_to_be_reached():
    """Only the diagonal has answers, so both margins must be equal; these are not."""
    found = rake({("a", "x"): 10.0, ("b", "y"): 10.0}, [{"a": 0.5, "b": 0.5}, {"x": 0.9, "y": 0.1}])
    assert not found.converged
    assert found.off > 0.1


def test_the_variance_is_that_of_the_linearised_mean():
    """Witness: the sandwich (HC1) of a weighted mean in statsmodels, which is svymean without clusters."""
    table, weights = {("a",): [3, 7], ("b",): [20, 10]}, {("a",): 2.0, ("b",): 0.5}
    answers = [(place, y) for place, counts in table.items() for y, n in enumerate(counts) for _ in range(n)]
    y, w = np.array([y for _, y in answers], dtype=float), np.array([weights[place] for place, _ in answers])
    fit = sm.WLS(y, np.ones(len(y)), weights=w).fit(cov_type="HC1")
    found = weighted(table, weights, (0.0, 1.0))
    assert found.value == pytest.approx(fit.params[0])
    assert found.variance == pytest.approx(fit.cov_params()[0, 0])
    assert weighted({("a",): [1, 0]}, {("a",): 1.0}, (0.0, 1.0)) is None


NAMES = ("district", "mode")
POOLS = {"district": frozenset(), "mode": frozenset()}
BEFORE = {
    ("E", "web"): [10, 30],
    ("E", "phone"): [2, 18],
    ("W", "web"): [20, 20],
    ("W", "phone"): [5, 15],
}
AFTER = {("E", "web"): [5, 15], ("E", "phone"): [8, 72], ("W", "web"): [10, 10], ("W", "phone"): [20, 60]}


class TestPeriods:
    def test_a_pure_change_of_mix_leaves_no_change(self):
        plain = [sum(n[1] for n in side.values()) / sum(map(sum, side.values())) for side in (BEFORE, AFTER)]
        found = raked((BEFORE, AFTER), NAMES, NAMES, POOLS, 1)
        assert plain[1] - plain[0] > 0.09
        assert found.diff == pytest.approx(0, abs=1e-9)
        assert found.ci95[0] < 0 < found.ci95[1]
        assert (found.converged, found.covered) == (True, 1)

    def test_over_one_dimension_it_is_the_standardised_figure(self):
        sides = (BEFORE, AFTER)
        one = raked(sides, NAMES, ("mode",), POOLS, 1)
        other = standardised(sides, NAMES, ("mode",), POOLS, 1)
        assert (one.before, one.after) == pytest.approx((other.before, other.after))

    def test_standardised_is_the_function_that_the_comparison_uses(self):
        found = standardised((BEFORE, AFTER), NAMES, NAMES, POOLS, 1)
        plain = standardise(BEFORE, AFTER, dimensions=NAMES, scores=(0.0, 1.0), first_top=1)
        assert (found.diff, found.ci95) == (plain.top_box.diff, plain.top_box.ci95)

    def test_a_group_of_one_period_only_cannot_be_held(self):
        after = AFTER | {("N", "web"): [10, 10]}
        found = raked((BEFORE, after), NAMES, NAMES, POOLS, 1)
        assert (found.dimensions, found.left_out) == (("mode",), ("district",))

    def test_the_register_is_the_target_where_it_is_given(self):
        targets = {"district": {"E": 900, "W": 100}}
        found = raked((BEFORE, AFTER), NAMES, ("district",), POOLS, 1, targets=targets)
        assert found.before == pytest.approx(0.9 * 48 / 60 + 0.1 * 35 / 60)


cells = st.dictionaries(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), st.integers(1, 50), min_size=6, max_size=6
)


@given(cells, st.lists(st.integers(1, 9), min_size=5, max_size=5))
def test_full_tables_always_reach_their_margins(table, shares):
    rows, columns = shares[:2], shares[2:]
    found = rake(
        {place: float(n) for place, n in table.items()},
        [
            {v: n / sum(rows) for v, n in zip("ab", rows, strict=True)},
            {v: n / sum(columns) for v, n in zip("xyz", columns, strict=True)},
        ],
    )
    assume(found is not None)
    assert found.converged
    assert sum(found.weights[place] * n for place, n in table.items()) == pytest.approx(sum(table.values()))
    assert found.effective <= sum(table.values()) + 1e-9
