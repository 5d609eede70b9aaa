"""Dialling another number of the same customer within one call."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit
from core.contacts.models import Contact, Phone
from core.contacts.reveals import require_reveal
from core.db import settings_of
from core.errors import ConflictError, InputError
from core.i18n import _
from followup.callbacks.holding import held
from followup.callbacks.lifecycle import CALLBACKS
from followup.callbacks.taking import Agent, lease_end
from followup.models import Attempt, Callback


def choose(session: Session, callback_id: int, agent: Agent, phone_id: int, *, now: datetime) -> Callback:
    """Make another number the one of this call and show it: a look at a number of its own, counted as such.

    How the call ends is written for the number that was dialled last.
    """
    callback = held(session, callback_id, agent, version=None, now=now)
    if phone_id != callback.phone_id:
        phone = _usable(session, callback, phone_id, now)
        require_reveal(session, agent.name, now)
        _take(session, callback, phone)
        audit.record(
            session, actor=agent.name, action="callback.reveal", subject=f"callback:{callback_id}", now=now,
            phone=phone.id, contact=callback.contact_id,
        )  # fmt: skip
        if callback.state == "claimed":
            lease = {"lease_until": lease_end(session, now)}
            CALLBACKS.move(session, callback, "dial", actor=agent.name, now=now, changes=lease)
    return callback


def _usable(session: Session, callback: Callback, phone_id: int, now: datetime) -> Phone:
    known = session.scalars(select(Phone).where(Phone.contact_id == callback.contact_id))
    phone = next((each for each in known if each.id == phone_id), None)  # compared here: any number may come
    if phone is None or phone.dead:
        raise InputError(_("This number cannot be dialled; choose one of the list."))
    if session.get_one(Contact, phone.contact_id, populate_existing=True).do_not_contact:
        raise ConflictError(
            _("The customer wants no contact any more, or the number is wrong: give the callback back.")
        )
    rung = select(func.count()).where(
        Attempt.phone_index == phone.number_index,
        Attempt.ended_at > now - timedelta(days=1),
        Attempt.undone_at.is_(None),
    )
    if (session.scalar(rung) or 0) >= settings_of(session).calls_per_number:
        raise InputError(_("This number rang often enough within 24 hours; choose another one."))
    return phone


def _take(session: Session, callback: Callback, phone: Phone) -> None:
    try:
        with session.begin_nested():
            callback.phone_id, callback.phone_index = phone.id, phone.number_index
            session.flush()
    except IntegrityError as error:  # the database holds: one call in hand per number
        session.refresh(callback)
        raise ConflictError(
            _("Somebody is in a call to this number just now; choose another one.")
        ) from error
