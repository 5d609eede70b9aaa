"""Alpha and omega against R, statsmodels, closed forms and simulated answers."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.multivariate.factor import Factor

from analysis.drivers import reliability as scales
from analysis.drivers.reliability import Unusable, reliability
from analysis.drivers.sums import of_scores
from tests.analysis.drivers.attitude import KEYS, SCORES


def bunched(rng: np.random.Generator, n: int, loadings: list[float]) -> np.ndarray:
    """Draw scores from 1 to 5 with one factor behind them, most of them 5."""
    k = len(loadings)
    weight = np.array(loadings)
    raw = rng.normal(size=(n, 1)) * weight + rng.normal(size=(n, k)) * np.sqrt(1 - weight**2)
    return np.clip(np.round(4.6 + raw), 1, 5).astype(np.int64)


def test_alpha_agrees_with_r():
    """``psych::alpha(attitude)``, psych 2.x: raw_alpha, "if an item is dropped", r.drop."""
    found = reliability(of_scores(KEYS, SCORES))
    assert found.n == 30
    assert found.alpha == pytest.approx(0.84, abs=0.005)
    without = [0.81, 0.80, 0.83, 0.80, 0.80, 0.86, 0.84]
    rest = [0.67, 0.74, 0.56, 0.71, 0.79, 0.27, 0.46]
    for item, alpha, r in zip(found.items, without, rest, strict=True):
        assert item.alpha_without == pytest.approx(alpha, abs=0.005)
        assert item.item_rest == pytest.approx(r, abs=0.005)


def test_alpha_and_the_items_agree_with_their_definitions():
    found = reliability(of_scores(KEYS, SCORES))
    k, total = len(KEYS), SCORES.sum(axis=1)
    assert found.alpha == pytest.approx(
        k / (k - 1) * (1 - SCORES.var(axis=0, ddof=1).sum() / total.var(ddof=1)), rel=1e-12
    )
    for place, item in enumerate(found.items):
        r = np.corrcoef(SCORES[:, place], total - SCORES[:, place])[0, 1]
        assert item.item_rest == pytest.approx(r, rel=1e-12)


def test_feldts_interval_covers_what_an_exact_test_would_keep():
    """Feldt: (1 - true alpha) / (1 - alpha) follows F; at the ends its tails hold 2.5 % each."""
    low, high = scales.feldt(0.84, 30, 7)
    assert stats.f.sf((1 - low) / (1 - 0.84), 29, 174) == pytest.approx(0.025, rel=1e-9)
    assert stats.f.cdf((1 - high) / (1 - 0.84), 29, 174) == pytest.approx(0.025, rel=1e-9)


def test_loadings_agree_with_statsmodels():
    """Principal axes, repeated until they stand still, end at the same least squares."""
    correlations = np.corrcoef(SCORES.T)
    theirs = Factor(corr=correlations, n_factor=1, method="pa").fit(maxiter=5_000, tol=1e-14)
    mine = scales.one_factor(correlations)
    assert mine is not None
    np.testing.assert_allclose(mine, np.abs(theirs.loadings.ravel()), atol=1e-6)


def test_three_items_have_loadings_in_closed_form():
    correlations = np.array([[1, 0.42, 0.48], [0.42, 1, 0.56], [0.48, 0.56, 1]])
    np.testing.assert_allclose(scales.one_factor(correlations), [0.6, 0.7, 0.8], rtol=1e-9)
    spread = np.diag([1.0, 2.0, 3.0])
    found = scales.omega(spread @ correlations @ spread, np.array([0.6, 0.7, 0.8]))
    common = (0.6 + 2 * 0.7 + 3 * 0.8) ** 2
    assert found == pytest.approx(common / (common + 0.64 + 4 * 0.51 + 9 * 0.36), rel=1e-12)


def test_omega_equals_alpha_where_all_items_measure_alike():
    correlations = np.full((4, 4), 0.5) + np.eye(4) * 0.5
    loadings = scales.one_factor(correlations)
    assert loadings is not None
    assert scales.omega(correlations, loadings) == pytest.approx(scales.alpha(correlations), rel=1e-9)


def test_available_cases_are_used_and_the_smallest_pair_counts():
    scores = SCORES.copy()
    scores[::10, 3] = -1
    found = reliability(of_scores(KEYS, scores), at_least=20)
    assert found.n == 27
    assert found.alpha == pytest.approx(0.84, abs=0.03)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (SCORES[:, :1], Unusable.ITEMS),
        (SCORES[:29], Unusable.FEW),
        (np.column_stack([SCORES[:, 0], np.full(30, 5)]), Unusable.CONSTANT),
        (SCORES[:0], Unusable.FEW),
    ],
    ids=["one item", "29 answers", "a constant item", "nobody"],
)
def test_what_cannot_be_said_has_a_reason(scores: np.ndarray, reason: Unusable):
    found = reliability(of_scores(KEYS[: scores.shape[1]], scores))
    assert (found.unusable, found.alpha, found.omega) == (reason, None, None)


def test_pairs_that_contradict_each_other_are_refused():
    """Three items, each pair answered by other people: correlations of 1, 1 and -1 belong to nobody."""
    up = np.array([1, 2, 3, 4, 5] * 8)
    gone = np.full(40, -1)
    rows = [(up, up, gone), (gone, up, up), (up, gone, 6 - up)]
    scores = np.concatenate([np.column_stack(row) for row in rows])
    assert reliability(of_scores(("a", "b", "c"), scores)).unusable is Unusable.OVERLAP


def test_two_items_have_alpha_and_no_omega():
    found = reliability(of_scores(KEYS[:2], SCORES[:, :2]))
    assert found.alpha is not None
    assert found.omega is None
    assert [item.alpha_without for item in found.items] == [None, None]


def test_twins_have_no_loading_of_their_own():
    """Two items that are the same leave nothing to the third: no single factor, alpha all the same."""
    found = reliability(of_scores(("a", "b", "c"), SCORES[:, [0, 0, 5]]))
    assert found.alpha is not None
    assert found.omega is None


@pytest.mark.slow
def test_the_interval_of_omega_holds_with_bunched_scores():
    """200 draws of 300 answers, most of them 5: the truth is inside about 95 times in 100."""
    loadings = [0.8, 0.7, 0.6, 0.5]
    large = reliability(of_scores("abcd", bunched(np.random.default_rng(1), 1_000_000, loadings)))
    assert large.omega is not None
    rng, inside, draws = np.random.default_rng(2), 0, 200
    for _draw in range(draws):
        found = reliability(of_scores("abcd", bunched(rng, 300, loadings)))
        assert found.omega_ci95 is not None
        inside += found.omega_ci95[0] <= large.omega <= found.omega_ci95[1]
    assert 0.91 <= inside / draws <= 0.99
