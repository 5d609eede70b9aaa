"""How often the intervals are wrong: simulated where nothing works, and where something does."""

import numpy as np
import pytest

from analysis.effects.did import did_shares, parallel
from analysis.effects.its import segmented
from analysis.scores import top_box

DRAWS = 2000


def shares(draw, n, p):
    x = int(draw.binomial(n, p))
    return top_box([n - x, x], 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "p", "effect", "most"),
    [
        ((300, 300, 300, 300), (0.7, 0.75, 0.8), 0.0, 0.96),
        ((40, 60, 200, 400), (0.7, 0.75, 0.8), 0.0, 0.96),
        ((40, 40, 40, 40), (0.9, 0.95, 0.92), 0.05, 0.99),
        ((35, 35, 35, 35), (0.97, 0.97, 0.97), 0.0, 1.0),  # rare answers: wider, never narrower
    ],
)
def test_the_interval_holds_the_truth_about_95_times_in_100(sizes, p, effect, most):
    draw, held = np.random.default_rng(20261122), 0
    before, after, control = p
    for _draw in range(DRAWS):
        scope = shares(draw, sizes[0], before), shares(draw, sizes[1], after)
        other = shares(draw, sizes[2], control), shares(draw, sizes[3], control + (after - before) - effect)
        low, high = did_shares(scope, other).ci95
        held += low <= effect <= high
    assert 0.94 <= held / DRAWS <= most


@pytest.mark.slow
def test_alike_groups_are_called_alike_and_swinging_ones_not_apart_too_often():
    draw, alarms = np.random.default_rng(7), {"calm": 0, "swinging": 0}
    for _draw in range(DRAWS):
        for name, swing in (("calm", 0.0), ("swinging", 0.04)):
            months = [
                (t, shares(draw, 80, 0.75 + draw.normal(0, swing)), shares(draw, 120, 0.8)) for t in range(18)
            ]
            alarms[name] += parallel(months).p < 0.05
    assert alarms["calm"] / DRAWS <= 0.05
    assert alarms["swinging"] / DRAWS <= 0.075


@pytest.mark.slow
def test_the_interval_of_a_short_series_is_too_narrow_as_the_page_says():
    """24 months before and 8 since, monthly swings that depend on each other: 95 % are not reached."""
    draw, held = np.random.default_rng(11), 0
    for _draw in range(600):
        noise = np.zeros(32)
        for t in range(1, 32):
            noise[t] = 0.4 * noise[t - 1] + draw.normal(0, 0.02)
        found = segmented([(24000 + t, 0.75 + float(noise[t])) for t in range(32)], 24024)
        held += found.mean.ci95[0] <= 0 <= found.mean.ci95[1]
    assert 0.8 <= held / 600 <= 0.93
