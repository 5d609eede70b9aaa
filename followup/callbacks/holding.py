"""A callback in an agent's hand: keeping it, giving it back, showing the number."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import audit
from core.contacts import queries as contacts
from core.db import vault_of
from core.errors import ConflictError, ForbiddenError, NotFoundError
from core.i18n import _
from core.logs import redact
from core.texts import clean_text
from followup.callbacks.lifecycle import CALLBACKS, IN_HAND
from followup.callbacks.policy import may_call
from followup.callbacks.taking import Agent, claim, end_of_day, lease_end
from followup.models import Callback

REVEALS_PER_DAY = 300  # numbers one person may look at; more is not calling but copying


class LeaseLostError(ConflictError):
    """This callback is not in your hands any more."""


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


def _give_back(session: Session, callback: Callback, *, actor: str, reason: str, now: datetime) -> None:
    changes = {"agent_id": None, "lease_until": None, "version": callback.version + 1}
    CALLBACKS.move(session, callback, "release", actor=actor, now=now, reason=reason, changes=changes)


def _sealed_draft(session: Session, callback_id: int, draft: Mapping[str, str]) -> bytes:
    return vault_of(session).seal(
        json.dumps(dict(draft), ensure_ascii=False), f"callback.draft:{callback_id}"
    )
