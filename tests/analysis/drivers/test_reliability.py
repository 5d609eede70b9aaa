"""Alpha and omega against Pingouin, statsmodels, closed forms and simulated answers."""

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


# The two data sets in the documentation of Pingouin's ``cronbach_alpha``: fifteen people by ten questions, a
# question a word, and twelve by eleven with gaps, a person a word.
LIKERT = """
357261426544564 243452345432553 465363545653655 135354335422245 456242571355323
514245226533321 123242125324213 453663242132442 356675463743463 255352352214554
"""
GAPS = """
11111111111 11111111010 -011-111100 11101101100 11111000100 01-01111000
11110010000 11111000000 01011000010 10010100-00 11100000000 10010000000
"""


def digits(text: str) -> np.ndarray:
    return np.array([[-1 if sign == "-" else int(sign) for sign in word] for word in text.split()])


def test_alpha_and_its_interval_agree_with_pingouin():
    """Its documentation: 0.5917188485995826, array([0.195, 0.84 ]); it was tested against R psych."""
    found = reliability(of_scores("abcdefghij", digits(LIKERT).T), at_least=10)
    assert found.alpha == pytest.approx(0.5917188485995826, rel=1e-12)
    assert found.alpha_ci95 == pytest.approx((0.195, 0.84), abs=5e-4)


def test_alpha_of_available_cases_agrees_with_pingouin():
    """Its documentation: 0.732660835214447 with pairs, 0.8016949152542373 with complete rows."""
    scores = digits(GAPS)
    found = scales.alpha(of_scores("abcdefghijk", scores).covariance())
    assert found == pytest.approx(0.732660835214447, rel=1e-12)
    assert scales.feldt(found, 12, 11) == pytest.approx((0.435, 0.909), abs=5e-4)
    complete = of_scores("abcdefghijk", scores[(scores >= 0).all(axis=1)])
    assert scales.alpha(complete.covariance()) == pytest.approx(0.8016949152542373, rel=1e-12)


def test_the_items_agree_with_their_definitions_on_the_scores():
    found = reliability(of_scores(KEYS, SCORES))
    assert found.n == 30
    for place, item in enumerate(found.items):
        rest = np.delete(SCORES, place, axis=1)
        total, k = rest.sum(axis=1), rest.shape[1]
        assert item.item_rest == pytest.approx(stats.pearsonr(SCORES[:, place], total).statistic, rel=1e-12)
        without = k / (k - 1) * (1 - rest.var(axis=0, ddof=1).sum() / total.var(ddof=1))
        assert item.alpha_without == pytest.approx(without, rel=1e-12)


def test_feldts_interval_covers_what_an_exact_test_would_keep():
    """Feldt: (1 - true alpha) / (1 - alpha) follows F; at the ends its tails hold 2.5 % each."""
    low, high = scales.feldt(0.84, 30, 7)
    assert stats.f.sf((1 - low) / (1 - 0.84), 29, 174) == pytest.approx(0.025, rel=1e-9)
    assert stats.f.cdf((1 - high) / (1 - 0.84), 29, 174) == pytest.approx(0.025, rel=1e-9)


def test_loadings_and_omega_agree_with_statsmodels():
    """Principal axes, repeated until they stand still, end at the same least squares."""
    correlations, spread = np.corrcoef(SCORES.T), SCORES.std(axis=0, ddof=1)
    theirs = Factor(corr=correlations, n_factor=1, method="pa").fit(maxiter=5_000, tol=1e-14)
    mine = scales.one_factor(correlations)
    assert mine is not None
    np.testing.assert_allclose(mine, np.abs(theirs.loadings.ravel()), atol=1e-6)
    left = np.outer(spread, spread) * theirs.fitted_cov
    own = (theirs.uniqueness * spread**2).sum()
    assert reliability(of_scores(KEYS, SCORES)).omega == pytest.approx(1 - own / left.sum(), rel=1e-6)


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
    assert found.alpha is not None


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
