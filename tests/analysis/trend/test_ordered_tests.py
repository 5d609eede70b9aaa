"""The tests of a trend have witnesses: R, a permutation of real answers, every pair by hand."""

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.trend.ordered_tests import cochran_armitage, jonckheere_terpstra
from tests.analysis.answers import DATA

# NHS England Friends and Family Test, two trusts, 2021Q3 to 2022Q3, "very poor" first
NHS = np.array(
    [
        [46, 22, 47, 124, 385], [53, 43, 45, 122, 562], [53, 39, 43, 173, 630], [46, 33, 37, 171, 697],
        [40, 27, 23, 111, 526],
    ]
)  # fmt: skip
TABLES = arrays(np.int64, (4, 5), elements=st.integers(0, 9))


def by_hand(table):
    """Count the pairs of an earlier and a later answer one by one."""
    periods = [np.repeat(np.arange(table.shape[1]), row) for row in table]
    return sum(
        (b > a) + (a == b) / 2 for earlier, later in combinations(periods, 2) for a in earlier for b in later
    )


def test_jonckheere_agrees_with_r_and_corrects_for_ties():
    """clinfun 1.1.5: the same statistic, p = 2.6e-4 because it ignores the ties; corrected 9.1e-6."""
    found = jonckheere_terpstra(NHS)
    assert found.statistic == pytest.approx(3492780.5, rel=1e-9)
    assert found.p == pytest.approx(9.1e-6, rel=0.01)
    if DATA.is_dir():
        known = json.loads((DATA / "gold_nhs_fft.json").read_text())["trend"]["jonckheere_clinfun"]
        assert found.statistic == pytest.approx(known["JT"], rel=1e-9)


def test_the_variance_is_that_of_shuffled_answers():
    """A small table, shuffled 20 000 times: the variance of the statistic within 5 %."""
    table = np.array([[2, 1, 3, 4, 9], [1, 3, 2, 6, 11], [1, 1, 1, 5, 14]])
    rng = np.random.default_rng(20261122)
    sizes = table.sum(axis=1)
    shuffled = [
        rng.multivariate_hypergeometric(table.sum(axis=0), sizes[0], size=20_000),
    ]
    rest = table.sum(axis=0) - shuffled[0]
    second = np.array([rng.multivariate_hypergeometric(row, sizes[1]) for row in rest])
    tables = np.stack([shuffled[0], second, rest - second], axis=1)
    statistics = jonckheere_terpstra(tables).statistic
    found = jonckheere_terpstra(table)
    sd = (found.statistic - statistics.mean()) / found.z
    assert sd == pytest.approx(statistics.std(), rel=0.03)
    distance = abs(found.statistic - statistics.mean())
    by_shuffling = (np.abs(statistics - statistics.mean()) >= distance).mean()
    assert found.p == pytest.approx(by_shuffling, abs=0.01)


@given(TABLES)
@settings(max_examples=40)
def test_jonckheere_counts_every_pair(table):
    assert jonckheere_terpstra(table).statistic == pytest.approx(by_hand(table))


@given(TABLES)
@settings(max_examples=40)
def test_time_turned_round_turns_the_sign(table):
    there, back = jonckheere_terpstra(table), jonckheere_terpstra(table[::-1])
    assert there.z == pytest.approx(-back.z, abs=1e-9)
    assert there.p == pytest.approx(back.p)
    x, n = table[:, 3:].sum(axis=1), table.sum(axis=1)
    assert cochran_armitage(x, n).z == pytest.approx(-cochran_armitage(x[::-1], n[::-1]).z, abs=1e-9)


def test_cochran_armitage_agrees_with_r():
    """R 4.2.2, prop.trend.test: chi squared 18.0782845774386, p 2.12005596941988e-05."""
    found = cochran_armitage(NHS[:, 4], NHS.sum(axis=1))
    assert found.statistic == pytest.approx(18.0782845774386, rel=1e-9)
    assert found.p == pytest.approx(2.12005596941988e-05, rel=1e-9)
    assert found.z > 0


def test_items_beside_each_other_are_tested_at_once():
    both = jonckheere_terpstra(np.stack([NHS, NHS[::-1]]))
    assert both.z == pytest.approx([4.437, -4.437], abs=0.01)
    shares = cochran_armitage(np.stack([NHS[:, 4]] * 3), np.stack([NHS.sum(axis=1)] * 3))
    assert shares.statistic == pytest.approx([18.0782845774386] * 3, rel=1e-9)


@pytest.mark.parametrize("table", [[[0, 0], [0, 0]], [[5, 0], [7, 0]], [[0, 1], [0, 0]], [[1, 0], [0, 1]]])
def test_where_nothing_can_differ_nothing_is_claimed(table):
    table = np.array(table)
    for found in (jonckheere_terpstra(table), cochran_armitage(table[:, 1], table.sum(axis=1))):
        assert np.isfinite(found.z)
        assert found.p > 0.1
