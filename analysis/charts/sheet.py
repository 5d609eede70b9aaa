"""A sheet in inches on which marks are collected, and the one place that turns it into a picture.

Figure objects only: pyplot keeps global state. One axes, one collection of boxes and two of lines, so that
what takes time is the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from analysis.charts import layout
from analysis.charts.layout import LINE, MARGIN, RIGHT, TEXT
from analysis.charts.palette import INK
from analysis.charts.words import wrap
from analysis.fonts import ChartFonts, drawable
from analysis.texts import Translate

_Line = tuple[tuple[float, float], tuple[float, float], str, float]  # from, to, colour, points


@dataclass(frozen=True)
class Mark:
    """A point: its shape says what its colour says."""

    x: float
    y: float
    shape: str
    colour: str
    size: float = 6.0
    filled: bool = True


@dataclass
class Sheet:
    """What is to be drawn, collected first, so that each kind of mark is one call."""

    fonts: ChartFonts
    translate: Translate
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    box_colours: list[str] = field(default_factory=list)
    grid: list[_Line] = field(default_factory=list)
    lines: list[_Line] = field(default_factory=list)
    dots: list[tuple[float, float, str, bool]] = field(default_factory=list)
    dashes: list[_Line] = field(default_factory=list)
    bands: list[tuple[float, float, float, float, str]] = field(default_factory=list)  # without an edge
    marks: list[Mark] = field(default_factory=list)
    texts: list[tuple[float, float, str, dict[str, Any]]] = field(default_factory=list)

    def box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        self.boxes.append((left, top, right, bottom))
        self.box_colours.append(colour)

    def text(
        self, x: float, y: float, text: str, *, colour: str = INK, size: float = TEXT,
        align: Literal["left", "center", "right"] = "left", bold: bool = False,
        backed: bool = False, upright: bool = False,
    ) -> None:  # fmt: skip
        font: FontProperties = self.fonts.bold if bold else self.fonts.regular
        style: dict[str, Any] = {"color": colour, "size": size, "ha": align, "fontproperties": font}
        if backed:  # no line of the grid runs through the words
            style["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
        if upright:
            style["rotation"] = 90
        self.texts.append((x, y, drawable(font, text), style))

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


def render(sheet: Sheet, height: float, dpi: int, image_format: str) -> bytes:
    """Draw a sheet; the same sheet gives the same bytes."""
    figure = Figure(figsize=(layout.WIDTH, height), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, layout.WIDTH), ylim=(height, 0))
    axes.set_axis_off()
    boxes = [[(a, b), (c, b), (c, d), (a, d)] for a, b, c, d in sheet.boxes]
    bars = PolyCollection(boxes, facecolors=sheet.box_colours, edgecolors="white", linewidths=0.75, zorder=2)
    bands = PolyCollection(
        [[(a, b), (c, b), (c, d), (a, d)] for a, b, c, d, _colour in sheet.bands],
        facecolors=[band[4] for band in sheet.bands], edgecolors="none", linewidths=0, zorder=0.5,
    )  # fmt: skip
    dashes = _lines(sheet.dashes, order=1.5)
    dashes.set_linestyle((0, (4, 3)))
    for collection in (bands, _lines(sheet.grid, order=1), bars, dashes, _lines(sheet.lines, order=3)):
        axes.add_collection(collection, autolim=False)
    for x, y, colour, filled in sheet.dots:  # shape and fill say what the colour says
        face, marker = (colour, "D") if filled else ("white", "o")
        axes.plot(x, y, marker, color=face, mec=colour, mew=1.8, markersize=7.5, zorder=4)
    for mark in sheet.marks:
        face = mark.colour if mark.filled else "white"
        axes.plot(
            mark.x, mark.y, mark.shape, color=face, mec=mark.colour, mew=1.4, markersize=mark.size, zorder=4
        )
    for x, y, text, style in sheet.texts:
        axes.text(x, y, text, va="center_baseline", parse_math=False, zorder=5, **style)
    metadata = {"Software": None} if image_format == "png" else {"Date": None, "Creator": None}
    out = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "huifang", "svg.fonttype": "none"}):
        figure.savefig(out, format=image_format, dpi=dpi, metadata=metadata)
    return out.getvalue()


def _lines(lines: Sequence[_Line], order: float) -> LineCollection:
    return LineCollection(
        [[start, end] for start, end, _, _ in lines],
        colors=[colour for _, _, colour, _ in lines],
        linewidths=[width for *_, width in lines],
        zorder=order,
    )
