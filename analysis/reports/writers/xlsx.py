"""A report as an Excel file: a sheet with its words, one for each table and chart; numbers stay numbers."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from analysis.reports.blocks import (
    Block,
    Cell,
    Heading,
    KeyFigures,
    Note,
    Paragraph,
    Picture,
    Points,
    Report,
    Table,
    plain,
)
from surveys.exports.xlsx_files import in_footer

LONGEST_CELL = 32_000  # Excel takes 32 767 characters
LONGEST_NAME = 31
LONGEST_FOOTER = 230  # Excel takes 255 with the signs around it
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def write(report: Report, *, now: datetime) -> bytes:
    """Return the file; text is always text, never a formula or an address to press."""
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    book = xlsxwriter.Workbook(out, options)
    book.set_properties(
        {"title": _clean(report.title), "subject": _clean(report.subtitle),
         "author": _clean(report.organisation), "created": now.astimezone(UTC).replace(tzinfo=None)}
    )  # fmt: skip
    sheets = _Sheets(book, "Arial" if report.language == "en" else "Microsoft YaHei", report)
    sheets.words()
    for block in report.blocks:
        if isinstance(block, Table):
            sheets.table(block)
        elif isinstance(block, Picture):
            sheets.picture(block)
    book.close()
    return out.getvalue()


class _Sheets:
    """The sheets of one file and the formats they share."""

    def __init__(self, book: Any, font: str, report: Report) -> None:
        self._book, self._font, self._report = book, font, report
        self._names: set[str] = set()
        self._formats: dict[tuple[Any, ...], Any] = {}

    def words(self) -> None:
        """Write everything that is no table and no chart, each text in a cell of its own."""
        report = self._report
        sheet = self._sheet("回访" if report.language != "en" else "Report")
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 18)
        sheet.set_column(2, 2, 60)
        sheet.write_string(0, 0, _clean(report.organisation), self._format(color="#4b5963"))
        sheet.write_string(1, 0, _clean(report.title), self._format(bold=True, font_size=16))
        sheet.set_row(1, 24)  # not every program makes a row as high as its letters
        sheet.write_string(2, 0, _clean(report.subtitle), self._format(color="#4b5963"))
        row = 4
        for block in report.blocks:
            if isinstance(block, KeyFigures):
                row = self._figures(sheet, row, block)
            for text, bold in _lines(block):
                row = self._line(sheet, row, text, bold=bold)
        sheet.write_string(row + 1, 0, _clean(report.foot), self._format(color="#4b5963"))

    def _line(self, sheet: Any, row: int, text: str, *, bold: bool) -> int:
        style = self._format(text_wrap=True, valign="top", bold=bold)
        sheet.merge_range(row, 0, row, 2, "", style)
        sheet.write_string(row, 0, _clean(text), style)
        sheet.set_row(row, 18 * (1 + _width(text) // 105))
        return row + 1

    def _figures(self, sheet: Any, row: int, block: KeyFigures) -> int:
        for name, cell, remark in block.figures:
            sheet.write_string(row, 0, _clean(name), self._format())
            self._write(sheet, row, 1, cell)
            sheet.write_string(row, 2, _clean(remark), self._format(color="#4b5963"))
            row += 1
        return row + 1

    def table(self, table: Table) -> None:
        """Write a table on a sheet of its own: a head that stays, a filter, widths that fit."""
        sheet = self._sheet(table.caption)
        sheet.write_string(0, 0, _clean(table.caption), self._format(bold=True, font_size=13))
        head = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"}
        widths = []
        for place, column in enumerate(table.columns):
            align = "right" if column.numeric else "left"
            sheet.write_string(2, place, _clean(column.head), self._format(**head, align=align))
            widest = max([_width(row[place].text) for row in table.rows] or [0])
            widths.append(min(60, max(9, widest + 2, min(_width(column.head) + 2, 16))))
            sheet.set_column(place, place, widths[-1])
        sheet.set_row(2, _height((column.head for column in table.columns), widths))
        for number, row in enumerate(table.rows, start=3):
            sheet.set_row(number, _height((cell.text for cell in row), widths))
            for place, cell in enumerate(row):
                self._write(sheet, number, place, cell, right=table.columns[place].numeric)
        sheet.freeze_panes(3, 1)
        if table.rows:
            sheet.autofilter(2, 0, 2 + len(table.rows), len(table.columns) - 1)
        sheet.repeat_rows(2)

    def picture(self, block: Picture) -> None:
        """Put a chart on a sheet of its own, with its words."""
        sheet = self._sheet("Chart" if self._report.language == "en" else "图表")
        scale = {"description": _clean(block.alt), "x_scale": 0.6, "y_scale": 0.6, "object_position": 2}
        sheet.insert_image(0, 0, "chart.png", {"image_data": BytesIO(block.png), **scale})

    def _sheet(self, name: str) -> Any:
        """Add a sheet under a name that Excel takes and that no other sheet has."""
        short = _FORBIDDEN.sub(" ", _clean(name)).strip(" '")[:LONGEST_NAME] or "-"
        found, number = short, 1
        while found.lower() in self._names:
            number += 1
            ending = f" {number}"
            found = short[: LONGEST_NAME - len(ending)] + ending
        self._names.add(found.lower())
        sheet = self._book.add_worksheet(found)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        foot = in_footer(_clean(self._report.foot), LONGEST_FOOTER)
        sheet.set_footer(f"&L&8 {foot}&R&8&P / &N")  # the space: a house may be called 12345
        return sheet

    def _write(self, sheet: Any, row: int, place: int, cell: Cell, *, right: bool = False) -> None:
        align = {"align": "right"} if right else {}
        if cell.value is not None:
            sheet.write_number(row, place, cell.value, self._format(num_format=cell.shown, valign="top"))
        elif cell.text:
            wrap = {"text_wrap": True, "valign": "top", "num_format": "@", **align}
            sheet.write_string(row, place, _clean(cell.text), self._format(**wrap))

    def _format(self, **style: Any) -> Any:
        key = tuple(sorted(style.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"font_name": self._font, "font_size": 10} | style)
        return self._formats[key]


def _lines(block: Block) -> list[tuple[str, bool]]:
    """Return what the sheet of words says of a block, and what of it is bold."""
    match block:
        case Heading(text=text):
            return [(text, True)]
        case Paragraph(text=text, finding=finding):
            return [(text, finding)]
        case Note(text=text):
            return [(text, False)]
        case Points(texts=texts):
            return [(text, False) for text in texts]
        case Table(caption=caption):
            return [(f"→ {caption}", False)]  # has a sheet of its own
        case _:
            return []


def _height(texts: Iterable[str], widths: Sequence[int]) -> float:
    """Return how high a row must be for its longest text."""
    return 15.0 * max(
        (-(-_width(text) // max(1, width - 1)) for text, width in zip(texts, widths, strict=True)), default=1
    )


def _width(text: str) -> int:
    """Return about how many narrow characters wide a text is."""
    return sum(2 if ord(char) >= 0x2E80 else 1 for char in text)


def _clean(text: str) -> str:
    return plain(text)[:LONGEST_CELL]
