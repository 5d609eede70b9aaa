"""Undoing an outcome that was chosen by mistake: the call goes on as if nothing had been said about it.

Nothing is deleted. The attempt stays with who undid it and counts nowhere from then on.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit
from core.contacts import wishes
from core.contacts.actions import revive_number, take_wish_back
from core.contacts.models import ContactEvent
from core.db import vault_of
from core.errors import ConflictError, NotFoundError
from core.i18n import _
from core.transitions import Transition
from followup import actions as follow_ups
from followup.callbacks import before, pausing, words
from followup.callbacks.before import UNDO
from followup.callbacks.lifecycle import CALLBACKS, IN_HAND
from followup.callbacks.outcomes import Code
from followup.callbacks.settling import lock_in_order
from followup.callbacks.taking import Agent, in_hand_of, lease_end, wait_for_tabs
from followup.cases.requests import DecidedError
from followup.corrections import actions as corrections
from followup.models import Attempt, Callback, Case, FollowUp
from surveys import actions as surveys

_ANSWERS = frozenset({Code.COMPLETE, Code.PARTIAL})


class UndoError(ConflictError):
    """This outcome cannot be undone any more."""


@dataclass(frozen=True, slots=True)
class Undoable:
    """An agent's own last outcome, while it can be undone."""

    attempt_id: int
    said: str  # what was saved, in words
    seconds: int  # left


def last_undoable(session: Session, agent_id: int, now: datetime) -> Undoable | None:
    """Return the agent's last outcome if it can be undone still; one statement, by an index."""
    wanted = (
        select(Attempt.id, Attempt.outcome, Attempt.ended_at, Attempt.before, Attempt.undone_at)
        .add_columns(Callback.version, Callback.state, Callback.ready_at, Callback.agent_id.label("holder"))
        .join(Callback, Callback.id == Attempt.callback_id)
        .where(Attempt.agent_id == agent_id, Attempt.ended_at > now - UNDO)
    )
    row = session.execute(wanted.order_by(Attempt.ended_at.desc(), Attempt.id.desc()).limit(1)).first()
    if row is None or row.undone_at is not None or not row.before:
        return None
    if not _is_as_left(row.before, row.version, row.state, is_own=row.holder == agent_id):
        return None
    again = row.ready_at if row.state not in ("done", "held") else None
    left = int((row.ended_at + UNDO - now).total_seconds())
    return Undoable(row.id, words.saved(Code(row.outcome), again), left)


def _is_as_left(stood: dict[str, Any], version: int, state: str, *, is_own: bool) -> bool:
    """Tell whether nobody has gone on with a callback; the same agent may have been handed it again."""
    steps = version - int(stood.get("version", 0))
    handed_again = steps == 2 and state == "claimed" and is_own  # its other number, not dialled yet
    return (steps == 1 and state in CALLBACKS.sources("undo")) or handed_again


def undo(session: Session, attempt_id: int, agent: Agent, *, now: datetime) -> Callback:
    """Take an outcome back and return its callback, in the agent's hand again. Pressed twice, it is one undo.

    Raises
    ------
    UndoError
        With the reason why it cannot be undone any more.
    """
    callback_id = session.scalar(
        select(Attempt.callback_id).where(Attempt.id == attempt_id, Attempt.agent_id == agent.id)
    )
    if callback_id is None:
        raise NotFoundError(_("There is no such call among yours."))
    wait_for_tabs(session, agent.id)
    other = in_hand_of(session, agent.id)  # it is given back
    lock_in_order(session, callback_id, *([other.id] if other else []))
    fresh = {"with_for_update": True, "populate_existing": True}
    callback = session.get_one(Callback, callback_id, **fresh)  # type: ignore[arg-type]
    attempt = session.get_one(Attempt, attempt_id, populate_existing=True)
    if attempt.undone_at is not None and callback.state in IN_HAND and callback.agent_id == agent.id:
        return callback
    follow_up = session.get_one(FollowUp, callback.follow_up_id, **fresh)  # type: ignore[arg-type]
    problem = _why_not(session, attempt, callback, follow_up, now)
    if problem:
        raise UndoError(problem)
    _free_hand(session, agent, now)
    _take_back(session, attempt, callback, follow_up, actor=agent.name, now=now)
    _resume(session, attempt, callback, agent, now)
    audit.record(
        session, actor=agent.name, action="callback.undo", subject=f"callback:{callback.id}", now=now,
        attempt=attempt.id, outcome=attempt.outcome,
    )  # fmt: skip
    return callback


