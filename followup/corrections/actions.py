"""Wrong and dead numbers on their way to being right again."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import audit
from core.contacts import actions as contacts
from core.contacts import phones
from core.contacts.reveals import require_reveal
from core.db import settings_of
from core.errors import ConflictError, InputError
from core.i18n import _
from followup.callbacks.lifecycle import CALLBACKS
from followup.callbacks.queueing import next_phone
from followup.corrections import queries
from followup.corrections.models import Correction
from followup.lifecycle import FOLLOW_UPS
from followup.models import Attempt, Callback


class CheckedError(ConflictError):
    """Somebody has checked this number in the meantime."""


def report(
    session: Session, callback: Callback, attempt: Attempt, *, wrong: bool, actor: str, now: datetime
) -> Correction | None:
    """Put the number of a call on the list of numbers to check; a number stands there once."""
    if callback.contact_id is None or attempt.phone_id is None:
        return None
    wanted = select(Correction).where(Correction.phone_id == attempt.phone_id, Correction.state == "open")
    known = session.scalar(wanted.limit(1))
    if known is not None:
        return known
    correction = Correction(
        contact_id=callback.contact_id,
        phone_id=attempt.phone_id,
        callback_id=callback.id,
        attempt_id=attempt.id,
        kind="wrong" if wrong else "dead",
        reported_by=actor,
        reported_at=now,
    )
    session.add(correction)
    session.flush()
    return correction


def take_back(session: Session, attempt: Attempt, *, actor: str, now: datetime) -> None:
    """Take a number off the list because the call that reported it was undone."""
    wanted = select(Correction).where(Correction.attempt_id == attempt.id).with_for_update()
    for correction in session.scalars(wanted.execution_options(populate_existing=True)).all():
        if correction.state != "open":
            raise CheckedError(_("Somebody has checked the number in the meantime; what you said stands."))
        correction.state, correction.decided_by, correction.decided_at = "undone", actor, now


def replace(session: Session, correction: Correction, text: str, *, actor: str, now: datetime) -> None:
    """Give the customer a new number in the place of this one, which stays dead."""
    if not text.strip():
        raise InputError(_("Enter the new number."))
    try:
        phones.normalise(text, settings_of(session).country)
    except InputError as error:
        raise InputError(
            _("This is not a phone number; write a mobile, or a landline with its area code.")
        ) from error
    contacts.add_number(session, correction.contact_id, text)
    _decide(session, correction, "replaced", actor=actor, now=now)


def remove(session: Session, correction: Correction, *, actor: str, now: datetime) -> None:
    """Take the number off the customer's record."""
    if correction.phone_id is not None:
        contacts.remove_number(session, correction.contact_id, correction.phone_id)
    _decide(session, correction, "removed", actor=actor, now=now)


def confirm(session: Session, correction: Correction, *, actor: str, now: datetime) -> None:
    """Note that the number is right after all: it may be dialled again."""
    if correction.phone_id is None:
        raise CheckedError(_("This number was removed in the meantime; there is nothing to dial."))
    contacts.revive_number(session, correction.phone_id)
    _decide(session, correction, "right", actor=actor, now=now)


def note_reveal(session: Session, correction: Correction, *, actor: str, now: datetime) -> None:
    """Remember who looked at a number; it counts like a number shown at the desk."""
    require_reveal(session, actor, now)
    audit.record(
        session, actor=actor, action="correction.reveal", subject=f"correction:{correction.id}", now=now,
        phone=correction.phone_id, contact=correction.contact_id,
    )  # fmt: skip


def ask_again(session: Session, correction: Correction, *, actor: str, now: datetime) -> bool:
    """Queue the call anew that ended for want of a number; False when nothing is to be asked any more."""
    found = queries.ended_for_number(session, correction, now)
    phone = next_phone(session, correction.contact_id)
    if found is None or phone is None:
        return False
    callback, follow_up = found
    changes = {
        "phone_id": phone.id, "phone_index": phone.number_index, "ready_at": now, "agent_id": None,
        "outcome": "", "result": "", "ended_at": None, "version": callback.version + 1,
    }  # fmt: skip
    FOLLOW_UPS.move(session, follow_up, "ask_again", actor=actor, now=now, changes={"reason": ""})
    CALLBACKS.move(session, callback, "ask_again", actor=actor, now=now, changes=changes)
    return True


def _decide(session: Session, correction: Correction, state: str, *, actor: str, now: datetime) -> None:
    """Write what became of a number, unless somebody was faster."""
    done = session.execute(
        update(Correction)
        .where(Correction.id == correction.id, Correction.state == "open")
        .values(state=state, decided_by=actor, decided_at=now)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise CheckedError(_("Somebody has checked this number in the meantime."))
    audit.record(
        session, actor=actor, action=f"correction.{state}", subject=f"correction:{correction.id}", now=now,
        contact=correction.contact_id,
    )  # fmt: skip
    session.refresh(correction)
