"""A sheet as SVG: shapes and words, a tenth of the bytes of pixels, sharp at any size.

Attributes only, no style sheet, so that it may be shown under a strict policy. The reader's fonts are used;
each text is held at the side by which it was placed.
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from analysis.charts.sheet import Box, Line, Mark, Place, Sheet, Text
from analysis.fonts import FAMILIES

_POINT = 1 / 72
_ANCHORS = {"left": "start", "center": "middle", "right": "end"}
_SPACE = 'xmlns="http://www.w3.org/2000/svg"'
_FONT = f'font-family="{", ".join([*FAMILIES, "Microsoft YaHei", "PingFang SC", "sans-serif"])}"'


def svg(sheet: Sheet, size: Place) -> bytes:
    """Write a sheet whose user unit is one inch."""
    width, height = (f"{side:.3f}" for side in size)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<svg {_SPACE} {_FONT} width="{width}in" height="{height}in" viewBox="0 0 {width} {height}">',
        '<rect width="100%" height="100%" fill="white"/>',
        *_shapes(sheet),
        "</svg>",
    ]
    return "\n".join(lines).encode()


def _shapes(sheet: Sheet) -> Iterator[str]:
    for box in sheet.bands:
        yield _area(box.corners, f'fill="{box.colour}"')
    yield from map(_line, sheet.grid)
    for line in sheet.dashes:
        yield _line(line, dashed=True)
    for box in sheet.boxes:
        yield from _box(box)
    yield from map(_line, sheet.lines)
    yield from map(_mark, sheet.marks)
    for text in sheet.texts:
        yield from _text(text)


def _box(box: Box) -> Iterator[str]:
    yield _area(box.corners, f'fill="{box.colour}"')
    for start, end in box.hatch_lines():
        yield _line((start, end, box.hatch, 0.7))
    yield _area(box.corners, f'fill="none" stroke="white" stroke-width="{0.75 * _POINT:.4f}"')


def _line(line: Line, *, dashed: bool = False) -> str:
    (x1, y1), (x2, y2), colour, points = line
    width = points * _POINT
    dashes = f' stroke-dasharray="{4 * width:.4f} {3 * width:.4f}"' if dashed else ""
    return (
        f'<line x1="{x1:.4f}" y1="{y1:.4f}" x2="{x2:.4f}" y2="{y2:.4f}" stroke="{colour}" '
        f'stroke-width="{width:.4f}"{dashes}/>'
    )


def _mark(mark: Mark) -> str:
    half = mark.size * _POINT / 2
    look = (
        f'fill="{mark.colour if mark.filled else "white"}" stroke="{mark.colour}" '
        f'stroke-width="{mark.edge * _POINT:.4f}"'
    )
    if mark.shape == "o":
        return f'<circle cx="{mark.x:.4f}" cy="{mark.y:.4f}" r="{half:.4f}" {look}/>'
    return _area([(mark.x + half * x, mark.y + half * y) for x, y in mark.outline], look)


def _text(text: Text) -> Iterator[str]:
    if text.ground:
        yield _area(text.patch, f'fill="{text.ground}"')
    x, y = text.anchored
    turned = f' transform="rotate(-90 {x:.4f} {y:.4f})"' if text.upright else ""
    bold = ' font-weight="bold"' if text.bold else ""
    yield (
        f'<text x="{x:.4f}" y="{y:.4f}" font-size="{text.size * _POINT:.4f}" fill="{text.colour}" '
        f'text-anchor="{_ANCHORS[text.align]}"{bold}{turned}>{escape(text.text)}</text>'
    )


def _area(corners: list[Place] | tuple[Place, ...], look: str) -> str:
    places = " ".join(f"{x:.4f},{y:.4f}" for x, y in corners)
    return f'<polygon points="{places}" {look}/>'
