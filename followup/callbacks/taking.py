"""Which callback is next for whom, and taking it into one's hand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, LargeBinary, Select, and_, case, exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.auth.models import User
from core.calendar import CalendarError, load_calendar
from core.contacts.models import Contact, Phone
from core.db import settings_of
from core.errors import ConflictError, ForbiddenError, NotFoundError
from core.i18n import _
from core.installation import wait_for_turn
from followup.callbacks import lanes
from followup.callbacks.lifecycle import CALLBACKS, IN_HAND
from followup.callbacks.models import Pause, Skip
from followup.callbacks.policy import ABSENT_AFTER, APPOINTMENT, DUE_TODAY, may_call
from followup.models import Attempt, Callback

CANDIDATES = 20
MOST_PASSED = 200  # callbacks that others take at the very same moment


@dataclass(frozen=True, slots=True)
class Agent:
    """Who makes the call."""

    id: int
    name: str


class OnPauseError(ConflictError):
    """You are on a pause; end it to be given the next callback."""


class TakenError(ConflictError):
    """Somebody else holds this callback."""


def pull_next(session: Session, agent: Agent, *, now: datetime) -> Callback | None:
    """Give the agent the next best callback, or the one that is in this agent's hands already."""
    wait_for_tabs(session, agent.id)
    mine = in_hand_of(session, agent.id)
    if mine is not None:
        return mine
    if session.scalar(select(Pause.id).where(Pause.agent_id == agent.id, Pause.ended_at.is_(None))):
        raise OnPauseError(_("You are on a pause; end it to be given the next callback."))
    passed: list[int] = []
    for wanted in most_urgent_first(session, agent.id, now):
        while len(passed) < MOST_PASSED:
            # Not locked while looking: a lock would hide the best from all who look at the same moment.
            ids = session.scalars(_without(wanted, passed).limit(CANDIDATES)).all()
            if not ids:
                break
            free = _first_free(session, ids)
            if free is None:  # others are taking all these just now: who asks goes on and never waits
                passed += ids
            elif claim(session, free, agent, now=now):
                return session.get_one(Callback, free, populate_existing=True)
            else:  # its number has begun to ring
                passed.append(free)
    return None


def take(session: Session, callback_id: int, agent: Agent, *, now: datetime) -> Callback:
    """Take this very callback, or raise the error that says who has it."""
    callback = session.get(Callback, callback_id, populate_existing=True)
    if callback is None:
        raise NotFoundError(_("There is no such callback; the queue shows what is there."))
    if not is_for(session, callback, agent):
        raise ForbiddenError(_("You handled this case, so somebody else has to ask the customer."))
    mine = in_hand_of(session, agent.id)
    if mine is not None and mine.id != callback_id:
        raise ConflictError(_("Finish the callback in your hands first, or give it back."))
    if mine is None and not claim(session, callback_id, agent, now=now):
        raise TakenError(_said_holder(session, callback_id))
    return session.get_one(Callback, callback_id, populate_existing=True)


def wait_for_tabs(session: Session, agent_id: int) -> None:
    """Let one tab after the other of an agent decide what comes into this hand, and whether it rests."""
    wait_for_turn(session, f"next callback of {agent_id}")


def is_for(session: Session, callback: Callback, agent: Agent) -> bool:
    """Tell whether this agent may make this call at all: never about an own case."""
    names = lanes.names_of(session, agent.id)
    return may_call(callback.handler_id, agent.id, callback.handler_name, names)


def in_hand_of(session: Session, agent_id: int) -> Callback | None:
    """Return what an agent has in hand; the database holds that it is one at most."""
    wanted = select(Callback).where(Callback.agent_id == agent_id, Callback.state.in_(IN_HAND))
    return session.scalar(wanted.execution_options(populate_existing=True))


def left_for(session: Session, agent_id: int, now: datetime, at_most: int = 100) -> int:
    """Count what this agent may call now, up to ``at_most``: nobody waits for the count of a long queue."""
    found = 0
    for wanted in most_urgent_first(session, agent_id, now):
        counted = select(func.count()).select_from(wanted.limit(at_most - found).subquery())
        found += session.scalar(counted) or 0
        if found >= at_most:
            break
    return found


