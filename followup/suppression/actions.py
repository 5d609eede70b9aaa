"""Suppressing one follow-up by hand: with a reason, a name, and a count that all who lead can see."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from core.i18n import _
from core.outbox import actions as outbox
from core.texts import clean_text
from followup.callbacks.queueing import cancel_calls
from followup.cases.editing import add_note
from followup.invitations import first_message
from followup.lifecycle import FOLLOW_UPS
from followup.locking import hold
from followup.models import Callback, Case, FollowUp
from followup.suppression.policy import NEEDS_WORDS, REASONS, SUPPRESSIBLE, WORDS_LIMIT
from surveys import actions as surveys


def suppress(
    session: Session,
    follow_up_id: int,
    *,
    reason: str,
    words: str,
    actor: str,
    actor_id: int,
    is_supervisor: bool,
    now: datetime,
) -> FollowUp:
    """Do not ask about this closing. A link that is out stays open: who has it may still answer.

    The words are kept as a note of the case, sealed; the reason stands in the history and the audit trail.
    """
    follow_up, case = _locked(session, follow_up_id)
    words = clean_text(words, WORDS_LIMIT)
    _check(follow_up, case, reason=reason, words=words, actor_id=actor_id, is_supervisor=is_supervisor)
    _stop(session, follow_up, actor=actor, now=now)
    is_out = follow_up.state == "call_queued" and follow_up.invitation_id is not None
    FOLLOW_UPS.move(
        session, follow_up, "suppress_calls" if is_out else "suppress", actor=actor, now=now, reason=reason,
        changes={"reason": "suppressed"},
    )  # fmt: skip
    if words:
        add_note(session, case, words=words, actor=actor, now=now)
    audit.record(
        session, actor=actor, action="follow_up.suppress", subject=f"case:{case.number}", now=now,
        follow_up=follow_up.id, reason=reason, recovery=follow_up.recovery_of_id is not None,
    )  # fmt: skip
    return follow_up


def _locked(session: Session, follow_up_id: int) -> tuple[FollowUp, Case]:
    found = hold(session, FollowUp.id == follow_up_id)
    if not found:
        raise NotFoundError(_("There is no such follow-up; the page of the case shows what is planned."))
    return found[0], session.get_one(Case, found[0].case_id)


def _check(
    follow_up: FollowUp, case: Case, *, reason: str, words: str, actor_id: int, is_supervisor: bool
) -> None:
    if follow_up.state not in SUPPRESSIBLE:
        raise ConflictError(_("This follow-up is not waiting any more, so it cannot be suppressed."))
    if actor_id in {case.handler_id, follow_up.handler_id}:
        raise ForbiddenError(_("You handled this case, so somebody else has to decide that nobody asks."))
    if follow_up.recovery_of_id is not None and not is_supervisor:
        raise ForbiddenError(_("Only a supervisor may suppress a follow-up after a remedy."))
    if reason not in REASONS:
        raise InputError(_("Choose one of the reasons."))
    if not words and (reason in NEEDS_WORDS or follow_up.recovery_of_id is not None):
        raise InputError(_("Say in a few words why nobody should ask."))


def _stop(session: Session, follow_up: FollowUp, *, actor: str, now: datetime) -> None:
    """Take back what has not left yet; what is on its way or in a call cannot be stopped any more."""
    message = first_message(session, follow_up) if follow_up.state == "sending" else None
    callback = session.scalar(select(Callback).where(Callback.follow_up_id == follow_up.id))
    if callback is not None and callback.state == "in_call":
        raise ConflictError(_("Somebody is calling this customer just now, so it cannot be suppressed."))
    taken_back = outbox.cancel(session, "follow_up", follow_up.id, actor=actor, now=now, reason="suppressed")
    if message is not None and message.state not in {"failed", "cancelled"} and not taken_back:
        raise ConflictError(_("The message is on its way already, so it cannot be suppressed."))
    cancel_calls(session, follow_up, actor=actor, now=now, reason="suppressed")
    if follow_up.state == "sending" and follow_up.invitation_id:
        surveys.withdraw(session, follow_up.invitation_id, actor=actor, now=now, reason="suppressed")
