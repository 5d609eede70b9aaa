"""Who read comments: one line in the audit trail for each person, hour and choice, not for each look."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.audit import AuditEntry

ONCE = timedelta(hours=1)


def is_noted(
    session: Session, *, actor: str, action: str, subject: str, now: datetime, **detail: Any
) -> bool:
    """Say whether the same look stands in the trail already, from within the last hour."""
    wanted = select(AuditEntry.detail).where(
        AuditEntry.actor == actor, AuditEntry.at > now - ONCE,
        AuditEntry.action == action, AuditEntry.subject == subject,
    )  # fmt: skip
    return any(json.loads(stored) == json.loads(_as_stored(detail)) for stored in session.scalars(wanted))


def note(session: Session, *, actor: str, action: str, subject: str, now: datetime, **detail: Any) -> None:
    """Write down that somebody read single answers."""
    audit.record(session, actor=actor, action=action, subject=subject, now=now, **detail)


def _as_stored(detail: Mapping[str, Any]) -> str:
    return json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str)
