"""Checking a whole file before its first row is written: one row at a time, whatever its size."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import Database
from core.i18n import _
from core.tabular import Mapping, Row, RowError
from core.tabular.streaming import Sheet, sheets, stream
from followup.cases.imports.columns import column_of
from followup.cases.imports.parsing import Context, ParsedCase, named_columns, parse
from followup.cases.imports.reporting import CaseReport
from followup.cases.imports.spool import CHUNK, Spool
from followup.cases.imports.storing import handlers_by_name, sort_out
from followup.cases.queries import Viewer, visible_to
from followup.models import Case

SOURCE = "import"
Beat = Callable[[int], None]  # is told now and then how many rows were read


@dataclass(frozen=True, slots=True)
class File:
    """A file of cases and how it is to be read."""

    path: Path
    name: str = ""
    source: str = SOURCE
    mapping: Mapping = field(default_factory=Mapping)
    sheet: str | None = None  # of a workbook; None for all that are seen
    asks: bool = False
    departments: frozenset[str] = frozenset()

    def knows(self, heading: str) -> bool:
        return heading in self.mapping.columns or column_of(heading) is not None

    def sheets(self) -> list[Sheet]:
        return sheets(self.path, name=self.name, knows=self.knows)

    def rows(self) -> Iterator[tuple[Row, list[RowError]]]:
        return stream(self.path, name=self.name, knows=self.knows, only=self.sheet)

    def digest(self) -> str:
        """Return what tells this file, read this way, from others."""
        reading = [self.mapping.columns, self.mapping.values, self.sheet or ""]
        found = hashlib.sha256(json.dumps(reading, ensure_ascii=False, sort_keys=True).encode())
        with self.path.open("rb") as file:
            while part := file.read(1024 * 1024):
                found.update(part)
        return found.hexdigest()


def check(
    database: Database,
    file: File,
    spool: Spool,
    *,
    now: datetime,
    viewer: Viewer | None = None,
    beat: Beat = lambda _rows: None,
) -> CaseReport:
    """Check every row; the good ones are in the spool, the problems in the report.

    With ``viewer`` the cases of other departments, which do not exist for this person, are errors.
    """
    report, settings = CaseReport(), database.settings
    columns = dict.fromkeys(
        name for sheet in file.sheets() if file.sheet in (None, sheet.name) for name in sheet.columns
    )
    named = named_columns(list(columns), file.mapping, report)
    if report.errors:
        return report  # with a wrong heading every row would complain about the same
    context = Context(settings.zone, settings.country, now, file.mapping, file.asks, file.departments)
    chunk: list[ParsedCase] = []
    for parsed in parse(file.rows(), named, context, report):
        chunk.append(parsed)
        if len(chunk) == CHUNK:
            _pass_on(database, chunk, report, spool, source=file.source, viewer=viewer)
            chunk.clear()
            beat(spool.count)
    _pass_on(database, chunk, report, spool, source=file.source, viewer=viewer)
    return report


def count(database: Database, spool: Spool, source: str, report: CaseReport, beat: Beat) -> None:
    """Count what the checked rows would mean for the register."""
    with database.read() as session:
        handlers = handlers_by_name(session)
    for start, rows in spool.chunks():
        with database.read() as session:
            group = sort_out(session, rows, source, handlers)
        report.new += len(group.new)
        report.updated += len(group.changed)
        report.unchanged += group.unchanged
        beat(start + len(rows))


def _pass_on(
    database: Database,
    chunk: list[ParsedCase],
    report: CaseReport,
    spool: Spool,
    *,
    source: str,
    viewer: Viewer | None,
) -> None:
    refused = set[str]()
    if chunk and viewer is not None:
        with database.read() as session:
            refused = _refused(session, chunk, source, viewer, report)
    for parsed in chunk:
        if parsed["external_id"] not in refused:
            spool.put(parsed)


def _refused(
    session: Session, chunk: list[ParsedCase], source: str, viewer: Viewer, report: CaseReport
) -> set[str]:
    """Report the rows that would change a case of another department; return their numbers there."""
    rows, refused = {row["external_id"]: row for row in chunk}, set[str]()
    theirs = select(Case.external_id).where(Case.source == source, Case.external_id.in_(list(rows)))
    seen = set(session.scalars(theirs.where(visible_to(viewer))))
    for external_id in session.scalars(theirs.order_by(Case.id)):
        if external_id in seen:
            continue
        expected = _("a case of your department; this one belongs to another.")
        fix = _("Take out the row, or ask a supervisor to import it.")
        report.add(rows[external_id or ""].row, "external_id", external_id or "", expected, fix)
        refused.add(external_id or "")
    return refused
