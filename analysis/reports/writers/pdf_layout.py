"""How a PDF is laid out: its sizes of text and its colours, and tables whose texts are broken into lines."""

from collections.abc import Callable
from dataclasses import dataclass

from analysis.reports.blocks import Table
from analysis.reports.writers.html import spanned

MARGIN, WIDTH, BOTTOM = 20.0, 170.0, 277.0  # millimetres of A4
INK, SECONDARY, RULE = (22, 33, 43), (75, 89, 99), (201, 211, 218)
BRAND, CAUTION = (11, 85, 99), (138, 83, 0)
TOGETHER = 60.0  # rows that share their first cell stay on one page up to this height
MOST = 400  # lines of one paragraph
POINT = 25.4 / 72


@dataclass(frozen=True)
class Type:
    """A size of text in points, the height of its lines in millimetres, its face and its colour."""

    size: float
    step: float
    bold: bool = False
    colour: tuple[int, int, int] = INK


Cells = list[list[str]]  # of a row, each broken into lines
TITLE, QUIET, FINDING = Type(20, 9, bold=True), Type(10, 5, colour=SECONDARY), Type(13, 6.6, bold=True)
HEADINGS = {1: Type(14, 7, bold=True), 2: Type(12, 6, bold=True)}
TEXT, CAPTION, CELL, HEAD = (
    Type(10, 5.4),
    Type(10, 5.4, bold=True),
    Type(8, 4.1),
    Type(8, 4.1, bold=True),
)
LARGE, SMALL = Type(18, 8.5, bold=True), Type(8.5, 4.4, colour=SECONDARY)


@dataclass(frozen=True)
class Place:
    """Where a column of a table stands, in millimetres; numbers stand at its right."""

    left: float
    width: float
    right: bool


class Rows:
    """A table whose texts are broken into lines: columns, head, rows and what belongs together."""

    def __init__(self, table: Table, lines: Callable[[str, Type, float], list[str]]) -> None:
        self.places = _places(table)

        def cells(texts: list[str], style: Type) -> Cells:
            return [lines(text, style, place.width) for text, place in zip(texts, self.places, strict=True)]

        rows = spanned(table)
        self.spans = [span for _row, span in rows]
        self.groups = [(place, place + span) for place, span in enumerate(self.spans) if span]
        self.head = cells([column.head for column in table.columns], HEAD)
        self.bodies = [
            cells([row[0].text if span else "", *(cell.text for cell in row[1:])], CELL) for row, span in rows
        ]

    def height(self, first: int, last: int) -> float:
        """Return the height of some rows."""
        return sum(height_of(body, CELL) for body in self.bodies[first:last])

    @property
    def first(self) -> float:
        """The height of the head and of what must not stand apart from it."""
        whole = self.height(*self.groups[0]) if self.groups else 0.0
        return height_of(self.head, HEAD) + max(whole if whole < TOGETHER else 0.0, self.height(0, 2))


def _places(table: Table) -> list[Place]:
    """Return the columns, with room between each of them, and more where words follow a number."""
    parts, left, found = sum(column.width for column in table.columns), MARGIN, []
    previous = False
    for column in table.columns:
        width = WIDTH * column.width / parts
        indent = 2.5 if previous and not column.numeric else 0.0
        found.append(Place(left + indent, width - indent - 1.6, column.numeric))
        left, previous = left + width, column.numeric
    return found


def height_of(cells: Cells, style: Type) -> float:
    return 1.4 + style.step * max(1, *(len(lines) for lines in cells))
