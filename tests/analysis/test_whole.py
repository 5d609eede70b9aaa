"""The whole questionnaire as one figure, beside SciPy on the answers of people."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind

from analysis.advice import on_whole
from analysis.drivers.sums import of_scores
from analysis.periods import parse_period
from analysis.queries import Thresholds, comparison, versions_of
from analysis.verdicts import CLAIMS, Code
from analysis.whole import Score, Whole, compared, judged, score, whole_of
from surveys import actions, answering
from surveys.answering import Given
from tests.analysis.answers import likert, publish

RANGES = [(1, 5), (1, 5), (0, 10)]
people = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10)), min_size=3, max_size=40
)


def of_people(rows):
    return score(of_scores("abc", np.array(rows, dtype=np.int64)), RANGES)


def means(rows):
    low, high = np.array(RANGES, dtype=float).T
    return ((np.array(rows) - low) / (high - low) * 100).mean(axis=1)


@given(people, people)
def test_it_is_welch_on_the_means_of_people_where_everybody_rated_everything(before, after):
    found = compared(of_people(before), of_people(after))
    x, y = means(before), means(after)
    assert found.before.mean == pytest.approx(x.mean())
    assert found.after.se == pytest.approx(y.std(ddof=1) / len(y) ** 0.5, abs=1e-6)
    if min(x.std(), y.std()) < 1e-9:  # SciPy warns of it
        return
    theirs = stats.ttest_ind(y, x, equal_var=False)
    assert found.p == pytest.approx(theirs.pvalue, rel=1e-5, abs=1e-9)
    low, high = theirs.confidence_interval()
    assert found.ci95 == pytest.approx((low, high), rel=1e-5, abs=1e-5)
    if min(abs(low), abs(high), abs(low + 30), abs(high - 30)) > 1e-3:  # not at the edge of rounding
        code = judged(found, 30.0)
        assert (code in CLAIMS) == (theirs.pvalue < 0.05)
        both = ttost_ind(y, x, -30, 30, usevar="unequal")[0] < 0.025  # two one-sided tests
        assert (code is Code.UNCHANGED) == (both and theirs.pvalue >= 0.05)


def test_who_left_an_item_out_still_counts_where_it_was_rated():
    """Against the covariances of two item means, listed pair by pair with NumPy."""
    rows = np.array([[5, 4, 9], [4, -1, 8], [2, 3, 5], [1, 2, -1], [5, 5, 10], [3, 4, 7]])
    found = score(of_scores("abc", rows), RANGES)
    low, high = np.array(RANGES, dtype=float).T
    scaled = np.where(rows < 0, np.nan, (rows - low) / (high - low) * 100)
    assert found.mean == pytest.approx(np.nanmean(scaled, axis=0).mean())
    n = (~np.isnan(scaled)).sum(axis=0)
    total = 0.0
    for i in range(3):
        for j in range(3):
            both = ~np.isnan(scaled[:, i]) & ~np.isnan(scaled[:, j])
            cov = np.cov(scaled[both, i], scaled[both, j])[0, 1]
            total += both.sum() * cov / (n[i] * n[j])
    assert found.se == pytest.approx((total / 9) ** 0.5)
    assert found.n == 4


@pytest.mark.parametrize(
    ("diff", "reach", "code", "said"),
    [
        (
            5.0,
            2.0,
            Code.HIGHER,
            "70.0, 5.0 points higher than in 2025 (plausible range +3.0 to +7.0); unlikely",
        ),
        (
            -5.0,
            2.0,
            Code.LOWER,
            "70.0, 5.0 points lower than in 2025 (plausible range -7.0 to -3.0); unlikely",
        ),
        (
            2.0,
            1.0,
            Code.SLIGHTLY_HIGHER,
            "slightly higher than in 2025: +2.0 points (plausible range +1.0 to +3",
        ),
        (2.96, 1.0, Code.HIGHER, "70.0, 3.0 points higher"),  # judged as it is shown
        (-0.5, 0.49, Code.SLIGHTLY_LOWER, "(plausible range -1.0 to just below 0), less than the 3 points"),
        (1.0, 1.5, Code.UNCHANGED, "unchanged from 2025 within 3 points: difference +1.0 points"),
        (
            1.0,
            2.5,
            Code.UNCLEAR,
            "no clear change from 2025: difference +1.0 points (plausible range -1.5 to +3.5)",
        ),
        (0.0, None, Code.NOT_TESTED, "70.0 after 70.0: in each period everybody has the same score"),
    ],
)
def test_the_verdict_goes_by_the_interval_that_stands_beside_it(diff, reach, code, said):
    ci95 = None if reach is None else (diff - reach, diff + reach)
    found = Whole(("a", "b"), Score(400, 70.0 - diff, 1.0), Score(400, 70.0, 1.0), diff, ci95, None)
    assert judged(found, 3.0) is code
    assert said in replace(found, code=code).sentence(period="2025")


def test_a_whole_that_hides_opposite_moves_of_its_questions_says_so():
    found = Whole(
        ("a", "b", "c"), Score(400, 65.0, 1.0), Score(400, 70.0, 1.0), 5.0, (3.0, 7.0), 0.0,
        code=Code.HIGHER, rose=2, fell=0,
    )  # fmt: skip
    assert "questions differ" not in found.sentence()
    assert found.sentence() in replace(found, fell=1).sentence()
    assert (
        replace(found, fell=1)
        .sentence()
        .endswith("Its 3 questions differ: 2 clearly higher, 1 clearly lower.")
    )
    assert "questions differ" in replace(found, code=Code.UNCHANGED).sentence()


def test_nobody_one_and_constants():
    assert score(of_scores("abc", np.zeros((0, 3), dtype=np.int64)), RANGES) is None
    assert of_people([(5, 5, 10)]) is None
    same = of_people([(5, 5, 10)] * 40)
    found = compared(same, same)
    assert (found.diff, found.ci95, found.p, same.ci95) == (0, None, None, (100, 100))


def test_the_comparison_of_two_periods_has_it_where_all_items_can_be_compared(client_for, database, now):
    version = publish(database, likert("speed"), likert("care"), key="care")
    given_ = {2025: [], 2026: []}
    with database.begin() as session:
        stratum = actions.stratum_id(session)
        for n in range(80):
            year = 2025 + n % 2
            pair = (1 + (n * 7) % 5, 1 + (n * 3 + year) % 5)
            given_[year].append(pair)
            answering.record(
                session, version, {"speed": Given(value=pair[0]), "care": Given(value=pair[1])}, mode="web",
                stratum_id=stratum, handler="", language="en", now=now,
                submitted_at=datetime(year, 8, 3, 4, tzinfo=UTC), external_id=str(n),
            )  # fmt: skip
    with database.read() as session:
        two = comparison(
            session, questionnaire="care", before=parse_period("2025Q3"), after=parse_period("2026Q3"),
            today=date(2026, 11, 18),
        )  # fmt: skip
        found = whole_of(session, two, versions_of(session, "care"), Thresholds())
        assert whole_of(session, two, versions_of(session, "care"), Thresholds(few_answers=41)) is None
    x, y = ((np.array(given_[year]).mean(axis=1) - 1) * 25 for year in (2025, 2026))
    assert (found.before.mean, found.after.mean) == pytest.approx((x.mean(), y.mean()))
    assert found.p == pytest.approx(stats.ttest_ind(y, x, equal_var=False).pvalue)
    assert found.items == ("speed", "care")
    client, address = client_for("lena"), "?questionnaire=care&before=2025Q3&after=2026Q3"
    assert "The whole questionnaire as one figure" in client.get(f"/analysis{address}").text
    page = client.get(f"/analysis{address}&whole=1").text
    assert f"{found.sentence(period='Q3 2025')} {on_whole(found)}" in page
    assert re.search(r"To see a change of 3 points, about \d[\d,]+ answers a period are needed", page)
    document = client.get(f"/analysis/data.json{address}&whole=1").get_json()
    assert document["whole"]["verdict"]["code"] == found.code.value == "unclear"
    assert document["whole"]["diff"] == pytest.approx(y.mean() - x.mean())
    assert 'id="whole"' not in client.get(f"/analysis{address}&whole=1&item=care").text
