"""XLSX: the answers, the codebook, the values, and where the file comes from. Written row by row."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import InputError
from core.i18n import _
from core.tabular.reports import safe_cell
from surveys.exports import codebook
from surveys.exports.cells import written
from surveys.exports.columns import META
from surveys.exports.harmless import CELL_UTF16, cut_utf16
from surveys.exports.words import META_LABELS, N_, column_label, translator
from surveys.exports.writing import Content, Written

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

ROWS = 1_048_575  # a sheet has so many below its heading
_FIRST_DAY = date(1900, 3, 1)  # earlier days are wrong or unknown in spreadsheet programs
_HEADING_NOTE = 500
Put = Callable[[int, Iterable[object]], None]


class TooManyRowsError(InputError):
    """A sheet holds at most 1 048 575 responses; choose fewer days, or CSV."""


def check_size(rows: int) -> None:
    """Refuse what a sheet cannot hold before anything is written."""
    if rows > ROWS:
        raise TooManyRowsError(_("A sheet holds at most 1 048 575 responses; choose fewer days, or CSV."))


def write(path: Path, content: Content) -> Written:
    """Write the workbook; nothing in it is a formula or a link."""
    from xlsxwriter import Workbook  # noqa: PLC0415 # only this format needs it

    done = Written()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent), **plain})
    _mark(book, content)
    translate = translator(content.language)
    _write_answers(book, content, done)
    for title, heading, lines in (
        (N_("Codebook"), codebook.COLUMNS, codebook.columns(content.layout, content.language)),
        (N_("Values"), codebook.VALUES, codebook.values(content.layout, content.language)),
    ):
        sheet, put = _sheet(book, content, translate(title), done)
        put(0, [translate(name) for name in heading])
        for number, line in enumerate(lines, start=1):
            put(number, [safe_cell(cell) for cell in line])
        sheet.set_column(0, len(heading) - 1, 22)
    _write_origin(book, content, done)
    book.close()
    return done


def _mark(book: "Workbook", content: Content) -> None:
    """Put into the properties of the file where it comes from."""
    stamp = content.stamp
    book.set_properties({"title": stamp.title, "author": stamp.by, "comments": stamp.sentence("en")})
    book.set_size(1920, 1080)


def _write_answers(book: "Workbook", content: Content, done: Written) -> None:
    translate = translator(content.language)
    sheet, put = _sheet(book, content, translate(N_("Answers")), done)
    sheet.freeze_panes(1, 1)
    names = content.layout.names
    sheet.autofilter(0, 0, 0, len(names) - 1)
    put(0, names)
    labels = [translate(META_LABELS[name]) for name in META]
    labels += [column_label(column, content.language) for column in content.layout.columns]
    for at, label in enumerate(labels):
        sheet.write_comment(0, at, label[:_HEADING_NOTE])
    cells = written(labels=content.labels, language=content.language, typed=True)
    for number, row in enumerate(done.counted(content.rows(cells)), start=1):
        put(number, row)


def _write_origin(book: "Workbook", content: Content, done: Written) -> None:
    """Say on a sheet of its own what the file holds and who made it."""
    translate, stamp, span = translator(content.language), content.stamp, content.span
    sheet, put = _sheet(book, content, translate(N_("About this file")), done)
    facts = (
        (N_("Questionnaire"), f"{stamp.title} ({stamp.key})"),
        (N_("Versions"), ", ".join(str(version.number) for version in content.layout.versions)),
        (N_("First day"), span.first.isoformat() if span.first else translate(N_("from the beginning"))),
        (N_("Last day"), span.last.isoformat() if span.last else translate(N_("to the end"))),
        (N_("Responses"), str(done.rows)),
        (N_("Texts that were cut"), str(done.cut)),
        (N_("Origin"), stamp.sentence(content.language)),
    )
    for number, (name, said) in enumerate(facts):
        put(number, [translate(name), safe_cell(said)])
    sheet.set_column(0, 1, 40)


def _sheet(book: "Workbook", content: Content, title: str, done: Written) -> tuple["Worksheet", Put]:
    """Add a sheet with the mark at its foot; return it with the function that writes a row."""
    sheet = book.add_worksheet(title)
    sheet.set_footer(f"&L{in_footer(content.stamp.sentence(content.language))}&R&P / &N")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    write_string, write_number, write_datetime = sheet.write_string, sheet.write_number, sheet.write_datetime

    def put(number: int, row: Iterable[Any]) -> None:
        for at, cell in enumerate(row):
            if isinstance(cell, int | float):
                write_number(number, at, cell)
            elif isinstance(cell, str):
                if cell:
                    write_string(number, at, _fitting(cell, done))
            elif isinstance(cell, datetime):
                write_datetime(number, at, cell.replace(tzinfo=None), moment)
            elif isinstance(cell, date):
                if cell >= _FIRST_DAY:
                    write_datetime(number, at, cell, day)
                else:
                    write_string(number, at, cell.isoformat())

    return sheet, put


def _fitting(text: str, done: Written) -> str:
    """Return what a cell holds of a text."""
    if text.startswith("<r>") and text.endswith("</r>"):
        text += " "  # or XlsxWriter would write it as markup of its own
    if len(text) * 2 <= CELL_UTF16:
        return text
    short = cut_utf16(text, CELL_UTF16)
    done.cut += short != text
    return short


def in_footer(text: str, longest: int = 200) -> str:
    """Double what Excel takes for a sign of its own; of one that is too long no sign is cut in two."""
    found = text.replace("&", "&&")[:longest]
    return found[:-1] if (len(found) - len(found.rstrip("&"))) % 2 else found
