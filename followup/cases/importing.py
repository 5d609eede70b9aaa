"""Importing cases: idempotent by (source, external id); with any error in the file nothing is written."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from core.db import Database
from core.tabular import Mapping
from followup.cases.imports.batches import (
    let_others_write,
    once_more,
    open_batch,
    store_chunk,
    store_in_turn,
)
from followup.cases.imports.checking import SOURCE, File, check, count
from followup.cases.imports.models import ImportBatch
from followup.cases.imports.reporting import CaseReport
from followup.cases.imports.spool import CHUNK, Spool
from followup.cases.queries import Viewer

Clock = Callable[[], datetime]


def import_cases(
    database: Database,
    path: Path,
    *,
    source: str = "",
    mapping: Mapping | None = None,
    dry_run: bool = False,
    now: datetime,
    actor: str,
    name: str = "",
    viewer: Viewer | None = None,
) -> CaseReport:
    """Import a CSV or XLSX file; with any error in it nothing is written.

    A long file is stored in chunks; one that was cut off goes on where it stopped when it is given again.
    With ``viewer`` the cases of other departments, which do not exist for this person, are errors.
    """
    file = File(path, name or path.name, source or SOURCE, mapping or Mapping())
    with Spool() as spool:
        report = check(database, file, spool, now=now, viewer=viewer)
        report.dry_run = dry_run
        if report.errors or dry_run:
            count(database, spool, file.source, report, lambda _rows: None)
            return report
        batch = _enter(database, file, spool, actor=actor, now=now)
    report.new, report.updated, report.unchanged = batch.new, batch.changed, batch.unchanged
    return report


def _enter(database: Database, file: File, spool: Spool, *, actor: str, now: datetime) -> ImportBatch:
    """Open a batch and store its first rows; a file of one chunk is in with one transaction."""
    digest, chunks = file.digest(), spool.chunks()
    start, rows = next(chunks, (0, []))

    def work() -> ImportBatch:
        with database.begin() as session:
            batch = open_batch(
                session, source=file.source, name=file.name, file_hash=digest, rows=spool.count, actor=actor,
                now=now,
            )  # fmt: skip
            return store_chunk(session, batch.id, start, rows, now=now)

    batch = once_more(work)
    return batch if spool.count <= CHUNK else store_rest(database, spool, batch, lambda: now)


def store_rest(database: Database, spool: Spool, batch: ImportBatch, clock: Clock) -> ImportBatch:
    """Store the chunks of a batch that are not stored yet, each in a transaction of its own."""
    for start, rows in spool.chunks(batch.done):
        let_others_write(database)
        batch = store_in_turn(database, batch.id, start, rows, now=clock())
    return batch
