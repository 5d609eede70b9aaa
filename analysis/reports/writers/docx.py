"""A report as a Word file: real headings, tables whose heads repeat, charts with words, page numbers."""

import zipfile
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

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

LATIN, CHINESE = "Arial", "Microsoft YaHei"
WIDTH = 17.0  # centimetres between the margins of A4
_INK, _SECONDARY, _RULE, _BRAND, _CAUTION = "16212B", "4B5963", "C9D3DA", "0B5563", "8A5300"
_TWIPS = 567  # of a centimetre
_STYLES = {"Normal": (10.5, False), "Title": (20, True), "Heading 1": (14, True), "Heading 2": (12, True),
           "Caption": (10, True), "List Bullet": (10.5, False), "Footer": (8, False)}  # fmt: skip


def write(report: Report, *, now: datetime) -> bytes:
    """Return the file."""
    document = docx.Document()
    _lay_out(document, report, now)
    paragraph = document.add_paragraph(report.organisation)
    _colour(paragraph, _SECONDARY)
    document.add_paragraph(plain(report.title), style="Title")
    _colour(document.add_paragraph(plain(report.subtitle)), _SECONDARY)
    pictures, under = 0, ""
    for block, following in zip(report.blocks, [*report.blocks[1:], None], strict=True):
        pictures += isinstance(block, Picture)
        under = block.text if isinstance(block, Heading) else under
        if isinstance(block, Table) and block.caption != under:
            document.add_paragraph(plain(block.caption), style="Caption")
        _add(document, block, pictures)
        if isinstance(block, Paragraph) and isinstance(following, Paragraph | Picture | Table):
            document.paragraphs[-1].paragraph_format.keep_with_next = True  # what it is about
    _foot(document, report.foot)
    out = BytesIO()
    document.save(out)
    return _dated(out.getvalue(), now)


