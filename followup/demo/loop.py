"""The last weeks of the demo, lived: cases go through the real actions and ticks, day by day.

Before the last three weeks only what calls need is lived, one tick a day: for the figures of the desk.
"""

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
from followup.callbacks import taking
from followup.cases import actions as cases
from followup.demo.calling import afternoon
from followup.demo.history import OF_DISTRICT, answers
from followup.demo.texts import DISTRICTS, GIVEN, HANDLERS, MATTERS, STREETS, SURNAMES
from followup.models import Case
from followup.quality.jobs import draw_reviews
from surveys import answering, links
from surveys.campaigns import actions as campaigns
from surveys.campaigns.policy import Terms
from surveys.models import Questionnaire
from surveys.queries import load_version
from surveys.seeds import RETURN_VISIT

DAYS, EARLIER = 20, 55
CASES_A_DAY, CALLS_A_DAY = 8, 5
CAMPAIGN_DAY = 8  # working days after the beginning of the last weeks
LONGEST = timedelta(hours=1, minutes=30)  # what begins is over by then
LANDLINE = 3  # one customer in so many is reached by phone only
UNFINISHED = ("assigned", "in_progress", "reopened")
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
    calls: int = 0
    known: list[Trouble] = field(default_factory=list)  # what was registered so far, in its order


def live(database: Database, *, now: datetime, small: bool = False) -> None:
    """Let the working days before ``now`` pass, and stop in the middle of things."""
    story = Story()
    with database.read() as session:
        story.staff = {user.name: taking.Agent(user.id, user.name) for user in session.scalars(select(User))}
        days = list(_workdays(session, now, DAYS, -1))
        earlier = [] if small else list(_workdays(session, now, EARLIER, DAYS))
    for day in earlier:
        _few_cases(database, story, _at(database, day, 9))
        _round_of_calls(database, _at(database, day, 11))
        _afternoon(database, story, _at(database, day, 15))
    for number, day in enumerate(days):
        if number == CAMPAIGN_DAY and _at(database, day, 9) < now:
            _start_campaign(database, _at(database, day, 9))
        for hour, happen in ((9, _morning), (11, _noon), (15, _afternoon)):
            at = _at(database, day, hour)
            if at + LONGEST >= now:
                return
            happen(database, story, at)
            jobs.tick(database, now=at + timedelta(minutes=20))
            _customers_answer(database, story, at + timedelta(minutes=25))


def _round_of_calls(database: Database, at: datetime) -> None:
    """Do of a tick only what calls need; the rest is lived in the last weeks."""
    for job in (jobs.wake_callbacks, jobs.settle_calls, jobs.send_due, draw_reviews):
        job(database, now=at)


def _workdays(session: Session, now: datetime, first: int, last: int) -> Iterator[date]:
    calendar = load_calendar(session)
    today = now.astimezone(calendar.zone).date()
    days = (today - timedelta(days=ago) for ago in range(first, last, -1))
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


def _few_cases(database: Database, story: Story, at: datetime) -> None:
    """What was registered the day before is closed, and matters come in that are asked about by phone."""
    with database.begin() as session:
        for case in session.scalars(select(Case).where(Case.state.in_(UNFINISHED)).order_by(Case.id)).all():
            _close(session, story, case, at)
        asked = [matter for matter in MATTERS if matter[0] in ("complaint", "repair")]
        for _case in range(CALLS_A_DAY):
            _register(session, story, at, story.draw.choice(asked), by_phone=True)


def _morning(database: Database, story: Story, at: datetime) -> None:
    """New cases come in and are given to somebody."""
    for _case in range(CASES_A_DAY):
        with database.begin() as session:
            by_phone = story.number % LANDLINE == 0
            _register(session, story, at, story.draw.choice(MATTERS), by_phone=by_phone)


def _register(
    session: Session, story: Story, at: datetime, matter: tuple[str, ...], *, by_phone: bool
) -> None:
    draw, officer = story.draw, story.staff["officer"]
    story.number += 1
    trouble = _again(story, _new_trouble(session, story, at, matter, by_phone=by_phone))
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


def _new_trouble(
    session: Session, story: Story, at: datetime, matter: tuple[str, ...], *, by_phone: bool
) -> Trouble:
    draw, district, last = story.draw, story.draw.choice(DISTRICTS), story.draw.randrange(10_000)
    number = f"0431-8{story.number % 1000:03d}{last:04d}" if by_phone else f"139{story.number:04d}{last:04d}"
    contact = save_contact(
        session,
        name=draw.choice(SURNAMES) + draw.choice(GIVEN),
        phones=[number],
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
            Case.state.in_(UNFINISHED),
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
    story.calls = afternoon(database, story.draw, story.staff, at, made=story.calls)


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
