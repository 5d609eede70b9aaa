"""CSV: one row a response, or one row an answer; UTF-8 with the mark by which Excel knows it."""

import csv
from collections.abc import Iterable
from pathlib import Path

from surveys.exports import long
from surveys.exports.cells import written
from surveys.exports.reading import Row
from surveys.exports.writing import Content, Written


def write(path: Path, content: Content) -> Written:
    """Write one row for each response."""
    done = Written()
    cells = written(labels=content.labels, language=content.language, typed=False)
    _save(path, content.layout.names, done.counted(content.rows(cells)))
    return done


def write_long(path: Path, content: Content) -> Written:
    """Write one row for each answer; the responses are counted, not the rows."""
    done = Written()
    _save(path, long.COLUMNS, long.lines(content, done))
    return done


def _save(path: Path, heading: Iterable[str], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heading)
        writer.writerows(rows)
