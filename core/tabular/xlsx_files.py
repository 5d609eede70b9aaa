"""XLSX: a zip of XML, looked through before openpyxl sees it."""

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from core.i18n import _
from core.tabular.reading import MIB, Limits, RawRow, TableError

_DTD = (b"<!DOCTYPE", b"<!ENTITY")
_ENTRY = b"PK\x01\x02"  # begins each line of a zip's table of contents
_CHUNK = 256 * 1024
_WHOLE = 1e15  # larger whole numbers have lost digits already
_SMALL = 64 * 1024  # an entry below this may be packed as tightly as it likes


def raw_rows(
    path: Path, limits: Limits, *, only: str | None = None, most: int | None = None
) -> Iterator[RawRow]:
    """Return the rows of a workbook that has passed the guard: of every sheet that is seen, or of one only.

    ``most`` ends each sheet after so many rows, for a first look.
    """
    from openpyxl import load_workbook  # noqa: PLC0415 # 0.2 s that other commands need not wait for

    guard(path, limits)
    try:
        # Opened here: by its name openpyxl would refuse a workbook that is not called .xlsx.
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions openpyxl does not know are no news here
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            try:
                for sheet in book.worksheets:
                    if sheet.sheet_state == "visible" and only in (None, sheet.title):
                        yield from islice(_sheet_rows(sheet, limits), most)
            finally:
                book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError):
        # ParseError is a SyntaxError; the others are what openpyxl raises for a workbook that is none.
        raise _broken() from None


def guard(path: Path, limits: Limits) -> None:
    """Refuse bombs and document types by looking at every entry as it unpacks, not at what it claims."""
    if path.read_bytes().count(_ENTRY) > limits.entries:  # counted first: reading many takes many seconds
        raise TableError(_("The workbook has more than %(n)d parts.", n=limits.entries))
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = 0
            for entry in archive.infolist():
                unpacked += _look_through(archive, entry, limits.unpacked - unpacked, limits)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        raise _broken() from None
    except zipfile.zlib.error:  # type: ignore[attr-defined]
        raise _broken() from None


def _look_through(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int, limits: Limits) -> int:
    strings = entry.filename.endswith("sharedStrings.xml")
    cap = min(room, limits.shared_strings) if strings else room
    largest = limits.shared_strings if strings else limits.unpacked
    is_picture = entry.filename.startswith("xl/media/")
    size, rows, tail = 0, 0, b""
    with archive.open(entry) as part:
        while chunk := part.read(_CHUNK):
            size += len(chunk)
            if size > cap:
                raise TableError(
                    _("Unpacked, the workbook has more than %(mib)d MiB; split it.", mib=largest // MIB)
                )
            if size > _SMALL and size > limits.ratio * max(entry.compress_size, 1):
                raise TableError(
                    _("The workbook is packed more tightly than real data can be; it is not opened.")
                )
            seen = (tail + chunk).replace(b"\x00", b"")  # UTF-16 hides letters between zeros
            if not is_picture and any(mark in seen for mark in _DTD):
                raise TableError(
                    _("The workbook holds a document type definition, which can do harm; it is not opened.")
                )
            rows += seen.count(b"<row ")
            if rows > limits.rows + 1:  # counted here, because reading them takes a hundred times as long
                raise _too_many_rows(limits)
            tail = chunk[-32:]
    return size


def _sheet_rows(sheet: Any, limits: Limits) -> Iterator[RawRow]:
    sheet.reset_dimensions()  # the claimed size may be wrong
    rows = sheet.iter_rows(max_col=limits.columns + 1, values_only=True)
    for number, cells in enumerate(rows, start=1):
        if number > limits.rows + 1:
            raise _too_many_rows(limits)
        yield sheet.title, number, [as_text(cell) for cell in cells]


def as_text(cell: object) -> str:
    """Return a cell as the text a person sees."""
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds") if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, int | float):
        return _number_text(cell)
    return "" if cell is None else str(cell)


def _number_text(number: float) -> str:
    if isinstance(number, bool):
        return "1" if number else "0"
    if abs(number) >= _WHOLE:
        return f"{float(number):.6E}"  # digits are lost: shown so, an id is refused and not altered
    return str(int(number)) if float(number).is_integer() else str(number)


def _too_many_rows(limits: Limits) -> TableError:
    return TableError(_("The file has more than %(rows)d rows; split it.", rows=limits.rows))


def _broken() -> TableError:
    return TableError(_("The workbook is damaged or is not an .xlsx file; save it again as .xlsx."))
