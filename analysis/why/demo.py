"""Customers of the demo who rated twice: after their case was put right, or another case without that."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_bytes

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.contacts.actions import save_contact
from core.db import settings_of
from followup.cases import actions as cases
from followup.demo.history import answers
from followup.demo.texts import GIVEN, HANDLERS, MATTERS, SURNAMES
from followup.models import Case, FollowUp
from surveys import answering, tallies
from surveys.models import Answer, Invitation, Item, Response, Stratum
from surveys.queries import load_version

CUSTOMERS = 120  # over a year; of every two the case of one was put right: some 15 a quarter
FULL = 2_000  # answers from which a demo is not the small one
POOR = (1, 2, 3)
HELPED, LEFT = -0.45, -0.95  # both rise by themselves, who was helped rises more


@dataclass(frozen=True)
class _Rating:
    """A poor rating of the past, and what it was about."""

    response_id: int
    invitation_id: int
    at: datetime
    place: Stratum


def fill(session: Session, *, now: datetime) -> None:
    """Let some who rated poorly in the past year be asked again; a small demo stays small."""
    if (session.scalar(select(func.count()).select_from(Response)) or 0) < FULL:
        return
    draw = random.Random(14)  # noqa: S311 # a demo
    past = _poor(session, now - timedelta(days=375), now - timedelta(days=25))
    wanted = min(CUSTOMERS, len(past))
    for number in range(wanted):
        _customer(session, draw, number, past[number * len(past) // wanted])  # evenly over the year


def _poor(session: Session, since: datetime, until: datetime) -> Sequence[_Rating]:
    """Return the poor ratings that belong to no case yet, the oldest first."""
    wanted = (
        select(Response.id, Response.invitation_id, Response.submitted_at, Stratum)
        .join(Answer, Answer.response_id == Response.id)
        .join(Item, Item.id == Answer.item_id)
        .join(Stratum, Stratum.id == Response.stratum_id)
        .outerjoin(FollowUp, FollowUp.response_id == Response.id)
        .where(Response.invitation_id.is_not(None))  # who answered a link is asked by one again
        .where(Response.submitted_at.between(since, until), FollowUp.id.is_(None))
        .where(Item.item_key == "overall", Answer.value.in_(POOR), Stratum.department.in_(HANDLERS))
        .order_by(Response.submitted_at, Response.id)
    )
    return [_Rating(row[0], row[1] or 0, row[2], row[3]) for row in session.execute(wanted)]


def _customer(session: Session, draw: random.Random, number: int, first: _Rating) -> None:
    """Let one customer rate a case poorly, and after two weeks the same case again, or another one."""
    begun, put_right = first.at - timedelta(days=3), number % 2 == 0
    name, handler = f"demo-again-{number}", draw.choice(HANDLERS[first.place.department])
    contact = save_contact(
        session, name=draw.choice(SURNAMES) + draw.choice(GIVEN), phones=[f"1370{number:03d}2100"],
        household=f"{7_000_000 + number}", source="demo", now=begun,
    )  # fmt: skip
    case = _registered(session, contact.id, first.place, begun, name=name, handler=handler)
    owed = _closed(session, case, first.at - timedelta(days=1))
    if owed is None:
        return
    owed.invitation_id, owed.response_id, owed.state = first.invitation_id, first.response_id, "remedy"
    session.flush()
    again = first.at + timedelta(days=14)
    if put_right:
        cases.reopen(
            session, case, actor="supervisor", reason="客户不满意", now=first.at + timedelta(hours=2)
        )
    else:
        begun = again - timedelta(days=4)
        case = _registered(
            session, contact.id, first.place, begun, name=f"demo-other-{number}", handler=handler
        )
    owed = _closed(session, case, again - timedelta(days=1))
    if owed is not None:
        _answer_link(session, draw, owed, HELPED if put_right else LEFT, at=again)


def _answer_link(session: Session, draw: random.Random, owed: FollowUp, mood: float, *, at: datetime) -> None:
    """Let a customer answer the link of what is owed."""
    sent = at - timedelta(hours=3)
    link = Invitation(
        token_hash=token_bytes(32), version_id=owed.version_id, contact_id=owed.contact_id,
        stratum_id=owed.stratum_id, handler=owed.handler_name, about={}, channel="sms", state="locked",
        answer_by=sent + timedelta(days=14), created_at=sent,
    )  # fmt: skip
    session.add(link)
    session.flush()
    day = sent.astimezone(settings_of(session).zone).date()
    tallies.add_invitation(session, version_id=link.version_id, day=day, stratum_id=link.stratum_id)
    recorded = answering.record(
        session, load_version(session, owed.version_id), answers(draw, draw.gauss(mood, 1), phone=False),
        mode="web", stratum_id=owed.stratum_id, handler=owed.handler_name, language="zh_Hans", now=at,
        invitation_id=link.id, seconds=draw.randrange(25, 140),
    )  # fmt: skip
    owed.invitation_id, owed.response_id, owed.state = link.id, recorded.response_id, "answered"
    session.flush()


def _registered(
    session: Session, contact_id: int, place: Stratum, at: datetime, *, name: str, handler: str
) -> Case:
    kind, _category, _service, _severity, title, _result = _matter(place.category)
    case = cases.register(
        session, kind=kind, title=title, severity=place.severity, category=place.category,
        service_type=place.service_type, district=place.district, department=place.department,
        contact_id=contact_id, source="demo", external_id=name, actor="officer", now=at,
    )  # fmt: skip
    cases.assign(session, case, handler_name=handler, actor="officer", now=at + timedelta(minutes=3))
    return case


def _matter(category: str) -> tuple[str, ...]:
    return next((one for one in MATTERS if one[1] == category), MATTERS[0])


def _closed(session: Session, case: Case, at: datetime) -> FollowUp | None:
    """Close a case; return what is owed to the customer now, None where no rule asks."""
    result = _matter(case.category)[5]
    cases.close(session, case, result=result, close_reason="solved", actor="officer", now=at)
    session.flush()
    wanted = select(FollowUp).where(FollowUp.case_id == case.id, FollowUp.resolution_no == case.resolution_no)
    return session.scalar(wanted.limit(1))
