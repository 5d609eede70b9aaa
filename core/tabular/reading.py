"""Reading CSV and XLSX into rows of text, refusing what is broken or made to do harm.

Every cell is text: leading zeros stay, and nothing is guessed to be a number or a date.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from core.errors import InputError
from core.i18n import _
from core.tabular.reports import RowError, plain_cell, reason_columns, shorten
from core.texts import clean_text

MIB = 1024 * 1024


class TableError(InputError):
    """The file cannot be read as a table."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be before it is refused."""

    packed: int = 20 * MIB
    unpacked: int = 200 * MIB
    ratio: int = 100
    entries: int = 1000
    shared_strings: int = 64 * MIB  # this part of a workbook is held in memory whole
    rows: int = 200_000
    columns: int = 200
    cell: int = 10_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet: its number as a spreadsheet shows it, and its cells by heading."""

    sheet: str
    number: int
    values: dict[str, str]


@dataclass(slots=True)
class Table:
    """The rows of a file, its headings, and what is wrong with single cells already."""

    columns: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


RawRow = tuple[str, int, list[str]]  # sheet, row number, cells


def read_table(path: Path, *, name: str = "", limits: Limits = LIMITS) -> Table:
    """Read a CSV or XLSX file by its content, whatever it is called.

    Raises
    ------
    TableError
        With one sentence, when the file as a whole cannot be used.
    """
    return gather(raw_rows(path, name=name, limits=limits), limits)


def raw_rows(
    path: Path, *, name: str = "", limits: Limits = LIMITS, only: str | None = None, most: int | None = None
) -> Iterator[RawRow]:
    """Open a file by its content, whatever it is called, and return its rows as they stand.

    ``only`` names one sheet of a workbook; ``most`` ends each sheet after so many rows.
    """
    from core.tabular import csv_files, xlsx_files  # noqa: PLC0415 # openpyxl is slow to import

    shown = name or path.name
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise TableError(
            _("%(file)s cannot be read (%(why)s).", file=shown, why=error.strerror or "?")
        ) from None
    if size > limits.packed:
        raise TableError(
            _("%(file)s has more than %(mib)d MiB; split it.", file=shown, mib=limits.packed // MIB)
        )
    if start[:4] == b"PK\x03\x04":
        return xlsx_files.raw_rows(path, limits, only=only, most=most)
    if start[:4] == b"\xd0\xcf\x11\xe0":
        raise TableError(_("%(file)s is an old .xls workbook; save it as .xlsx or CSV.", file=shown))
    return islice(csv_files.raw_rows(path, limits), most)


def gather(raw: Iterable[RawRow], limits: Limits) -> Table:
    """Make a table of raw rows: the first row of each sheet that is not empty holds the headings."""
    table = Table()
    names: dict[str, list[str]] = {}
    for sheet, number, cells in raw:
        if not any(cell.strip() for cell in cells):
            continue
        if sheet not in names:
            names[sheet] = headings(cells, limits)
            table.columns = tuple(dict.fromkeys((*table.columns, *filter(None, names[sheet]))))
            continue
        if len(table.rows) >= limits.rows:
            raise TableError(_("The file has more than %(rows)d rows; split it.", rows=limits.rows))
        row = Row(sheet, number, by_heading(names[sheet], cells))
        table.rows.append(row)
        table.errors.extend(cell_errors(row, names[sheet], cells, limits))
    if not names:
        raise TableError(_("The file is empty; the first row should hold the column names."))
    return table


def headings(cells: list[str], limits: Limits) -> list[str]:
    """Return the names of the columns; "" for what has none, and for our own column of reasons."""
    names = [clean_text(plain_cell(cell), 120) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > limits.columns:
        raise TableError(_("The file has more than %(columns)d columns.", columns=limits.columns))
    twice = next((n for i, n in enumerate(names) if n and n in names[:i]), None)
    if twice:
        raise TableError(_("The column %(name)s stands twice in the first row; rename one.", name=twice))
    ours = {name for name in names if name in reason_columns()}
    return ["" if name in ours else name for name in names]


def by_heading(names: list[str], cells: list[str]) -> dict[str, str]:
    """Return the cells of a row under the names of their columns."""
    return {name: clean_text(plain_cell(cell)) for name, cell in zip(names, cells, strict=False) if name}


def cell_errors(row: Row, names: list[str], cells: list[str], limits: Limits) -> Iterator[RowError]:
    """Say what is wrong with single cells whatever the table is about."""
    extra = [cell for cell in cells[len(names) :] if cell.strip()]
    if extra:
        yield RowError(
            row.sheet, row.number, _("after the last column"), shorten(extra[0]),
            _("no cell without a heading."), _("Put text with commas or line breaks in double quotes."),
        )  # fmt: skip
    for name, value in row.values.items():
        if len(value) > limits.cell:
            yield RowError(
                row.sheet, row.number, name, shorten(value),
                _("at most %(n)d characters.", n=limits.cell), _("Shorten the text."),
            )  # fmt: skip


_SCIENTIFIC = re.compile(r"[+-]?\d(\.\d+)?[eE]\+?\d{1,3}")


def is_scientific(value: str) -> bool:
    """Tell whether a spreadsheet program has destroyed a long number: 1.38E+10."""
    return _SCIENTIFIC.fullmatch(value) is not None
