"""CSV: UTF-8 with or without a mark, or GB18030; commas, semicolons or tabs."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from core.i18n import _
from core.tabular.reading import Limits, RawRow, TableError


def raw_rows(path: Path, limits: Limits) -> Iterator[RawRow]:
    """Return the rows of a CSV file, numbered by the line on which each begins."""
    text = decode(path.read_bytes())
    csv.field_size_limit(limits.packed)  # long cells are reported with their row, see reading.py
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
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


def decode(content: bytes) -> str:
    """Decode UTF-8, else GB18030, which Chinese spreadsheet programs write."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TableError(_("The file is UTF-16 text; save it as “CSV UTF-8”."))
    if b"\x00" in content:
        line = content[: content.index(b"\x00")].count(b"\n") + 1
        raise TableError(
            _("Line %(line)d holds a NUL byte, which no text has; export the file again.", line=line)
        )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError(_("The file is neither UTF-8 nor GB18030 text; save it as “CSV UTF-8” or as .xlsx."))


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=lambda mark: (first.count(mark), mark == ","))
