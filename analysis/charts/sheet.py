"""A sheet in inches on which marks are collected, and what becomes of it: a size, a PNG or an SVG.

The marks are plain values, so that one sheet is drawn by `raster` and by `vector` alike, and its size is
known without drawing it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from analysis.charts import layout
from analysis.charts.layout import LINE, MARGIN, RIGHT, TEXT
from analysis.charts.palette import INK, SECONDARY
from analysis.charts.words import wrap
from analysis.fonts import ChartFonts, chart_fonts, drawable, text_width
from analysis.texts import Translate

Align = Literal["left", "center", "right"]
Place = tuple[float, float]
Line = tuple[Place, Place, str, float]  # from, to, colour, points

HATCH = 0.075  # inches between two lines of a hatch
_MIDDLE = 0.37  # of the size: half the height of figures and of Chinese
_BEFORE = {"left": 0.0, "center": 0.5, "right": 1.0}
_OUTLINES: dict[str, tuple[Place, ...]] = {
    "o": (),
    "s": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "D": ((-(2**0.5), 0), (0, -(2**0.5)), (2**0.5, 0), (0, 2**0.5)),
    "^": ((0, -1), (1, 1), (-1, 1)),
    "v": ((0, 1), (1, -1), (-1, -1)),
}
_LOCK = Lock()  # FreeType faces are shared by the process


@dataclass(frozen=True)
class Box:
    """A filled rectangle; ``hatch`` is the colour of the lines across it, if it has any."""

    left: float
    top: float
    right: float
    bottom: float
    colour: str
    hatch: str = ""

    @property
    def corners(self) -> tuple[Place, Place, Place, Place]:
        """The four corners, one after the other."""
        return (
            (self.left, self.top), (self.right, self.top),
            (self.right, self.bottom), (self.left, self.bottom),
        )  # fmt: skip

    @property
    def around(self) -> tuple[Place, ...]:
        """The way around it."""
        return (*self.corners, self.corners[0])

    def hatch_lines(self) -> Iterator[tuple[Place, Place]]:
        """Give the rising lines across a box with a hatch, at the same places of the sheet in every box."""
        if not self.hatch:
            return
        low, high = self.left + self.top, self.right + self.bottom
        step = HATCH * 2**0.5
        for place in range(int(low / step) + 1, int(high / step) + 1):
            total = place * step  # a line is where x + y is the same
            left, right = max(self.left, total - self.bottom), min(self.right, total - self.top)
            if right > left:
                yield (left, total - left), (right, total - right)


@dataclass(frozen=True)
class Mark:
    """A point: its shape says what its colour says."""

    x: float
    y: float
    shape: str  # o, s, D, ^ or v
    colour: str
    size: float = 6.0
    filled: bool = True
    edge: float = 1.4

    @property
    def outline(self) -> tuple[Place, ...]:
        """The corners around 0, 0 for a size of 2; a circle has none."""
        return _OUTLINES[self.shape]


@dataclass(frozen=True)
class Text:
    """One line of text: ``y`` is the middle of its figures; ``ground`` is painted under it, if given."""

    x: float
    y: float
    text: str
    width: float
    colour: str
    size: float
    align: Align
    bold: bool
    ground: str
    upright: bool

    @property
    def anchored(self) -> Place:
        """The place by which it is held, on its base line."""
        down = _MIDDLE * self.size / 72
        return (self.x + down, self.y) if self.upright else (self.x, self.y + down)

    @property
    def before(self) -> float:
        """Which part of it stands before that place."""
        return _BEFORE[self.align]

    @property
    def patch(self) -> tuple[Place, Place, Place, Place]:
        """The corners of the ground that is painted under it."""
        left, half = self.x - self.before * self.width, 0.56 * self.size / 72
        return Box(left - 0.014, self.y - half, left + self.width + 0.014, self.y + half, "").corners


@dataclass(frozen=True)
class Around:
    """What stands around every chart, in the reader's language.

    Parameters
    ----------
    title, subtitle, source : str
        The finding; measure, population, periods and n; the line at the foot.
    """

    title: str
    subtitle: str
    source: str


@dataclass
class Sheet:
    """What is to be drawn."""

    fonts: ChartFonts
    translate: Translate
    bands: list[Box] = field(default_factory=list)  # behind everything, without an edge
    grid: list[Line] = field(default_factory=list)
    dashes: list[Line] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    def text(
        self, x: float, y: float, text: str, *, colour: str = INK, size: float = TEXT, align: Align = "left",
        bold: bool = False, backed: bool = False, ground: str = "white", upright: bool = False,
    ) -> None:  # fmt: skip
        """Write one line; ``backed`` keeps the lines of the ground from running through the words."""
        font = self.fonts.bold if bold else self.fonts.regular
        shown = drawable(font, text)
        width = text_width(font, shown, size)
        self.texts.append(
            Text(x, y, shown, width, colour, size, align, bold, ground if backed else "", upright)
        )

    def paragraph(
        self, y: float, text: str, *, size: float = TEXT, step: float = LINE, colour: str = INK,
        bold: bool = False, most: int = 3,
    ) -> float:  # fmt: skip
        """Write wrapped lines over the whole width and return where the next thing may stand."""
        font = self.fonts.bold if bold else self.fonts.regular
        for line in wrap(text, font, size, RIGHT - MARGIN, most) if text else []:
            self.text(MARGIN, y + step / 2, line, size=size, colour=colour, bold=bold)
            y += step
        return y

    def neighbours(self) -> set[tuple[str, str]]:
        """Return which colours meet: those that soft edges are made of."""
        colours = {box.colour for box in (*self.bands, *self.boxes)}
        inks = {line[2] for line in (*self.grid, *self.dashes, *self.lines)}
        inks |= {mark.colour for mark in self.marks} | {text.colour for text in self.texts}
        met = {("white", colour) for colour in colours | inks}
        met |= {(text.ground or "white", text.colour) for text in self.texts}
        met |= {(box.colour, box.hatch) for box in self.boxes if box.hatch}
        return met | {(band.colour, ink) for band in self.bands for ink in inks}


@dataclass(frozen=True)
class Drawing:
    """A sheet that is laid out; the same sheet gives the same bytes."""

    sheet: Sheet
    height: float

    def size(self, dpi: int) -> tuple[int, int]:
        """Return width and height of the PNG in pixels."""
        return int(layout.WIDTH * dpi + 1e-6), int(self.height * dpi + 1e-6)

    def png(self, dpi: int) -> bytes:
        """Draw it in pixels."""
        from analysis.charts import raster  # noqa: PLC0415 # who asks for the size alone needs no Agg

        with _LOCK:
            pixels = raster.pixels(self.sheet, self.size(dpi), dpi)
        return raster.png(pixels, self.sheet)

    def svg(self) -> bytes:
        """Draw it in shapes and words."""
        from analysis.charts import vector  # noqa: PLC0415

        return vector.svg(self.sheet, (layout.WIDTH, self.height))


def laid_out(around: Around, translate: Translate, body: Callable[[Sheet, float], float]) -> Drawing:
    """Put a chart between its words.

    Parameters
    ----------
    around : Around
    translate : callable
        Gives the reader's language for the words of the chart itself.
    body : callable
        Puts the chart on the sheet below a height and returns where the foot may stand.

    Returns
    -------
    Drawing
    """
    with _LOCK:
        sheet = Sheet(chart_fonts(), translate)
        y = sheet.paragraph(
            MARGIN, around.title, size=layout.TITLE, step=layout.TITLE_LINE, bold=True, most=2
        )
        y = body(sheet, sheet.paragraph(y + 0.02, around.subtitle, colour=SECONDARY))
        return Drawing(sheet, sheet.paragraph(y, around.source, colour=SECONDARY) + 0.15)
