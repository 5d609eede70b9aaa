"""The afternoons of the demo: agents call, a second person listens, a supervisor decides."""

import random
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendar import load_calendar
from core.db import Database, settings_of
from followup.callbacks import actions as calls
from followup.callbacks import holding, taking
from followup.callbacks.models import Pause
from followup.callbacks.outcomes import Code
from followup.callbacks.reasons import UNSAID
from followup.cases import actions as cases
from followup.cases.requests import open_requests
from followup.demo.history import answers
from followup.demo.texts import BLAME, NOTES
from followup.models import Callback, Case, FollowUp, ReopenRequest
from followup.quality import reviewing
from surveys import answering
from surveys.answering import summarise
from surveys.models import Response
from surveys.parsing import Given
from surveys.queries import load_version

SHIFT = ("agent", "agent2", "agent3", "agent", "agent2", "agent3", "agent")  # who takes the next call
CALL = timedelta(minutes=5)  # with what is written after it; each agent calls beside the others
OUTCOMES = {  # of a hundred calls; the others bring answers
    Code.NO_ANSWER: 20,
    Code.BUSY: 5,
    Code.UNREACHABLE: 4,
    Code.NOT_SELF: 3,
    Code.APPT_FIXED: 4,
    Code.REFUSED_HARD: 4,
    Code.DEAD_NUMBER: 1,
}
REASONS = ("not_solved", "came_back", "slow", "quality", "attitude", UNSAID)
AGENTS = 3
HURRY, HURRIED = 28, 3  # of so many calls one of agent3 is over too soon: some signals to look at
LEFT = 2  # drawn calls wait for the visitor
REVIEWED = 3  # of a hundred scores a second person hears differently


def afternoon(
    database: Database, draw: random.Random, staff: dict[str, taking.Agent], at: datetime, *, made: int
) -> int:
    """Let the agents make their calls and the supervisor decide; return how many calls there are by now."""
    for turn, name in enumerate(SHIFT):
        made += 1
        hurried = name == "agent3" and made % HURRY == HURRIED
        _call_one(database, draw, staff[name], at + turn // AGENTS * CALL, hurried=hurried)
    with database.begin() as session:
        _pause(session, staff[SHIFT[made % 3]], at + timedelta(hours=1), draw)
        _listen(session, draw, staff["supervisor"], at + timedelta(minutes=50))
        _decide_all(session, draw, staff["supervisor"], at)
    return made


def interview(
    session: Session,
    draw: random.Random,
    callback: Callback,
    agent: taking.Agent,
    *,
    mood: float,
    at: datetime,
) -> None:
    """Fill the questionnaire with what a customer of this mood says."""
    follow_up = session.get_one(FollowUp, callback.follow_up_id)
    given = answers(draw, draw.gauss(mood, 1.1), phone=True)
    version = load_version(session, follow_up.version_id)
    complete = {item.item_key: given[item.item_key] for item in version.items}
    summary = summarise(version, complete)
    is_poor = bool(summary.dissatisfied or summary.unresolved)
    calls.complete(
        session, callback.id, agent, complete, language="zh_Hans", now=at,
        reason=draw.choice(REASONS) if is_poor else "", words=draw.choice(BLAME) if is_poor else "",
    )  # fmt: skip


def _call_one(
    database: Database, draw: random.Random, agent: taking.Agent, at: datetime, *, hurried: bool
) -> None:
    with database.begin() as session:
        callback = taking.pull_next(session, agent, now=at)
        if callback is None:
            return
        at += timedelta(seconds=draw.randrange(8, 40))
        holding.reveal(session, callback.id, agent, now=at)
        code = draw.choices([*OUTCOMES, Code.COMPLETE], [*OUTCOMES.values(), 100 - sum(OUTCOMES.values())])[0]
        if code is Code.COMPLETE:
            length = timedelta(seconds=12 if hurried else draw.randrange(70, 260))
            interview(session, draw, callback, agent, mood=-0.2, at=at + length)
            return
        calls.record_outcome(
            session, callback.id, agent, code, note=draw.choice(NOTES) if code is Code.REFUSED_HARD else "",
            appointment=_agreed(session, at) if code is Code.APPT_FIXED else None,
            now=at + timedelta(seconds=2 if hurried else draw.randrange(15, 60)),
        )  # fmt: skip


def _agreed(session: Session, at: datetime) -> datetime:
    opens: datetime = load_calendar(session).next_open(
        at + timedelta(hours=21), settings_of(session).call_hours
    )
    return opens


def _pause(session: Session, agent: taking.Agent, at: datetime, draw: random.Random) -> None:
    over = at + timedelta(minutes=draw.randrange(8, 25))
    session.add(Pause(agent_id=agent.id, reason="break", began_at=at, ended_at=over))


def _listen(session: Session, draw: random.Random, supervisor: taking.Agent, at: datetime) -> None:
    """Score one drawn call again; now and then the second person hears something else."""
    reviewer = reviewing.reviewer_of(session, supervisor.id)
    waiting = session.scalars(reviewing.waiting_for(reviewer).limit(LEFT + 1)).all()
    review = reviewing.take_next(session, reviewer, now=at) if len(waiting) > LEFT else None
    if review is None:
        return
    version = reviewing.version_of(session, review)
    whole = load_version(session, session.get_one(Response, review.response_id).version_id)
    stored = answering.stored_answers(session, whole, review.response_id)
    heard = {item.item_key: _heard(draw, stored[item.item_key]) for item in version.items}
    if any(given.is_answer for given in heard.values()):
        reviewing.settle(session, review.id, reviewer, heard, way="listen", now=at + timedelta(minutes=4))


def _heard(draw: random.Random, given: Given) -> Given:
    differs = given.value is not None and given.value > 1 and draw.randrange(100) < REVIEWED
    return Given(value=given.value - 1) if differs and given.value else given


def _decide_all(session: Session, draw: random.Random, supervisor: taking.Agent, at: datetime) -> None:
    wanted = select(ReopenRequest).where(
        ReopenRequest.state == "open", ReopenRequest.created_at < at - timedelta(days=2)
    )
    for request in session.scalars(wanted).all():
        _decide(session, draw, supervisor, request, at)


def _decide(
    session: Session, draw: random.Random, supervisor: taking.Agent, request: ReopenRequest, at: datetime
) -> None:
    case = session.get_one(Case, request.case_id)
    if request not in open_requests(session, case):
        return
    who = {"actor": supervisor.name, "actor_id": supervisor.id, "now": at}
    if draw.random() < 0.7:
        cases.accept_reopen(session, request, decision="情况属实，重新处理", **who)  # type: ignore[arg-type]
    else:
        cases.decline_reopen(session, request, decision="已电话核实，问题不在供热侧", **who)  # type: ignore[arg-type]
