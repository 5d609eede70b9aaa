"""How a callback ends: its final code, and the group in which all its calls together are counted."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from core.auth.models import User
from followup.callbacks.attempts import tries, write_attempt
from followup.callbacks.lifecycle import CALLBACKS
from followup.callbacks.outcome_table import outcome_table
from followup.callbacks.outcomes import Code
from followup.callbacks.policy import result_of_all
from followup.callbacks.taking import Agent
from followup.models import Callback


def finish(
    session: Session, callback: Callback, actor: str, code: Code, now: datetime, *, reason: str = ""
) -> None:
    """End a callback by an outcome of its calls."""
    changes = {
        "outcome": code,
        "result": result_of_all(code, tries(session, callback), outcome_table(session)),
        "ended_at": now,
        "lease_until": None,
        "draft_sealed": None,
        "version": callback.version + 1,
    }
    CALLBACKS.move(session, callback, "finish", actor=actor, now=now, reason=reason or code, changes=changes)


def cancel(
    session: Session,
    callback: Callback,
    code: Code | None,
    *,
    actor: str,
    now: datetime,
    reason: str,
) -> None:
    """Take a callback out of the queue, also out of an agent's hand; a call that goes on is written down."""
    made = tries(session, callback)
    if callback.state == "in_call" and code:
        _write_call(session, callback, code, now)
    result = result_of_all(code, made, outcome_table(session)) if code else "NE"
    changes = {
        "outcome": code or "",
        "result": result,
        "ended_at": now,
        "lease_until": None,
        "version": callback.version + 1,
    }
    CALLBACKS.move(session, callback, "cancel", actor=actor, now=now, reason=reason, changes=changes)


def _write_call(session: Session, callback: Callback, code: Code, now: datetime) -> None:
    """Write the call that a cancellation ends, so that the number's cap and the timeline know of it.

    What it brought is not known: it claims neither that somebody picked up nor that anything was answered.
    """
    user = session.get_one(User, callback.agent_id)
    outcome = outcome_table(session)[code]
    result = outcome.result if outcome.result == "NE" else "NC"
    unclear = replace(outcome, connected=False, contacted=False, result=result)
    write_attempt(session, callback, Agent(user.id, user.name), unclear, note="", now=now)
