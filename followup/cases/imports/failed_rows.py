"""The failed rows as a file of the kind that was uploaded: mended, it can be imported as it is."""

import io

from core.i18n import _
from core.tabular import write_errors
from core.tabular.reports import reason_column, reason_columns, safe_cell
from followup.cases.imports.reporting import CaseReport
from followup.cases.imports.words import said_column

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def failed_rows(report: CaseReport, *, as_workbook: bool) -> bytes:
    """Return the original columns of the failed rows and the reason, safe from running as formulas."""
    return _workbook(report) if as_workbook else write_errors(report).encode()


def _workbook(report: CaseReport) -> bytes:
    from openpyxl import Workbook  # noqa: PLC0415 # 0.2 s that other pages need not wait for
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    reasons: dict[tuple[str, int], list[str]] = {}
    for error in report.errors:
        words = _(
            "%(column)s: %(said)s", column=said_column(error.column), said=f"{error.expected} {error.fix}"
        )
        reasons.setdefault((error.sheet, error.row), []).append(words)
    columns = [name for name in report.columns if name not in reason_columns()]
    book = Workbook(write_only=True)
    sheet = book.create_sheet()

    def append(values: list[str]) -> None:
        cells = [WriteOnlyCell(sheet, safe_cell(value)) for value in values]
        for cell in cells:
            cell.number_format = "@"  # text: a spreadsheet program leaves 0138 and long numbers alone
        sheet.append(cells)

    append([*columns, reason_column()])
    for row in report.failed:
        words = "; ".join(reasons.get((row.sheet, row.number), ()))
        append([*(row.values.get(name, "") for name in columns), words])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
