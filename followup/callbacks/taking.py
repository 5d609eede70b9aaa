"""Which callback is next for whom, and taking it into one's hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, LargeBinary, Select, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.auth.models import User
from core.calendar import CalendarError, load_calendar
from core.contacts.models import Contact, Phone
from core.db import settings_of
from followup.callbacks.lifecycle import CALLBACKS, IN_HAND
from followup.callbacks.policy import ABSENT_AFTER, APPOINTMENT, DUE_TODAY
from followup.models import Attempt, Callback

CALLS_PER_NUMBER = 3  # in 24 hours, whatever the cases
CANDIDATES = 20
ROUNDS = 3  # of looking again, when others took all the candidates meanwhile


@dataclass(frozen=True, slots=True)
class Agent:
    """Who makes the call."""

    id: int
    name: str


def pull_next(session: Session, agent: Agent, *, now: datetime) -> Callback | None:
    """Give the agent the next best callback, or the one that is in this agent's hands already."""
    mine = session.scalar(_in_hand_of(agent.id).order_by(Callback.id).limit(1))
    if mine is not None:
        return mine
    for _round in range(ROUNDS):
        taken = 0
        for wanted in most_urgent_first(session, agent.id, now):
            # Not locked while looking: a lock would hide the best from all who look at the same moment.
            for callback_id in session.scalars(wanted.limit(CANDIDATES)).all():
                if claim(session, callback_id, agent, now=now):
                    return session.get_one(Callback, callback_id, populate_existing=True)
                taken += 1
        if not taken:
            break
    return None


def most_urgent_first(session: Session, agent_id: int, now: datetime) -> Iterator[Select[int]]:
    """Yield what this agent may call now in parts: promised times and the unhappy, what is due today, second
    tries and then the oldest. Each part stands in the order of an index, so that nothing is sorted.
    """
    wanted, midnight = next_best(session, agent_id, now), end_of_day(session, now)
    later = or_(Callback.deadline.is_(None), Callback.deadline >= midnight)
    by_priority = (Callback.priority, Callback.ready_at, Callback.id)
    yield wanted.where(Callback.priority <= DUE_TODAY).order_by(*by_priority)
    due = wanted.where(Callback.priority > DUE_TODAY, Callback.deadline < midnight)
    yield due.order_by(Callback.ready_at, Callback.id)
    yield wanted.where(Callback.priority > DUE_TODAY, later).order_by(*by_priority)


def next_best(session: Session, agent_id: int, now: datetime) -> Select[int]:
    """Select what this agent may call now. Outside the permitted hours only promises are kept.

    A call that a rule gives to one department is everybody's once its limit has passed, or where the days
    off that would make its limit are not known.
    """
    settings = settings_of(session)
    own = select(User.department).where(User.id == agent_id).scalar_subquery()
    try:
        is_open = load_calendar(session).is_open(now, settings.call_hours)
    except CalendarError:  # whether people work today is not known; a promise is kept all the same
        is_open = False
    wanted = select(Callback.id).join(Contact, Contact.id == Callback.contact_id)
    wanted = wanted.join(Phone, Phone.id == Callback.phone_id).where(
        Phone.dead.is_(False),
        Callback.state == "ready",
        Callback.ready_at <= now,
        Contact.do_not_contact.is_(False),
        or_(Callback.handler_id.is_(None), Callback.handler_id != agent_id),
        or_(
            Callback.agent_id.is_(None),
            Callback.agent_id == agent_id,
            Callback.ready_at <= now - ABSENT_AFTER,
        ),
        or_(Callback.department.in_(("", own)), Callback.deadline <= now, Callback.deadline.is_(None)),
        _number_is_free(now),
    )
    return wanted if is_open else wanted.where(Callback.priority <= APPOINTMENT)


def claim(session: Session, callback_id: int, agent: Agent, *, now: datetime) -> bool:
    """Take one callback; False when somebody else was faster or the number is in another call."""
    changes = {
        "agent_id": agent.id,
        "lease_until": lease_end(session, now),
        "version": Callback.version + 1,
    }
    try:
        with session.begin_nested():
            return CALLBACKS.claim(
                session, Callback, callback_id, "claim", actor=agent.name, now=now, changes=changes
            )
    except IntegrityError:  # the database holds: one call in hand per number
        return False


def lease_end(session: Session, now: datetime) -> datetime:
    """Return how long a callback stays in an agent's hands without a sign of life."""
    return now + timedelta(minutes=settings_of(session).lease_minutes)


def end_of_day(session: Session, now: datetime) -> datetime:
    """Return the local midnight that ends this day."""
    zone = settings_of(session).zone
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tzinfo=zone)


def _in_hand_of(agent_id: int) -> Select[Callback]:
    return select(Callback).where(Callback.agent_id == agent_id, Callback.state.in_(IN_HAND))


def _number_is_free(now: datetime) -> ColumnElement[bool]:
    """No other agent has this number in hand, and it did not ring too often in the last 24 hours."""
    others = select(Callback.phone_index).where(
        Callback.state.in_(IN_HAND), Callback.phone_index.is_not(None)
    )
    # The whole number by way of a function: SQLite would else walk through all calls ever made, by number.
    number = func.substr(Attempt.phone_index, 1, type_=LargeBinary())
    rung = select(number).where(Attempt.ended_at > now - timedelta(days=1)).group_by(number)
    too_often = rung.having(func.count(Attempt.phone_index) >= CALLS_PER_NUMBER)  # without a number 0
    return and_(
        Callback.phone_index.is_not(None),
        Callback.phone_index.not_in(others),
        Callback.phone_index.not_in(too_often),
    )
