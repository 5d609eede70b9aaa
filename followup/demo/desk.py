"""What lies on the callback desk when a visitor comes in: one callback for each reason, promises, a question
for the supervisor, numbers to check, somebody on a pause.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.contacts.actions import save_contact
from followup import sending
from followup.callbacks import actions as calls
from followup.callbacks import choices, holding, leases, pausing, skipping, taking
from followup.callbacks.lifecycle import CALLBACKS
from followup.callbacks.outcomes import Code
from followup.cases import actions as cases
from followup.demo.calling import interview
from followup.demo.history import OF_DISTRICT
from followup.demo.texts import HANDLERS, MATTERS
from followup.models import Callback, Case, FollowUp, ReopenRequest

LONG_AGO, LATELY = timedelta(days=2), timedelta(hours=6)  # before these the callbacks were queued
YESTERDAY = timedelta(hours=22)
UNHAPPY_MOOD = -4.0  # nobody who feels so marks more than the lowest


@dataclass(frozen=True)
class Told:
    """One customer: the matter, the names, how long ago the callback was queued, and what became of it."""

    matter: int
    name: str
    district: str
    ago: timedelta = LATELY
    then: str = ""
    phones: tuple[str, ...] = ()


CUSTOMERS = (
    Told(2, "杨淑珍", "城西区"),  # a complaint
    Told(3, "孙永明", "滨河新区"),
    Told(1, "郭雪梅", "高新区"),  # urgent
    Told(0, "何建国", "城东区"),
    Told(9, "欧阳春花", "城西区", LONG_AGO),  # due today
    Told(9, "罗立新", "高新区", YESTERDAY, "no_answer"),  # a second try, not due yet
    Told(9, "徐海燕", "城东区"),
    Told(9, "古丽娜尔·阿卜杜热西提", "滨河新区"),
    Told(8, "高志强", "城东区", LATELY, "due"),
    Told(2, "林文博", "高新区", LATELY, "promised"),
    Told(2, "朱国庆", "城西区", LONG_AGO, "recovery"),
    Told(8, "马桂兰", "滨河新区", LATELY, "held"),
    Told(0, "黄玉梅", "城东区", LONG_AGO, "wrong", ("0431-86000014", "0431-86000015")),
    Told(9, "周晓东", "城西区", LONG_AGO, "dead"),
    Told(9, "胡丽娟", "高新区", LATELY, "skipped"),
)


def leave_desk(session: Session, now: datetime) -> None:
    """Queue these callbacks through the real actions, and let the agents get as far as they got."""
    staff = {user.name: taking.Agent(user.id, user.name) for user in session.scalars(select(User))}
    for number, told in enumerate(CUSTOMERS):
        callback = _queue(session, told, number, staff["officer"], now - told.ago)
        if told.then == "skipped":
            taking.take(session, callback.id, staff["agent2"], now=now - timedelta(hours=1))
            reason = choices.active(session, "skip")[1].code
            skipping.skip(session, callback.id, staff["agent2"], reason, now - timedelta(minutes=59))
        elif told.then == "recovery":
            _ask_again(session, callback, staff, now)
        elif told.then:
            _call(session, callback, told.then, staff["agent"], now)
    pausing.begin(session, staff["agent3"].id, "meal", now=now - timedelta(minutes=12))


def _queue(session: Session, told: Told, number: int, officer: taking.Agent, at: datetime) -> Callback:
    """Register a case, close it, and hand its follow-up over to the phone."""
    kind, category, service_type, severity, title, result = MATTERS[told.matter]
    contact = save_contact(
        session, name=told.name, phones=list(told.phones) or [f"0431-87{number:06d}"],
        address=f"{told.district}春晖里{number + 1}号", household=f"{3_000_000 + number}", source="demo",
        now=at - timedelta(days=1),
    )  # fmt: skip
    case = cases.register(
        session, kind=kind, title=title, severity=severity, category=category, service_type=service_type,
        district=told.district, department=OF_DISTRICT[told.district], contact_id=contact.id,
        actor=officer.name, created_by=officer.id, now=at - timedelta(days=1),
    )  # fmt: skip
    handler = HANDLERS[OF_DISTRICT[told.district]][0]
    cases.assign(session, case, handler_name=handler, actor=officer.name, now=at - timedelta(hours=20))
    return _close(session, case, result, officer, at)


def _close(session: Session, case: Case, result: str, officer: taking.Agent, at: datetime) -> Callback:
    cases.close(
        session, case, result=result, close_reason="solved", actor=officer.name, actor_id=officer.id, now=at
    )
    wanted = select(FollowUp).where(FollowUp.case_id == case.id, FollowUp.state == "planned")
    follow_up = session.scalars(wanted).one()
    follow_up.due_at = at
    session.flush()
    sending.send(session, follow_up.id, at)
    callback = session.scalars(select(Callback).where(Callback.follow_up_id == follow_up.id)).one()
    leases.wake(session, callback.id, at)
    if callback.state == "waiting":  # for the hours of the office, but a visitor may come at any hour
        callback.ready_at = at
        CALLBACKS.move(session, callback, "wake", actor=leases.SYSTEM, now=at)
    return callback


def _call(session: Session, callback: Callback, then: str, agent: taking.Agent, now: datetime) -> None:
    at = now - timedelta(hours=20 if then in ("no_answer", "wrong", "dead") else 1)
    code = {
        "no_answer": Code.NO_ANSWER,
        "wrong": Code.WRONG_NUMBER,
        "dead": Code.DEAD_NUMBER,
        "held": Code.SUPERVISOR,
    }.get(then, Code.APPT_FIXED)
    _dial(session, callback, agent, at)
    promised = {"due": now - timedelta(minutes=2), "promised": now + timedelta(minutes=40)}
    calls.record_outcome(
        session, callback.id, agent, code, appointment=promised.get(then),
        note="费用没说清楚，要求值班长回电" if then == "held" else "", now=at + timedelta(seconds=75),
    )  # fmt: skip


def _ask_again(session: Session, callback: Callback, staff: dict[str, taking.Agent], now: datetime) -> None:
    """A poor answer, a supervisor's decision, a remedy: the customer is asked again."""
    yesterday = now - timedelta(days=1)
    _dial(session, callback, staff["agent2"], yesterday)
    draw = random.Random(7)  # noqa: S311 # always the same story
    ends = yesterday + timedelta(minutes=3)
    interview(session, draw, callback, staff["agent2"], mood=UNHAPPY_MOOD, at=ends)
    request = session.scalars(
        select(ReopenRequest).where(ReopenRequest.follow_up_id == callback.follow_up_id)
    ).one()
    case, chief = session.get_one(Case, request.case_id), staff["supervisor"]
    decided = yesterday + timedelta(hours=1)
    cases.accept_reopen(
        session, request, decision="情况属实，重新处理", actor=chief.name, actor_id=chief.id, now=decided
    )
    _close(session, case, "更换循环泵，连续两日测温达标", staff["officer"], now - LATELY)


def _dial(session: Session, callback: Callback, agent: taking.Agent, at: datetime) -> None:
    taking.take(session, callback.id, agent, now=at - timedelta(minutes=1))
    holding.reveal(session, callback.id, agent, now=at)
