"""The sheets of a workbook as rows of named cells, read by the guarded reader."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.i18n import _
from core.tabular import LIMITS
from core.tabular.xlsx_files import raw_rows
from core.texts import clean_text
from surveys.interchange.notes import LARGEST, MIB, UnreadableError

_LIMITS = replace(
    LIMITS, packed=LARGEST, unpacked=30 * MIB, shared_strings=15 * MIB, rows=12_000, columns=150
)
_CELLS = 400_000
_CELL = 10_000  # characters
_OLD_NAMES = {
    "value": "name", "list name": "list_name", "caption": "label", "text": "label", "relevance": "relevant",
    "read_only": "readonly", "command": "type", "tag": "name", "note": "hint",
    "constraint message": "constraint_message",
}  # fmt: skip
_TRANSLATED = ("label", "hint", "guidance_hint", "constraint_message", "required_message", "spoken", "short")
_LANGUAGE = re.compile(r"^\s*([a-z_ ]+?)\s*::?\s*(\S.*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One row: cells by column, and texts by column and language."""

    number: int
    cells: dict[str, str]
    texts: dict[str, dict[str, str]]

    def cell(self, name: str) -> str:
        return self.cells.get(name, "")

    def said(self, name: str) -> dict[str, str]:
        return dict(self.texts.get(name, {}))


@dataclass(slots=True)
class Sheet:
    """One sheet: its columns and its rows."""

    columns: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def sheets_of(content: bytes) -> dict[str, Sheet]:
    """Read every visible sheet, by its name in small letters.

    Raises
    ------
    HuifangError
        When this is no workbook, or one that could do harm.
    """
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise UnreadableError(_("This is an old .xls workbook; save it as .xlsx."))
    if content[:4] != b"PK\x03\x04":
        raise UnreadableError(_("This is no .xlsx workbook; save it again as .xlsx."))
    sheets: dict[str, Sheet] = {}
    with tempfile.TemporaryDirectory(prefix="huifang-") as folder:
        path = Path(folder, "form.xlsx")
        path.write_bytes(content)
        for name, number, cells in _counted(raw_rows(path, _LIMITS)):
            sheet = sheets.setdefault(name.strip().lower(), Sheet())
            if not sheet.columns:
                sheet.columns = [_column(cell) for cell in cells] if any(cells) else []
            elif any(cell.strip() for cell in cells):
                sheet.lines.append(_line(number, sheet.columns, cells))
    return sheets


def _counted(rows: Iterator[tuple[str, int, list[str]]]) -> Iterator[tuple[str, int, list[str]]]:
    count = 0
    for name, number, cells in rows:
        count += sum(map(bool, cells))
        if count > _CELLS:
            raise UnreadableError(
                _("The workbook has more than %(n)d cells; no questionnaire needs that many.", n=_CELLS)
            )
        yield name, number, cells


def _column(heading: str) -> str:
    """Return the name of a column in today's spelling; a language follows after ``::``."""
    heading = clean_text(heading, 120)
    found = _LANGUAGE.match(heading)
    if found:
        name = _OLD_NAMES.get(found[1].lower(), found[1].lower().replace(" ", "_"))
        return f"{name}::{found[2].strip()}" if name in _TRANSLATED else heading
    name = heading.lower()
    return _OLD_NAMES.get(name, name.replace(" ", "_"))


def _line(number: int, columns: list[str], cells: list[str]) -> Line:
    plain: dict[str, str] = {}
    texts: dict[str, dict[str, str]] = {}
    for column, cell in zip(columns, cells, strict=False):
        value = clean_text(cell, _CELL)
        if not column or not value:
            continue
        name, marked, language = column.partition("::")
        if name in _TRANSLATED:
            texts.setdefault(name, {}).setdefault(language if marked else "", value)
        else:
            plain.setdefault(column, value)
    return Line(number, plain, texts)