def _why_not(
    session: Session, attempt: Attempt, callback: Callback, follow_up: FollowUp, now: datetime
) -> str:
    """Return why an outcome stands, or nothing."""
    case = session.get_one(Case, follow_up.case_id, populate_existing=True)
    is_closed = case.state in ("closed", "reopen_requested") and case.resolution_no == follow_up.resolution_no
    has_answers, stood = attempt.outcome in _ANSWERS, attempt.before or {}
    expected = ("answered", "remedy") if has_answers else ("call_queued",)
    is_own = callback.agent_id == attempt.agent_id
    is_as_left = _is_as_left(stood, callback.version, callback.state, is_own=is_own)
    is_silent = wishes.said_again(session, stood.get("silenced") or (), attempt.ended_at)
    reasons = (
        (attempt.undone_at is not None, _("This outcome was undone already.")),
        (now >= attempt.ended_at + UNDO, _("An outcome can be undone for five minutes; they are over.")),
        (not is_closed, _("The case was reopened in the meantime; what you said stands.")),
        (
            follow_up.state == "answered" and not has_answers,
            _("The customer has answered by link in the meantime; no call is needed any more."),
        ),
        (callback.state in IN_HAND and not is_own, _("Somebody else has this callback in hand already.")),
        (not is_as_left, _("Somebody has gone on with this callback in the meantime; what you said stands.")),
        (
            follow_up.state not in expected,
            _("This follow-up is closed in the meantime; what you said stands."),
        ),
        (is_silent, _("The customer asked to be left alone once more, by another way; that stands.")),
    )
    return next((said for holds, said in reasons if holds), "")


def _free_hand(session: Session, agent: Agent, now: datetime) -> None:
    """Give back what the agent was handed meanwhile, and end a pause: a call that goes on comes first."""
    pausing.end(session, agent.id, now=now)
    other = in_hand_of(session, agent.id)
    if other is None:
        return
    if other.state == "in_call":
        raise UndoError(_("You are in another call: end it or give it back first, then undo."))
    changes = {"agent_id": None, "lease_until": None, "version": other.version + 1}
    CALLBACKS.move(session, other, "release", actor=agent.name, now=now, reason="undo", changes=changes)


def _take_back(
    session: Session,
    attempt: Attempt,
    callback: Callback,
    follow_up: FollowUp,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Take back what the outcome did at once."""
    done = attempt.before or {}
    corrections.take_back(session, attempt, actor=actor, now=now)
    if done.get("killed") and attempt.phone_id:
        revive_number(session, attempt.phone_id)
    if done.get("silenced") and callback.contact_id:
        take_wish_back(session, callback.contact_id, done["silenced"], actor=actor, now=now)
    if attempt.outcome in _ANSWERS:
        try:
            answers = follow_ups.take_back_answer(session, follow_up, actor=actor, now=now)
        except DecidedError as error:
            raise UndoError(
                _("The supervisor has decided about the reopening already; what you said stands.")
            ) from error
        before.keep(session, attempt, answers=answers)
        _restore_link(session, follow_up, attempt, actor, now)
    _note_in_ledger(session, attempt, callback)


def _note_in_ledger(session: Session, attempt: Attempt, callback: Callback) -> None:
    """Let the customer's ledger count the call no more, nor a wish in it that silenced nobody anew."""
    said = ContactEvent.purpose == "callback"
    if callback.contact_id not in ((attempt.before or {}).get("silenced") or ()):
        said |= (ContactEvent.purpose == "opt_out") & (ContactEvent.reason == wishes.BY_CALL)
    counted = update(ContactEvent).where(
        ContactEvent.contact_id == callback.contact_id, ContactEvent.at == attempt.ended_at, said
    )
    session.execute(counted.values(purpose="undone").execution_options(synchronize_session=False))


def _restore_link(session: Session, follow_up: FollowUp, attempt: Attempt, actor: str, now: datetime) -> None:
    """Let the link live again that this call spent; one that was closed otherwise stays closed."""
    spent = select(Transition.id).where(
        Transition.machine == "invitation",
        Transition.subject_id == follow_up.invitation_id,
        Transition.event == "withdraw",
        Transition.at == attempt.ended_at,
    )
    if follow_up.invitation_id and session.scalar(spent.limit(1)) is not None:
        surveys.restore(session, follow_up.invitation_id, actor=actor, now=now, reason="call undone")


def _resume(session: Session, attempt: Attempt, callback: Callback, agent: Agent, now: datetime) -> None:
    """Put the callback back into the agent's hand as it stood, with what was typed."""
    typed = before.kept_with(session, attempt).get("typed", {})
    if "note" not in typed and attempt.note_sealed:
        typed["note"] = vault_of(session).open(attempt.note_sealed, f"attempt.note:{attempt.uid}")
    changes = before.restored(session, attempt.before or {}) | {
        "agent_id": agent.id,
        "lease_until": lease_end(session, now),
        "draft_sealed": before.as_draft(session, callback, typed),
        "version": callback.version + 1,
    }
    attempt.undone_at, attempt.undone_by, attempt.before = now, agent.name, None
    try:
        with session.begin_nested():
            CALLBACKS.move(
                session, callback, "undo", actor=agent.name, now=now, reason=attempt.outcome, changes=changes
            )
    except IntegrityError as error:  # the database holds: one call in hand per number
        raise UndoError(_("This number is in another call just now; try again in a moment.")) from error
