"""What is an alert and what is not; figures from outside this code are named beside them."""

import csv
import random
from datetime import date, timedelta
from math import isclose
from pathlib import Path

import pytest
from scipy import special, stats

from analysis.alerts.policy import (
    DOWN,
    FEWEST,
    MONTH,
    OVERDUE,
    RESPONSE_RATE,
    SATISFACTION,
    UP,
    VOLUME,
    WEEK,
    Point,
    Series,
    benjamini_hochberg,
    chance_of,
    collapse,
    judge,
    may_show,
    poisson_tail,
    worth_telling,
)
from analysis.alerts.seasonal import MARGIN, profile
from analysis.trend.limits import signals
from tests.analysis.answers import DATA
from tests.analysis.trend.test_limits import by_chance

FIRST = date(2026, 1, 5)
STEADY = [81, 78, 83, 80, 77, 82, 79, 80, 84, 78, 81, 79, 80, 82]


def series(x, n=100, kind=SATISFACTION, *, hidden=(), **more):
    sizes = n if isinstance(n, list) else [n] * len(x)
    points = tuple(
        Point(FIRST + timedelta(weeks=k), a, b, a if kind == VOLUME else b, hidden=k in hidden)
        for k, (a, b) in enumerate(zip(x, sizes, strict=True))
    )
    return Series(kind, WEEK, points, **more)


def told(one, **more):
    judged = judge(one, least_change=0.03, **more)
    return (judged.rule, judged.side) if judged and judged.rule else None


def test_a_fall_below_the_limits_is_an_alert_and_a_steady_week_is_not():
    assert told(series([*STEADY, 80])) is None
    assert told(series([*STEADY, 60])) == ("outside", DOWN)
    assert told(series([*STEADY, 97])) == ("outside", UP)


def test_the_limits_are_those_of_the_periods_before():
    """R: qcc 2.7 p chart of 14 weeks: centre .8028571, LCL at n = 100 .6835; sigma_z < 1 counts as 1."""
    judged = judge(series([*STEADY, 60]), least_change=0.03)
    assert isclose(judged.limits.centre, 0.8028571428571428)
    assert isclose(
        judged.limits.lower[-1], 0.8028571 - 3 * (0.8028571 * 0.1971429 / 100) ** 0.5, rel_tol=1e-6
    )
    assert len(judged.shown) == 15


def test_a_fall_in_the_number_of_answers_alone_is_none():
    sizes = [100] * len(STEADY)
    assert told(series([*STEADY, 24], [*sizes, 30])) is None  # 80 % of 30


def test_fewer_than_twelve_periods_before_are_not_judged():
    assert judge(series([*STEADY[: FEWEST - 1], 10]), least_change=0.03) is None
    assert judge(series([*STEADY[:FEWEST], 10]), least_change=0.03) is not None


def test_what_may_not_be_shown_neither_makes_nor_is_a_figure():
    assert judge(series([*STEADY, 10], hidden={14}), least_change=0.03) is None
    judged = judge(series([*STEADY[:6], 0, *STEADY[6:], 80], hidden={6}), least_change=0.03)
    assert isclose(judged.limits.centre, 0.8028571428571428)
    assert 0 not in [point.x for point in judged.shown]


def test_a_sure_but_unimportant_change_is_none():
    n = 100_000
    weeks = [80_000 + 100 * step for step in (0, 1, -1, 0, 1, 0, -1, 0, 1, 0, -1, 0)]
    assert told(series([*weeks, 78_500], n)) is None  # 1.5 points
    assert told(series([*weeks, 76_000], n)) == ("outside", DOWN)


def test_kinds_look_to_their_own_side():
    assert told(series([*STEADY, 97], kind=OVERDUE)) == ("outside", UP)
    assert told(series([*STEADY, 60], kind=OVERDUE)) is None
    assert told(series([*STEADY, 60], kind=RESPONSE_RATE)) == ("outside", DOWN)
    assert told(series([*STEADY, 97], kind=RESPONSE_RATE)) is None


def test_a_run_is_told_when_it_is_complete_and_not_again():
    low = [76] * 7
    assert told(series([*STEADY, *low[:6]]), runs=True) is None
    assert told(series([*STEADY, *low]), runs=False) is None
    rule, side = told(series([*STEADY, *low]), runs=True)
    assert side == DOWN
    assert rule in {"shift", "near"}
    assert told(series([*STEADY, *low, 76]), runs=True) in (None, ("near", DOWN))


