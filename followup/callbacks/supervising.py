"""What a supervisor decides about callbacks."""

from datetime import datetime

from sqlalchemy.orm import Session

from core import audit
from core.errors import ConflictError
from core.i18n import _
from core.logs import redact
from core.texts import clean_text
from followup import actions as follow_ups
from followup.callbacks.attempts import tries
from followup.callbacks.ending import finish
from followup.callbacks.lifecycle import CALLBACKS
from followup.callbacks.outcomes import Code
from followup.callbacks.policy import UNHAPPY
from followup.callbacks.settling import lock_in_order
from followup.models import Callback, FollowUp


def decide_held(
    session: Session, callback_id: int, *, resume: bool, actor: str, reason: str, now: datetime
) -> Callback:
    """Let a supervisor put a held callback back into the queue, or end it."""
    lock_in_order(session, callback_id)
    callback = session.get(Callback, callback_id, with_for_update=True, populate_existing=True)
    if callback is None or callback.state != "held":  # an agent may have it in hand again meanwhile
        raise ConflictError(_("Nobody has to decide about this callback any more."))
    reason = redact(clean_text(reason, 200))
    if resume:
        urgent = min(callback.priority, UNHAPPY)
        changes = {"ready_at": now, "agent_id": None, "priority": urgent, "version": callback.version + 1}
        CALLBACKS.move(session, callback, "resume", actor=actor, now=now, reason=reason, changes=changes)
    else:
        code = _held_by(session, callback)
        finish(session, callback, actor, code, now, reason=reason)
        follow_up = session.get_one(FollowUp, callback.follow_up_id, populate_existing=True)
        follow_ups.give_up(session, follow_up, actor=actor, now=now, reason=code.lower())
    audit.record(
        session, actor=actor, action="callback.decide", subject=f"callback:{callback_id}", now=now,
        resume=resume, reason=reason,
    )  # fmt: skip
    return callback


def _held_by(session: Session, callback: Callback) -> Code:
    """Return how the last call ended: other codes than the usual one may lead to a supervisor, too."""
    made = tries(session, callback)
    return Code(made[-1].code) if made else Code.SUPERVISOR
