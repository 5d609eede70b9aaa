"""From the rows of a file to filled questionnaires, with every problem reported by row and column."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.i18n import LANGUAGES, _, named
from core.tabular import ImportReport, Row, RowError, Table
from core.tabular import Mapping as FileMapping
from core.tabular.moments import parse_moment
from core.tabular.reading import is_scientific
from surveys.definition import WRITTEN
from surveys.models import DIMENSIONS, Missing
from surveys.parsing import NOT_ASKED, Given, Problem, parse_form
from surveys.queries import LoadedItem, LoadedVersion

MODES = {
    "web": ("网络", "链接", "线上"),
    "phone": ("电话", "电话回访"),
    "paper": ("纸质", "纸面"),
    "import": ("导入",),
}
PLAIN = ("external_id", "submitted_at", "mode", "language", "handler", *DIMENSIONS)
NEEDED = ("external_id", "submitted_at")
BESIDE = "__other"  # ends the name of a column for what is written beside "other"
MISSING = {missing.key: missing for missing in Missing}
LIMITS = {"external_id": 80, "handler": 80, "severity": 20, "channel": 20}
_WHOLE = re.compile(r"(\d{1,3})\.0+")
_BETWEEN = re.compile(r"[\s,;|、，；]+")
_MODE_OF = {word: mode for mode, words in MODES.items() for word in (mode, *words)}
_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ParsedResponse:
    """One checked row."""

    row: Row
    external_id: str
    submitted_at: datetime
    mode: str
    language: str
    handler: str
    dimensions: Mapping[str, str]
    answers: Mapping[str, Given]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the checks of one file need to know."""

    version: LoadedVersion
    mapping: FileMapping
    zone: ZoneInfo
    now: datetime
    columns: dict[str, str] = field(default_factory=dict)  # heading -> our column, "" to ignore

    def heading(self, column: str) -> str:
        """Return what the file calls one of our columns."""
        return next((heading for heading, ours in self.columns.items() if ours == column), column)


@dataclass(frozen=True, slots=True)
class _Cells:
    """The answers of one row, offered like a posted form."""

    values: Mapping[str, str]
    several: Mapping[str, list[str]]

    def get(self, key: str, /) -> str | None:
        return self.values.get(key)

    def getlist(self, key: str, /) -> list[str]:
        return self.several.get(key, [])


def parse(table: Table, sheet: Sheet, report: ImportReport) -> list[ParsedResponse]:
    """Check the headings and every row; what has problems is in the report and not in the result."""
    report.columns = table.columns
    report.errors += table.errors
    _check_mapping(sheet, report)
    _name_columns(table, sheet, report)
    if any(error.row <= 1 for error in report.errors):
        return []  # with a wrong heading every row would complain about the same
    bad = {(error.sheet, error.row) for error in table.errors}
    report.failed += [row for row in table.rows if (row.sheet, row.number) in bad]
    first_rows: dict[str, int] = {}
    found = []
    for row in table.rows:
        parsed = None if (row.sheet, row.number) in bad else _parse_row(row, sheet, report)
        if parsed and _is_first(parsed, first_rows, sheet, report):
            found.append(parsed)
    return found


def _check_mapping(sheet: Sheet, report: ImportReport) -> None:
    for code, kind in sheet.mapping.missing.items():
        if kind not in MISSING:
            expected = _("a kind of missing: %(all)s.", all=", ".join(MISSING))
            fix = _("Correct [missing] in the mapping file.")
            report.errors.append(RowError("", 0, code, kind, expected, fix))


def _name_columns(table: Table, sheet: Sheet, report: ImportReport) -> None:
    known = (*PLAIN, *(item.item_key for item in sheet.version.items), *_beside(sheet.version))
    for heading in table.columns:
        ours = sheet.mapping.ours(heading)
        if ours and ours not in known:
            expected = _("one of our columns: %(all)s.", all=", ".join(known))
            fix = _("Rename the column, or name or ignore it in a mapping file.")
            report.errors.append(RowError("", 1, heading, ours, expected, fix))
        elif ours and ours in sheet.columns.values():
            expected = _("one column for %(ours)s.", ours=ours)
            fix = _("Two columns mean the same; ignore one in a mapping file.")
            report.errors.append(RowError("", 1, heading, ours, expected, fix))
        sheet.columns[heading] = ours
    for heading in sheet.mapping.unknown_in(table):
        expected = _("a column that the mapping file names.")
        fix = _("Correct the name in [columns] of the mapping file.")
        report.errors.append(RowError("", 1, heading, "", expected, fix))
    missing = [column for column in NEEDED if column not in sheet.columns.values()]
    if not any(item.item_key in sheet.columns.values() for item in sheet.version.items):
        missing.append(sheet.version.items[0].item_key)
    for column in missing:
        expected = _("a column %(column)s.", column=column)
        fix = _("Add the column or name it in a mapping file.")
        report.errors.append(RowError("", 1, column, "", expected, fix))


