"""Callbacks that are ready to be called, and the agents who call them: what the desk is measured with."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from core.auth import actions as staff
from core.auth.roles import Role
from core.calendar import load_calendar
from core.contacts.models import Contact, Phone
from core.contacts.queries import phone_index
from core.db import Database, vault_of
from followup.callbacks.policy import priority_of
from followup.models import Callback, Case, FollowUp, Rule
from followup.rules import actions as rules
from followup.rules.policy import Terms
from surveys import actions
from surveys.models import Questionnaire
from surveys.seeds import seed

CHUNK = 10_000
PASSWORD = "correct horse battery staple"
KINDS = ("repair", "repair", "inquiry", "complaint")
SEVERITIES = ("normal", "minor", "normal", "normal", "serious")
WORDS = {
    "title": "暖气不热，室温只有十五度",
    "description": "报修后师傅上门放气，当晚仍不热，家中有老人和孩子，请尽快处理。",
    "result": "更换入户阀门并清洗过滤器，测温十九度，用户确认。",
}


def hire(database: Database, count: int, now: datetime) -> list[str]:
    """Add agents; return their sign-in names."""
    names = [f"agent{n:02d}" for n in range(1, count + 1)]
    with database.begin() as session:
        for name in names:
            staff.add_user(
                session,
                name=name,
                role=Role.AGENT,
                display_name=name,
                password=PASSWORD,
                actor="bench",
                now=now,
            )
    return names


def fill_up_to(database: Database, size: int, now: datetime) -> None:
    """Write ready callbacks, each about a case of a customer of its own, until there are ``size``."""
    with database.begin() as session:
        stored = session.scalar(select(func.count()).select_from(Callback)) or 0
        if not stored:
            _switch_on_a_rule(session, now)
    for start in range(stored + 1, size + 1, CHUNK):
        with database.begin() as session:
            stock = _Stock(session, now)
            numbers = range(start, min(start + CHUNK, size + 1))
            for model, row in ((Contact, stock.contact), (Phone, stock.phone), (Case, stock.case),
                               (FollowUp, stock.follow_up), (Callback, stock.callback)):  # fmt: skip
                session.execute(insert(model), [row(n) for n in numbers])
    _tidy(database)


def _switch_on_a_rule(session: Session, now: datetime) -> None:
    seed(session, now)
    asked = session.scalars(select(Questionnaire).where(Questionnaire.key == "return_visit")).one()
    terms = Terms(channel="phone", delay_hours=0)
    rule = rules.create(session, name="all", terms=terms, questionnaire_id=asked.id, actor="bench", now=now)
    rules.switch(session, rule.id, active=True, actor="bench", now=now)


class _Stock:
    """The rows of one callback, by its number."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.now, self.vault, self.session = now, vault_of(session), session
        self.rule = session.scalars(select(Rule)).one()
        asked = session.scalars(select(Questionnaire).where(Questionnaire.key == "return_visit")).one()
        self.version_id = asked.current_version_id
        self.stratum = actions.stratum_id(session, service_type="供暖", district="城东区")
        calendar = load_calendar(session)
        self.deadlines = [calendar.add_workdays(now - timedelta(days=days), 2) for days in range(2)]

    def contact(self, n: int) -> dict[str, Any]:
        uid = uuid.uuid4().hex
        name = self.vault.seal(f"王小{n}", f"contact.name:{uid}")
        return {"id": n, "uid": uid, "source": "bench", "name_sealed": name, "created_at": self.now}

    def phone(self, n: int) -> dict[str, Any]:
        uid, line = uuid.uuid4().hex, f"+86138{n:08d}"
        return {
            "id": n, "uid": uid, "contact_id": n, "position": 0,
            "number_sealed": self.vault.seal(line, f"phone.number:{uid}"),
            "number_index": phone_index(self.session, line),
        }  # fmt: skip

    def case(self, n: int) -> dict[str, Any]:
        uid, closed = uuid.uuid4().hex, self.now - timedelta(hours=3, minutes=n % 2_000)
        texts = {
            f"{name}_sealed": self.vault.seal(words, f"case.{name}:{uid}") for name, words in WORDS.items()
        }
        return {
            "id": n, "uid": uid, "number": f"20261118-{n:07d}", "source": "bench", "contact_id": n,
            "kind": KINDS[n % 4], "severity": SEVERITIES[n % 5], "category": "暖气不热",
            "department": f"第{n % 12}供热所", "district": "城东区", "channel": "phone", "state": "closed",
            "handler_name": f"师傅{n % 40}", "close_reason": "solved", "resolution_no": 1,
            "registered_at": closed - timedelta(days=1), "closed_at": closed, "changed_at": closed,
        } | texts  # fmt: skip

    def follow_up(self, n: int) -> dict[str, Any]:
        return {
            "id": n, "case_id": n, "resolution_no": 1, "rule_id": self.rule.id,
            "rule_version_id": self.rule.current_version_id, "version_id": self.version_id, "contact_id": n,
            "stratum_id": self.stratum, "handler_name": f"师傅{n % 40}", "state": "call_queued",
            "due_at": self.now, "created_at": self.now,
        }  # fmt: skip

    def callback(self, n: int) -> dict[str, Any]:
        return {
            "id": n, "follow_up_id": n, "contact_id": n, "phone_id": n,
            "phone_index": phone_index(self.session, f"+86138{n:08d}"), "handler_name": f"师傅{n % 40}",
            "state": "ready", "priority": priority_of(KINDS[n % 4], SEVERITIES[n % 5], is_recovery=False),
            "ready_at": self.now - timedelta(minutes=n % 2_000), "deadline": self.deadlines[n % 2],
            "created_at": self.now,
        }  # fmt: skip


def _tidy(database: Database) -> None:
    """Do what the database does by itself in time: figures about the tables, and the ids after ours."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.settings.is_sqlite:
            connection.execute(text("ANALYZE"))
            return
        for table in ("contacts", "phones", "cases", "follow_ups", "callbacks"):
            connection.execute(text(f"SELECT setval('{table}_id_seq', (SELECT MAX(id) FROM {table}))"))
        connection.execute(text("VACUUM ANALYZE"))
