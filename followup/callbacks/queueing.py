"""Putting a follow-up into the call queue and taking it out again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendar import CalendarError, load_calendar
from core.contacts.models import Contact, Phone
from core.db import settings_of
from core.i18n import DEFAULT
from followup.callbacks import lanes
from followup.callbacks.ending import cancel
from followup.callbacks.lifecycle import OPEN
from followup.callbacks.outcomes import Code
from followup.callbacks.policy import priority_of
from followup.models import Callback, Case, FollowUp
from followup.rules.policy import Terms


def queue_call(session: Session, follow_up: FollowUp, case: Case, terms: Terms, now: datetime) -> Callback:
    """Create the phone task of a follow-up, ready at the next permitted hour."""
    phone = next_phone(session, follow_up.contact_id)
    handler_id, handler_name = _handler(session, follow_up)
    callback = Callback(
        follow_up_id=follow_up.id,
        contact_id=follow_up.contact_id,
        phone_id=phone.id if phone else None,
        phone_index=phone.number_index if phone else None,
        handler_id=handler_id,
        handler_name=handler_name,
        department=terms.agents,
        skill=terms.skill,
        language=_language(session, follow_up.contact_id),
        priority=priority_of(case.kind, case.severity, is_recovery=follow_up.recovery_of_id is not None),
        ready_at=_opens(session, now),
        deadline=_deadline(session, now, terms.call_within_workdays),
        created_at=now,
    )
    session.add(callback)
    session.flush()
    return callback


def _handler(session: Session, follow_up: FollowUp) -> tuple[int | None, str]:
    """Return who may not make this call, by account and by name."""
    if follow_up.handler_id is not None or not follow_up.handler_name:
        return follow_up.handler_id, follow_up.handler_name
    return lanes.account_of(session, follow_up.handler_name)


def _language(session: Session, contact_id: int | None) -> str:
    """Return the language that the call asks for; the usual one asks for nobody in particular."""
    contact = session.get(Contact, contact_id) if contact_id else None
    return contact.language if contact and contact.language != DEFAULT else ""


def _opens(session: Session, now: datetime) -> datetime:
    try:
        return load_calendar(session).next_open(now, settings_of(session).call_hours)
    except CalendarError:  # next year's days off are not published: the tick looks again when it wakes
        return now


def _deadline(session: Session, now: datetime, workdays: int) -> datetime | None:
    """Return until when to call; None where nobody can know yet how many working days lie ahead."""
    try:
        return load_calendar(session).add_workdays(now, workdays)
    except CalendarError:
        return None


def next_phone(session: Session, contact_id: int | None, tried: Sequence[int] = ()) -> Phone | None:
    """Return the first number that is alive and was not tried in this round, mobile or not."""
    if contact_id is None:
        return None
    wanted = select(Phone).where(Phone.contact_id == contact_id, Phone.dead.is_(False))
    wanted = wanted.where(Phone.id.not_in(list(tried))) if tried else wanted
    return session.scalar(wanted.order_by(Phone.position, Phone.id).limit(1))


def cancel_calls(
    session: Session, follow_up: FollowUp, *, actor: str, now: datetime, reason: str, code: Code | None = None
) -> bool:
    """Take the phone task of a follow-up out of the queue, also out of an agent's hand."""
    wanted = select(Callback).where(Callback.follow_up_id == follow_up.id, Callback.state.in_(OPEN))
    callback = session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if callback is None:
        return False
    cancel(session, callback, code, actor=actor, now=now, reason=reason)
    return True
