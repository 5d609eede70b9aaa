"""What an import found: counts, errors row by row, and a file of the failed rows to mend and import again."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.i18n import _

if TYPE_CHECKING:
    from core.tabular.reading import Row

SHOWN = 60  # characters of a found value
# What a spreadsheet program may run: a sign of a formula, full-width ones too, first or behind what nobody
# sees; and what already looks guarded, so that taking the guard off gives back every text as it was.
_FORMULA = re.compile("'*(?:[\\s\u200b-\u200f\u2060\ufeff]*[=+\\-@＝＋－＠]|[\t\r\n\x00])")


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing to mend, and where it stands."""

    sheet: str
    row: int
    column: str
    found: str
    expected: str
    fix: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "found": self.found,
            "expected": self.expected,
            "how_to_fix": self.fix,
        }


@dataclass(slots=True)
class ImportReport:
    """What an import did, or in a dry run would do. With errors nothing was written."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    dry_run: bool = False
    columns: tuple[str, ...] = ()
    errors: list[RowError] = field(default_factory=list)
    failed: list["Row"] = field(default_factory=list)  # the rows as they stood in the file

    @property
    def ok(self) -> bool:
        return not self.errors

    @property
    def rows(self) -> int:
        return self.new + self.updated + self.unchanged + len(self.failed)

    def causes(self) -> list[tuple[str, str, int]]:
        """Return (column, what was expected, how often), the most frequent first."""
        counted = Counter((e.column, e.expected) for e in self.errors)
        return [(column, expected, n) for (column, expected), n in counted.most_common()]

    def add(self, row: "Row", column: str, found: str, expected: str, fix: str) -> None:
        """Report one cell of a row; the row is kept for the error file."""
        self.errors.append(RowError(row.sheet, row.number, column, shorten(found), expected, fix))
        if not self.failed or self.failed[-1] is not row:
            self.failed.append(row)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "new": self.new,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "dry_run": self.dry_run,
            "errors": [e.as_dict() for e in self.errors],
        }


def shorten(found: str) -> str:
    """Cut a found value to what fits on one line."""
    line = " ".join(found.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def list_errors(report: ImportReport) -> str:
    """Return the errors as CSV text: where each stands, what was found and expected, how to mend it."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(["sheet", "row", "column", "found", "expected", "how to fix"])
    for error in report.errors:
        writer.writerow([safe_cell(str(value)) for value in error.as_dict().values()])
    return "\ufeff" + target.getvalue()  # the mark lets spreadsheet programs read Chinese


def write_errors(report: ImportReport) -> str:
    """Return the failed rows as CSV text: the original columns, then the reason. It can be imported again."""
    reasons: dict[tuple[str, int], list[str]] = {}
    for error in report.errors:
        reasons.setdefault((error.sheet, error.row), []).append(
            f"{error.column}: {error.expected} {error.fix}"
        )
    target = io.StringIO()
    writer = csv.writer(target)
    columns = [c for c in report.columns if c not in reason_columns()]
    writer.writerow([safe_cell(c) for c in [*columns, reason_column()]])
    for row in report.failed:
        words = "; ".join(reasons.get((row.sheet, row.number), ()))
        writer.writerow([safe_cell(v) for v in [*(row.values.get(c, "") for c in columns), words]])
    return "\ufeff" + target.getvalue()  # the mark lets spreadsheet programs read Chinese


def reason_column() -> str:
    """Return the heading of the added column in the reader's language."""
    return str(_("Why it failed"))


def reason_columns() -> Sequence[str]:
    """Return the headings that an import of such a file leaves aside."""
    return ("Why it failed", "错误原因", reason_column())


def safe_cell(value: str) -> str:
    """Stop a spreadsheet program from running a cell as a formula; reading takes the mark off again."""
    return f"'{value}" if _FORMULA.match(value) else value


def plain_cell(value: str) -> str:
    """Take off the mark that ``safe_cell`` set."""
    return value[1:] if value.startswith("'") and _FORMULA.match(value, 1) else value


def as_lines(errors: Iterable[RowError]) -> list[str]:
    """Return the errors as the command line prints them."""
    return [
        f"{e.sheet or '-'} row {e.row}, {e.column}: found {e.found!r}; expected {e.expected} {e.fix}"
        for e in errors
    ]
