"""What stands beside the comparison: every part in its order, and named where it cannot be made."""

from datetime import UTC, date, datetime

import pytest

from analysis.reports import beside
from analysis.reports.blocks import Heading, Note, Paragraph, Table
from analysis.texts import N_, AskedError
from analysis.trend.actions import mark
from followup.measures.models import Measure
from tests import people
from tests.analysis.reports.asked import NOW, edition, every_kind, made

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
JULY = datetime(2026, 7, 1, tzinfo=UTC)


def test_reasons_trend_drivers_words_and_measures_stand_in_their_order(database):
    every_kind(database)
    with database.begin() as session:
        session.add(
            Measure(
                number="20260701-M001", title="Call before the visit", heard="", action="", term="short",
                department="East", due_on=date(2026, 12, 1), state="under_way", questionnaire="care",
                item_key="overall", expected_points=5.0, scope={}, control={}, created_at=JULY,
                created_by="lena",
            )
        )  # fmt: skip
    report = made(database)
    heads = [block.text for block in report.blocks if isinstance(block, Heading) and block.level == 1]
    assert heads[2:7] == ["Why", "Month by month", "What matters most", "Words in comments", "Measures"]
    measures = next(block for block in report.tables() if block.caption == "Measures")
    assert [cell.text for cell in measures.rows[0]] == [
        "20260701-M001 Call before the visit", "East", "Under way", "2026-12-01", "+5.0",
    ]  # fmt: skip
    trend = next(block for block in report.tables() if block.caption.startswith("Month by month"))
    assert isinstance(trend, Table)
    assert {row[0].text for row in trend.rows} >= {"August 2026", "August 2025"}


def test_a_part_that_cannot_be_made_is_named_with_its_reason(database):
    tell = beside._absent("The trend", AskedError(N_("An item should be one of %(known)s."), known="overall"))
    found = list(tell(edition(database.settings), False))
    assert found == [
        Heading("The trend"),
        Note("The trend is missing here: An item should be one of overall."),
    ]


def test_where_limits_were_computed_anew_the_report_says_who_and_why(database):
    every_kind(database)
    lena = people.lena(database)
    with database.begin() as session:
        mark(
            session, questionnaire="care", item_key="overall", known=["overall"], month="2026-08",
            note="New tariff", today=NOW.date(), by=lena, now=NOW,
        )  # fmt: skip
    said = [block.text for block in made(database).blocks if isinstance(block, Paragraph)]
    assert "From August 2026 on: Lena had the limits computed anew on 2026-11-18: New tariff" in said
