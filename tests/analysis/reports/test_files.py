"""The four kinds of file: the same figures in each, the same bytes for the same report, safe text."""

import re
import zipfile
from collections import Counter
from dataclasses import replace
from io import BytesIO

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn

from analysis import fonts
from analysis.fonts import FontMissingError
from analysis.reports import blocks, contents, writers
from analysis.reports.blocks import Cell, Column, KeyFigures, Paragraph, Picture, Report, Table
from analysis.reports.writers import html
from tests.analysis.answers import BEFORE, count, likert, publish
from tests.analysis.reports import reading
from tests.analysis.reports.asked import NOW, asked, edition, every_kind, made, twenty
from tests.pace import least_cpu

# What a file says does not depend on the database: those tests run on one.
pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
KEPT: dict[str, tuple[Report, dict[str, bytes]]] = {}


@pytest.fixture(params=["en", "zh_Hans"])
def report(request, database):
    """A report of every kind of item, made once in each language."""
    if request.param not in KEPT:
        every_kind(database)
        found = made(database, request.param, by="district")
        KEPT[request.param] = found, files(found)
    return KEPT[request.param][0]


@pytest.fixture
def written(report):
    """The same report in every kind of file."""
    return KEPT[report.language][1]


def files(report):
    return {kind: writers.write(report, kind, now=NOW) for kind in writers.KINDS}


def test_every_file_has_every_text_of_the_report(report, written):
    page, word = reading.from_html(written["html"]), reading.from_docx(written["docx"])
    excel, pdf = reading.from_xlsx(written["xlsx"]), reading.from_pdf(written["pdf"])
    texts = [reading.words(text) for text in report.texts()]
    assert len(texts) > 200
    for text in texts:
        assert text in page
        assert text in word or text in [table.caption for table in report.tables()]
        assert text in excel
        assert "".join(text.split()) in pdf or len(text) > 60  # a long one may go on after the foot of a page
    for text in texts:  # of those, every piece
        if len(text) > 60:
            assert "".join(text[:12].split()) in pdf


def test_every_table_has_the_same_cells_in_every_file(report, written):
    tables = report.tables()
    page, word = reading.html_tables(written["html"]), reading.docx_tables(written["docx"])
    word = word[1:]  # the first holds the key figures
    excel = reading.xlsx_tables(written["xlsx"])
    assert len(page) == len(word) == len(tables)
    for place, table in enumerate(tables):
        expected = [[reading.words(column.head) for column in table.columns]]
        expected += [[reading.words(cell.text) for cell in row] for row in table.rows]
        assert [row for row in excel[table.caption] if any(row)] == expected
        assert [row[1:] for row in word[place]] == [row[1:] for row in expected]
        assert [row[-len(table.columns) + 1 :] for row in page[place]] == [row[1:] for row in expected]


def test_the_pdf_has_the_rows_of_every_table_in_their_order(report, written):
    pdf = reading.from_pdf(written["pdf"])
    for table in report.tables():
        for row in table.rows:
            said = "".join("".join(cell.text.split()) for cell in row[1:])
            assert said in pdf


def test_numbers_are_numbers_in_excel_and_no_text_is_a_formula(database):
    every_kind(database)
    book = openpyxl.load_workbook(BytesIO(writers.write(made(database), "xlsx", now=NOW)))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert {cell.value for cell in cells} >= {"=1+1 leak", "@Cause", 364 / 406}
    table = book["Question by question"]
    assert isinstance(table["C4"].value, int | float)
    assert table["D4"].number_format == "0%"


def test_the_same_report_is_the_same_file_and_the_fonts_are_inside(report, written):
    first = written
    assert files(report) == first
    assert b"/FontFile3" in first["pdf"]
    assert b"/ToUnicode" in first["pdf"]
    assert all(len(data) < 400_000 for data in first.values())


def test_word_has_headings_repeating_heads_alternative_texts_and_a_chinese_font(report, written):
    document = docx.Document(BytesIO(written["docx"]))
    styles = {paragraph.style.name for paragraph in document.paragraphs}
    assert {"Title", "Heading 1"} <= styles
    for table in document.tables[1:]:
        rows = list(table._tbl.iter(qn("w:tr")))
        assert rows[0].trPr.find(qn("w:tblHeader")) is not None
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)
    fonts = document.styles["Normal"].element.rPr.find(qn("w:rFonts"))
    assert fonts.get(qn("w:eastAsia")) == "Microsoft YaHei"
    alts = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert alts == [block.alt for block in report.blocks if isinstance(block, Picture)]
    assert alts
    assert all(0 < len(alt) <= 120 for alt in alts)
    assert document.core_properties.title == report.title


def test_the_pdf_says_its_title_language_and_chapters(report, written):
    data = written["pdf"]
    spoken = b"en-GB" if report.language == "en" else b"zh-CN"
    assert b"/Lang (" + spoken + b")" in data
    assert data.count(b"/Title") >= 1 + sum(isinstance(block, blocks.Heading) for block in report.blocks)


