"""The life of a batch: begun, stored chunk by chunk, ended. Every chunk moves ``done`` with what it stores.

Whoever stores a chunk asks first whether it is its turn, so two processes at the same batch share the work
and a killed one leaves a batch that goes on where it stopped.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from core import audit, stopping
from core.db import Database
from core.errors import ConflictError, NotFoundError
from core.i18n import _
from core.installation import wait_for_turn
from core.uploads import throw_away
from followup.cases.imports.models import ImportBatch
from followup.cases.imports.parsing import ParsedCase
from followup.cases.imports.storing import begin, store

QUIET = timedelta(seconds=60)  # a running batch that was still for longer was cut off


_BREATH = 0.12  # seconds; who waits for the lock of SQLite asks every 0.1 seconds


class StoppedError(ConflictError):
    """The batch does not run any more: it was finished or undone meanwhile."""


def get(session: Session, batch_id: int, *, lock: bool = False) -> ImportBatch:
    """Return a batch, or raise ``NotFoundError``."""
    wanted = select(ImportBatch).where(ImportBatch.id == batch_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    batch = session.scalar(wanted)
    if batch is None:
        raise NotFoundError(_("There is no such import; the list shows all of them."))
    return batch


def open_batch(
    session: Session,
    *,
    source: str,
    name: str,
    file_hash: str,
    rows: int,
    actor: str,
    upload_uid: str | None = None,
    left_out: int = 0,
    failed_uid: str | None = None,
    now: datetime,
) -> ImportBatch:
    """Begin a batch, or return the one of the same file that was cut off.

    ``left_out`` rows have errors and are done without; ``failed_uid`` is the upload that holds them.
    """
    wait_for_turn(session, f"cases:{source}")
    running = select(ImportBatch).where(
        ImportBatch.source == source, ImportBatch.file_hash == file_hash,
        ImportBatch.rows == rows, ImportBatch.state == "running",
    )  # fmt: skip
    found = session.scalar(running.order_by(ImportBatch.id).limit(1))
    if found is not None:
        found.upload_uid = upload_uid or found.upload_uid
        return found
    batch = ImportBatch(
        source=source, name=name[:120], file_hash=file_hash, state="running", rows=rows, done=0, new=0,
        changed=0, unchanged=0, upload_uid=upload_uid, left_out=left_out, failed_uid=failed_uid, actor=actor,
        created_at=now, beat_at=now,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    return batch


def store_chunk(
    session: Session, batch_id: int, start: int, rows: Sequence[ParsedCase], *, now: datetime
) -> ImportBatch:
    """Store the rows from number ``start`` on, unless that was done; the last chunk ends the batch."""
    source = get(session, batch_id).source
    wait_for_turn(session, f"cases:{source}")
    batch = get(session, batch_id, lock=True)
    if batch.done > start or batch.state == "done":
        return batch
    if batch.state != "running" or batch.done != start:
        raise StoppedError(_("This import does not run any more: it was ended or undone meanwhile."))
    if rows:
        group = store(session, batch.id, rows, begin(session, source=source, actor=batch.actor, now=now))
        batch.new += len(group.new)
        batch.changed += len(group.changed)
        batch.unchanged += group.unchanged
    batch.done, batch.beat_at = start + len(rows), now
    if batch.done >= batch.rows:
        _end(session, batch, now)
    session.flush()
    return batch


def store_in_turn(
    database: Database, batch_id: int, start: int, rows: Sequence[ParsedCase], *, now: datetime
) -> ImportBatch:
    """Store a chunk in a transaction of its own."""

    def work() -> ImportBatch:
        with database.begin() as session:
            return store_chunk(session, batch_id, start, rows, now=now)

    return once_more(work)


def once_more(work: Callable[[], ImportBatch]) -> ImportBatch:
    """Begin again when another system entered one of the cases meanwhile, or in a deadlock was the first."""
    try:
        return work()
    except (IntegrityError, OperationalError):
        return work()


def let_others_write(database: Database) -> None:
    """Stay away from the write lock of SQLite for a moment; it keeps no queue of those who wait."""
    if database.settings.is_sqlite:
        stopping.requested.wait(_BREATH)


def beat(session: Session, batch_id: int, now: datetime) -> None:
    """Note that somebody is at work on a batch."""
    session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(beat_at=now))


def is_cut_off(batch: ImportBatch, now: datetime) -> bool:
    """Tell whether nobody works on a running batch any more."""
    return batch.state == "running" and batch.beat_at < now - QUIET


def fail(session: Session, batch_id: int, *, actor: str, now: datetime) -> None:
    """End a batch whose file cannot be read as before; what is stored stays and can be undone."""
    batch = get(session, batch_id, lock=True)
    if batch.state == "running":
        batch.state, batch.ended_at = "failed", now
        _record(session, batch, "cases.import_failed", actor, now)


def _end(session: Session, batch: ImportBatch, now: datetime) -> None:
    batch.state, batch.ended_at = "done", now
    if batch.upload_uid:
        throw_away(session, batch.upload_uid)
        batch.upload_uid = None
    _record(session, batch, "cases.imported", batch.actor, now)


def _record(session: Session, batch: ImportBatch, action: str, actor: str, now: datetime) -> None:
    audit.record(
        session, actor=actor, action=action, subject=f"source:{batch.source}", now=now, batch=batch.id,
        new=batch.new, updated=batch.changed, unchanged=batch.unchanged,
    )  # fmt: skip
