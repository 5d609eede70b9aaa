"""A report as a PDF: text that can be selected, the font inside, bookmarks, page numbers."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO

from fontTools.ttLib import TTCollection  # type: ignore[import-untyped]
from fpdf import FPDF
from matplotlib.font_manager import FontProperties, findfont

from analysis.charts.drawing import DRAWING
from analysis.charts.words import wrap
from analysis.fonts import ChartFonts, chart_fonts, drawable
from analysis.reports.blocks import (
    Block,
    Heading,
    KeyFigures,
    Note,
    Paragraph,
    Picture,
    Points,
    Report,
    Table,
    plain,
)
from analysis.reports.writers.html import spanned

MARGIN, WIDTH, BOTTOM = 20.0, 170.0, 277.0  # millimetres of A4
_INK, _SECONDARY, _RULE = (22, 33, 43), (75, 89, 99), (201, 211, 218)
_BRAND, _CAUTION = (11, 85, 99), (138, 83, 0)
_TOGETHER = 60.0  # rows that share their first cell stay on one page up to this height
_MOST = 400  # lines of one paragraph
_POINT = 25.4 / 72


def write(report: Report, *, now: datetime) -> bytes:
    """Return the file.

    Raises
    ------
    FontMissingError
        If no font with Chinese glyphs is on this machine.
    """
    fonts = chart_fonts()
    paper = _Paper(report.foot, fonts)
    paper.describe(report, now)
    for block, following in zip(report.blocks, [*report.blocks[1:], None], strict=False):
        paper.block(block, following)
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells at length what it leaves out
    return bytes(paper.output())


class _Page(FPDF):
    """An A4 page with a line at its foot."""

    def __init__(self, foot: list[str]) -> None:
        super().__init__(format="A4", unit="mm")
        self._foot = foot
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(False)

    def footer(self) -> None:
        """Write the address, the time and the number of the page."""
        self.set_font("text", size=7.5)
        self.set_text_color(*_SECONDARY)
        for place, line in enumerate(self._foot):
            self.set_xy(MARGIN, 282 + 3.6 * place)
            self.cell(WIDTH - 20, 3.6, line)
        self.set_xy(MARGIN + WIDTH - 20, 282)
        self.cell(20, 3.6, f"{self.page_no()} / {{nb}}", align="R")


@dataclass(frozen=True)
class _Type:
    """A size of text in points, the height of its lines in millimetres, its face and its colour."""

    size: float
    step: float
    bold: bool = False
    colour: tuple[int, int, int] = _INK


_TITLE, _QUIET, _FINDING = _Type(20, 9, bold=True), _Type(10, 5, colour=_SECONDARY), _Type(13, 6.6, bold=True)
_HEADINGS = {1: _Type(14, 7, bold=True), 2: _Type(12, 6, bold=True)}
_TEXT, _CAPTION, _CELL, _HEAD = (
    _Type(10, 5.4),
    _Type(10, 5.4, bold=True),
    _Type(8, 4.1),
    _Type(8, 4.1, bold=True),
)
_LARGE, _SMALL = _Type(18, 8.5, bold=True), _Type(8.5, 4.4, colour=_SECONDARY)


@dataclass(frozen=True)
class _Place:
    """Where a column of a table stands, in millimetres; numbers stand at its right."""

    left: float
    width: float
    right: bool


class _Paper:
    """Writes blocks from top to bottom; nothing that belongs together is torn apart."""

    def __init__(self, foot: str, fonts: ChartFonts) -> None:
        self._fonts = fonts
        self._under = ""  # the heading that was written last
        with DRAWING:
            lines = wrap(drawable(fonts.regular, plain(foot)), fonts.regular, 7.5, (WIDTH - 22) / 25.4, 3)
        self._page = _Page(lines)
        for style, font in (("", fonts.regular), ("B", fonts.bold)):
            path, number = _file_of(font, fonts.family, bold=bool(style))
            self._page.add_font("text", style, path, collection_font_number=number)
        self._page.add_page()

    def describe(self, report: Report, now: datetime) -> None:
        """Write title, language and date into the file, and the head of the first page."""
        page = self._page
        page.set_title(plain(report.title))
        page.set_subject(plain(report.subtitle))
        page.set_author(plain(report.organisation))
        page.set_lang("en-GB" if report.language == "en" else "zh-CN")
        page.set_creation_date(now.astimezone(UTC).replace(microsecond=0))
        page.set_producer("Huifang")
        self._paragraph(report.organisation, _QUIET)
        self._paragraph(report.title, _TITLE)
        self._paragraph(report.subtitle, _QUIET)
        self._down(4)

    def output(self) -> bytearray:
        """Return the file."""
        made: bytearray = self._page.output()
        return made

    def block(self, block: Block, following: Block | None) -> None:
        """Write one block; a heading stands on the page of what follows it."""
        match block:
            case Heading():
                self._heading(block, following)
            case Paragraph():
                self._ruled(block.text, _FINDING, _BRAND) if block.finding else self._paragraph(block.text)
                self._down(2)
            case Note():
                self._ruled(block.text, _TEXT, _CAUTION)
                self._down(2)
            case Points():
                for text in block.texts:
                    self._point(text)
                self._down(2)
            case KeyFigures():
                self._key_figures(block)
            case Table():
                self._table(block)
            case Picture():
                self._picture(block)

    def _heading(self, block: Heading, following: Block | None) -> None:
        style, self._under = _HEADINGS[block.level], block.text
        self._down(5)
        self._room(style.step + (following.height * 10 + 5 if isinstance(following, Picture) else 35))
        self._page.start_section(plain(block.text), level=block.level - 1, strict=False)
        self._paragraph(block.text, style)
        self._down(1)

    def _paragraph(self, text: str, style: _Type = _TEXT, *, left: float = 0) -> None:
        for line in self._lines(text, style, WIDTH - left):
            self._room(style.step)
            self._line(line, style, MARGIN + left, WIDTH - left)
            self._down(style.step)

    def _ruled(self, text: str, style: _Type, colour: tuple[int, int, int]) -> None:
        """Write a paragraph with a line at its left."""
        lines = self._lines(text, style, WIDTH - 5)
        self._room(min(style.step * len(lines), 60))
        for line in lines:
            self._room(style.step)
            top = self._page.get_y()
            self._page.set_fill_color(*colour)
            self._page.rect(MARGIN, top, 1, style.step + 0.1, style="F")
            self._line(line, style, MARGIN + 5, WIDTH - 5)
            self._down(style.step)

    def _point(self, text: str) -> None:
        self._room(_TEXT.step)
        self._line("•", _TEXT, MARGIN, 4)
        self._paragraph(text, left=4)

    def _key_figures(self, block: KeyFigures) -> None:
        width = WIDTH / max(1, len(block.figures))
        self._room(26)
        top = self._page.get_y() + 1
        lowest = top
        for place, (name, cell, remark) in enumerate(block.figures):
            y = top
            for text, style in ((name, _SMALL), (cell.text, _LARGE), (remark, _SMALL)):
                for line in self._lines(text, style, width - 4):
                    self._page.set_y(y)
                    self._line(line, style, MARGIN + place * width, width - 4)
                    y += style.step
            lowest = max(lowest, y)
        self._page.set_y(lowest + 4)

    def _picture(self, block: Picture) -> None:
        width, height = block.width * 10, block.height * 10
        self._down(2)
        self._room(height)
        self._page.image(BytesIO(block.png), x=MARGIN, y=self._page.get_y(), w=width, h=height,
                         alt_text=block.alt)  # fmt: skip
        self._down(height + 3)

    def _table(self, table: Table) -> None:
        places = _places(table)
        head = self._cells([column.head for column in table.columns], places, _HEAD)
        rows = spanned(table)
        bodies = [
            self._cells([row[0].text if span else "", *(cell.text for cell in row[1:])], places, _CELL)
            for row, span in rows
        ]
        self._down(2)
        self._room(_CAPTION.step + _height(head, _HEAD) + sum(_height(body, _CELL) for body in bodies[:2]))
        if table.caption != self._under:
            self._paragraph(table.caption, _CAPTION)
        self._row(head, places, _HEAD, rule=_INK)
        for first, last in _groups([span for _row, span in rows]):
            whole = sum(_height(body, _CELL) for body in bodies[first:last])
            for number in range(first, last):
                needed = whole if number == first and whole < _TOGETHER else _height(bodies[number], _CELL)
                if self._page.get_y() + needed > BOTTOM:
                    self._page.add_page()
                    self._row(head, places, _HEAD, rule=_INK)
                self._row(bodies[number], places, _CELL, rule=_RULE if number == last - 1 else None)
        self._down(4)

    def _cells(self, texts: list[str], places: list[_Place], style: _Type) -> list[list[str]]:
        return [self._lines(text, style, place.width) for text, place in zip(texts, places, strict=True)]

    def _row(
        self, cells: list[list[str]], places: list[_Place], style: _Type, *,
        rule: tuple[int, int, int] | None,
    ) -> None:  # fmt: skip
        top = self._page.get_y()
        for lines, place in zip(cells, places, strict=True):
            for number, line in enumerate(lines):
                self._page.set_y(top + 0.7 + number * style.step)
                self._line(line, style, place.left, place.width, right=place.right)
        bottom = top + _height(cells, style)
        if rule is not None:
            self._page.set_draw_color(*rule)
            self._page.set_line_width(0.2)
            self._page.line(MARGIN, bottom, MARGIN + WIDTH, bottom)
        self._page.set_y(bottom)

    def _lines(self, text: str, style: _Type, width: float) -> list[str]:
        """Break a text into lines: Chinese between characters, other scripts at spaces."""
        font = self._fonts.bold if style.bold else self._fonts.regular
        with DRAWING:  # the widths come from faces that the charts use too
            words = drawable(font, " ".join(plain(text).split()))
            return wrap(words, font, style.size, width / 25.4, _MOST) if words else []

    def _line(self, text: str, style: _Type, left: float, width: float, *, right: bool = False) -> None:
        page = self._page
        page.set_font("text", "B" if style.bold else "", style.size)
        page.set_text_color(*style.colour)
        shift = max(0.0, width - page.get_string_width(text)) if right else 0.0
        y = page.get_y()
        page.text(left + shift, y + style.step / 2 + style.size * _POINT * 0.36, text)
        page.set_y(y)

    def _room(self, height: float) -> None:
        if self._page.get_y() + height > BOTTOM:
            self._page.add_page()

    def _down(self, height: float) -> None:
        self._page.set_y(self._page.get_y() + height)


def _places(table: Table) -> list[_Place]:
    """Return the columns, with room between each of them, and more where words follow a number."""
    parts, left, found = sum(column.width for column in table.columns), MARGIN, []
    previous = False
    for column in table.columns:
        width = WIDTH * column.width / parts
        indent = 2.5 if previous and not column.numeric else 0.0
        found.append(_Place(left + indent, width - indent - 1.6, column.numeric))
        left, previous = left + width, column.numeric
    return found


def _groups(spans: list[int]) -> list[tuple[int, int]]:
    """Return where rows that share their first cell begin and end."""
    return [(place, place + span) for place, span in enumerate(spans) if span]


def _height(cells: list[list[str]], style: _Type) -> float:
    return 1.4 + style.step * max(1, *(len(lines) for lines in cells))


@lru_cache(maxsize=4)
def _numbers(path: str) -> dict[tuple[str, str], int]:
    """Return the place of each face in a collection, by family and style."""
    with TTCollection(path, lazy=True) as collection:
        return {
            (face["name"].getBestFamilyName() or "", face["name"].getBestSubFamilyName() or ""): place
            for place, face in enumerate(collection)
        }


def _file_of(font: FontProperties, family: str, *, bold: bool) -> tuple[str, int]:
    """Return the file of a face, and its place in it where the file holds several."""
    path = str(findfont(font))
    if not path.lower().endswith((".ttc", ".otc")):
        return path, 0
    numbers = _numbers(path)
    wanted = (family, "Bold" if bold else "Regular")
    return path, numbers.get(wanted, next((n for (name, _), n in numbers.items() if name == family), 0))