def _parse_row(row: Row, sheet: Sheet, report: ImportReport) -> ParsedResponse | None:
    before = len(report.errors)
    cells = {ours: text for heading, text in row.values.items() if (ours := sheet.columns[heading])}
    at = parse_moment(cells.get("submitted_at", ""), sheet.zone)
    for column, found, expected, fix in _problems(cells, at, sheet):
        report.add(row, sheet.heading(column), found, expected, fix)
    answers, problems = _answers(cells, sheet)
    for key, problem in problems.items():
        item = sheet.version.item(key)
        assert item is not None
        found = "" if item.kind == "text" else cells[key]  # words may hold personal data
        fix = _("Correct it, or name it in [missing] of a mapping file.")
        report.add(row, sheet.heading(key), found, _expected(item, problem), fix)
    if len(report.errors) != before or at is None:
        return None
    return ParsedResponse(
        row=row,
        external_id=cells["external_id"],
        submitted_at=at,
        mode=_MODE_OF.get(cells.get("mode") or "import", "import"),
        language=named(cells.get("language")) or "zh_Hans",
        handler=cells.get("handler", ""),
        dimensions={name: cells.get(name, "") for name in DIMENSIONS},
        answers=answers,
    )


def _problems(
    cells: Mapping[str, str], at: datetime | None, sheet: Sheet
) -> Iterator[tuple[str, str, str, str]]:
    """Yield (column, found, expected, how to fix) of the cells that are no answers."""
    if not cells.get("external_id"):
        yield "external_id", "", _("a value in every row."), _("Fill in the cell or take out the row.")
    elif is_scientific(cells["external_id"]):
        fix = _("A spreadsheet program cut the number; format the column as text and export it again.")
        yield "external_id", cells["external_id"], _("all digits of the number."), fix
    said = cells.get("submitted_at", "")
    if at is None:
        expected = _("a date such as 2026-03-01 or 2026-03-01 08:30.")
        yield "submitted_at", said, expected, _("Write the year first.")
    elif at > sheet.now + _AHEAD:
        yield "submitted_at", said, _("a day that is not in the future."), _("Correct the date.")
    mode = cells.get("mode", "")
    if mode and mode not in _MODE_OF:
        yield "mode", mode, _("one of: %(all)s.", all=", ".join(MODES)), _("Correct it or leave it empty.")
    language = cells.get("language", "")
    if language and named(language) is None:
        expected = _("one of: %(all)s.", all=", ".join(LANGUAGES))
        yield "language", language, expected, _("Correct it or leave it empty.")
    for column in ("external_id", "handler", *DIMENSIONS):
        limit = LIMITS.get(column, 60)
        if len(cells.get(column, "")) > limit:
            yield column, cells[column], _("at most %(n)d characters.", n=limit), _("Shorten the text.")


def _answers(cells: Mapping[str, str], sheet: Sheet) -> tuple[dict[str, Given], dict[str, Problem]]:
    """Read the answers; a code of the mapping says why there is none, an absent column was not asked."""
    declared: dict[str, Given] = {}
    values: dict[str, str] = {}
    several: dict[str, list[str]] = {}
    for item in sheet.version.items:
        key, text = item.item_key, cells.get(item.item_key)
        if text is None:
            declared[key] = NOT_ASKED
        elif text in sheet.mapping.missing:
            declared[key] = Given(missing=MISSING[sheet.mapping.missing[text]])
        elif item.kind == "multiple":
            several[key] = [_code(item, part) for part in _BETWEEN.split(text) if part]
        else:
            values[key] = text if item.kind in WRITTEN else _code(item, text)
        if item.definition.other is not None:
            values[f"{key}-other"] = cells.get(f"{key}{BESIDE}", "")
    answers, problems = parse_form(sheet.version, _Cells(values, several), mode="import", complete=False)
    return answers | declared, {key: p for key, p in problems.items() if key not in declared}


def _beside(version: LoadedVersion) -> list[str]:
    """Return the columns for what is written beside "other"."""
    return [f"{item.item_key}{BESIDE}" for item in version.items if item.definition.other is not None]


def _code(item: LoadedItem, text: str) -> str:
    """Return the score or code for what a cell says: ``4``, ``4.0``, ``４`` or the words of the scale."""
    plain = unicodedata.normalize("NFKC", text).strip()
    whole = _WHOLE.fullmatch(plain)
    if whole:
        return whole[1]
    return _words_of(item).get(plain.casefold(), plain)


def _words_of(item: LoadedItem) -> dict[str, str]:
    scale = item.definition.scored()
    if scale:
        return {
            word.casefold(): str(score)
            for words in scale.words.values()
            for score, word in zip(scale.scores, words, strict=True)
        }
    return {text.casefold(): str(o.code) for o in item.definition.options for text in o.texts.values()}


def _expected(item: LoadedItem, problem: Problem) -> str:
    if problem.code == "long":
        return str(_("at most %(n)d characters.", n=int(problem.maximum or 0)))
    if problem.code == "range":
        low, high = ("…" if n is None else f"{n:g}" for n in (problem.minimum, problem.maximum))
        return str(_("a number from %(low)s to %(high)s.", low=low, high=high))
    if problem.code == "date":
        return str(_("a date such as 2026-03-01."))
    if problem.code == "number":
        return str(_("a number."))
    return str(_("one of: %(all)s.", all=", ".join(str(v) for v in sorted(item.definition.values()))))


def _is_first(parsed: ParsedResponse, first_rows: dict[str, int], sheet: Sheet, report: ImportReport) -> bool:
    key = parsed.external_id
    if key not in first_rows:
        first_rows[key] = parsed.row.number
        return True
    expected = _("each external_id once; it stands in row %(row)d already.", row=first_rows[key])
    report.add(parsed.row, sheet.heading("external_id"), key, expected, _("Take out one of the two rows."))
    return False
