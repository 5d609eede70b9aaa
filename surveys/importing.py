"""Importing historic answers: wide CSV or XLSX, whole or not at all, the same row again changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.db import Database
from core.errors import InputError
from core.i18n import _
from core.installation import wait_for_turn
from core.tabular import ImportReport, read_table
from core.tabular import Mapping as FileMapping
from surveys.actions import publish, stratum_id
from surveys.bulk import Filled, record_many, stored
from surveys.checking import check
from surveys.definition import Definition, from_dict
from surveys.exports import reading_back
from surveys.import_rows import ParsedResponse, Sheet, parse
from surveys.models import DIMENSIONS, Questionnaire, Stratum
from surveys.parsing import NOT_ASKED, SKIPPED, Given
from surveys.queries import LoadedItem, LoadedVersion, current_version, load_version, versions

CHUNK = 500


def import_responses(
    database: Database,
    path: Path,
    *,
    questionnaire_key: str,
    mapping: FileMapping | None = None,
    create: bool = False,
    dry_run: bool = False,
    now: datetime,
    actor: str = "import",
    name: str = "",
) -> ImportReport:
    """Import the answers of a file; with any error in it nothing is written.

    With ``create`` the ``[questionnaire]`` table of the mapping makes the questionnaire where KEY is new.
    """
    table = read_table(path, name=name)
    report = ImportReport(dry_run=dry_run)
    with database.read() as session:
        version, made = _version(session, questionnaire_key, mapping or FileMapping(), create)
        known = [] if made else versions(session, questionnaire_key)
        if mapping is None and reading_back.is_ours(table):
            table, mapping = reading_back.standard(table, known, version)
        sheet = Sheet(version, mapping or FileMapping(), database.settings.zone, now)
        parsed = parse(table, sheet, report)
        if version.definition.anonymous:
            parsed = [_without_traces(row, database.settings.zone) for row in parsed]
        for rows in _new_rows(session, parsed, known, sheet, report):
            report.new += len(rows)
    if report.errors or dry_run:
        return report
    with database.begin() as session:
        wait_for_turn(session, f"responses:{questionnaire_key}")
        if made:
            version = load_version(
                session, publish(session, made, key=questionnaire_key, actor=actor, now=now).id
            )
        again = ImportReport()  # looked through once more, now that nobody else writes
        for rows in _new_rows(session, parsed, versions(session, questionnaire_key), sheet, again):
            record_many(session, version, [_filled(session, row) for row in rows])
        if again.errors:
            raise InputError(_("Somebody else imported the same rows meanwhile; check the file again."))
        audit.record(
            session, actor=actor, action="responses.imported", subject=f"questionnaire:{questionnaire_key}",
            now=now, new=report.new, unchanged=report.unchanged,
        )  # fmt: skip
    return report


def _new_rows(
    session: Session,
    parsed: Sequence[ParsedResponse],
    known: Sequence[LoadedVersion],
    sheet: Sheet,
    report: ImportReport,
) -> Iterator[list[ParsedResponse]]:
    """Yield the rows that are not stored yet; report those that differ from what is stored."""
    strata = _strata(session)
    for start in range(0, len(parsed), CHUNK):
        chunk = parsed[start : start + CHUNK]
        before = stored(session, known, [row.external_id for row in chunk]) if known else {}
        for row in chunk:
            if row.external_id in before and not _is_same(row, before[row.external_id], strata):
                expected = _("the answers that were imported under this external_id before.")
                fix = _(
                    "Correct the row, or give it an external_id of its own; stored answers do not change."
                )
                report.add(row.row, sheet.heading("external_id"), row.external_id, expected, fix)
        report.unchanged += sum(row.external_id in before for row in chunk)
        yield [row for row in chunk if row.external_id not in before]


def _is_same(row: ParsedResponse, before: Filled, strata: Mapping[int, tuple[str, ...]]) -> bool:
    return (
        row.submitted_at == before.submitted_at
        and (row.mode, row.language, row.handler) == (before.mode, before.language, before.handler)
        and tuple(row.dimensions[name] for name in DIMENSIONS) == strata[before.stratum_id]
        and all(_equal(row.answers.get(key, NOT_ASKED), given) for key, given in before.answers.items())
    )


def _equal(new: Given, old: Given) -> bool:
    """Compare answers; an item that the file leaves out does not speak against what is stored."""
    return new == old or {new, old} <= {NOT_ASKED, SKIPPED}


def _strata(session: Session) -> dict[int, tuple[str, ...]]:
    rows = session.execute(select(Stratum.id, *(getattr(Stratum, name) for name in DIMENSIONS)))
    return {row[0]: tuple(row[1:]) for row in rows}


def _without_traces(row: ParsedResponse, zone: ZoneInfo) -> ParsedResponse:
    """Return an anonymous answer with its day only, and without who handled the matter."""
    day = datetime.combine(row.submitted_at.astimezone(zone).date(), time(), zone).astimezone(UTC)
    return replace(row, submitted_at=day, handler="")


def _filled(session: Session, row: ParsedResponse) -> Filled:
    return Filled(
        external_id=row.external_id,
        submitted_at=row.submitted_at,
        mode=row.mode,
        language=row.language,
        stratum_id=stratum_id(session, **row.dimensions),
        handler=row.handler,
        answers=row.answers,
    )


def _version(
    session: Session, key: str, mapping: FileMapping, create: bool
) -> tuple[LoadedVersion, Definition | None]:
    """Return the version to fill, and the definition to publish first where KEY is new."""
    exists = session.scalar(select(Questionnaire.current_version_id).where(Questionnaire.key == key))
    if exists is not None or not create:
        return current_version(session, key), None
    if not mapping.questionnaire:
        raise InputError(_("--create needs a mapping file with a [questionnaire] table."))
    definition = from_dict(mapping.questionnaire)
    check(definition)
    return _unpublished(definition, key), definition


def _unpublished(definition: Definition, key: str) -> LoadedVersion:
    """Return a version that exists in this process only, to check a file against."""
    items = tuple(
        LoadedItem(-n, item.key, item.kind, item.scale, item.role, item.required, item)
        for n, item in enumerate(definition.items, start=1)
    )
    return LoadedVersion(0, 0, key, 1, dict(definition.title), items, definition, "")
