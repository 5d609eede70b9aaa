"""Shares of what drivers explain: against all orders of entry, least squares on raw scores, simulation."""

from itertools import permutations
from statistics import mean

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS

from analysis.drivers import importance as drivers
from analysis.drivers.importance import Importance, Method, Reason, importance
from analysis.drivers.sums import of_scores
from tests.analysis.drivers.attitude import KEYS, SCORES

WEIGHTS = np.array([0.55, 0.35, 0.2, 0.0])


def draw(rng: np.random.Generator, n: int, weights: np.ndarray = WEIGHTS) -> np.ndarray:
    """Draw a rating and its drivers, from 1 to 5, bunched at the best answer and correlated."""
    common = rng.normal(size=(n, 1))
    causes = 0.6 * common + 0.8 * rng.normal(size=(n, len(weights)))
    rating = causes @ weights + 0.6 * rng.normal(size=n)
    return np.clip(np.round(4.3 + 0.9 * np.column_stack([rating, causes])), 1, 5).astype(np.int64)


def of(scores: np.ndarray) -> Importance:
    keys = tuple("yabcdefghijklmno"[: scores.shape[1]])
    return importance(of_scores(keys, scores), "y", keys[1:])


def r2(scores: np.ndarray, chosen: list[int]) -> float:
    """Explained variance of the first column by least squares on the scores themselves."""
    if not chosen:
        return 0.0
    design = np.column_stack([np.ones(len(scores)), scores[:, chosen]])
    fitted = design @ np.linalg.lstsq(design, scores[:, 0], rcond=None)[0]
    return float(1 - ((scores[:, 0] - fitted) ** 2).sum() / ((scores[:, 0] - scores[:, 0].mean()) ** 2).sum())


def test_shares_are_the_mean_gain_over_all_orders_of_entry():
    known: dict[frozenset[int], float] = {}

    def gain(order: tuple[int, ...], place: int) -> float:
        sets = [frozenset(order[:place]), frozenset(order[: place + 1])]
        for one in sets:
            known.setdefault(one, r2(SCORES, sorted(one)))
        return known[sets[1]] - known[sets[0]]

    orders = list(permutations(range(1, len(KEYS))))
    by_hand = [mean(gain(order, order.index(driver)) for order in orders) for driver in range(1, len(KEYS))]
    found = drivers.lmg(np.corrcoef(SCORES.T)[None])[0]
    np.testing.assert_allclose(found, by_hand, rtol=1e-9)
    model = OLS(SCORES[:, 0], np.column_stack([np.ones(len(SCORES)), SCORES[:, 1:]]))
    assert found.sum() == pytest.approx(model.fit().rsquared, rel=1e-9)


def test_relative_weights_agree_with_a_decomposition_of_the_scores():
    """Johnson (2000) starts from the scores: Z = P D Q', the nearest orthogonal variables are P Q'."""
    z = (SCORES - SCORES.mean(axis=0)) / SCORES.std(axis=0, ddof=1) / np.sqrt(len(SCORES) - 1)
    left, _values, right = np.linalg.svd(z[:, 1:], full_matrices=False)
    nearest = left @ right
    by_hand = (z[:, 1:].T @ nearest) ** 2 @ (nearest.T @ z[:, 0]) ** 2
    found = drivers.weights(np.corrcoef(SCORES.T)[None])[0]
    np.testing.assert_allclose(found, by_hand, rtol=1e-9)
    np.testing.assert_allclose(found, drivers.lmg(np.corrcoef(SCORES.T)[None])[0], atol=0.02)


def test_unrelated_drivers_have_their_squared_correlations():
    correlations = np.eye(4)
    correlations[0, 1:] = correlations[1:, 0] = [0.5, 0.3, 0.1]
    for way in (drivers.lmg, drivers.weights):
        np.testing.assert_allclose(way(correlations[None])[0], [0.25, 0.09, 0.01], rtol=1e-12)


def test_drivers_come_in_order_with_intervals_ranks_and_correlations():
    scores = draw(np.random.default_rng(4), 3_000)
    found = of(scores)
    assert [one.key for one in found.drivers] == ["a", "b", "c", "d"]
    assert sum(one.share for one in found.drivers) == pytest.approx(1)
    assert found.r2 == pytest.approx(r2(scores, [1, 2, 3, 4]), rel=1e-9)
    for one in found.drivers:
        assert one.ci95[0] <= one.share <= one.ci95[1]
        r = np.corrcoef(scores[:, 0], scores[:, 1 + "abcd".index(one.key)])[0, 1]
        assert one.correlation == pytest.approx(r, rel=1e-9)
        half = 1.96 / np.sqrt(3_000)  # of Fisher's z, for normal scores
        assert np.ptp(np.arctanh(one.correlation_ci95)) / 2 == pytest.approx(half, rel=0.6)
    assert [one.ranks for one in found.drivers] == [(1, 1), (2, 2), (3, 3), (4, 4)]


