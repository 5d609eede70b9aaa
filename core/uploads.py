"""Uploaded files between upload and confirmation: sealed in the database, for an hour or as long as asked."""

import base64
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, delete, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, UtcTime, vault_of
from core.errors import NotFoundError
from core.i18n import _
from core.texts import clean_text

KEPT = timedelta(hours=1)


class PendingImport(Base):
    """An uploaded file, sealed, until it is confirmed or its time is over; ``source`` says what it is for."""

    __tablename__ = "pending_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid.uuid4().hex, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    content_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # Base64, for pending_import.content:<uid>
    choices: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # of whom uploaded it, on the way
    found: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # what the check found
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    kept_until: Mapped[datetime | None] = mapped_column(UtcTime)


def keep(
    session: Session,
    content: bytes,
    *,
    name: str,
    source: str,
    user_id: int,
    now: datetime,
    kept_for: timedelta = KEPT,
) -> PendingImport:
    """Seal an uploaded file; what others left behind for too long is thrown away."""
    over = or_(PendingImport.kept_until <= now, PendingImport.kept_until.is_(None))
    session.execute(delete(PendingImport).where(over))
    uid = uuid.uuid4().hex
    row = PendingImport(
        uid=uid,
        user_id=user_id,
        source=clean_text(source, 40),
        name=clean_text(name.replace("\\", "/").rsplit("/", 1)[-1], 120) or "file",
        content_sealed=vault_of(session).seal(
            base64.b64encode(content).decode(), f"pending_import.content:{uid}"
        ),
        created_at=now,
        kept_until=now + kept_for,
    )
    session.add(row)
    session.flush()
    return row


def kept(session: Session, uid: str, *, user_id: int, now: datetime, source: str = "") -> PendingImport:
    """Return one's own upload while it is kept, of one ``source`` where one is named."""
    wanted = select(PendingImport).where(
        PendingImport.uid == clean_text(uid),
        PendingImport.user_id == user_id,
        PendingImport.kept_until > now,
    )
    row = session.scalar(wanted.where(PendingImport.source == source) if source else wanted)
    if row is None:
        raise NotFoundError(
            _("This upload is gone: it is kept for a short time only. Upload the file again.")
        )
    return row


def throw_away(session: Session, uid: str) -> None:
    """Forget an upload that was imported."""
    session.execute(delete(PendingImport).where(PendingImport.uid == uid))


@contextmanager
def on_disk(session: Session, row: PendingImport) -> Iterator[Path]:
    """Put the opened file into a folder that only this process can read, for as long as it is read."""
    opened = vault_of(session).open(row.content_sealed, f"pending_import.content:{row.uid}")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(base64.b64decode(opened))
        yield path
