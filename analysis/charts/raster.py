"""A sheet in pixels, by matplotlib's Agg.

The renderer is called without figure, axes and artists: for some hundred words those cost more than the
drawing does. Marks of one colour are one path, and the shape of a text is made once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.font_manager import findfont as find_font_file
from matplotlib.ft2font import LoadFlags
from matplotlib.path import Path
from matplotlib.transforms import Affine2D
from PIL import Image

from analysis.charts import palette
from analysis.charts.sheet import Box, Line, Mark, Place, Sheet, Text

_DASHES = (4, 3)  # of the width of the line
_COMPRESSION = 6
_POINT = 1 / 72


def pixels(sheet: Sheet, size: tuple[int, int], dpi: int) -> Image.Image:
    """Draw a sheet; its inches become ``dpi`` pixels."""
    pen = _Pen(size, dpi)
    pen.boxes(sheet.bands, edge=0.0)
    pen.lines(sheet.grid)
    pen.lines(sheet.dashes, dashed=True)
    pen.boxes(sheet.boxes, edge=0.75)
    pen.lines(sheet.lines)
    for mark in sheet.marks:
        pen.mark(mark)
    pen.grounds(sheet.texts)
    image = pen.image()
    for text in sheet.texts:
        _write(image, text, sheet.fonts.bold if text.bold else sheet.fonts.regular, dpi)
    return image


def png(image: Image.Image, sheet: Sheet) -> bytes:
    """Return a PNG in the colours of the sheet and their soft edges: a third of the bytes of all colours."""
    chosen = Image.new("P", (1, 1))
    chosen.putpalette([part for colour in palette.blends(sheet.neighbours()) for part in colour])
    out = BytesIO()
    image.quantize(palette=chosen, dither=Image.Dither.NONE).save(out, "PNG", compress_level=_COMPRESSION)
    return out.getvalue()


class _Pen:
    """Draws what stands in inches from the top left corner; Agg counts pixels from the bottom."""

    def __init__(self, size: tuple[int, int], dpi: int) -> None:
        self._renderer: Any = RendererAgg(*size, dpi)  # type: ignore[no-untyped-call] # it has no types
        self._height = size[1]
        self._dpi = dpi
        self._inches = Affine2D().scale(dpi, -dpi).translate(0, size[1])
        self._areas({"white": [Box(0, 0, size[0] / dpi, size[1] / dpi, "").corners]})

    def boxes(self, boxes: Sequence[Box], edge: float) -> None:
        by_colour: dict[str, list[Sequence[Place]]] = defaultdict(list)
        hatches: dict[str, list[Sequence[Place]]] = defaultdict(list)
        for box in boxes:
            by_colour[box.colour].append(box.corners)
            hatches[box.hatch].extend(box.hatch_lines())
        self._areas(by_colour)
        self._strokes(hatches, 0.7)
        if edge:  # over the ends of the hatches
            self._strokes({"white": [box.around for box in boxes]}, edge)

    def lines(self, lines: Iterable[Line], *, dashed: bool = False) -> None:
        by_width: dict[float, dict[str, list[Sequence[Place]]]] = defaultdict(lambda: defaultdict(list))
        for start, end, colour, width in lines:
            by_width[width][colour].append((start, end))
        for width, by_colour in by_width.items():
            self._strokes(by_colour, width, dashed=dashed)

    def mark(self, mark: Mark) -> None:
        half = mark.size * _POINT / 2
        place = Affine2D().scale(half).translate(mark.x, mark.y) + self._inches
        gc = self._pen(mark.colour, mark.edge)
        face = palette.fraction(mark.colour if mark.filled else "white")
        shape = Path.unit_circle() if mark.shape == "o" else _joined([mark.outline], closed=True)
        self._renderer.draw_path(gc, shape, place, face)

    def grounds(self, texts: Iterable[Text]) -> None:
        by_colour: dict[str, list[Sequence[Place]]] = defaultdict(list)
        for text in texts:
            if text.ground:
                by_colour[text.ground].append(text.patch)
        self._areas(by_colour)

    def image(self) -> Image.Image:
        return Image.fromarray(np.asarray(self._renderer.buffer_rgba())).convert("RGB")

    def _areas(self, by_colour: Mapping[str, Sequence[Sequence[Place]]]) -> None:
        for colour, corners in by_colour.items():
            gc = self._pen("white")
            gc.set_snap(True)
            shape = _joined(corners, closed=True)
            self._renderer.draw_path(gc, shape, self._inches, palette.fraction(colour))

    def _strokes(
        self, by_colour: Mapping[str, Sequence[Sequence[Place]]], points: float, *, dashed: bool = False
    ) -> None:
        for colour, paths in by_colour.items():
            if paths:
                gc = self._pen(colour, points)
                gc.set_snap(_straight(paths))
                if dashed:
                    gc.set_dashes(0, [part * points * self._dpi * _POINT for part in _DASHES])
                self._renderer.draw_path(gc, _joined(paths), self._inches)

    def _pen(self, colour: str, points: float = 0.0) -> GraphicsContextBase:
        gc: GraphicsContextBase = self._renderer.new_gc()
        gc.set_foreground((*palette.fraction(colour), 1.0), isRGBA=True)
        gc.set_linewidth(points * self._dpi * _POINT)
        return gc


def _joined(paths: Sequence[Sequence[Place]], *, closed: bool = False) -> Path:
    """Return several paths of the same number of places as one."""
    places = np.array(paths, dtype=np.float64)
    if closed:
        places = np.concatenate([places, places[:, :1]], axis=1)
    codes = np.full(places.shape[:2], Path.LINETO, dtype=np.uint8)
    codes[:, 0] = Path.MOVETO
    if closed:
        codes[:, -1] = Path.CLOSEPOLY
    return Path(places.reshape(-1, 2), codes.reshape(-1))


def _straight(paths: Sequence[Sequence[Place]]) -> bool:
    """Whether every line is level or upright, so that it may stand on whole pixels."""
    return all(one[0] == two[0] or one[1] == two[1] for path in paths for one, two in pairwise(path))


def _write(image: Image.Image, text: Text, font: FontProperties, dpi: int) -> None:
    """Lay the shape of a text on the picture, held at the side by which it was placed."""
    word = _word(font, text.size, dpi, text.text)
    (x, y), before = text.anchored, text.before * word.mask.width
    across, down = round(x * dpi - before), round(y * dpi - word.above)
    mask = word.mask
    if text.upright:
        across, down = round(x * dpi - word.above), round(y * dpi + before) - mask.width
        mask = mask.transpose(Image.Transpose.ROTATE_90)
    red, green, blue = (round(255 * part) for part in palette.fraction(text.colour))
    image.paste((red, green, blue), (across, down), mask)


@dataclass(frozen=True)
class _Word:
    """The shape of a text in pixels, and how many of its rows are above the base line."""

    mask: Image.Image
    above: int


@lru_cache(maxsize=3000)
def _word(font: FontProperties, size: float, dpi: int, text: str) -> _Word:
    """Return the shape of a text: periods, numbers and names come again and again."""
    face = get_font(find_font_file(font))
    face.set_size(size, dpi)
    face.set_text(text, 0.0, flags=LoadFlags.FORCE_AUTOHINT)
    face.draw_glyphs_to_bitmap(antialiased=True)
    above = face.get_width_height()[1] - face.get_descent()  # in 64ths, as FT2Font counts its rows
    return _Word(Image.fromarray(face.get_image()), above // 64 + 1)
