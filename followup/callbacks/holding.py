"""A callback in an agent's hand: taking it, keeping it, giving it back, showing the number."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, LargeBinary, Select, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit
from core.auth.models import User
from core.calendar import CalendarError, load_calendar
from core.contacts import queries as contacts
from core.contacts.models import Contact, Phone
from core.db import settings_of, vault_of
from core.errors import ConflictError, ForbiddenError, NotFoundError
from core.i18n import _
from core.logs import redact
from core.texts import clean_text
from followup.callbacks.lifecycle import CALLBACKS, IN_HAND
from followup.callbacks.policy import ABSENT_AFTER, APPOINTMENT, DUE_TODAY, may_call
from followup.models import Attempt, Callback

REVEALS_PER_DAY = 300  # numbers one person may look at; more is not calling but copying
CALLS_PER_NUMBER = 3  # in 24 hours, whatever the cases
CANDIDATES = 20
ROUNDS = 3  # of looking again, when others took all the candidates meanwhile


class LeaseLostError(ConflictError):
    """This callback is not in your hands any more."""


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


def held(session: Session, callback_id: int, agent: Agent, *, version: int | None, now: datetime) -> Callback:
    """Return the callback locked and in this agent's hands, or raise the error that says whose it is.

    A lease that ran out is taken up again as long as nobody else touched the callback since the page with
    this ``version`` was shown.
    """
    wanted = select(Callback).where(Callback.id == callback_id).with_for_update()
    callback = session.scalar(wanted.execution_options(populate_existing=True))
    if callback is None:
        raise NotFoundError(_("There is no such callback; the queue shows what is there."))
    if not may_call(callback.handler_id, agent.id):
        raise ForbiddenError(_("You handled this case, so somebody else has to ask the customer."))
    if callback.state in IN_HAND and callback.agent_id == agent.id:
        return callback
    untouched = version is not None and callback.version == version + 1 and callback.state == "ready"
    if untouched and claim(session, callback_id, agent, now=now):
        session.refresh(callback)
        CALLBACKS.move(session, callback, "dial", actor=agent.name, now=now, reason="lease taken up again")
        return callback
    raise LeaseLostError(whose(callback))


def whose(callback: Callback) -> str:
    """Say why a callback is not in the asking agent's hands."""
    if callback.state == "cancelled" and callback.outcome == "SELF_DONE":
        return _("The customer has answered by link in the meantime; no call is needed any more.")
    if callback.state == "cancelled":
        return _("This callback was cancelled: the case was reopened, or the customer wants no contact.")
    if callback.state in IN_HAND:
        return _("Somebody else has taken this callback in the meantime.")
    if callback.state == "done":
        return _("This callback was finished in the meantime.")
    return _("Your time for this callback ran out and it went back into the queue.")


def keep(
    session: Session, callback_id: int, agent: Agent, draft: Mapping[str, str] | None, *, now: datetime
) -> datetime:
    """Extend the lease, and keep what was typed so far; return until when."""
    callback = held(session, callback_id, agent, version=None, now=now)
    callback.lease_until = lease_end(session, now)
    if draft is not None:
        callback.draft_sealed = _sealed_draft(session, callback_id, draft)
    session.flush()
    return callback.lease_until


def release(session: Session, callback_id: int, agent: Agent, *, reason: str, now: datetime) -> Callback:
    """Give a callback back with a reason; it counts as no attempt."""
    callback = held(session, callback_id, agent, version=None, now=now)
    _give_back(session, callback, actor=agent.name, reason=reason, now=now)
    return callback


def take_away(session: Session, callback_id: int, *, actor: str, reason: str, now: datetime) -> Callback:
    """Let a supervisor release what somebody else holds; the audit trail says so."""
    wanted = select(Callback).where(Callback.id == callback_id).with_for_update()
    callback = session.scalar(wanted.execution_options(populate_existing=True))
    if callback is None or callback.state not in IN_HAND:
        raise ConflictError(_("Nobody holds this callback any more."))
    holder, reason = callback.agent_id, redact(clean_text(reason, 200))
    _give_back(session, callback, actor=actor, reason=reason, now=now)
    audit.record(
        session, actor=actor, action="callback.take_away", subject=f"callback:{callback_id}", now=now,
        holder=holder, reason=reason,
    )  # fmt: skip
    return callback


def reveal(session: Session, callback_id: int, agent: Agent, *, now: datetime) -> Callback:
    """Show the number and start the call; who looked at which number is kept."""
    callback = held(session, callback_id, agent, version=None, now=now)
    if callback.state == "in_call":
        return callback
    shown = select(func.count()).select_from(audit.AuditEntry)
    shown = shown.where(
        audit.AuditEntry.action == "callback.reveal",
        audit.AuditEntry.actor == agent.name,
        audit.AuditEntry.at >= end_of_day(session, now) - timedelta(days=1),
    )
    if (session.scalar(shown) or 0) >= REVEALS_PER_DAY:
        raise ForbiddenError(_("You have looked at the most numbers a day allows; ask a supervisor."))
    lease = {"lease_until": lease_end(session, now)}
    CALLBACKS.move(session, callback, "dial", actor=agent.name, now=now, changes=lease)
    audit.record(
        session, actor=agent.name, action="callback.reveal", subject=f"callback:{callback_id}", now=now,
        phone=callback.phone_id, contact=callback.contact_id,
    )  # fmt: skip
    return callback


def number_of(session: Session, callback: Callback) -> str:
    """Open the number to dial."""
    if callback.contact_id is None:
        return ""
    card = contacts.card(session, callback.contact_id)
    return next((phone.number for phone in card.phones if phone.id == callback.phone_id), "")


def draft_of(session: Session, callback: Callback) -> dict[str, str]:
    """Open what was typed and not saved yet."""
    if callback.draft_sealed is None:
        return {}
    opened = json.loads(vault_of(session).open(callback.draft_sealed, f"callback.draft:{callback.id}"))
    return {str(name): str(value) for name, value in opened.items()}


def lease_end(session: Session, now: datetime) -> datetime:
    """Return how long a callback stays in an agent's hands without a sign of life."""
    return now + timedelta(minutes=settings_of(session).lease_minutes)


def end_of_day(session: Session, now: datetime) -> datetime:
    """Return the local midnight that ends this day."""
    zone = settings_of(session).zone
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tzinfo=zone)


def _give_back(session: Session, callback: Callback, *, actor: str, reason: str, now: datetime) -> None:
    changes = {"agent_id": None, "lease_until": None, "version": callback.version + 1}
    CALLBACKS.move(session, callback, "release", actor=actor, now=now, reason=reason, changes=changes)


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


def _sealed_draft(session: Session, callback_id: int, draft: Mapping[str, str]) -> bytes:
    return vault_of(session).seal(
        json.dumps(dict(draft), ensure_ascii=False), f"callback.draft:{callback_id}"
    )
