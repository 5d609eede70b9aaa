"""How a callback stood before an outcome, kept with the attempt for as long as the outcome can be undone."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.contacts.models import Phone
from core.contacts.wishes import TAKE_BACK
from core.db import vault_of
from followup.models import Attempt, Callback

UNDO = TAKE_BACK  # how long an outcome can be undone by the agent who recorded it


def snapshot(callback: Callback) -> dict[str, Any]:
    """Return what an outcome changes of a callback; nothing personal is among it."""
    return {
        "version": callback.version,
        "ready_at": callback.ready_at.isoformat(),
        "priority": callback.priority,
        "phone_id": callback.phone_id,
        "attempts": callback.attempts,
    }


def restored(session: Session, stood: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a callback as they stood, without those that every step sets."""
    phone = session.get(Phone, stood["phone_id"]) if stood["phone_id"] else None
    return {
        "ready_at": datetime.fromisoformat(stood["ready_at"]),
        "priority": stood["priority"],
        "phone_id": phone.id if phone else None,
        "phone_index": phone.number_index if phone else None,
        "attempts": stood["attempts"],
        "outcome": "",
        "result": "",
        "ended_at": None,
        "settles_at": None,
    }


def keep(session: Session, attempt: Attempt, **what: Any) -> None:
    """Seal something with an attempt: what was typed at the desk, or the answers that were taken back."""
    kept = kept_with(session, attempt) | {name: value for name, value in what.items() if value}
    if kept:
        text = json.dumps(kept, ensure_ascii=False)
        attempt.taken_back_sealed = vault_of(session).seal(text, f"attempt.answers:{attempt.uid}")


def kept_with(session: Session, attempt: Attempt) -> dict[str, Any]:
    """Open what was sealed with an attempt."""
    if attempt.taken_back_sealed is None:
        return {}
    opened = vault_of(session).open(attempt.taken_back_sealed, f"attempt.answers:{attempt.uid}")
    found: dict[str, Any] = json.loads(opened)
    return found


def forget(attempt: Attempt) -> None:
    """Keep nothing more of an attempt that stands."""
    attempt.before, attempt.taken_back_sealed = None, None


def as_draft(session: Session, callback: Callback, typed: Mapping[str, str]) -> bytes | None:
    """Seal what was typed as the draft that the desk opens."""
    text = json.dumps(dict(typed), ensure_ascii=False)
    return vault_of(session).seal(text, f"callback.draft:{callback.id}") if typed else None
