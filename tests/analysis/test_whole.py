"""The whole questionnaire as one figure, beside SciPy on the answers of people."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.drivers.sums import of_scores
from analysis.periods import parse_period
from analysis.queries import comparison, versions_of
from analysis.whole import compared, score, whole_of
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
        found = whole_of(session, two, versions_of(session, "care"), few_answers=30)
        assert whole_of(session, two, versions_of(session, "care"), few_answers=41) is None
    x, y = ((np.array(given_[year]).mean(axis=1) - 1) * 25 for year in (2025, 2026))
    assert (found.before.mean, found.after.mean) == pytest.approx((x.mean(), y.mean()))
    assert found.p == pytest.approx(stats.ttest_ind(y, x, equal_var=False).pvalue)
    assert found.items == ("speed", "care")
    client, address = client_for("lena"), "?questionnaire=care&before=2025Q3&after=2026Q3"
    assert "The whole questionnaire as one figure" in client.get(f"/analysis{address}").text
    page = client.get(f"/analysis{address}&whole=1").text
    assert f"mean of 2 rated questions on a scale from 0 to 100: {x.mean():.1f}, then {y.mean():.1f}" in page
    document = client.get(f"/analysis/data.json{address}&whole=1").get_json()
    assert document["whole"]["diff"] == pytest.approx(y.mean() - x.mean())
    assert 'id="whole"' not in client.get(f"/analysis{address}&whole=1&item=care").text
