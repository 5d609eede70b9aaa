"""What a report is made of: plain blocks that page, Word, Excel and PDF show alike, and that can be kept."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

PERCENT, PERCENT_1, WHOLE, POINTS, POINTS_1, TWO = "0%", "0.0%", "#,##0", "+0;-0;0", "+0.0;-0.0;0", "0.00"
SHIFT_3 = "+0.000;-0.000;+0.000"


_BROKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def plain(text: str) -> str:
    """Return a text without characters that no document can hold."""
    return _BROKEN.sub("", text)


@dataclass(frozen=True)
class Cell:
    """What a reader sees; ``value`` is the number behind it, ``shown`` how a spreadsheet writes it."""

    text: str
    value: float | None = None
    shown: str = ""


@dataclass(frozen=True)
class Column:
    """The head of a column: its width in parts of the whole, and whether numbers stand in it."""

    head: str
    width: float = 1.0
    numeric: bool = False


@dataclass(frozen=True)
class Heading:
    """A heading of the first level, or below one."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; a ``finding`` is what the reader should take home."""

    text: str
    finding: bool = False


@dataclass(frozen=True)
class Note:
    """What has to be known with the figures beside it: provisional, left out, missing."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list of short sentences."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class KeyFigures:
    """A few large figures, each with what it is and a remark."""

    figures: tuple[tuple[str, Cell, str], ...]


@dataclass(frozen=True)
class Table:
    """A table with the name of its sheet; every row has as many cells as there are columns."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A chart as it was drawn, with its words for those who cannot see it and its size in centimetres."""

    png: bytes
    alt: str
    width: float
    height: float


Block = Heading | Paragraph | Note | Points | KeyFigures | Table | Picture


@dataclass(frozen=True)
class Report:
    """A whole report in one language; ``foot`` is the line at the foot of each page."""

    title: str
    subtitle: str
    language: str
    organisation: str
    foot: str
    blocks: tuple[Block, ...]
    fingerprint: Mapping[str, str] = field(default_factory=dict)

    def texts(self) -> Iterator[str]:
        """Return everything that a reader can read, in its order; a test looks for each in each file."""
        yield from (self.title, self.subtitle)
        for block in self.blocks:
            yield from _texts(block)

    def tables(self) -> list[Table]:
        """Return the tables."""
        return [block for block in self.blocks if isinstance(block, Table)]


def _texts(block: Block) -> Iterator[str]:
    match block:
        case Heading() | Paragraph() | Note():
            yield block.text
        case Points():
            yield from block.texts
        case KeyFigures():
            for name, cell, remark in block.figures:
                yield from (name, cell.text, *([remark] if remark else []))
        case Table():
            yield from (block.caption, *(column.head for column in block.columns))
            yield from (cell.text for row in block.rows for cell in row if cell.text)
        case Picture():
            return


def to_dict(report: Report) -> dict[str, Any]:
    """Return the report as it is kept in the database; pictures stay as they were drawn."""
    kept = asdict(report)
    kept["blocks"] = [{"kind": type(block).__name__} | _packed(block) for block in report.blocks]
    return kept


def from_dict(kept: Mapping[str, Any]) -> Report:
    """Return a report that was kept."""
    blocks = tuple(_BUILD[block["kind"]](block) for block in kept["blocks"])
    words = {name: kept[name] for name in ("title", "subtitle", "language", "organisation", "foot")}
    return Report(**words, blocks=blocks, fingerprint=kept["fingerprint"])


def _packed(block: Block) -> dict[str, Any]:
    packed = asdict(block)
    if isinstance(block, Picture):
        packed["png"] = b64encode(block.png).decode("ascii")
    return packed


def _cell(kept: Mapping[str, Any]) -> Cell:
    return Cell(kept["text"], kept["value"], kept["shown"])


def _table(kept: Mapping[str, Any]) -> Table:
    columns = tuple(Column(one["head"], one["width"], one["numeric"]) for one in kept["columns"])
    return Table(kept["caption"], columns, tuple(tuple(map(_cell, row)) for row in kept["rows"]))


def _figures(kept: Mapping[str, Any]) -> KeyFigures:
    return KeyFigures(tuple((name, _cell(cell), remark) for name, cell, remark in kept["figures"]))


def _picture(kept: Mapping[str, Any]) -> Picture:
    return Picture(b64decode(kept["png"]), kept["alt"], kept["width"], kept["height"])


_BUILD: dict[str, Callable[[Mapping[str, Any]], Block]] = {
    "Heading": lambda kept: Heading(kept["text"], kept["level"]),
    "Paragraph": lambda kept: Paragraph(kept["text"], kept["finding"]),
    "Note": lambda kept: Note(kept["text"]),
    "Points": lambda kept: Points(tuple(kept["texts"])),
    "KeyFigures": _figures,
    "Table": _table,
    "Picture": _picture,
}
