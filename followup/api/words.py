"""What an event says in words, kept sealed: a closing that changed nothing may count once more is known."""

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import vault_of
from followup.api.models import SourceEvent

_WORDS = ("result", "close_reason", "reason")


def sealed(session: Session, source: str, event_id: str, told: dict[str, Any]) -> bytes | None:
    """Seal the words of an event; None when it has none."""
    said = {name: told[name] for name in _WORDS if told.get(name)}
    if not said:
        return None
    text = json.dumps(said, ensure_ascii=True)
    return vault_of(session).seal(text, _context(source, event_id))


def of_step(session: Session, source: str, step: str) -> dict[str, Any]:
    """Return what was told with a step; nothing where it was not an event, or had no words."""
    kind, _colon, event_id = step.partition(":")
    wanted = select(SourceEvent.words_sealed).where(
        SourceEvent.source == source, SourceEvent.event_id == event_id
    )
    kept = session.scalar(wanted) if kind == "event" else None
    if kept is None:
        return {}
    found: dict[str, Any] = json.loads(vault_of(session).open(kept, _context(source, event_id)))
    return found


def _context(source: str, event_id: str) -> str:
    return f"source_event.words:{source}:{event_id}"
