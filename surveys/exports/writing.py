"""What every writer of a format is given, and what it tells afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from surveys.exports import reading
from surveys.exports.cells import Cells
from surveys.exports.columns import Layout
from surveys.exports.reading import Row, Span
from surveys.exports.words import N_, translator


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who made a file and when: it stands in the file where the format has room, and in the audit trail."""

    number: str
    by: str
    at: datetime  # local
    key: str
    title: str

    def sentence(self, language: str) -> str:
        said = translator(language)(N_("Exported by %(name)s on %(at)s, number %(number)s"))
        return said % {"name": self.by, "at": self.at.isoformat(" ", "minutes"), "number": self.number}


@dataclass(frozen=True, slots=True)
class Content:
    """The answers to write, read row by row while they are written."""

    session: Session
    layout: Layout
    span: Span
    labels: bool
    language: str
    stamp: Stamp

    def rows(self, cells: Cells) -> Iterator[Row]:
        return reading.rows(self.session, self.layout, self.span, cells)


@dataclass(slots=True)
class Written:
    """What a file holds; ``cut`` counts the texts that did not fit whole into a cell of its format."""

    rows: int = 0
    cut: int = 0

    def counted(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Count rows as they pass."""
        for row in rows:
            self.rows += 1
            yield row
