"""Tables from outside: what is read as it stands, and what is refused with a sentence."""

import io
import struct
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from core.tabular import ImportReport, Limits, RowError, TableError, parse_mapping, read_table, write_errors
from core.tabular.mapping import MappingError
from core.tabular.reading import is_scientific
from tests.pace import least_cpu

HEADER = "编号,标题\n"


def put(folder: Path, content: bytes | str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(folder: Path, *rows: list[object]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "book.xlsx")
    return folder / "book.xlsx"


def repacked(path: Path, name: str, content: bytes) -> Path:
    """Return a copy of a workbook in which one part is replaced or added."""
    target = path.with_name("harm.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return target


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_text_is_read_in_the_usual_encodings(tmp_path: Path, encoding: str) -> None:
    table = read_table(put(tmp_path, (HEADER + "0138,暖气不热𠮷\n").encode(encoding)))
    assert table.columns == ("编号", "标题")
    assert table.rows[0].values == {"编号": "0138", "标题": "暖气不热𠮷"}
    assert table.rows[0].number == 2


def test_rows_are_numbered_by_the_line_on_which_they_begin(tmp_path: Path) -> None:
    table = read_table(put(tmp_path, 'a,b\n1,"two\nlines"\n\n3,x\n'))
    assert [(r.number, r.values["b"]) for r in table.rows] == [(2, "two\nlines"), (5, "x")]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_semicolons_and_tabs_part_cells_too(tmp_path: Path, mark: str) -> None:
    table = read_table(put(tmp_path, f"a{mark}b\n1{mark}2,5\n"))
    assert table.rows[0].values == {"a": "1", "b": "2,5"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a,b\n1,\x00\n", "Line 2 holds a NUL byte"),
        (b'a,b\n1,2\n1,"x\n', "opens in line 3 is not closed"),
        (b"", "The file is empty"),
        (b"\n \n", "The file is empty"),
        (b"a,a\n1,2\n", "stands twice"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"a,b\n1,\xff\xff\n", "neither UTF-8 nor GB18030"),
        (b"\xd0\xcf\x11\xe0....", "old .xls"),
        (b"PK\x03\x04nonsense", "damaged"),
        (b"," * 300 + b"a\n1\n", "more than 200 columns"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_a_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(TableError, match=sentence):
        read_table(put(tmp_path, content))


def test_a_missing_file_is_a_sentence_without_a_path(tmp_path: Path) -> None:
    with pytest.raises(TableError) as error:
        read_table(tmp_path / "none.csv")
    assert str(error.value) == "none.csv cannot be read (No such file or directory)."


def test_too_many_rows_and_too_large_files_are_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "a\n" + "1\n" * 400_000)
    with pytest.raises(TableError, match="more than 200000 rows"):
        read_table(path)
    with pytest.raises(TableError, match="more than 0 MiB"):
        read_table(path, limits=Limits(packed=1000))


def test_an_overlong_cell_and_a_cell_too_many_are_reported_with_their_row(tmp_path: Path) -> None:
    table = read_table(put(tmp_path, "a,b\n1," + "x" * 1_000_001 + "\n1,2,3\n"))
    assert [(e.row, e.column, e.expected) for e in table.errors] == [
        (2, "b", "at most 10000 characters."),
        (3, "after the last column", "no cell without a heading."),
    ]
    assert len(table.errors[0].found) == 60


def test_control_characters_and_bidi_overrides_are_taken_out(tmp_path: Path) -> None:
    table = read_table(put(tmp_path, "a\nx\x07\u202ey\n"))
    assert table.rows[0].values["a"] == "xy"


def test_a_workbook_gives_text_as_people_see_it(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ["id", "n", "share", "day", "at", "long", "none"],
        [
            "0138",
            5,
            0.5,
            date(2026, 3, 1),
            datetime(2026, 3, 1, 8, 30),  # noqa: DTZ001 # a workbook knows no zone
            110101199003071234,
            None,
        ],
    )
    values = read_table(path).rows[0].values
    assert values == {
        "id": "0138", "n": "5", "share": "0.5", "day": "2026-03-01", "at": "2026-03-01 08:30:00",
        "long": "1.101012E+17", "none": "",
    }  # fmt: skip
    assert is_scientific(values["long"])


def test_formulas_in_a_workbook_are_not_run(tmp_path: Path) -> None:
    table = read_table(workbook(tmp_path, ["a"], ['=HYPERLINK("http://example.org","x")'], ["y"]))
    assert [r.values["a"] for r in table.rows] == ["y"]  # no stored result, so an empty row


def test_a_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = repacked(workbook(tmp_path, ["a"]), "xl/worksheets/sheet1.xml", b"<a>" + b" " * 30_000_000)
    with pytest.raises(TableError, match="more tightly"):
        read_table(path)
    with pytest.raises(TableError, match="more than 1 MiB"):
        read_table(path, limits=Limits(unpacked=1024 * 1024, ratio=10_000))


def zip_of(names: list[bytes], flag: int = 0) -> bytes:
    """A zip that has no more than a table of contents."""
    head, middle = (
        struct.pack("<4s4BH", b"PK\x01\x02", 20, 0, 20, 0, flag),
        struct.pack("<3H3L", 0, 0, 33, 0, 0, 0),
    )
    entries = b"".join(
        head + middle + struct.pack("<5H2L", len(name), 0, 0, 0, 0, 0, 0) + name for name in names
    )
    body = b"PK\x03\x04" + bytes(26)
    return body + entries + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(entries), len(body), 0)


def test_a_long_table_of_contents_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "parts.xlsx"
    path.write_bytes(zip_of([b"a"] * 200_000))

    def refused() -> None:
        with pytest.raises(TableError, match="more than 1000 parts"):
            read_table(path)

    assert least_cpu(refused) < 0.5


def test_a_name_that_is_no_text_is_a_broken_workbook(tmp_path: Path) -> None:
    path = tmp_path / "names.xlsx"
    path.write_bytes(zip_of([b"\xff\xfe"], flag=0x800))
    with pytest.raises(TableError, match="damaged"):
        read_table(path)


def test_a_workbook_with_too_many_parts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "parts.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(1001):
            archive.writestr(f"p{n}", "x")
    with pytest.raises(TableError, match="more than 1000 parts"):
        read_table(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("before", ["", "<!--" + "x" * 400_000 + "-->"])
def test_a_document_type_is_refused_wherever_it_hides(tmp_path: Path, encoding: str, before: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{before}<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    path = repacked(workbook(tmp_path, ["a"]), "xl/workbook.xml", xml.encode(encoding))
    with pytest.raises(TableError, match=r"document type|more tightly"):
        read_table(path)


def test_a_workbook_of_400_000_rows_is_refused_without_reading_them_all(tmp_path: Path) -> None:
    rows = b"".join(
        b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (n, n, n * 7919) for n in range(1, 400_001)
    )
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    sheet = b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (space, rows)
    path = repacked(workbook(tmp_path, ["a"]), "xl/worksheets/sheet1.xml", sheet)
    with pytest.raises(TableError, match="more than 200000 rows"):
        read_table(path)


def test_the_error_file_can_be_mended_and_read_again(tmp_path: Path) -> None:
    table = read_table(put(tmp_path, "id,title\n1,=1+1\n2,fine\n"))
    report = ImportReport(columns=table.columns)
    report.add(table.rows[0], "title", "=1+1", "words.", "Write words.")
    text = write_errors(report)
    assert "'=1+1" in text
    again = read_table(put(tmp_path, text))
    assert again.columns == ("id", "title")
    assert [r.values for r in again.rows] == [{"id": "1", "title": "=1+1"}]


def test_the_report_counts_causes(tmp_path: Path) -> None:
    table = read_table(put(tmp_path, "id\n1\n2\n"))
    report = ImportReport(new=3)
    for row in table.rows:
        report.add(row, "id", "x", "a number.", "Mend it.")
    assert report.causes() == [("id", "a number.", 2)]
    assert report.rows == 5
    assert isinstance(report.errors[0], RowError)


def test_a_mapping_names_columns_codes_and_values() -> None:
    mapping = parse_mapping(
        'ignore = ["month"]\n[columns]\nrid = "external_id"\nnote = ""\n[missing]\n"9" = "dont_know"\n'
        '[values.kind]\n"投诉单" = "complaint"\n'
    )
    assert mapping.ours("rid") == "external_id"
    assert (mapping.ours("month"), mapping.ours("note"), mapping.ours("other")) == ("", "", "other")
    assert mapping.missing == {"9": "dont_know"}
    assert mapping.value("kind", "投诉单") == "complaint"
    assert mapping.twice(["rid", "external_id"]) == "external_id"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[columns\n", "not valid TOML"),
        ("[column]\na = 'b'\n", r"\[column\] is not known; expected one of columns"),
        ("[columns]\na = 3\n", r"\[columns\] should hold lines"),
        ("ignore = 'month'\n", "ignore should be a list"),
        ("values = 3\n", r"\[values\] should be a table"),
        ("questionnaire = 3\n", r"\[questionnaire\] should be a table"),
    ],
)
def test_a_bad_mapping_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(MappingError, match=sentence):
        parse_mapping(text)


def test_a_workbook_of_noise_is_refused(tmp_path: Path) -> None:
    noise = io.BytesIO()
    with zipfile.ZipFile(noise, "w") as archive:
        archive.writestr("[Content_Types].xml", "<not-closed>")
    with pytest.raises(TableError, match="damaged"):
        read_table(put(tmp_path, noise.getvalue(), "noise.xlsx"))


def test_a_workbook_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["编号", "标题"], ["1", "暖气不热"]).rename(tmp_path / "upload")
    assert [row.values["标题"] for row in read_table(path).rows] == ["暖气不热"]
