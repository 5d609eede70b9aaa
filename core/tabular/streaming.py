"""Reading a large table row by row, past titles that stand above its headings.

``read_table`` holds a whole file; this holds one row, so that memory stays flat however long the file is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from pathlib import Path

from core.i18n import _
from core.tabular.reading import (
    LIMITS,
    Limits,
    RawRow,
    Row,
    TableError,
    by_heading,
    cell_errors,
    headings,
    raw_rows,
)
from core.tabular.reports import RowError

LOOK = 10  # rows in which the headings are looked for
SAMPLE = 60  # rows of the first look
Knows = Callable[[str], bool]  # whether a text is the name of a column


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet at first sight: its headings and its first rows. A CSV file is one sheet without a name."""

    name: str
    columns: tuple[str, ...]
    sample: tuple[Row, ...]


def sheets(path: Path, *, name: str = "", knows: Knows, limits: Limits = LIMITS) -> list[Sheet]:
    """Look at the first rows of every sheet that has any.

    Raises
    ------
    TableError
        With one sentence, when the file as a whole cannot be used.
    """
    raw = raw_rows(path, name=name, limits=limits, most=SAMPLE)
    found = []
    for sheet, group in groupby(_filled(raw), key=lambda row: row[0]):
        names, body = _below_headings(group, knows, limits)
        sample = tuple(Row(sheet, number, by_heading(names, cells)) for _name, number, cells in body)
        found.append(Sheet(sheet, tuple(filter(None, names)), sample))
    if not found:
        raise TableError(_("The file is empty; the first row should hold the column names."))
    return found


def stream(
    path: Path, *, name: str = "", knows: Knows, only: str | None = None, limits: Limits = LIMITS
) -> Iterator[tuple[Row, list[RowError]]]:
    """Yield the rows that are not empty, each with what is wrong with its cells already."""
    count = 0
    raw = raw_rows(path, name=name, limits=limits, only=only)
    for sheet, group in groupby(_filled(raw), key=lambda row: row[0]):
        names, body = _below_headings(group, knows, limits)
        for _sheet, number, cells in body:
            count += 1
            if count > limits.rows:
                raise TableError(_("The file has more than %(rows)d rows; split it.", rows=limits.rows))
            row = Row(sheet, number, by_heading(names, cells))
            yield row, list(cell_errors(row, names, cells, limits))


def _filled(raw: Iterator[RawRow]) -> Iterator[RawRow]:
    return (row for row in raw if any(cell.strip() for cell in row[2]))


def _below_headings(
    rows: Iterator[RawRow], knows: Knows, limits: Limits
) -> tuple[list[str], Iterator[RawRow]]:
    first = list(islice(rows, LOOK))
    at, cells = _heading_row([row[2] for row in first], knows)
    return headings(cells, limits), chain(first[at + 1 :], rows)


def _heading_row(rows: Sequence[list[str]], knows: Knows) -> tuple[int, list[str]]:
    """Find the row of headings: the one with most names we know, or two rows where headings are merged.

    A title that is merged over the whole sheet has one cell; where nothing is known the first row that is
    about as full as the others is taken.
    """
    most = max(_count(row) for row in rows)
    plausible = next(n for n, row in enumerate(rows) if 2 * _count(row) >= most)
    best, at, cells = _known(rows[plausible], knows), plausible, rows[plausible]
    for n, row in enumerate(rows):
        choices = [(n, row)] + ([(n, _merged(rows[n - 1], row))] if n else [])
        for place, names in choices:
            if (known := _known(names, knows)) > best:
                best, at, cells = known, place, names
    return at, cells


def _merged(upper: list[str], lower: list[str]) -> list[str]:
    """Two rows of headings as one: a merged cell leaves its name in the upper row and nothing below it."""
    wide = max(len(upper), len(lower))
    pairs = zip(upper + [""] * (wide - len(upper)), lower + [""] * (wide - len(lower)), strict=True)
    return [low if low.strip() else up for up, low in pairs]


def _count(cells: list[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def _known(cells: list[str], knows: Knows) -> int:
    return sum(1 for cell in {cell.strip() for cell in cells} if cell and knows(cell))