def test_counts_are_watched_upwards_with_their_weeks_of_nothing():
    quiet = [3, 0, 5, 2, 4, 0, 3, 6, 2, 4, 1, 3]
    counted = judge(series([*quiet, 30], 1, VOLUME), least_change=0.0)
    assert (counted.rule, counted.side) == ("outside", UP)
    assert isclose(counted.limits.centre, 33 / 12)
    assert judge(series([*quiet, 0], 1, VOLUME), least_change=0.0).rule == ""


def test_among_many_groups_only_what_survives_the_correction_is_told():
    def group(k, last):
        return judge(series([*STEADY, last], dimension="district", group=str(k)), least_change=0.03)

    barely = 67  # outside three sigma, z = -3.3: alone it is told
    assert len(worth_telling([group(0, barely)])) == 1
    crowd = [group(k, 80) for k in range(1, 100)]
    assert worth_telling([group(0, barely), *crowd]) == []
    assert [one.series.group for one in worth_telling([group(0, 40), *crowd])] == ["0"]


def test_collection_broke_down_where_hardly_any_of_many_answers_came():
    """NYC 311: one month with 893 answers between months of about 11,000 (specs/followup.md)."""
    months = [11_000, 10_800, 11_300, 10_900, 11_100, 11_050, 10_700, 11_200, 10_950, 11_000, 11_100, 10_900]
    broken = collapse([*months, 893], [0.0] * 13)
    assert broken is not None
    assert broken.expected == 11_000
    assert collapse([*months, 8_000], [0.0] * 13) is None


def test_fewer_answers_to_fewer_closings_are_no_collapse():
    usual, closed = [120] * 12, [400] * 12
    assert collapse([*usual, 10], [*closed, 30]) is None  # a holiday week: nine were to be expected
    assert collapse([*usual, 10], [*closed, 390]) is not None
    assert collapse([*([3] * 12), 0], [*closed, 400]) is None  # three a week say nothing


def test_a_new_group_has_no_usual_number():
    assert collapse([120] * 11 + [0], [400] * 12) is None


@pytest.mark.parametrize("points", [12, 18, 26])
@pytest.mark.parametrize("z", [0.5, 2.0, 3.0, 4.0, 6.0])
def test_the_tail_is_students(points, z):
    """Witness: SciPy's Student t."""
    freedom, t = 0.62 * (points - 1), z / (1 + 1 / points) ** 0.5
    assert chance_of(z, points, both=True) == pytest.approx(2 * special.stdtr(freedom, -t), rel=0.07)
    assert chance_of(-z, points, both=False) == pytest.approx(special.stdtr(freedom, -t), rel=0.07)


def test_the_tail_of_counts_is_poissons():
    """Witness: SciPy."""
    for count, mean in ((12, 2.75), (40, 33.0), (0, 5.0), (900, 850.0)):
        assert poisson_tail(count, mean) == pytest.approx(
            stats.poisson.sf(count - 1, mean), rel=1e-9, abs=1e-14
        )
    assert poisson_tail(1, 0.0) == 0.0


def test_the_correction_is_benjamini_and_hochbergs():
    """Witness: SciPy's false_discovery_control; R p.adjust(method = "BH") gives the same."""
    draw = random.Random(7)
    for size in (1, 3, 20, 100):
        ps = [draw.random() ** 3 for _ in range(size)]
        assert benjamini_hochberg(ps) == [p <= 0.02 for p in stats.false_discovery_control(ps)]


def test_neither_a_small_group_nor_a_small_rest_is_shown():
    assert may_show(10, 10, 10)
    assert not may_show(9, 100, 10)
    assert not may_show(95, 100, 10)
    assert may_show(90, 100, 10)


def test_real_months_that_a_plain_p_chart_would_cry_wolf_about_are_none():
    """NHS Friends and Family Test, sigma_z 2.27 (R, qicharts2): a p chart flags two of 16 months."""
    if not DATA.is_dir():
        pytest.skip("the real data are not beside this checkout (../shared/data)")
    with (DATA / "nhs_fft_monthly.csv").open(encoding="utf-8") as file:
        rows = [(row["month"], int(row["top"]), int(row["n"])) for row in csv.DictReader(file)]
    points = tuple(Point(date.fromisoformat(f"{month}-01"), x, n, n) for month, x, n in rows)
    plain = by_chance([p.x for p in points], [p.n for p in points])
    assert len([one for one in signals([p.value for p in points], plain) if one.rule == "outside"]) == 2
    judged = [judge(Series(SATISFACTION, MONTH, points[:k]), least_change=0.03) for k in range(13, 17)]
    assert [one.rule for one in judged] == ["", "", "", ""]
    assert judged[-1].limits.sigma_z > 2