def _lay_out(document: Document, report: Report, now: datetime) -> None:
    """Set paper, fonts, language and the facts of the file."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin, section.bottom_margin = Cm(2), Cm(2)
    spoken = "en-GB" if report.language == "en" else "zh-CN"
    for name, (size, bold) in _STYLES.items():
        style = document.styles[name]
        font: Any = style.font
        font.name, font.size, font.bold, font.italic = LATIN, Pt(size), bold, False
        font.color.rgb = RGBColor.from_string(_INK)
        properties = style.element.get_or_add_rPr()
        fonts = properties.find(qn("w:rFonts"))
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), CHINESE)
    document.styles["Normal"].element.rPr.append(
        parse_xml(f'<w:lang {nsdecls("w")} w:val="en-US" w:eastAsia="zh-CN"/>')
    )
    _space(document)
    core = document.core_properties
    core.title, core.subject, core.language = plain(report.title), plain(report.subtitle), spoken
    core.author = core.last_modified_by = plain(report.organisation)
    core.comments, core.revision = "", 1
    core.created = core.modified = now.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _space(document: Document) -> None:
    spaces = {
        "Normal": (0, 4),
        "Title": (0, 4),
        "Heading 1": (18, 4),
        "Heading 2": (12, 4),
        "Caption": (8, 3),
    }
    for name, (before, after) in spaces.items():
        shape = document.styles[name].paragraph_format
        shape.space_before, shape.space_after, shape.line_spacing = Pt(before), Pt(after), 1.25
        shape.keep_with_next = name not in {"Normal", "Title"}
    for rule in document.styles["Title"].element.iter(qn("w:pBdr")):
        rule.getparent().remove(rule)
        break


def _add(document: Document, block: Block, picture: int) -> None:
    match block:
        case Heading():
            document.add_heading(plain(block.text), block.level)
        case Paragraph():
            paragraph = document.add_paragraph(plain(block.text))
            if block.finding:
                paragraph.runs[0].font.size, paragraph.runs[0].bold = Pt(13), True
                _rule(paragraph, _BRAND)
        case Note():
            _rule(document.add_paragraph(plain(block.text)), _CAUTION)
        case Points():
            for text in block.texts:
                document.add_paragraph(plain(text), style="List Bullet")
        case KeyFigures():
            _append(document, _key_figures(block))
            document.add_paragraph().paragraph_format.space_after = Pt(0)
        case Table():
            _append(document, _table(block))
            document.add_paragraph().paragraph_format.space_after = Pt(0)
        case Picture():
            _picture(document, block, picture)


def _append(document: Document, xml: str) -> None:
    body: Any = document.element.body
    body.insert(len(body) - 1, parse_xml(xml))  # the last element says how the pages look


def _table(table: Table) -> str:
    """Return a table as XML: building it cell by cell takes a hundred times as long."""
    parts = [column.width for column in table.columns]
    widths = [round(WIDTH * _TWIPS * part / sum(parts)) for part in parts]
    numeric = [column.numeric for column in table.columns]
    apart = [False, *(left and not right for left, right in pairwise(numeric))]  # words behind a number
    head = "".join(
        _cell(column.head, width, right=column.numeric, bold=True, rule=_INK, indent=indent)
        for column, width, indent in zip(table.columns, widths, apart, strict=True)
    )
    rows = [f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>"]
    found = spanned(table)
    for place, (row, span) in enumerate(found):
        stays = place + 1 < len(found) and found[place + 1][1] == 0
        merge = "" if span == 1 else '<w:vMerge w:val="restart"/>' if span else "<w:vMerge/>"
        cells = [_cell(row[0].text if span else "", widths[0], merge=merge, keep=stays)]
        cells += [
            _cell(cell.text, width, right=right, keep=stays, indent=indent)
            for cell, width, right, indent in zip(row[1:], widths[1:], numeric[1:], apart[1:], strict=True)
        ]
        rows.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>")
    return _framed("".join(rows), widths, table.caption)


def _key_figures(block: KeyFigures) -> str:
    width = round(WIDTH * _TWIPS / max(1, len(block.figures)))
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
        f"{_line(name, 18, colour=_SECONDARY)}{_line(cell.text, 34, bold=True)}"
        f"{_line(remark, 18, colour=_SECONDARY)}</w:tc>"
        for name, cell, remark in block.figures
    )
    row = f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>"
    return _framed(row, [width] * len(block.figures), "")


def _framed(rows: str, widths: list[int], caption: str) -> str:
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    said = f"<w:tblCaption w:val={_quoted(caption)}/>" if caption else ""
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/>'
        '<w:right w:w="90" w:type="dxa"/></w:tblCellMar><w:tblLook w:val="0020" w:firstRow="1"/>'
        f"{said}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
    )


def _cell(
    text: str, width: int, *, right: bool = False, bold: bool = False, rule: str = _RULE, merge: str = "",
    keep: bool = False, indent: bool = False,
) -> str:  # fmt: skip
    line = "" if keep and not merge else f'<w:bottom w:val="single" w:sz="4" w:space="0" w:color="{rule}"/>'
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{merge}<w:tcBorders>{line}</w:tcBorders></w:tcPr>'
        f"{_line(text, 17, right=right, bold=bold, keep=keep, indent=indent)}</w:tc>"
    )


def _line(
    text: str, half_points: int, *, right: bool = False, bold: bool = False, colour: str = "",
    keep: bool = False, indent: bool = False,
) -> str:  # fmt: skip
    shape = "<w:keepNext/>" if keep else ""
    shape += '<w:spacing w:before="30" w:after="30" w:line="252" w:lineRule="auto"/>'
    shape += '<w:ind w:left="140"/>' if indent else ""
    shape += '<w:jc w:val="right"/>' if right else ""
    style = ("<w:b/>" if bold else "") + (f'<w:color w:val="{colour}"/>' if colour else "")
    style += f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
    words = (
        f'<w:r><w:rPr>{style}</w:rPr><w:t xml:space="preserve">{escape(plain(text))}</w:t></w:r>'
        if text
        else ""
    )
    return f"<w:p><w:pPr>{shape}</w:pPr>{words}</w:p>"


def _picture(document: Document, block: Picture, number: int) -> None:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(6)
    shape = paragraph.add_run().add_picture(BytesIO(block.png), Cm(block.width), Cm(block.height))
    properties: Any = shape._inline.docPr  # python-docx has no other way to say the words
    properties.set("descr", plain(block.alt))
    properties.set("id", str(1000 + number))
    properties.set("name", f"chart{number}")


def _rule(paragraph: Any, colour: str) -> None:
    """Draw a line at the left of a paragraph."""
    edge = f'<w:left w:val="single" w:sz="24" w:space="8" w:color="{colour}"/>'
    paragraph._p.get_or_add_pPr().append(parse_xml(f"<w:pBdr {nsdecls('w')}>{edge}</w:pBdr>"))
    paragraph.paragraph_format.left_indent = Cm(0.35)
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(8)


def _colour(paragraph: Any, colour: str) -> None:
    for run in paragraph.runs:
        run.font.color.rgb = RGBColor.from_string(colour)


def _foot(document: Document, words: str) -> None:
    """Put the number of the page, the address and the time at the foot of each page."""
    paragraph: Any = document.sections[0].footer.paragraphs[0]
    for name in ("PAGE", "NUMPAGES"):
        field = f'<w:fldSimple {nsdecls("w")} w:instr="{name}"><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        paragraph._p.append(parse_xml(field))  # fields have no method of their own
        if name == "PAGE":
            paragraph.add_run(" / ")
    paragraph.add_run(f"    {plain(words)}")
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT
    _colour(paragraph, _SECONDARY)


def _quoted(text: str) -> str:
    return '"' + escape(plain(text), {'"': "&quot;"}) + '"'


def _dated(data: bytes, now: datetime) -> bytes:
    """Pack the file anew with the date that it was given, so that the same report is the same file."""
    day = max(now.astimezone(UTC).timetuple()[:6], (1980, 1, 1, 0, 0, 0))
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as found, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in found.namelist():
            packed.writestr(zipfile.ZipInfo(name, day), found.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
