"""Small factories for the follow-up tests: staff, customers, closed cases, rules."""

from dataclasses import replace
from datetime import datetime
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.contacts.actions import save_contact
from core.contacts.models import Contact
from core.db import Database
from core.outbox.models import Message
from followup.callbacks.taking import Agent
from followup.cases import actions as cases
from followup.models import Callback, Case, FollowUp, Rule
from followup.rules import actions as rules
from followup.rules.policy import Terms
from surveys.links import link_in
from surveys.models import Questionnaire
from surveys.seeds import seed

_NUMBERS = count(10_000_000)
ASK_ALL = Terms(delay_hours=0, cap_days=0, delay_in="elapsed")


def new_user(session: Session, name: str, role: str, *, now: datetime, department: str = "") -> User:
    """A member of staff who never signs in."""
    user = User(
        name=name, display_name=name.title(), role=role, department=department, language="zh_Hans",
        password_hash="none", must_change=False, active=True, shortcuts=True, is_demo=False, created_at=now,
    )  # fmt: skip
    session.add(user)
    session.flush()
    return user


def agent(session: Session, name: str, *, now: datetime) -> Agent:
    """A callback agent."""
    user = new_user(session, name, "agent", now=now)
    return Agent(user.id, user.name)


def new_phone() -> str:
    """A mobile number that no other test customer has."""
    return f"138{next(_NUMBERS):08d}"


def new_contact(session: Session, *, now: datetime, **given: object) -> Contact:
    """A customer with a mobile number."""
    values: dict[str, object] = {"name": "王小明", "phones": [new_phone()], "language": "zh_Hans"} | given
    return save_contact(session, **values, now=now)  # type: ignore[arg-type]


def new_rule(session: Session, terms: Terms = ASK_ALL, *, now: datetime, name: str = "all") -> Rule:
    """An active rule for the return visit."""
    seed(session, now)
    questionnaire = session.scalars(select(Questionnaire).where(Questionnaire.key == "return_visit")).one()
    rule = rules.create(
        session, name=name, terms=terms, questionnaire_id=questionnaire.id, actor="test", now=now
    )
    return rules.switch(session, rule.id, active=True, actor="test", now=now)


def by_phone(**changes: object) -> Terms:
    """Terms that call at once."""
    return replace(ASK_ALL, channel="phone", **changes)  # type: ignore[arg-type]


def new_case(
    session: Session, contact_id: int | None, *, now: datetime, handler_id: int | None = None, **given: object
) -> Case:
    """A registered and assigned case."""
    values: dict[str, object] = {
        "kind": "repair", "title": "暖气不热", "severity": "normal", "category": "暖气不热",
        "service_type": "供热", "district": "东城", "department": "东城所",
    } | given  # fmt: skip
    case = cases.register(session, contact_id=contact_id, actor="test", now=now, **values)  # type: ignore[arg-type]
    cases.assign(session, case, handler_id=handler_id, handler_name="" if handler_id else "张师傅",
                 actor="test", now=now)  # fmt: skip
    return case


def close(session: Session, case: Case, *, now: datetime) -> Case:
    """Close a case from any open state by somebody else than its handler."""
    cases.close(session, case, result="已上门处理", close_reason="solved", actor="test", now=now)
    return case


def closed_case(session: Session, *, now: datetime, **given: object) -> Case:
    """A closed case of a new customer."""
    contact = given.pop("contact", None) or new_contact(session, now=now)
    assert isinstance(contact, Contact)
    return close(session, new_case(session, contact.id, now=now, **given), now=now)  # type: ignore[arg-type]


def only_follow_up(session: Session) -> FollowUp:
    """The one follow-up there is."""
    return session.scalars(select(FollowUp)).one()


def only_callback(session: Session) -> Callback:
    """The one callback there is."""
    return session.scalars(select(Callback)).one()


def link_token(database: Database) -> str:
    """The token of the one invitation message."""
    with database.read() as session:
        message = session.scalars(select(Message).where(Message.purpose == "invitation")).one()
        link = link_in(session, message)
    assert link is not None
    return link.rsplit("/", 1)[1]
