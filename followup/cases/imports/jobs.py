"""The long parts of an import, outside any request: checking a file, storing it, taking it back.

Each notes now and then how far it is, so that a page can show it, be left and be found again.
"""

import base64
import contextlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

from sqlalchemy import delete, select, update

from core import stopping
from core.db import Database
from core.errors import HuifangError
from core.uploads import PendingImport, keep, on_disk
from followup.cases.imports import batches, undoing
from followup.cases.imports.checking import check, count
from followup.cases.imports.choices import choices_of, file_of, known_departments
from followup.cases.imports.failed_rows import failed_rows
from followup.cases.imports.reporting import CaseReport
from followup.cases.imports.spool import Spool
from followup.cases.queries import Viewer

log = logging.getLogger("huifang.imports")

SHOWN = 200  # errors on the page; the file of failed rows has all
KEPT = timedelta(days=1)
EVERY = timedelta(seconds=2)  # how often progress is noted
Clock = Callable[[], datetime]


def in_background(work: Callable[[], object], *, wait: float) -> None:
    """Do something in a thread; what is short is over when this returns."""
    thread = Thread(target=work, daemon=True, name="import")
    thread.start()
    thread.join(wait)


def check_upload(database: Database, uid: str, viewer: Viewer, *, clock: Clock) -> None:
    """Check an upload as it is to be read now, and note what was found."""
    row = _upload(database, uid)
    digest = choices_of(row).digest()
    report, rows, table_error = CaseReport(), 0, ""

    def note(**found: Any) -> None:
        found = {"for": digest, "at": clock().isoformat(), "done": False} | found
        with database.begin() as session:
            session.execute(update(PendingImport).where(PendingImport.uid == uid).values(found=found))

    beat = _now_and_then(lambda n: note(read=n), clock)
    note(read=0)
    file_hash = ""
    try:
        with _opened(database, row) as path, Spool() as spool:
            file = _file(database, row, path)
            file_hash = file.digest()
            report = check(database, file, spool, now=clock(), viewer=viewer, beat=beat)
            count(database, spool, file.source, report, beat)
            rows = spool.count
    except HuifangError as error:
        table_error = str(error)
    errors_uid = _keep_failed(database, row, report, clock()) if report.failed else ""
    details = json.dumps(_summary(report), ensure_ascii=False)
    sealed = base64.b64encode(database.vault.seal(details, f"pending_import.found:{uid}")).decode()
    note(done=True, rows=rows, table_error=table_error, hash=file_hash, errors=errors_uid, sealed=sealed)


def found_of(database: Database, row: PendingImport) -> dict[str, Any]:
    """Return what the last check found; what stands in the file is sealed."""
    found = dict(row.found or {})
    if sealed := found.pop("sealed", ""):
        opened = database.vault.open(base64.b64decode(sealed), f"pending_import.found:{row.uid}")
        found |= json.loads(opened)
    return found


def run_batch(database: Database, batch_id: int, viewer: Viewer, *, clock: Clock) -> None:
    """Store what a batch does not have yet; whatever ends this process, it can go on from there."""
    with database.read() as session:
        batch = batches.get(session, batch_id)
    actor, beat = batch.actor, _now_and_then(lambda _n: _beat(database, batch_id, clock), clock)
    try:
        row = _upload(database, batch.upload_uid or "")
        with _opened(database, row) as path, Spool() as spool:
            file = _file(database, row, path)
            report = check(database, file, spool, now=clock(), viewer=viewer, beat=beat)
            is_as_checked = len(report.failed) == batch.left_out and spool.count == batch.rows
            if not is_as_checked or report.unknown or (report.errors and not report.failed):
                raise batches.StoppedError
            for start, rows in spool.chunks(batch.done):
                if stopping.requested.is_set():
                    return
                batches.store_in_turn(database, batch_id, start, rows, now=clock())
                batches.let_others_write(database)
    except HuifangError as error:
        log.warning("import %d ended early: %s", batch_id, error)
        with database.begin() as session:
            batches.fail(session, batch_id, actor=actor, now=clock())


def undo_batch(database: Database, batch_id: int, *, actor: str, clock: Clock) -> undoing.Undone:
    """Take a batch back, chunk by chunk; done twice, the second time finds nothing to do."""
    with database.begin() as session:
        undoing.begin(session, batch_id, actor=actor, now=clock())
    last = removed = restored = left = 0
    while not stopping.requested.is_set():
        with database.begin() as session:
            step = undoing.undo_chunk(session, batch_id, after=last, actor=actor, now=clock())
            if not step.last:
                undoing.end(session, batch_id, clock())
        if not step.last:
            break
        last, removed, restored = step.last, removed + step.removed, restored + step.restored
        left += step.left
        batches.let_others_write(database)
    return undoing.Undone(last, removed, restored, left)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a check is, and whether somebody is still at it."""

    read: int
    runs: bool


def progress_of(row: PendingImport, now: datetime) -> Progress:
    """Return how far the check of an upload is."""
    found = row.found or {}
    if found.get("for") != choices_of(row).digest():
        return Progress(0, runs=False)
    return Progress(found.get("read", 0), now - datetime.fromisoformat(found["at"]) < batches.QUIET)


def _upload(database: Database, uid: str) -> PendingImport:
    with database.read() as session:
        row = session.scalar(select(PendingImport).where(PendingImport.uid == uid))
    if row is None:
        raise batches.StoppedError
    return row


@contextlib.contextmanager
def _opened(database: Database, row: PendingImport) -> Iterator[Path]:
    """Open an upload without holding a transaction while it is read."""
    with database.read() as session, on_disk(session, row) as path:
        yield path


def _file(database: Database, row: PendingImport, path: Path) -> Any:
    with database.read() as session:
        return file_of(row, path, known_departments(session))


def _keep_failed(database: Database, row: PendingImport, report: CaseReport, now: datetime) -> str:
    """Keep the file of the failed rows beside the upload; it replaces that of an earlier check."""
    is_book = row.name.lower().endswith(".xlsx")
    source = f"errors:{row.uid}"[:40]
    with database.begin() as session:
        session.execute(delete(PendingImport).where(PendingImport.source == source))
        content = failed_rows(report, as_workbook=is_book)
        name = "failed.xlsx" if is_book else "failed.csv"
        kept = keep(session, content, name=name, source=source, user_id=row.user_id, now=now, kept_for=KEPT)
        return kept.uid


def _summary(report: CaseReport) -> dict[str, Any]:
    return {
        "new": report.new,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "skipped": report.skipped,
        "failed": len(report.failed),
        "error_count": len(report.errors),
        "error_list": [error.as_dict() for error in report.errors[:SHOWN]],
        "causes": report.causes()[:20],
        "warnings": [[*key, seen.count, seen.rows] for key, seen in report.warnings.items()],
        "unknown": {
            column: {word: asdict(seen) for word, seen in words.items()}
            for column, words in report.unknown.items()
        },
    }


def _beat(database: Database, batch_id: int, clock: Clock) -> None:
    with database.begin() as session:
        batches.beat(session, batch_id, clock())


def _now_and_then(note: Callable[[int], None], clock: Clock) -> Callable[[int], None]:
    """Return what passes on a count every two seconds at most."""
    last = clock()

    def beat(n: int) -> None:
        nonlocal last
        if clock() - last >= EVERY:
            last = clock()
            note(n)

    return beat
