"""Measures for the tests."""

from dataclasses import replace
from datetime import date, datetime

from core.db import Database
from followup.measures import actions
from followup.measures.actions import Plan
from followup.measures.models import Measure

WARM = Plan(
    title="Vent the risers before the season",
    heard="Flats on the upper floors stay cold in November.",
    action="Vent and balance all risers in October, building by building.",
    term="short",
    department="东区供热站",
    owner_id=None,
    due_on=date(2026, 11, 30),
    questionnaire="care",
    item_key="overall",
    expected_points=5.0,
    scope={"district": ["城东区"]},
    control={"district": ["城西区"]},
)


def planned(database: Database, now: datetime, *, alert_id=None, **changes) -> Measure:
    """Plan a measure."""
    with database.begin() as session:
        return actions.create(session, replace(WARM, **changes), alert_id=alert_id, actor="lena", now=now)
