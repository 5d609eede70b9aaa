"""A report as a tagged PDF: text that can be selected and read aloud, the font inside, bookmarks."""

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from io import BytesIO

from fpdf import FPDF
from fpdf.prefs import ViewerPreferences

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
from analysis.reports.writers.pdf_fonts import file_of
from analysis.reports.writers.pdf_layout import (
    BOTTOM,
    BRAND,
    CAPTION,
    CAUTION,
    CELL,
    FINDING,
    HEAD,
    HEADINGS,
    INK,
    LARGE,
    MARGIN,
    MOST,
    POINT,
    QUIET,
    RULE,
    SECONDARY,
    SMALL,
    TEXT,
    TITLE,
    TOGETHER,
    WIDTH,
    Cells,
    Place,
    Rows,
    Type,
    height_of,
)
from analysis.reports.writers.pdf_tags import COLUMN, ROW, Structure


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
    for place, block in enumerate(report.blocks, start=1):
        paper.block(block, report.blocks[place:])
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells at length what it leaves out
    return bytes(paper.output())


class _Page(FPDF):
    """An A4 page with a line at its foot."""

    def __init__(self, foot: list[str]) -> None:
        super().__init__(format="A4", unit="mm")
        self._foot, self.tags = foot, Structure(self)
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(False)

    def footer(self) -> None:
        """Write the address, the time and the number of the page."""
        self.set_font("text", size=7.5)
        self.set_text_color(*SECONDARY)
        with self.tags.ornament():
            for place, line in enumerate(self._foot):
                self.set_xy(MARGIN, 282 + 3.6 * place)
                self.cell(WIDTH - 20, 3.6, line)
            self.set_xy(MARGIN + WIDTH - 20, 282)
            self.cell(20, 3.6, f"{self.page_no()} / {{nb}}", align="R")


