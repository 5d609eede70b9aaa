"""The last three weeks of the demo, lived: cases go through the real actions and ticks, day by day."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.calendar import load_calendar
from core.contacts.actions import save_contact
from core.db import Database, vault_of
from core.outbox.models import Message
from followup import jobs
from followup.callbacks import actions as calls
from followup.callbacks import holding, taking
from followup.callbacks.outcomes import Code
from followup.cases import actions as cases
from followup.cases.requests import open_requests
from followup.demo.history import OF_DISTRICT, answers
from followup.demo.texts import DISTRICTS, GIVEN, HANDLERS, MATTERS, STREETS, SURNAMES
from followup.models import Callback, Case, FollowUp, ReopenRequest
from surveys import answering, links
from surveys.campaigns import actions as campaigns
from surveys.campaigns.policy import Terms
from surveys.models import Questionnaire
from surveys.queries import load_version
from surveys.seeds import RETURN_VISIT

DAYS = 20
CASES_A_DAY = 7
CAMPAIGN_DAY = 8  # working days after the beginning
_LINK = re.compile(r"/s/([0-9A-Za-z]{22})")


@dataclass(frozen=True)
class Trouble:
    """What a customer called about."""

    contact_id: int
    matter: tuple[str, ...]
    district: str


@dataclass
class Story:
    """What the telling of the demo has to remember from day to day."""

    draw: random.Random = field(default_factory=lambda: random.Random(42))  # noqa: S311 # always the same story
    staff: dict[str, taking.Agent] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)  # messages whose reader has decided
    number: int = 0
    known: list[Trouble] = field(default_factory=list)  # what was registered so far, in its order


def live(database: Database, *, now: datetime) -> None:
    """Let the working days before ``now`` pass, and stop in the middle of things."""
    story = Story()
    with database.read() as session:
        story.staff = {user.name: taking.Agent(user.id, user.name) for user in session.scalars(select(User))}
        days = list(_workdays(session, now))
    for number, day in enumerate(days):
        if number == CAMPAIGN_DAY and _at(database, day, 9) < now:
            _start_campaign(database, _at(database, day, 9))
        for hour, happen in ((9, _morning), (11, _noon), (15, _afternoon)):
            at = _at(database, day, hour)
            if at >= now:
                return
            happen(database, story, at)
            jobs.tick(database, now=at + timedelta(minutes=20))
            _customers_answer(database, story, at + timedelta(minutes=25))


def _workdays(session: Session, now: datetime) -> Iterator[date]:
    calendar = load_calendar(session)
    today = now.astimezone(calendar.zone).date()
    days = (today - timedelta(days=ago) for ago in range(DAYS, -1, -1))
    return (day for day in days if calendar.is_workday(day))


def _at(database: Database, day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour, 5), tzinfo=database.settings.zone)


def _start_campaign(database: Database, at: datetime) -> None:
    """Ask a sample of all customers, whatever their cases were about; not those asked a moment ago."""
    terms = Terms(sample="simple", sample_size=50, cap_days=5)
    with database.begin() as session:
        asked_with = select(Questionnaire.id).where(Questionnaire.key == RETURN_VISIT)
        campaign = campaigns.create(
            session, title="供热季满意度抽样调查", questionnaire_id=session.scalars(asked_with).one(),
            terms=terms, actor="supervisor", now=at,
        )  # fmt: skip
        campaigns.start(session, campaign.id, actor="supervisor", now=at)


def _morning(database: Database, story: Story, at: datetime) -> None:
    """New cases come in and are given to somebody."""
    for _case in range(CASES_A_DAY):
        with database.begin() as session:
            _register(session, story, at)


def _register(session: Session, story: Story, at: datetime) -> None:
    draw, officer = story.draw, story.staff["officer"]
    story.number += 1
    trouble = _again(story, _new_trouble(session, story, at))
    story.known.append(trouble)
    kind, category, service_type, severity, title, _result = trouble.matter
    district = trouble.district
    case = cases.register(
        session, kind=kind, title=title, severity=severity, category=category, service_type=service_type,
        district=district, department=OF_DISTRICT[district], contact_id=trouble.contact_id, source="demo",
        external_id=f"demo-{story.number}", actor=officer.name, created_by=officer.id, now=at,
    )  # fmt: skip
    handler = draw.choice(HANDLERS[OF_DISTRICT[district]])
    cases.assign(session, case, handler_name=handler, actor=officer.name, now=at + timedelta(minutes=3))


def _again(story: Story, new: Trouble) -> Trouble:
    """Let every ninth case be the trouble of an earlier one again, and some of those a third time."""
    if story.number % 9 or story.number < 24:
        return new
    ago = 9 if story.number % 27 == 0 else 22
    return story.known[story.number - ago - 1]


def _new_trouble(session: Session, story: Story, at: datetime) -> Trouble:
    draw = story.draw
    matter, district = draw.choice(MATTERS), draw.choice(DISTRICTS)
    contact = save_contact(
        session,
        name=draw.choice(SURNAMES) + draw.choice(GIVEN),
        phones=[f"139{story.number:04d}{draw.randrange(10_000):04d}"],
        address=f"{district}{draw.choice(STREETS)}{draw.randrange(1, 90)}号",
        household=f"{1_000_000 + story.number}",
        source="demo",
        now=at,
    )
    return Trouble(contact.id, matter, district)


def _noon(database: Database, story: Story, at: datetime) -> None:
    """What is a day old is closed, with few exceptions."""
    with database.begin() as session:
        wanted = select(Case).where(
            Case.state.in_(("assigned", "in_progress", "reopened")),
            Case.registered_at < at - timedelta(hours=20),
        )
        for case in session.scalars(wanted.order_by(Case.id)).all():
            if story.draw.random() < 0.65:
                _close(session, story, case, at)


def _close(session: Session, story: Story, case: Case, at: datetime) -> None:
    result = next(matter[5] for matter in MATTERS if matter[1] == case.category)
    officer = story.staff["officer"]
    cases.close(
        session, case, result=result, close_reason="solved", actor=officer.name, actor_id=officer.id, now=at
    )


def _afternoon(database: Database, story: Story, at: datetime) -> None:
    """Agents call, a supervisor decides what customers asked for."""
    for name in ("agent", "agent", "agent", "agent2"):
        _call_one(database, story, story.staff[name], at)
    with database.begin() as session:
        wanted = select(ReopenRequest).where(
            ReopenRequest.state == "open", ReopenRequest.created_at < at - timedelta(days=2)
        )
        for request in session.scalars(wanted).all():
            _decide(session, story, request, at)


def _decide(session: Session, story: Story, request: ReopenRequest, at: datetime) -> None:
    supervisor = story.staff["supervisor"]
    case = session.get_one(Case, request.case_id)
    if request not in open_requests(session, case):
        return
    who = {"actor": supervisor.name, "actor_id": supervisor.id, "now": at}
    if story.draw.random() < 0.7:
        cases.accept_reopen(session, request, decision="情况属实，重新处理", **who)  # type: ignore[arg-type]
    else:
        cases.decline_reopen(session, request, decision="已电话核实，问题不在供热侧", **who)  # type: ignore[arg-type]


def _call_one(database: Database, story: Story, agent: taking.Agent, at: datetime) -> None:
    with database.begin() as session:
        callback = taking.pull_next(session, agent, now=at)
        if callback is None:
            return
        holding.reveal(session, callback.id, agent, now=at + timedelta(minutes=1))
        after = at + timedelta(minutes=3)
        if story.draw.random() < 0.35:
            calls.record_outcome(session, callback.id, agent, Code.NO_ANSWER, now=after)
        else:
            _interview(session, story, callback, agent, after)


def _interview(session: Session, story: Story, callback: Callback, agent: taking.Agent, at: datetime) -> None:
    follow_up = session.get_one(FollowUp, callback.follow_up_id)
    given = answers(story.draw, story.draw.gauss(-0.2, 1.1), phone=True)
    version = load_version(session, follow_up.version_id)
    complete = {item.item_key: given[item.item_key] for item in version.items}
    calls.complete(session, callback.id, agent, complete, language="zh_Hans", now=at)


def _customers_answer(database: Database, story: Story, at: datetime) -> None:
    """Whoever got a link decides once: nearly half of them answer."""
    with database.begin() as session:
        wanted = select(Message).where(
            Message.state == "sent", Message.purpose.in_(("invitation", "campaign"))
        )
        for message in session.scalars(wanted.order_by(Message.id)).all():
            if message.id not in story.asked:
                story.asked.add(message.id)
                if story.draw.random() < 0.45:
                    _answer(session, story, message, at)


def _answer(session: Session, story: Story, message: Message, at: datetime) -> None:
    body = vault_of(session).open(message.body_sealed, f"message.body:{message.uid}")
    found = _LINK.search(body)
    link = links.find(session, found.group(1)) if found else None
    if link is None or link.state != "open":
        return
    version = load_version(session, link.version_id)
    given = answers(story.draw, story.draw.gauss(-0.2, 1.1), phone=False)
    answering.answer_link(session, link, version, given, language="zh_Hans", now=at, seconds=48)
