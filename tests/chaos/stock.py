"""A lot of closed cases at once, as a house has them, each owing its customer a question."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.contacts.bulk import Person, find_or_save_many
from core.db import Database
from followup import actions
from followup.cases import texts
from followup.cases.registering import numbers
from followup.models import Case
from followup.rules.policy import Terms
from tests.followup import factories as make

CHUNK = 1000


def owed(database: Database, *, people: int, cases_each: int, now: datetime, terms: Terms) -> None:
    """Close so many cases; customers are reached by e-mail."""
    with database.begin() as session:
        make.new_rule(session, terms, now=now)
    for first in range(0, people, CHUNK):
        count = min(CHUNK, people - first)
        crowd = [Person(name="王小明", email=f"c{first + n}@example.org") for n in range(count)]
        with database.begin() as session:
            ids = find_or_save_many(session, crowd, source="test", now=now)
            cases = [case for _n in range(cases_each) for case in _closed(session, ids, now)]
            session.add_all(cases)
            session.flush()
            actions.plan_many(session, cases, now=now)


def _closed(session: Session, contact_ids: list[int], now: datetime) -> list[Case]:
    made = []
    for contact_id, number in zip(contact_ids, numbers(session, now, len(contact_ids)), strict=True):
        uid = uuid.uuid4().hex
        sealed = texts.seal(session, "暖气不热", f"case.title:{uid}", 200)
        assert sealed is not None
        made.append(
            Case(
                uid=uid, number=number, contact_id=contact_id, kind="repair", title_sealed=sealed,
                state="closed", resolution_no=1, close_reason="solved", registered_at=now - timedelta(days=1),
                closed_at=now, changed_at=now,
            )
        )  # fmt: skip
    return made