def test_the_pdf_has_its_structure_for_who_listens_to_it(report, written):
    data = written["pdf"]
    kinds = Counter(re.findall(rb"/S /(\w+) /K", data))
    tables, spanned = (
        report.tables(),
        [span for table in report.tables() for _row, span in html.spanned(table)],
    )
    assert b"/MarkInfo <</Marked true>>" in data
    assert b"/DisplayDocTitle true" in data
    assert kinds[b"Table"] == len(tables)
    assert kinds[b"TR"] == len(tables) + len(spanned)
    cells = sum(len(table.columns) * (1 + len(table.rows)) for table in tables)
    assert kinds[b"TH"] + kinds[b"TD"] == cells - spanned.count(0)
    assert data.count(b"/Scope /Row") == len(spanned) - spanned.count(0)
    assert kinds[b"H1"] == 1
    assert kinds[b"H2"] + kinds[b"H3"] == sum(isinstance(block, blocks.Heading) for block in report.blocks)
    pictures = [block for block in report.blocks if isinstance(block, Picture)]
    assert kinds[b"Figure"] == len(re.findall(rb"/Alt [(<]", data)) == len(pictures)
    reading.every_mark_has_its_place(data)


def test_english_lines_of_the_pdf_end_with_a_blank_whatever_signs_stand_in_them(settings):
    text = "The word “heating” was said more often – by far – than in the quarter before. " * 4
    made = Report("t", "s", "en", "o", "f", (blocks.Paragraph(text), blocks.Paragraph("暖气一直不热。" * 20)))
    lines = reading.lines_of_pdf(writers.write(made, "pdf", now=NOW))
    english = [line for line in lines if "heating" in line or "quarter" in line]
    assert len(english) > 2
    assert all(line.endswith(" ") for line in english)
    assert all(not line.endswith(" ") for line in lines if "暖气" in line)


def test_what_is_kept_is_what_was_made(report):
    assert blocks.from_dict(blocks.to_dict(report)) == report


def test_a_small_group_is_hidden_and_so_is_the_one_beside_it(database):
    every_kind(database)
    report = made(database, district="West")
    base = report.tables()[0]
    assert [row[1].text for row in base.rows] == ["hidden", "hidden"]
    assert not [block for block in report.blocks if isinstance(block, Picture)]
    numbers = {cell.value for table in report.tables() for row in table.rows for cell in row}
    assert numbers <= {None}
    for kind in writers.KINDS:
        assert writers.write(report, kind, now=NOW)


def test_a_period_that_is_not_over_is_said_and_has_no_verdict(database):
    every_kind(database)
    report = made(database, before="2025Q3", after="2026H2")
    texts = list(report.texts())
    assert any("not over, as of 2026-11-18" in text for text in texts)
    assert any("there are no verdicts yet" in text for text in texts)
    assert "Provisional" in texts


def test_a_report_about_nothing_is_still_a_report(database):
    publish(database, likert("overall", role="overall"))
    report = made(database)
    assert "No answers that could be compared" in " ".join(report.texts())
    for kind in writers.KINDS:
        assert writers.write(report, kind, now=NOW)


def test_a_questionnaire_without_scales_has_a_report(database):
    version = publish(database, {"key": "said", "kind": "text", "text": {"en": "Comment", "zh_Hans": "意见"}})
    count(database, version, BEFORE, {"said": {1: 40}})
    report = made(database)
    assert "Nobody who fits this question has answered" in " ".join(report.texts())
    for kind in writers.KINDS:
        assert writers.write(report, kind, now=NOW)


def test_without_a_chinese_font_the_pdf_says_what_to_install(report, monkeypatch):
    def missing():
        raise FontMissingError

    monkeypatch.setattr(fonts, "chart_fonts", missing)
    monkeypatch.setattr("analysis.reports.writers.pdf.chart_fonts", missing)
    with pytest.raises(FontMissingError, match="mpl-font"):
        writers.write(report, "pdf", now=NOW)


def test_control_characters_and_emoji_end_no_file(settings):
    rows = ((Cell("\x00\x0b\ud800 bell\x07 😀"), Cell("1", 1.0, "#,##0")),)
    table = Table("a/b:c*d?[e]" * 5, (Column("x"), Column("n", 1, numeric=True)), rows)
    report = Report(
        "T\x00", "S", "en", "O", "F" * 300,
        (Paragraph("\x01 found", finding=True), KeyFigures((("k", Cell("–"), ""),)), table, table),
    )  # fmt: skip
    for kind in writers.KINDS:
        assert writers.write(report, kind, now=NOW)
    with zipfile.ZipFile(BytesIO(writers.write(report, "docx", now=NOW))) as packed:
        assert packed.testzip() is None


def test_a_word_report_of_twenty_items_takes_under_three_seconds(database):
    twenty(database)
    with database.read() as session:
        found = contents.gather(session, asked(), edition(database.settings))
    written = []

    def write():
        report = contents.compose(found, edition(database.settings))
        written.append((report, writers.write(report, "docx", now=NOW)))

    assert least_cpu(write) < 3
    report, data = written[-1]
    assert len(data) < 400_000
    # Charts of seven, seven and six, so that their words can be read on paper, and one of the trend.
    assert sum(isinstance(block, Picture) for block in report.blocks) == 4


@pytest.mark.parametrize("length", [229, 230, 231])
def test_the_foot_in_excel_keeps_its_page_number(report, length):
    """An ampersand cut in two swallowed it; a name that begins with digits became the size of the letters."""
    long = replace(report, foot="12345 " + "x" * (length - 7) + "&y" * 10, blocks=())
    book = openpyxl.load_workbook(BytesIO(writers.write(long, "xlsx", now=NOW)))
    foot = book.worksheets[0].oddFooter
    assert foot.right.text == "&P / &N"
    assert foot.left.text.lstrip().startswith("12345 x")
    assert foot.left.size == 8
