"""From the rows of a file to checked cases, with every problem reported by row and column."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from core.i18n import _
from core.tabular import ImportReport, Row, RowError, Table
from core.tabular import Mapping as FileMapping
from core.tabular.moments import parse_moment
from followup.cases import checks
from followup.cases.columns import COLUMNS, REQUIRED, VALUES, column_of, value_of

TIMES = ("registered_at", "due_at", "closed_at")


@dataclass(frozen=True, slots=True)
class Context:
    """What the checks of a file need to know."""

    zone: ZoneInfo
    country: str
    now: datetime
    mapping: FileMapping


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


def parse(table: Table, context: Context, report: ImportReport) -> list[ParsedCase]:
    """Check the headings and every row; what has problems is in the report and not in the result."""
    report.columns = table.columns
    report.errors += table.errors
    named = _named_columns(table, context.mapping, report)
    if report.errors and any(error.row == 1 for error in report.errors):
        return []  # with a wrong heading every row would complain about the same
    bad = {(error.sheet, error.row) for error in table.errors}
    report.failed += [row for row in table.rows if (row.sheet, row.number) in bad]
    first_rows: dict[str, int] = {}
    found = []
    for row in table.rows:
        if (row.sheet, row.number) in bad:
            continue
        parsed = _parse_row(row, named, context, report)
        if parsed and _is_first(parsed, first_rows, report):
            found.append(parsed)
    return found


def _named_columns(table: Table, mapping: FileMapping, report: ImportReport) -> dict[str, str]:
    """Return heading -> our column ("" to ignore); report the unknown, the doubled and the missing."""
    named: dict[str, str] = {}
    for heading in table.columns:
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
    for heading in mapping.unknown_in(table):
        expected = _("a column that the mapping file names.")
        _heading(report, heading, expected, _("Correct the name in [columns] of the mapping file."))
    for column in REQUIRED:
        if column not in named.values():
            expected = _("a column %(column)s.", column=column)
            _heading(report, column, expected, _("Add the column or name it in a mapping file."))
    return named


def _heading(report: ImportReport, heading: str, expected: str, fix: str) -> None:
    report.errors.append(RowError("", 1, heading, heading, expected, fix))


def _parse_row(row: Row, named: dict[str, str], context: Context, report: ImportReport) -> ParsedCase | None:
    cells: dict[str, str] = {}
    times: dict[str, datetime] = {}
    before = len(report.errors)
    for heading, column, value in _filled(row, named, context.mapping):
        moment = parse_moment(value, context.zone) if column in TIMES else None
        if column not in TIMES:
            problem = checks.of_cell(column, value, context.country)
            cells[column] = (value_of(column, value) or value) if column in VALUES else value
        elif moment is None:
            problem = checks.no_date()
        else:
            problem, times[column] = None, moment
        if problem:
            report.add(row, heading, checks.masked(column, value), *problem)
    heading_of = {column: heading for heading, column in named.items()}
    for column, found, expected, fix in checks.of_row(cells, times, context.now):
        report.add(row, heading_of.get(column, column), found, expected, fix)
    return ParsedCase(row, cells, times) if len(report.errors) == before else None


def _filled(row: Row, named: dict[str, str], mapping: FileMapping) -> Iterator[tuple[str, str, str]]:
    """Yield (heading, our column, value) of the cells that say something."""
    for heading, text in row.values.items():
        column = named[heading]
        value = mapping.value(column, text) if column else ""
        if value:
            yield heading, column, value


def _is_first(parsed: ParsedCase, first_rows: dict[str, int], report: ImportReport) -> bool:
    key = parsed["external_id"]
    if key not in first_rows:
        first_rows[key] = parsed.row.number
        return True
    expected = _("each external_id once; it stands in row %(row)d already.", row=first_rows[key])
    report.add(parsed.row, "external_id", key, expected, _("Take out one of the two rows."))
    return False