def test_betas_are_those_of_standardised_scores():
    scores = draw(np.random.default_rng(4), 500)
    z = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    by_hand = np.linalg.lstsq(z[:, 1:], z[:, 0], rcond=None)[0]
    found = {one.key: one.beta for one in of(scores).drivers}
    np.testing.assert_allclose([found[key] for key in "abcd"], by_hand, rtol=1e-9)


def test_doubling_the_answers_keeps_the_shares():
    scores = draw(np.random.default_rng(5), 400)
    once, twice = of(scores), of(np.concatenate([scores, scores]))
    for one, two in zip(once.drivers, twice.drivers, strict=True):
        assert two.share == pytest.approx(one.share, rel=1e-12)
    assert twice.n == 800


def test_many_drivers_are_weighed_otherwise():
    scores = draw(np.random.default_rng(6), 600, np.full(12, 0.2))
    found = of(scores)
    assert found.method is Method.WEIGHTS
    assert sum(one.share for one in found.drivers) == pytest.approx(1)
    assert found.r2 == pytest.approx(r2(scores, list(range(1, 13))), rel=1e-9)
    assert all(one.ranks[0] < one.ranks[1] for one in found.drivers)  # alike: nobody is clearly first


def test_a_driver_for_few_is_left_out_and_the_rest_stands():
    scores = draw(np.random.default_rng(7), 400)
    scores[80:, 4] = -1  # did not use it
    found = of(scores)
    assert found.left_out == (("d", Reason.FEW),)
    assert (found.n, len(found.drivers)) == (400, 3)


def test_a_driver_everybody_answers_alike_is_left_out():
    scores = draw(np.random.default_rng(7), 400)
    scores[:, 2] = 5
    assert of(scores).left_out == (("b", Reason.CONSTANT),)
    scores[7, 2] = 4  # without the group of this one answer there is no spread
    assert of(scores).left_out == (("b", Reason.CONSTANT),)


def test_a_driver_that_follows_from_others_is_named():
    scores = draw(np.random.default_rng(7), 400)
    scores[:, 4] = scores[:, 1]
    found = of(scores)
    assert found.reason is Reason.COLLINEAR
    assert found.left_out == (("a", Reason.COLLINEAR), ("d", Reason.COLLINEAR))


def answers(n: int) -> np.ndarray:
    return draw(np.random.default_rng(8), n)


def constant_rating() -> np.ndarray:
    scores = answers(200)
    scores[:, 0] = 4
    return scores


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (answers(99), Reason.FEW), (answers(0), Reason.FEW), (answers(200)[:, :2], Reason.DRIVERS),
        (constant_rating(), Reason.CONSTANT),
        (np.random.default_rng(9).integers(1, 6, (5_000, 4)), Reason.NOTHING),
    ],
    ids=["99 answers", "nobody", "one driver", "a constant rating", "noise"],
)  # fmt: skip
def test_what_cannot_be_said_has_a_reason(scores: np.ndarray, reason: Reason):
    found = of(scores)
    assert (found.reason, found.drivers) == (reason, ())


def test_a_rating_nobody_asks_for_is_said():
    assert importance(of_scores("ab", answers(200)[:, :2]), "y", ("a", "b")).reason is Reason.NO_OVERALL


@pytest.mark.slow
def test_intervals_and_ranks_hold_with_bunched_scores():
    """400 draws of 400 answers: shares are inside about 95 times in 100, ranks of all at least as often."""
    truth = of(draw(np.random.default_rng(1), 2_000_000))
    shares = {one.key: one.share for one in truth.drivers}
    places = {one.key: place for place, one in enumerate(truth.drivers, start=1)}
    rng, inside, right, draws = np.random.default_rng(2), 0, 0, 400
    for _draw in range(draws):
        found = of(draw(rng, 400)).drivers
        inside += sum(one.ci95[0] <= shares[one.key] <= one.ci95[1] for one in found)
        right += all(one.ranks[0] <= places[one.key] <= one.ranks[1] for one in found)
    assert 0.92 <= inside / draws / 4 <= 0.98
    assert right / draws >= 0.94
