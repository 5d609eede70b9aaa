"""What a trial says and what the engine then does, on closings that share customers and rules."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from core.contacts.actions import set_do_not_contact
from core.contacts.models import Contact
from core.db import Database
from followup import jobs
from followup.models import FollowUp
from followup.rules import queries, trying
from followup.rules.policy import Terms
from tests.followup import factories as make

START = datetime(2026, 10, 19, tzinfo=UTC)  # a Monday
BASE = replace(make.ASK_ALL, cap_days=7, delay_in="working", delay_hours=2, channel="link")
WORDINGS = (
    replace(BASE, kinds=("complaint",), sampling_rate=60, channel="link_then_phone"),
    replace(BASE, kinds=("repair",), delay_hours=8, uncapped=("urgent",), channel="phone"),
    replace(BASE, kinds=("inquiry",), delay_hours=30, delay_in="elapsed", max_age_days=1),
    replace(BASE, delay_in="elapsed", delay_hours=24, cap_days=14, kind_rates=(("praise", 50.0),)),
)


def customers(database: Database) -> list[int]:
    """Ten customers, of whom some share a household, one has no number and one wants no contact."""
    with database.begin() as session:
        made = [
            make.new_contact(session, now=START, household=f"{n % 3:05d}" if n % 2 else "") for n in range(8)
        ]
        made += [make.new_contact(session, now=START, phones=[]), make.new_contact(session, now=START)]
        set_do_not_contact(session, made[-1].id, actor="c", channel="phone", reason="", now=START)
        return [contact.id for contact in made]


def run_until(database: Database, moment: datetime) -> None:
    """Tick whenever something falls due."""
    while True:
        with database.read() as session:
            due = session.scalar(select(func.min(FollowUp.due_at)).where(FollowUp.state == "planned"))
        if due is None or due > moment:
            return
        jobs.send_due(database, now=due)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_trial_says_what_the_engine_does(database: Database, seed: int) -> None:
    draw = random.Random(seed)
    with database.begin() as session:
        rules: dict[int, Terms] = {
            make.new_rule(session, terms, now=START, name=str(n)).id: terms
            for n, terms in enumerate(WORDINGS)
        }
    ids, end = customers(database), START + timedelta(days=20)
    kinds = ("complaint", "repair", "inquiry", "praise", "suggestion")
    for at in sorted(START + timedelta(minutes=draw.randrange(60 * 24 * 12)) for _n in range(60)):
        run_until(database, at)
        with database.begin() as session:
            contact = session.get_one(Contact, draw.choice(ids))
            severity = draw.choice(("minor", "urgent"))
            make.closed_case(session, now=at, kind=draw.choice(kinds), severity=severity, contact=contact)
    run_until(database, end)
    with database.read() as session:
        for rule_id, terms in rules.items():
            found = trying.tried(session, queries.rule(session, rule_id), terms, days=30, now=end).outcome
            rows = session.scalars(select(FollowUp).where(FollowUp.rule_id == rule_id)).all()
            skipped = Counter(row.reason for row in rows if row.state == "skipped")
            skipped["cap"] += skipped.pop("cap_household", 0)  # the trial counts them together
            assert {case_id for case_id, _no in found.asked} == {
                r.case_id for r in rows if r.state != "skipped"
            }
            assert +found.why_not == +skipped