def heating(draw, years=2):
    """Cases of the weeks of some years: thrice as many in winter, which begins a week earlier or later."""
    weeks = []
    for _year in range(years):
        level, begin, end = (
            40 * draw.uniform(0.85, 1.15),
            draw.choice((45, 46, 47)),
            draw.choice((10, 11, 12)),
        )
        rates = [level * (3 if week >= begin or week < end else 1) for week in range(52)]
        weeks += [max(0, round(draw.gauss(rate, rate**0.5))) for rate in rates]
    return weeks


def judged_in(weeks, at, *, times=1.0, seasonal=True):
    """Judge one week of the last year, with or without the same weeks of the year before."""
    now = [*weeks[at - 26 : at], round(weeks[at] * times)]
    known = profile(weeks[at - 52 - 26 - MARGIN : at - 52 + MARGIN + 1], now) if seasonal else None
    sizes = known.sizes if known else [1] * 27
    points = tuple(
        Point(FIRST + timedelta(weeks=k), x, n, x) for k, (x, n) in enumerate(zip(now, sizes, strict=True))
    )
    one = judge(Series(VOLUME, WEEK, points, spread=known.spread if known else 1.0), least_change=0.0)
    return bool(one.rule)


def test_a_season_that_returns_is_no_news_and_a_rise_in_it_still_is():
    """Simulated: 30 houses, each week of the first 11 of heating in the third year."""
    draw = random.Random(26)
    years = [heating(draw, 3) for _house in range(30)]
    weeks = range(2 * 52 + 44, 2 * 52 + 52)
    plain = sum(judged_in(one, at, seasonal=False) for one in years for at in weeks)
    seasonal = sum(judged_in(one, at) for one in years for at in weeks)
    doubled = sum(judged_in(one, at, times=2) for one in years for at in weeks)
    assert plain > 100  # of 240: nearly each week after the beginning
    assert seasonal <= 3
    assert doubled > 150  # of 240


def test_few_cases_of_earlier_years_say_nothing():
    assert profile([1] * 33, [5] * 27) is None
    assert profile([40] * 33, [40] * 27).sizes == pytest.approx([1.0] * 27)


@pytest.mark.parametrize("weeks", [5, 10, 16, 26])
def test_a_group_that_came_into_use_a_year_ago_is_watched_all_the_same(weeks):
    """For some of these weeks a year ago it had no cases: that is no shape of the year."""
    usual = [40 + k % 5 for k in range(26)]
    weeks_then = [0] * weeks + [40] * (33 - weeks)
    for last, expected in ((44, False), (120, True)):
        assert judged_in([*weeks_then, *[40] * (52 - 33 + MARGIN), *usual, last], 81) is expected


@pytest.mark.slow
def test_how_often_nothing_is_taken_for_something():
    """With no change at all: of 20 groups one alert in 50 weeks, one in 1000 weeks of a group."""
    draw, groups, rounds = random.Random(2026), 20, 400
    wrong = 0
    for _round in range(rounds):
        judged = []
        for k in range(groups):
            rate = 0.8
            x = [sum(draw.random() < rate for _ in range(40)) for _ in range(27)]
            judged.append(judge(series(x, 40, dimension="district", group=str(k)), least_change=0.03))
        wrong += len(worth_telling(judged))
    assert wrong <= 0.02 * rounds * 1.9


def _binomial(draw, n, p):
    return int(min(n, max(0, round(draw.gauss(n * p, (n * p * (1 - p)) ** 0.5)))))


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 0.03])
def test_how_often_a_steady_figure_of_everybody_is_taken_for_a_change(spread):
    """Steady by chance alone, and with weeks that differ by three points more than chance."""
    draw, wrong, weeks = random.Random(11), 0, 1500
    for _week in range(weeks):
        rates = [min(0.99, max(0.01, draw.gauss(0.8, spread))) for _ in range(27)]
        x = [_binomial(draw, 300, rate) for rate in rates]
        wrong += told(series(x, 300), runs=True) is not None
    assert wrong <= weeks / 50


def test_the_rules_of_many_cases_are_pure():
    """No database and no NumPy: the job looks at weeks in a process that only ticks."""
    source = Path(judge.__code__.co_filename).read_text("utf-8")
    assert "sqlalchemy" not in source
    assert "numpy" not in source