def most_urgent_first(session: Session, agent_id: int, now: datetime) -> Iterator[Select[int]]:
    """Yield what this agent may call now in parts: promised times and the unhappy, what is due today, second
    tries and then the oldest. Each part stands in the order of an index, so that nothing is sorted.
    """
    wanted, midnight = next_best(session, agent_id, now), end_of_day(session, now)
    later = or_(Callback.deadline.is_(None), Callback.deadline >= midnight)
    by_priority = (Callback.priority, Callback.ready_at, Callback.id)
    yield wanted.where(Callback.priority <= DUE_TODAY).order_by(*by_priority)
    due = wanted.where(Callback.priority > DUE_TODAY, Callback.deadline < midnight)
    yield due.order_by(Callback.deadline, Callback.id)
    yield wanted.where(Callback.priority > DUE_TODAY, later).order_by(*by_priority)


def next_best(session: Session, agent_id: int, now: datetime) -> Select[int]:
    """Select what this agent may call now. Outside the permitted hours only promises are kept."""
    settings = settings_of(session)
    try:
        is_open = load_calendar(session).is_open(now, settings.call_hours)
    except CalendarError:  # whether people work today is not known; a promise is kept all the same
        is_open = False
    passed_on = select(Skip.callback_id).where(
        Skip.agent_id == agent_id, Skip.at >= end_of_day(session, now) - timedelta(days=1)
    )
    wanted = select(Callback.id).join(Contact, Contact.id == Callback.contact_id)
    wanted = wanted.join(Phone, Phone.id == Callback.phone_id).where(
        Phone.dead.is_(False),
        Callback.state == "ready",
        Callback.ready_at <= now,
        Contact.do_not_contact.is_(False),
        or_(
            Callback.agent_id.is_(None),
            Callback.agent_id == agent_id,
            Callback.ready_at <= now - ABSENT_AFTER,
            ~exists().where(User.id == Callback.agent_id, lanes.at_the_desk()),  # left, or does other work
        ),
        lanes.for_agent(session, agent_id, now),
        Callback.id.not_in(passed_on),
        _number_is_free(now, settings.calls_per_number),
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
    except IntegrityError:  # the database holds: one call in hand per number, and one per agent
        return False


def lease_end(session: Session, now: datetime) -> datetime:
    """Return how long a callback stays in an agent's hands without a sign of life."""
    return now + timedelta(minutes=settings_of(session).lease_minutes)


def end_of_day(session: Session, now: datetime) -> datetime:
    """Return the local midnight that ends this day."""
    zone = settings_of(session).zone
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tzinfo=zone)


def _without(wanted: Select[int], passed: Sequence[int]) -> Select[int]:
    return wanted.where(Callback.id.not_in(passed)) if passed else wanted


def _first_free(session: Session, ids: Sequence[int]) -> int | None:
    """Return the first of these callbacks that nobody is taking just now, kept for whoever asks."""
    place = case({each: number for number, each in enumerate(ids)}, value=Callback.id)
    # Not the bare column: SQLite would walk through all that is ready instead of looking at these few.
    wanted = select(Callback.id).where(Callback.id.in_(ids), Callback.state + "" == "ready")
    return session.scalar(wanted.order_by(place).limit(1).with_for_update(skip_locked=True))


def _said_holder(session: Session, callback_id: int) -> str:
    """Say who has a callback, or why nobody can take it."""
    callback = session.get_one(Callback, callback_id, populate_existing=True)
    holder = session.get(User, callback.agent_id) if callback.agent_id else None
    if callback.state in IN_HAND and holder is not None:
        return _("%(name)s holds this callback.", name=holder.display_name)
    if callback.state == "ready":
        return _("The customer is in another call just now; try again in a few minutes.")
    return _("This callback is not ready to be called.")


def _number_is_free(now: datetime, at_most: int) -> ColumnElement[bool]:
    """No other agent has this number in hand, and it did not ring too often in the last 24 hours."""
    others = select(Callback.phone_index).where(
        Callback.state.in_(IN_HAND), Callback.phone_index.is_not(None)
    )
    # The whole number by way of a function: SQLite would else walk through all calls ever made, by number.
    number = func.substr(Attempt.phone_index, 1, type_=LargeBinary())
    rung = select(number).where(Attempt.ended_at > now - timedelta(days=1), Attempt.undone_at.is_(None))
    too_often = rung.group_by(number).having(func.count(Attempt.phone_index) >= at_most)  # without one 0
    return and_(
        Callback.phone_index.is_not(None),
        Callback.phone_index.not_in(others),
        Callback.phone_index.not_in(too_often),
    )
