"""From the rows of a file to checked cases, with every problem reported by row and column."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.i18n import _
from core.tabular import Mapping as FileMapping
from core.tabular import Row, RowError
from core.tabular.moments import parse_moment
from followup.cases.imports import checks
from followup.cases.imports.columns import COLUMNS, REQUIRED, VALUES, column_of, value_of
from followup.cases.imports.reporting import CaseReport

TIMES = ("registered_at", "due_at", "closed_at")
# What a mapping may say of a word instead of one of ours; said of "" it goes for all that are not named.
SKIP, EMPTY, NEW = "-skip-", "-empty-", "-new-"
TOTALS = frozenset(
    {"合计", "总计", "小计", "共计", "汇总", "total", "totals", "sum", "grand total", "subtotal"}
)
_SERIAL = re.compile(r"[2-6]\d{4}(\.\d+)?")  # days since 1899-12-30 as a spreadsheet counts: 1954 to 2091
YEARS = range(1950, 2200)  # of a moment that can be meant; far outside, time zones cannot be reckoned
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 # a spreadsheet's days have no zone


@dataclass(frozen=True, slots=True)
class Context:
    """What the checks of a file need to know.

    With ``asks`` a word that is in no list is noted for somebody to choose, otherwise it is an error;
    ``departments`` are then the known ones.
    """

    zone: ZoneInfo
    country: str
    now: datetime
    mapping: FileMapping
    asks: bool = False
    departments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ParsedCase:
    """One checked row: our columns with our codes, and the moments. Empty cells say nothing."""

    row: Row
    cells: Mapping[str, str]
    times: Mapping[str, datetime]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def is_closed(self) -> bool:
        return "closed_at" in self.times

    @property
    def phones(self) -> list[str]:
        return [self[column] for column in checks.PHONES if self[column]]

    @property
    def has_contact(self) -> bool:
        return any(self[c] for c in ("name", "phone", "phone2", "email", "address", "household"))


@dataclass(slots=True)
class _Cells:
    """A row on its way: what it says so far, and whether it waits for a word or is left out."""

    row: Row
    cells: dict[str, str] = field(default_factory=dict)
    times: dict[str, datetime] = field(default_factory=dict)
    waits: bool = False
    left_out: bool = False


def parse(
    rows: Iterable[tuple[Row, list[RowError]]], named: Mapping[str, str], context: Context, report: CaseReport
) -> Iterator[ParsedCase]:
    """Check every row; what has problems is in the report and not among the cases."""
    first_rows: dict[str, int] = {}
    for row, errors in rows:
        if _is_total(row):
            report.skipped += 1
            report.warn(row, next(iter(row.values)), _("a row of totals, which is left out."))
            continue
        if errors:
            report.errors += errors
            report.failed.append(row)
            continue
        parsed = _parse_row(row, named, context, report)
        if parsed and _is_first(parsed, first_rows, report):
            if not (parsed.phones or parsed["email"]):
                report.warn(row, "phone", _("no phone and no e-mail: nobody can be asked how it went."))
            yield parsed


def named_columns(columns: Sequence[str], mapping: FileMapping, report: CaseReport) -> dict[str, str]:
    """Return heading -> our column ("" to ignore); report the unknown, the doubled and the missing."""
    report.columns = tuple(columns)
    named: dict[str, str] = {}
    for heading in columns:
        wanted = mapping.ours(heading)
        ours = column_of(wanted) if wanted else ""
        if ours is None:
            expected = _("one of our columns: %(all)s.", all=", ".join(COLUMNS))
            _heading(
                report, heading, expected, _("Rename the column, or name or ignore it in a mapping file.")
            )
        elif ours and ours in named.values():
            expected = _("one column for %(ours)s.", ours=ours)
            _heading(report, heading, expected, _("Two columns mean the same; ignore one in a mapping file."))
        named[heading] = ours or ""
    for heading in (name for name, ours in mapping.columns.items() if ours and name not in columns):
        expected = _("a column that the mapping file names.")
        _heading(report, heading, expected, _("Correct the name in [columns] of the mapping file."))
    for column in REQUIRED:
        if column not in named.values():
            expected = _("a column %(column)s.", column=column)
            _heading(report, column, expected, _("Add the column or name it in a mapping file."))
    return named


def moment_in(value: str, zone: ZoneInfo) -> datetime | None:
    """Read a date as people write it, or as the bare number of days that a spreadsheet shows instead."""
    if not _SERIAL.fullmatch(value):
        return parse_moment(value, zone)
    at = _EPOCH + timedelta(seconds=round(float(value) * 86400))
    return at.replace(tzinfo=zone)


def _heading(report: CaseReport, heading: str, expected: str, fix: str) -> None:
    report.errors.append(RowError("", 1, heading, heading, expected, fix))


def _is_total(row: Row) -> bool:
    first = next((value for value in row.values.values() if value), "")
    return first.rstrip(":：").replace(" ", "").casefold() in TOTALS


def _parse_row(row: Row, named: Mapping[str, str], context: Context, report: CaseReport) -> ParsedCase | None:
    found, problems = _Cells(row), list[tuple[str, str, str, checks.Problem]]()
    for heading, text in row.values.items():
        column = named.get(heading, "")
        problem = _read(found, column, text, context, report) if text and column else None
        if problem:
            problems.append((heading, column, text, problem))
    if found.left_out:
        report.skipped += 1
        return None
    before = len(report.errors)
    for heading, column, text, problem in problems:
        report.add(row, heading, checks.masked(column, text), *problem)
    if found.waits:
        return None
    heading_of = {column: heading for heading, column in named.items()}
    for column, value, expected, fix in checks.of_row(found.cells, found.times, context.now):
        report.add(row, heading_of.get(column, column), value, expected, fix)
    return ParsedCase(row, found.cells, found.times) if len(report.errors) == before else None


def _read(
    found: _Cells, column: str, text: str, context: Context, report: CaseReport
) -> checks.Problem | None:
    """Take one cell over, or say what is wrong with it."""
    value, is_chosen = _word(column, text, context)
    if value is None:
        report.ask(found.row, column, text)
        found.waits = True
    elif is_chosen and value == SKIP:
        found.left_out = True
    elif column in TIMES:
        moment = moment_in(value, context.zone)
        if moment is None or moment.year not in YEARS:
            return checks.no_date()
        found.times[column] = moment
    elif value and not (is_chosen and value == EMPTY):
        found.cells[column] = (value_of(column, value) or value) if column in VALUES else value
        return checks.of_cell(column, value, context.country)
    return None


def _word(column: str, text: str, context: Context) -> tuple[str | None, bool]:
    """Return what a cell says in our words, None where somebody has to choose, and whether it was chosen.

    Only what was chosen leaves a row out or a cell empty; a file that says "-skip-" says a word.
    """
    chosen = context.mapping.values.get(column, {})
    value, is_chosen = chosen.get(text, text), text in chosen
    if is_chosen and value == NEW:
        return text, False
    is_left = is_chosen and value in {SKIP, EMPTY}
    if not context.asks or is_left or not _is_unknown(column, text, value, context):
        return value, is_chosen
    rest = chosen.get("")
    return (text, False) if rest == NEW else (rest, True)


def _is_unknown(column: str, text: str, value: str, context: Context) -> bool:
    if column in VALUES:
        return value_of(column, value) is None
    if column != "department":
        return False
    return value not in context.departments and text not in context.mapping.values.get("department", {})


def _is_first(parsed: ParsedCase, first_rows: dict[str, int], report: CaseReport) -> bool:
    key = parsed["external_id"]
    if key not in first_rows:
        first_rows[key] = parsed.row.number
        return True
    expected = _("each external_id once; it stands in row %(row)d already.", row=first_rows[key])
    report.add(parsed.row, "external_id", key, expected, _("Take out one of the two rows."))
    return False
