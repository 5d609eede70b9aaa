"""A supervisor steps into a call that somebody else holds."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit
from core.contacts.reveals import require_reveal
from core.errors import ConflictError, ForbiddenError, InputError
from core.i18n import _
from core.logs import redact
from core.texts import clean_text
from followup.callbacks.lifecycle import CALLBACKS, IN_HAND
from followup.callbacks.taking import Agent, in_hand_of, is_for, lease_end
from followup.models import Callback


def take_over(session: Session, callback_id: int, agent: Agent, *, reason: str, now: datetime) -> Callback:
    """Put a callback into a supervisor's hand as it stands: what was typed and the call that runs go along.

    Where the number is shown already the supervisor sees it too; that is logged and counted like any other.
    """
    wanted = select(Callback).where(Callback.id == callback_id).with_for_update()
    callback = session.scalar(wanted.execution_options(populate_existing=True))
    if callback is None or callback.state not in IN_HAND or callback.agent_id is None:
        raise ConflictError(_("Nobody holds this callback any more."))
    if callback.agent_id == agent.id:
        return callback
    reason = redact(clean_text(reason, 200))
    if not reason:
        raise InputError(_("Say why you take this call over."))
    if not is_for(session, callback, agent):
        raise ForbiddenError(_("You handled this case, so somebody else has to ask the customer."))
    if in_hand_of(session, agent.id) is not None:
        raise ConflictError(_("Finish the callback in your hands first, or give it back."))
    if callback.state == "in_call":  # before anything is written: whoever writes makes all others wait
        require_reveal(session, agent.name, now)
    holder = callback.agent_id
    _move(session, callback, agent, reason, now)
    audit.record(
        session, actor=agent.name, action="callback.take_over", subject=f"callback:{callback_id}", now=now,
        holder=holder, reason=reason,
    )  # fmt: skip
    if callback.state == "in_call":
        audit.record(
            session, actor=agent.name, action="callback.reveal", subject=f"callback:{callback_id}", now=now,
            phone=callback.phone_id, contact=callback.contact_id,
        )  # fmt: skip
    return callback


def _move(session: Session, callback: Callback, agent: Agent, reason: str, now: datetime) -> None:
    changes = {
        "agent_id": agent.id,
        "lease_until": lease_end(session, now),
        "version": callback.version + 1,
    }
    try:
        with session.begin_nested():
            CALLBACKS.move(
                session, callback, "take_over", actor=agent.name, now=now, reason=reason, changes=changes
            )
    except IntegrityError as error:  # a second tab took another one at this very moment
        raise ConflictError(_("Finish the callback in your hands first, or give it back.")) from error
