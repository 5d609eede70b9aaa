"""CSV: UTF-8 with or without a mark, or GB18030; commas, semicolons or tabs."""

import csv
from collections.abc import Iterator
from pathlib import Path

from core.i18n import _
from core.tabular.reading import Limits, RawRow, TableError

_CHUNK = 256 * 1024


def raw_rows(path: Path, limits: Limits) -> Iterator[RawRow]:
    """Return the rows of a CSV file, numbered by the line on which each begins."""
    encoding = encoding_of(path)
    csv.field_size_limit(limits.packed)  # long cells are reported with their row, see reading.py
    with path.open(encoding=encoding, newline="") as file:
        delimiter = _delimiter(file.readline())
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        line = 1
        try:
            for cells in reader:
                yield "", line, cells
                line = reader.line_num + 1
        except csv.Error:
            raise TableError(
                _(
                    "A double quote that opens in line %(line)d is not closed; close it or take it away.",
                    line=line,
                )
            ) from None


def encoding_of(path: Path) -> str:
    """Find out whether a file is UTF-8, else GB18030, which Chinese spreadsheet programs write."""
    with path.open("rb") as file:
        start, line = file.read(2), 1
        if start in (b"\xff\xfe", b"\xfe\xff"):
            raise TableError(_("The file is UTF-16 text; save it as “CSV UTF-8”."))
        while chunk := start + file.read(_CHUNK):
            start = b""
            before, nul, _rest = chunk.partition(b"\x00")
            line += before.count(b"\n")
            if nul:
                raise TableError(
                    _("Line %(line)d holds a NUL byte, which no text has; export the file again.", line=line)
                )
    for encoding in ("utf-8-sig", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    raise TableError(_("The file is neither UTF-8 nor GB18030 text; save it as “CSV UTF-8” or as .xlsx."))


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as file:
            while file.read(_CHUNK):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=lambda mark: (first.count(mark), mark == ","))
