"""Closed cases of as many customers, written in bulk: what the engine is measured with."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.contacts.models import Contact, Phone
from core.contacts.queries import phone_index
from core.db import Database, vault_of
from followup.models import Case
from followup.rules import actions as rules
from followup.rules.policy import Terms
from surveys.models import Questionnaire
from surveys.seeds import seed

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
CHUNK = 10_000
KINDS = ("complaint", "repair", "inquiry", "suggestion")
SEVERITIES = ("normal", "minor", "serious", "urgent")


def fill(database: Database, size: int) -> None:
    """Write a rule that asks everybody by link, and closed cases, each of a customer of its own."""
    with database.begin() as session:
        _switch_on_a_rule(session)
    for start in range(1, size + 1, CHUNK):
        numbers = range(start, min(start + CHUNK, size + 1))
        with database.begin() as session:
            session.execute(insert(Contact), [_contact(session, n) for n in numbers])
            session.execute(insert(Phone), [_phone(session, n) for n in numbers])
            session.execute(insert(Case), [_case(n) for n in numbers])


def numbers_of(size: int, chunk: int) -> Iterator[range]:
    """Yield the ids of the cases, chunk by chunk."""
    for start in range(1, size + 1, chunk):
        yield range(start, min(start + chunk, size + 1))


def _switch_on_a_rule(session: Session) -> None:
    seed(session, NOW)
    asked = session.scalars(select(Questionnaire).where(Questionnaire.key == "return_visit")).one()
    rule = rules.create(
        session, name="all", terms=Terms(delay_hours=2), questionnaire_id=asked.id, actor="bench", now=NOW
    )
    rules.switch(session, rule.id, active=True, actor="bench", now=NOW)


def _contact(session: Session, n: int) -> dict[str, Any]:
    uid = uuid.uuid4().hex
    name = vault_of(session).seal(f"客户{n}", f"contact.name:{uid}")
    return {"id": n, "uid": uid, "source": "bench", "name_sealed": name, "created_at": NOW}


def _phone(session: Session, n: int) -> dict[str, Any]:
    uid, line = uuid.uuid4().hex, f"+86138{n:08d}"
    sealed = vault_of(session).seal(line, f"phone.number:{uid}")
    return {
        "uid": uid, "contact_id": n, "position": 0, "number_sealed": sealed,
        "number_index": phone_index(session, line),
    }  # fmt: skip


def _case(n: int) -> dict[str, Any]:
    closed = NOW - timedelta(hours=20, minutes=n % 6_000)  # within the days before, all due by now
    return {
        "id": n, "uid": uuid.uuid4().hex, "number": f"2026111{n % 8}-{n:07d}", "source": "bench",
        "contact_id": n, "kind": KINDS[n % 4], "severity": SEVERITIES[n % 4], "category": "暖气不热",
        "department": f"第{n % 12}供热所", "district": f"{n % 5}区", "channel": "phone",
        "title_sealed": b"\x01" + bytes(60), "state": "closed", "handler_name": f"师傅{n % 40}",
        "close_reason": "solved", "resolution_no": 1, "registered_at": closed - timedelta(days=1),
        "closed_at": closed, "changed_at": closed,
    }  # fmt: skip
