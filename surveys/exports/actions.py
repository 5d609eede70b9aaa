"""Making a file of answers, and writing down who took it."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from core import audit
from core.db import Database
from core.errors import InputError, NotFoundError
from core.i18n import LANGUAGES, _, text_in
from core.texts import clean_text
from surveys.exports import csv_files, json_files, reading, sav_files, xlsx_files
from surveys.exports.columns import layout
from surveys.exports.reading import Span
from surveys.exports.writing import Content, Stamp, Written
from surveys.queries import LoadedVersion, versions

WRITERS: dict[str, Callable[[Path, Content], Written]] = {
    "csv": csv_files.write,
    "xlsx": xlsx_files.write,
    "sav": sav_files.write,
    "json": json_files.write,
    "jsonl": json_files.write_lines,
    "long-csv": csv_files.write_long,
}
ENDINGS = {name: name for name in WRITERS} | {"long-csv": "csv"}
MIME = {
    "csv": "text/csv; charset=utf-8",
    "long-csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "sav": "application/x-spss-sav",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
}
REASON_LIMIT = 200
EVER = Span()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which answers to export, and how."""

    key: str
    format: str = "csv"
    span: Span = EVER
    labels: bool = False
    words: bool = False
    language: str = "zh_Hans"
    reason: str = ""  # why words are taken out


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of an export."""

    number: str  # stands in the file and in the audit trail
    rows: int
    columns: int
    cut: int
    size: int


def export(database: Database, wanted: Wanted, path: Path, *, now: datetime, actor: str) -> Exported:
    """Write the answers into a file, and that somebody did into the audit trail.

    The file is finished first and then noted: whoever has it stands in the trail, with the number of rows.

    Raises
    ------
    InputError
        For a format or language that is none, for days the wrong way round, for a file that cannot be
        written, and for more responses than the format holds.
    NotFoundError
        When there is no such questionnaire.
    """
    check(wanted)
    number = secrets.token_hex(4)
    with database.read() as session:
        found = known_versions(versions(session, wanted.key), wanted.key)
        if wanted.format == "xlsx":
            xlsx_files.check_size(reading.count(session, found, wanted.span))
        shape = layout(found, with_words=wanted.words)
        title = text_in(dict(found[-1].title), wanted.language)
        at = now.astimezone(database.settings.zone)
        stamp = Stamp(number, actor, at, wanted.key, title)
        content = Content(session, shape, wanted.span, wanted.labels, wanted.language, stamp)
        done = _write(path, content, wanted.format)
    made = Exported(number, done.rows, len(shape.names), done.cut, path.stat().st_size)
    _note(database, wanted, made, now=now, actor=actor)
    return made


def _write(path: Path, content: Content, kind: str) -> Written:
    """Write beside the place and move there at the end, so that half a file never looks like a whole one."""
    part = path.with_name(f".{content.stamp.number}.part")
    try:
        done = WRITERS[kind](part, content)
        part.replace(path)
    except OSError as error:
        why = error.strerror or "?"
        raise InputError(_("%(file)s cannot be written (%(why)s).", file=path.name, why=why)) from None
    finally:
        part.unlink(missing_ok=True)
    return done


def _note(database: Database, wanted: Wanted, made: Exported, *, now: datetime, actor: str) -> None:
    with database.begin() as session:
        audit.record(
            session, actor=actor, action="answers.exported", subject=f"questionnaire:{wanted.key}", now=now,
            number=made.number, format=wanted.format, rows=made.rows, bytes=made.size, words=wanted.words,
            labels=wanted.labels, language=wanted.language, first=wanted.span.first, last=wanted.span.last,
            reason=clean_text(wanted.reason, REASON_LIMIT),
        )  # fmt: skip


def check(wanted: Wanted) -> None:
    """Refuse what cannot be exported."""
    for name, given, known in (
        ("format", wanted.format, tuple(WRITERS)),
        ("language", wanted.language, tuple(LANGUAGES)),
    ):
        if given not in known:
            said = ", ".join(known)
            raise InputError(f"The {name} should be one of {said}, but is {given!r}.")
    first, last = wanted.span.first, wanted.span.last
    if first and last and first > last:
        raise InputError(_("The last day should not be before the first day."))


def known_versions(found: Sequence[LoadedVersion], key: str) -> Sequence[LoadedVersion]:
    """Return the versions of a questionnaire, which should have some."""
    if not found:
        raise NotFoundError(_("There is no questionnaire %(key)s.", key=key[:60]))
    return found


def file_name(wanted: Wanted, today: date) -> str:
    """Return a name for the file that says what is in it."""
    kind = "answers-long" if wanted.format == "long-csv" else "answers"
    return f"{wanted.key}-{kind}-{today.isoformat()}.{ENDINGS[wanted.format]}"
