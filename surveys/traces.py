"""What a page tells about itself: opened, begun. A hint only; it never changes what a link can do."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveys.models import InvitationTrace


def is_news(session: Session, invitation_id: int, *, started: bool) -> bool:
    """Tell whether a sign would add anything to what is known."""
    row = session.execute(
        select(InvitationTrace.started_at).where(InvitationTrace.invitation_id == invitation_id)
    ).first()
    return row is None or (started and row.started_at is None)


def note(session: Session, invitation_id: int, *, started: bool, seconds: int | None, now: datetime) -> None:
    """Note that a page was opened some seconds ago and, maybe, begun: two writes a link at most."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    first = dialect.insert(InvitationTrace).values(
        invitation_id=invitation_id,
        opened_at=now - timedelta(seconds=min(seconds or 0, 86_400)),
        started_at=now if started else None,
    )
    done = session.execute(first.on_conflict_do_nothing().returning(InvitationTrace.invitation_id)).first()
    if done is None and started:
        again = update(InvitationTrace).where(
            InvitationTrace.invitation_id == invitation_id, InvitationTrace.started_at.is_(None)
        )
        session.execute(again.values(started_at=now))
