"""Reading the four kinds of file back: what a reader of each of them would find."""

import re
import zlib
from html import unescape
from io import BytesIO

import docx
import openpyxl


def words(text):
    """One line, one space between words."""
    return " ".join(text.split())


def from_html(data):
    body = re.sub(r"(?s)<style>.*?</style>", "", data.decode())
    return words(unescape(re.sub(r"<[^>]+>", " \n ", body)))


def html_tables(data):
    tables = re.findall(r"(?s)<table.*?</table>", data.decode())
    return [
        [[words(unescape(cell)) for cell in re.findall(r"(?s)<t[hd][^>]*>(.*?)</t[hd]>", row)]
         for row in re.findall(r"(?s)<tr>.*?</tr>", table)]
        for table in tables
    ]  # fmt: skip


def docx_tables(data):
    return [
        [[words(cell.text) for cell in row.cells] for row in table.rows]
        for table in docx.Document(BytesIO(data)).tables
    ]


def from_docx(data):
    document = docx.Document(BytesIO(data))
    texts = [paragraph.text for paragraph in document.paragraphs]
    return words(" \n ".join(texts + [c for t in docx_tables(data) for row in t for c in row]))


def shown(cell):
    """What Excel shows of a cell, for the few formats that a report uses."""
    value, form = cell.value, cell.number_format
    if not isinstance(value, int | float):
        return "" if value is None else value
    half = 1e-9 if value >= 0 else -1e-9
    match form:
        case "0%":
            return f"{int(abs(value) * 100 + 0.5 + 1e-9) * (1 if value >= 0 else -1)}%"
        case "0.0%":
            return f"{int(value * 1000 + 0.5 + 1e-9) / 10:.1f}%"
        case "#,##0":
            return f"{value:,.0f}"
        case "+0;-0;0":
            return f"{int(abs(value) + 0.5 + 1e-9) * (1 if value >= 0 else -1):+d}" if value else "0"
        case "+0.0;-0.0;0":
            return f"{(int(abs(value) * 10 + 0.5 + 1e-9) / 10) * (1 if value >= 0 else -1):+.1f}"
        case "+0.000;-0.000;+0.000":
            return f"{value:+.3f}"
        case "0.00":
            return f"{value + half:.2f}"
    raise AssertionError(f"an unknown format: {form}")


def xlsx_tables(data):
    """The tables by the name that stands in their first cell."""
    book = openpyxl.load_workbook(BytesIO(data))
    return {
        sheet["A1"].value: [[shown(cell) for cell in row] for row in sheet.iter_rows(min_row=3)]
        for sheet in book.worksheets
    }


def from_xlsx(data):
    book = openpyxl.load_workbook(BytesIO(data))
    cells = [shown(cell) for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    return words(" \n ".join(map(str, cells)))


def from_pdf(data):
    """The text of a PDF without its blanks."""
    return "".join("".join(lines_of_pdf(data)).split())


def lines_of_pdf(data):
    """The lines of a PDF, by the tables that its fonts carry for whoever copies from it."""
    objects = {
        int(number): body for number, body in re.findall(rb"(?s)(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", data)
    }
    fonts = {}
    for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", data):
        link = re.search(rb"/ToUnicode (\d+) 0 R", objects[int(number)])
        fonts[name] = _glyphs(_stream(objects[int(link[1])]))
    lines = []
    for body in objects.values():
        if b"/Type /Page\n" not in body and not re.search(rb"/Type /Page\b(?!s)", body):
            continue
        content = _stream(objects[int(re.search(rb"/Contents (\d+) 0 R", body)[1])])
        lines += _lines(content, fonts)
    return lines


def every_mark_has_its_place(data):
    """Each page marks its contents 0, 1, 2, …, and the tree has one element for each of them."""
    tree = re.search(rb"/ParentTree <</Nums \[(.*?)\]>>", data)[1]
    places = [len(found.split(b" R")) - 1 for found in re.findall(rb"\d+ \[(.*?)\]", tree)]
    pages = re.findall(rb"(?s)<<((?:(?!endobj).)*?/Type /Page\b(?!s).*?)>>\nendobj", data)
    contents = dict(re.findall(rb"(?s)\n(\d+) 0 obj\n(.*?)\nendobj", data))
    assert len(pages) == len(places)
    for page in pages:
        stream = _stream(contents[re.search(rb"/Contents (\d+)", page)[1]])
        marks = [int(number) for number in re.findall(rb"<</MCID (\d+)>> BDC", stream)]
        assert marks == list(range(places[int(re.search(rb"/StructParents (\d+)", page)[1])]))
        assert stream.count(b" BDC") + stream.count(b" BMC") == stream.count(b"EMC")


def _stream(body):
    data = re.search(rb"(?s)stream\n(.*?)\nendstream", body)[1]
    return zlib.decompress(data) if b"/FlateDecode" in body else data


def _glyphs(cmap):
    pairs = re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>\n", cmap)
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _lines(content, fonts):
    found, font = [], {}
    for name, text in re.findall(rb"(?s)/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) Tj", content):
        if name:
            font = fonts[name]
            continue
        raw = re.sub(rb"\\([\\()rn])", lambda m: {b"r": b"\r", b"n": b"\n"}.get(m[1], m[1]), text)
        codes = [raw[place] * 256 + raw[place + 1] for place in range(0, len(raw) - 1, 2)]
        found.append("".join(font.get(code, "\ufffd") for code in codes))
    return found
