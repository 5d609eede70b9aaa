"""Checked rows between checking and storing: written down, so that memory stays flat."""

import json
from collections.abc import Iterator
from datetime import datetime
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Self

from core.tabular import Row
from followup.cases.imports.parsing import ParsedCase

IN_MEMORY = 4 * 1024 * 1024  # a small file never reaches the disk
CHUNK = 500  # rows that are stored in one transaction


class Spool:
    """The checked rows of a file, in a nameless file of this process that ends with it."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8", newline="\n")  # noqa: SIM115
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _t: type[BaseException] | None, _e: BaseException | None, _b: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, parsed: ParsedCase) -> None:
        """Write a row down."""
        times = {column: at.isoformat() for column, at in parsed.times.items()}
        record = [parsed.row.sheet, parsed.row.number, dict(parsed.cells), times]
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self.count += 1

    def chunks(self, start: int = 0) -> Iterator[tuple[int, list[ParsedCase]]]:
        """Yield (number of the first row, rows) from ``start`` on; each begins at a multiple of its size."""
        self._file.seek(0)
        at, rows = 0, list[ParsedCase]()
        for line in self._file:
            if at + len(rows) < start - start % CHUNK:
                at += 1
                continue
            rows.append(_read(line))
            if len(rows) == CHUNK:
                yield at, rows
                at, rows = at + CHUNK, []
        if rows:
            yield at, rows


def _read(line: str) -> ParsedCase:
    sheet, number, cells, times = json.loads(line)
    return ParsedCase(
        Row(sheet, number, {}), cells, {column: datetime.fromisoformat(at) for column, at in times.items()}
    )
