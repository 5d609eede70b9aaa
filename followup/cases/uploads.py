"""Files of cases between upload and confirmation: sealed in the database, for an hour."""

import base64
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.db import Database, vault_of
from core.errors import NotFoundError
from core.i18n import _
from core.tabular import ImportReport
from core.texts import clean_text
from followup.cases.importing import SOURCE, import_cases
from followup.cases.queries import Viewer
from followup.models import PendingImport

KEPT = timedelta(hours=1)


def keep(
    session: Session, content: bytes, *, name: str, source: str, user_id: int, now: datetime
) -> PendingImport:
    """Seal an uploaded file; what others left behind for an hour is thrown away."""
    session.execute(delete(PendingImport).where(PendingImport.created_at <= now - KEPT))
    uid = uuid.uuid4().hex
    row = PendingImport(
        uid=uid,
        user_id=user_id,
        source=clean_text(source, 40) or SOURCE,
        name=clean_text(name.replace("\\", "/").rsplit("/", 1)[-1], 120) or "file",
        content_sealed=vault_of(session).seal(
            base64.b64encode(content).decode(), f"pending_import.content:{uid}"
        ),
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def kept(session: Session, uid: str, *, user_id: int, now: datetime) -> PendingImport:
    """Return one's own upload while it is kept."""
    row = session.scalar(
        select(PendingImport).where(
            PendingImport.uid == clean_text(uid),
            PendingImport.user_id == user_id,
            PendingImport.created_at > now - KEPT,
        )
    )
    if row is None:
        raise NotFoundError(_("This upload is gone: it is kept for an hour. Upload the file again."))
    return row


def run(
    database: Database, uid: str, *, viewer: Viewer, actor: str, dry_run: bool, now: datetime
) -> ImportReport:
    """Check an upload, or import it; an imported one is thrown away."""
    with database.read() as session:
        row = kept(session, uid, user_id=viewer.id, now=now)
        with _on_disk(session, row) as path:
            report = import_cases(
                database,
                path,
                source=row.source,
                dry_run=dry_run,
                now=now,
                actor=actor,
                name=row.name,
                viewer=viewer,
            )
    if report.ok and not dry_run:
        with database.begin() as session:
            session.execute(delete(PendingImport).where(PendingImport.uid == uid))
    return report


@contextmanager
def _on_disk(session: Session, row: PendingImport) -> Iterator[Path]:
    """Put the opened file into a folder that only this process can read, for as long as it is read."""
    opened = vault_of(session).open(row.content_sealed, f"pending_import.content:{row.uid}")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(base64.b64decode(opened))
        yield path
