"""How a callback ends: its final code, and the group in which all its calls together are counted."""

from datetime import datetime

from sqlalchemy.orm import Session

from followup.callbacks.attempts import tries
from followup.callbacks.lifecycle import CALLBACKS
from followup.callbacks.outcome_table import outcome_table
from followup.callbacks.outcomes import Code
from followup.callbacks.policy import result_of_all
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
    """Take a callback out of the queue, also out of an agent's hand."""
    made = tries(session, callback)
    result = result_of_all(code, made, outcome_table(session)) if code else "NE"
    changes = {
        "outcome": code or "",
        "result": result,
        "ended_at": now,
        "lease_until": None,
        "version": callback.version + 1,
    }
    CALLBACKS.move(session, callback, "cancel", actor=actor, now=now, reason=reason, changes=changes)
