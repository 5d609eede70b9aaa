"""Months and days: a period is read in as few rows as it can be, and the sums stay the same."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cube import spans
from analysis.periods import Period, parse_period
from analysis.queries import comparison
from tests.analysis.answers import count, likert, publish
from tests.analysis.test_queries import compare


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("2026Q3", [("2026-07-01", "2026-10-01", True)]),
        ("2026", [("2026-01-01", "2027-01-01", True)]),
        ("2026-02", [("2026-02-01", "2026-03-01", True)]),
        ("2026-W09", [("2026-02-23", "2026-03-02", False)]),
        ("2026-02-03..2026-02-20", [("2026-02-03", "2026-02-21", False)]),
        ("2025-11-15..2026-03-15", [
            ("2025-11-15", "2025-12-01", False), ("2025-12-01", "2026-03-01", True),
            ("2026-03-01", "2026-03-16", False)]),
        ("2025-12-31..2026-01-31", [("2025-12-31", "2026-01-01", False), ("2026-01-01", "2026-02-01", True)]),
    ],
)  # fmt: skip
def test_whole_months_are_read_as_months(name, parts):
    found = [(str(part.start), str(part.end), part.months) for part in spans(parse_period(name))]
    assert found == parts


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 900))
def test_the_parts_are_the_period(start, days):
    parts = spans(Period("x", start, start + timedelta(days=days)))
    covered = [part.start + timedelta(days=n) for part in parts for n in range((part.end - part.start).days)]
    assert covered == [start + timedelta(days=n) for n in range(days)]
    assert all(part.start.day == 1 and part.end.day == 1 for part in parts if part.months)


def test_a_range_counts_each_day_once(database):
    version = publish(database, likert("overall"))
    days = (
        "2025-11-14",
        "2025-11-15",
        "2025-11-30",
        "2025-12-01",
        "2026-02-28",
        "2026-03-01",
        "2026-03-15",
        "2026-03-16",
    )
    for day in days:
        count(database, version, date.fromisoformat(day), {"overall": {4: 10}})
    found = compare(database, before="2024-11-15..2025-03-15", after="2025-11-15..2026-03-15")
    assert (found.after.responses, found.items[0].after.counts[4]) == (60, 60)


def test_a_season_whose_days_were_changed_is_judged_anew(database):
    """July alone may be shown, July with August may not: the name of the period is the same."""
    version = publish(database, likert("overall", role="overall"))
    for month, n in ((7, 20), (8, 4), (9, 20)):
        for district, more in (("East", 0), ("West", 40)):
            count(database, version, date(2025, month, 2), {"overall": {4: n + more}}, district=district)

    def responses(last):
        with database.read() as session:
            return comparison(
                session, questionnaire="care", before=parse_period("2024"), today=date(2026, 6, 1),
                after=Period("2025水质季", date(2025, 7, 1), last), where={"district": ["East"]},
            ).after.responses  # fmt: skip

    assert responses(date(2025, 8, 1)) == 20
    assert responses(date(2025, 9, 1)) is None