class _Paper:
    """Writes blocks from top to bottom; nothing that belongs together is torn apart."""

    def __init__(self, foot: str, fonts: ChartFonts) -> None:
        self._fonts = fonts
        self._under = ""  # the heading that was written last
        lines = wrap(drawable(fonts.regular, plain(foot)), fonts.regular, 7.5, (WIDTH - 22) / 25.4, 3)
        self._page = _Page(lines)
        self._tags = self._page.tags
        for style, font in (("", fonts.regular), ("B", fonts.bold)):
            path, number = file_of(font, fonts.family, bold=bool(style))
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
        page.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self._paragraph(report.organisation, QUIET)
        self._paragraph(report.title, TITLE, kind="H1")
        self._paragraph(report.subtitle, QUIET)
        self._down(4)

    def output(self) -> bytearray:
        """Return the file."""
        made: bytearray = self._page.output()
        return made

    def block(self, block: Block, following: Sequence[Block]) -> None:
        """Write one block; a heading stands on the page of what follows it."""
        match block:
            case Heading():
                self._heading(block, following)
            case Paragraph():
                self._ruled(block.text, FINDING, BRAND) if block.finding else self._paragraph(block.text)
                self._down(2)
            case Note():
                self._ruled(block.text, TEXT, CAUTION)
                self._down(2)
            case Points():
                with self._tags.part("L"):
                    for text in block.texts:
                        self._point(text)
                self._down(2)
            case KeyFigures():
                self._key_figures(block)
            case Table():
                self._table(block)
            case Picture():
                self._picture(block)

    def _heading(self, block: Heading, following: Sequence[Block]) -> None:
        style, self._under = HEADINGS[block.level], block.text
        self._down(5)
        self._room(style.step + self._least(following))
        self._page.start_section(plain(block.text), level=block.level - 1, strict=False)
        self._paragraph(block.text, style, kind=f"H{block.level + 1}")
        self._down(1)

    def _least(self, following: Sequence[Block]) -> float:
        """Return the height of what has to stand with a heading: its sentences and what they are about."""
        height = 0.0
        for block in following:
            if isinstance(block, Picture):
                height += block.height * 10 + 5
            elif isinstance(block, Table):
                height += 6 + Rows(block, self._lines).first
            elif isinstance(block, Paragraph):
                height += TEXT.step * len(self._lines(block.text, TEXT, WIDTH)) + 2
                continue
            break
        return height if 35 < height < BOTTOM - MARGIN - 20 else 35

    def _paragraph(self, text: str, style: Type = TEXT, *, left: float = 0, kind: str = "P") -> None:
        with self._tags.part(kind):
            for line in self._lines(text, style, WIDTH - left):
                self._room(style.step)
                with self._tags.words():
                    self._line(line, style, MARGIN + left, WIDTH - left)
                self._down(style.step)

    def _ruled(self, text: str, style: Type, colour: tuple[int, int, int]) -> None:
        """Write a paragraph with a line at its left."""
        lines = self._lines(text, style, WIDTH - 5)
        self._room(min(style.step * len(lines), 60))
        with self._tags.part("P"):
            for line in lines:
                self._room(style.step)
                top = self._page.get_y()
                self._page.set_fill_color(*colour)
                with self._tags.ornament():
                    self._page.rect(MARGIN, top, 1, style.step + 0.1, style="F")
                with self._tags.words():
                    self._line(line, style, MARGIN + 5, WIDTH - 5)
                self._down(style.step)

    def _point(self, text: str) -> None:
        self._room(TEXT.step)
        with self._tags.part("LI"):
            with self._tags.part("Lbl"), self._tags.words():
                self._line("•", TEXT, MARGIN, 4)
            self._paragraph(text, left=4, kind="LBody")

    def _key_figures(self, block: KeyFigures) -> None:
        width = WIDTH / max(1, len(block.figures))
        self._room(26)
        top = self._page.get_y() + 1
        lowest = top
        for place, (name, cell, remark) in enumerate(block.figures):
            y = top
            with self._tags.part("P"), self._tags.words():
                for text, style in ((name, SMALL), (cell.text, LARGE), (remark, SMALL)):
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
        top = self._page.get_y()
        edges = (MARGIN, 297 - top - height, MARGIN + width, 297 - top)
        box = " ".join(f"{edge / POINT:.1f}" for edge in edges)
        layout = f"/O /Layout /Placement /Block /BBox [{box}]"
        with self._tags.part("Figure", attributes=layout, alt=plain(block.alt)), self._tags.words():
            self._page.image(BytesIO(block.png), x=MARGIN, y=top, w=width, h=height)
        self._down(height + 3)

    def _table(self, table: Table) -> None:
        rows = Rows(table, self._lines)
        self._down(2)
        titled = table.caption != self._under
        self._room(rows.first + (CAPTION.step if titled else 0))
        with self._tags.part("Table"):
            if titled:
                self._paragraph(table.caption, CAPTION, kind="Caption")
            with self._tags.part("TR"):
                self._row(rows.head, rows.places, HEAD, rule=INK, spans=[1] * len(rows.head), kind="TH")
            for first, last in rows.groups:
                whole = rows.height(first, last)
                for number in range(first, last):
                    needed = (
                        whole if number == first and whole < TOGETHER else rows.height(number, number + 1)
                    )
                    if self._page.get_y() + needed > BOTTOM:
                        self._again(rows)
                    spans = [rows.spans[number], *[1] * (len(rows.places) - 1)]
                    rule = RULE if number == last - 1 else None
                    with self._tags.part("TR"):
                        self._row(rows.bodies[number], rows.places, CELL, rule=rule, spans=spans)
        self._down(4)

    def _again(self, rows: "Rows") -> None:
        """Go on on a new page, under the same head; it was read already."""
        self._page.add_page()
        with self._tags.ornament():
            self._row(rows.head, rows.places, HEAD, rule=INK)

    def _row(
        self, cells: Cells, places: list[Place], style: Type, *,
        rule: tuple[int, int, int] | None, spans: list[int] | None = None, kind: str = "TD",
    ) -> None:  # fmt: skip
        """Write a row; ``spans`` says for how many rows each cell stands, where it is to be read."""
        top = self._page.get_y()
        for number, (lines, place) in enumerate(zip(cells, places, strict=True)):
            if spans is None:
                self._in_cell(lines, place, style, top)
            elif spans[number]:
                head = COLUMN if kind == "TH" else ROW if not number else ""
                more = f" /RowSpan {spans[number]}" if spans[number] > 1 else ""
                with self._tags.part("TH" if head else kind, attributes=head + more):
                    if lines:
                        with self._tags.words():
                            self._in_cell(lines, place, style, top)
        bottom = top + height_of(cells, style)
        if rule is not None:
            with self._tags.ornament() if spans else nullcontext():
                self._page.set_draw_color(*rule)
                self._page.set_line_width(0.2)
                self._page.line(MARGIN, bottom, MARGIN + WIDTH, bottom)
        self._page.set_y(bottom)

    def _in_cell(self, lines: list[str], place: Place, style: Type, top: float) -> None:
        for number, line in enumerate(lines):
            self._page.set_y(top + 0.7 + number * style.step)
            self._line(line, style, place.left, place.width, right=place.right)

    def _lines(self, text: str, style: Type, width: float) -> list[str]:
        """Break a text into lines: Chinese between characters, other scripts at spaces."""
        font = self._fonts.bold if style.bold else self._fonts.regular
        words = drawable(font, " ".join(plain(text).split()))
        return wrap(words, font, style.size, width / 25.4, MOST) if words else []

    def _line(self, text: str, style: Type, left: float, width: float, *, right: bool = False) -> None:
        page = self._page
        page.set_font("text", "B" if style.bold else "", style.size)
        page.set_text_color(*style.colour)
        shift = max(0.0, width - page.get_string_width(text)) if right else 0.0
        y = page.get_y()
        between = "" if text[-1:] >= "\u2e80" else " "  # or the word before and the one after are read as one
        page.text(left + shift, y + style.step / 2 + style.size * POINT * 0.36, text + between)
        page.set_y(y)

    def _room(self, height: float) -> None:
        if self._page.get_y() + height > BOTTOM:
            self._page.add_page()

    def _down(self, height: float) -> None:
        self._page.set_y(self._page.get_y() + height)
