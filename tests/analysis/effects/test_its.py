"""The interrupted series, held to statsmodels; what is too short says nothing."""

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.regression.linear_model import yule_walker

from analysis.effects.its import segmented

START = 2024 * 12


def series(before, after, *, jump=0.06, season=0.0, seed=7):
    draw = np.random.default_rng(seed)
    found = []
    for t in range(START - before, START + after):
        value = 0.7 + 0.001 * (t - START) + (jump + 0.002 * (t - START) if t >= START else 0)
        found.append((t, float(value + season * np.cos(2 * np.pi * t / 12) + draw.normal(0, 0.01))))
    return found


def witness(points, *, seasonal):
    t, y = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    since = (t >= START).astype(float)
    columns = [np.ones(len(t)), t - t[0], since, since * (t - START)]
    if seasonal:
        columns += [(t % 12 == month).astype(float) for month in range(1, 12)]
    design = np.column_stack(columns)
    rho = segmented(points, START).rho
    model = sm.GLS(y, design, sigma=rho ** np.abs(np.subtract.outer(t, t))).fit()
    return t, model


@pytest.mark.parametrize(("before", "after", "seasonal"), [(14, 7, False), (24, 12, True), (18, 8, True)])
def test_level_slope_and_their_mean_equal_statsmodels(before, after, seasonal):
    points = series(before, after, season=0.03 if seasonal else 0)
    found, (t, model) = segmented(points, START), witness(points, seasonal=seasonal)
    assert found.seasonal is seasonal
    for term, place in ((found.level, 2), (found.slope, 3)):
        assert term.estimate == pytest.approx(model.params[place], abs=1e-9)
        assert term.se == pytest.approx(model.bse[place], abs=1e-9)
        assert term.ci95 == pytest.approx(model.conf_int()[place], abs=1e-9)
    weights = np.zeros(len(model.params))
    weights[2], weights[3] = 1, (t[t >= START] - START).mean()
    tested = model.t_test(weights)
    assert found.mean.estimate == pytest.approx(tested.effect[0], abs=1e-9)
    assert found.mean.ci95 == pytest.approx(tested.conf_int()[0], abs=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_correlation_of_neighbours_is_the_one_that_its_own_residuals_have(seed):
    draw, points = np.random.default_rng(seed), []
    noise = 0.0
    for t in range(START - 24, START + 12):
        noise = 0.6 * noise + float(draw.normal(0, 0.02))
        points.append((t, 0.7 + noise))
    found, (_t, model) = segmented(points, START), witness(points, seasonal=True)
    left = np.array([y for _t, y in points]) - model.fittedvalues
    rho, _sigma = yule_walker(left, order=1, method="mle", demean=False, result_object=False)
    assert found.rho == pytest.approx(max(0.0, float(rho[0])), abs=1e-9)


def test_a_year_on_each_side_cannot_tell_the_season_from_the_rise():
    points = series(12, 12)
    found, (_t, model) = segmented(points, START), witness(points, seasonal=False)
    assert not found.seasonal
    assert found.level.estimate == pytest.approx(model.params[2], abs=1e-9)


def test_months_that_are_missing_are_left_out():
    points = [point for point in series(20, 10) if point[0] not in {START - 5, START + 2}]
    found, (_t, model) = segmented(points, START), witness(points, seasonal=True)
    assert (found.before, found.after) == (19, 9)
    assert found.level.estimate == pytest.approx(model.params[2], abs=1e-9)


def test_the_course_goes_on_as_it_was_before():
    line = [(t, 0.5 + 0.01 * (t - START)) for t in range(START - 12, START + 8)]
    found = segmented(line, START)
    assert found.level.estimate == pytest.approx(0, abs=1e-12)
    assert found.course == pytest.approx([y for t, y in line if t >= START])


@pytest.mark.parametrize(("before", "after"), [(11, 12), (24, 5)])
def test_a_short_series_is_too_few_to_tell(before, after):
    assert segmented(series(before, after), START) is None


def test_a_course_that_never_moves_has_no_effect():
    for x in (0, 7, 20, 23, 30):
        for before, after in ((23, 10), (14, 7), (24, 12), (18, 12)):
            found = segmented([(START + t, x / 30) for t in range(-before, after)], START)
            assert found.mean.estimate == found.mean.se == 0.0
            assert found.mean.ci95 == (0.0, 0.0)
