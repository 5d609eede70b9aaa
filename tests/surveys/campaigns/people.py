"""Customers, a published questionnaire and campaigns for the tests."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.contacts.actions import save_contact
from core.db import Database, vault_of
from core.outbox.jobs import deliver
from core.outbox.models import Message
from surveys import answering, links, seeds
from surveys import jobs as surveys_jobs
from surveys.campaigns import actions, jobs
from surveys.campaigns.models import Campaign, Recipient
from surveys.campaigns.policy import Terms
from surveys.models import Invitation, Questionnaire
from surveys.parsing import Given
from surveys.queries import load_version

_NUMBERS = count(20_000_000)
TERMS = Terms(cap_days=0, pace=20_000)  # everybody, at once, one reminder after three days


def contact(session: Session, *, now: datetime, **given: Any) -> int:
    """A customer with a mobile number of their own."""
    values = {"name": "王小明", "phones": [f"137{next(_NUMBERS):08d}"], "language": "zh_Hans"} | given
    return save_contact(session, **values, now=now).id  # type: ignore[arg-type]


def contacts(database: Database, n: int, *, now: datetime, **given: Any) -> list[int]:
    """Some customers, each with a number of their own."""
    with database.begin() as session:
        return [contact(session, now=now, **given) for _each in range(n)]


def campaign(database: Database, terms: Terms = TERMS, *, now: datetime, **changes: Any) -> int:
    """A draft with the return visit as its questionnaire."""
    with database.begin() as session:
        seeds.seed(session, now)
        wanted = select(Questionnaire.id).where(Questionnaire.key == seeds.RETURN_VISIT)
        made = actions.create(
            session, title="2026 年度调查", questionnaire_id=session.scalars(wanted).one(),
            terms=replace(terms, **changes), actor="lena", now=now,
        )  # fmt: skip
        return made.id


def started(database: Database, terms: Terms = TERMS, *, now: datetime, **changes: Any) -> int:
    """A campaign that runs; the next tick draws its first wave."""
    number = campaign(database, terms, now=now, **changes)
    with database.begin() as session:
        assert actions.start(session, number, actor="lena", now=now)
    return number


def tick(database: Database, now: datetime) -> dict[str, int]:
    """Do what the tick does for campaigns."""
    done = surveys_jobs.ask_campaigns(database, now=now)
    deliver(database, now=now, guards=jobs.GUARDS)
    return done | surveys_jobs.settle_campaigns(database, now=now)


def states(database: Database) -> dict[str, int]:
    """How many people stand where, with the reason: ``{"sent": 2, "skipped dnc": 1}``."""
    with database.read() as session:
        rows = session.execute(select(Recipient.state, Recipient.reason))
        return dict(Counter(f"{row.state} {row.reason}".strip() for row in rows))


def messages(database: Database) -> list[tuple[str, str]]:
    """Purpose and state of every message, in the order of writing."""
    with database.read() as session:
        rows = session.execute(select(Message.purpose, Message.state).order_by(Message.id))
        return [(row.purpose, row.state) for row in rows]


def bodies(database: Database) -> list[str]:
    """The texts of all messages."""
    with database.read() as session:
        vault = vault_of(session)
        found = session.scalars(select(Message).order_by(Message.id))
        return [vault.open(row.body_sealed, f"message.body:{row.uid}") for row in found]


def answer(database: Database, contact_id: int, *, now: datetime, seconds: int = 40) -> None:
    """Let a customer answer the link that was sent."""
    with database.begin() as session:
        wanted = select(Invitation.id).where(Invitation.contact_id == contact_id)
        message = session.scalars(select(Message).where(Message.contact_id == contact_id)).first()
        assert message is not None, "nothing was sent to this customer"
        assert session.scalars(wanted).all()
        url = links.link_in(session, message)
        assert url is not None
        link = links.find(session, url.rsplit("/", 1)[1])
        assert link is not None
        version = load_version(session, link.version_id)
        given = {"overall": Given(value=4), "resolved": Given(value=2)}
        answering.answer_link(session, link, version, given, language="zh_Hans", now=now, seconds=seconds)


def link_of(database: Database, contact_id: int) -> links.Link:
    """The link that a customer got."""
    with database.read() as session:
        message = session.scalars(select(Message).where(Message.contact_id == contact_id)).first()
        assert message is not None
        url = links.link_in(session, message)
        assert url is not None
        found = links.find(session, url.rsplit("/", 1)[1])
    assert found is not None
    return found


def get(database: Database, number: int) -> Campaign:
    """The campaign as it stands."""
    with database.read() as session:
        return session.get_one(Campaign, number)


DAY = timedelta(days=1)
