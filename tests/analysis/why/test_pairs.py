"""Pairs of ratings: statsmodels, a permutation and published examples as witnesses."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import SquareTable
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from analysis.why.pairs import mcnemar, paired_interval, stuart_maxwell, transition

# Stuart (1953): unaided vision of 7477 women, right and left eye; the classic table of marginal homogeneity.
VISION = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]]
square = st.lists(st.lists(st.integers(0, 12), min_size=4, max_size=4), min_size=4, max_size=4)


def test_stuart_maxwell_on_the_eyes_of_7477_women():
    """Published: chi² = 11.96 with 3 degrees of freedom (Stuart 1955), R ``DescTools::StuartMaxwellTest``."""
    found = stuart_maxwell(np.array(VISION))
    assert (round(found.statistic, 2), found.df) == (11.96, 3)
    witness = SquareTable(np.array(VISION), shift_zeros=False).homogeneity()
    assert found.statistic == pytest.approx(witness.statistic)
    assert found.p == pytest.approx(witness.pvalue)


@given(square)
def test_stuart_maxwell_is_that_of_statsmodels(table):
    counts = np.array(table)
    assume((counts.sum(axis=0) + counts.sum(axis=1) > 0).all())
    found = stuart_maxwell(counts)
    assume(found.statistic is not None)
    witness = SquareTable(counts.astype(float), shift_zeros=False).homogeneity()
    assert found.statistic == pytest.approx(witness.statistic, rel=1e-6, abs=1e-9)


def test_categories_that_nobody_used_change_nothing():
    small = np.array([[5, 3], [8, 20]])
    wide = np.zeros((4, 4), dtype=int)
    wide[np.ix_([0, 3], [0, 3])] = small
    assert stuart_maxwell(wide) == stuart_maxwell(small)


def test_without_a_change_there_is_nothing_to_test():
    found = stuart_maxwell(np.diag([5, 6, 7]))
    assert (found.statistic, found.p) == (None, 1.0)
    assert mcnemar(0, 0).p == 1.0


def test_a_table_whose_covariance_cannot_be_inverted_has_no_test():
    """Two blocks that nobody changed between: margins move in each block for itself."""
    table = np.array([[5, 3, 0, 0], [1, 5, 0, 0], [0, 0, 5, 2], [0, 0, 1, 5]])
    assert (stuart_maxwell(table).statistic, stuart_maxwell(table).p) == (None, None)


@pytest.mark.parametrize(("b", "c"), [(3, 12), (0, 9), (5, 5), (10, 14), (12, 12), (40, 70), (1, 30)])
def test_mcnemar_is_that_of_statsmodels(b, c):
    exact = b + c < 25
    witness = statsmodels_mcnemar([[10, b], [c, 10]], exact=exact, correction=True)
    found = mcnemar(b, c)
    assert (found.p, found.exact) == (pytest.approx(witness.pvalue), exact)


def test_mcnemar_on_the_presidents_approval():
    """Agresti, Categorical Data Analysis: 150 and 86 changed; by hand (|150 - 86| - 1)²/236 = 16.8178."""
    found = mcnemar(150, 86)
    assert found.statistic == pytest.approx(16.8178, abs=5e-5)
    assert found.p == pytest.approx(4.115e-05, rel=1e-3)


def test_the_exact_p_is_the_share_of_all_coin_tosses():
    """Brute force: all 2^10 ways in which ten changes could have gone."""
    tosses = [way.bit_count() for way in range(2**10)]
    assert mcnemar(2, 8).p == sum(ones <= 2 or ones >= 8 for ones in tosses) / 2**10


def test_the_paired_interval_is_newcombes():
    """Newcombe 1998, table II, method 10: (e, f, g, h) = (36, 12, 2, 0) gives .0569 to .3404."""
    low, high = paired_interval(36, 2, 12, 50)
    assert (low, high) == (pytest.approx(0.0569, abs=5e-5), pytest.approx(0.3404, abs=5e-5))


def test_a_table_is_read_with_the_first_rating_in_the_rows():
    """Five were dissatisfied and are satisfied now, one the other way."""
    found = transition([[2, 1, 3], [0, 1, 2], [1, 0, 10]], 2)
    assert (found.n, found.satisfied, found.won, found.lost) == (20, (11, 15), 5, 1)
    assert found.diff == pytest.approx(4 / 20)
    assert found.ci95[0] < found.diff < found.ci95[1]
    assert transition([[0, 0], [0, 0]], 1) is None


@given(square)
def test_turning_the_table_turns_the_signs(table):
    found, turned = transition(table, 2), transition([*zip(*table, strict=True)], 2)
    assume(found is not None)
    assert (turned.won, turned.lost) == (found.lost, found.won)
    assert turned.diff == pytest.approx(-found.diff)
    assert turned.ci95 == pytest.approx((-found.ci95[1], -found.ci95[0]))
    assert turned.mcnemar.p == pytest.approx(found.mcnemar.p)
