"""Reading tables row by row: titles above the headings, merged headings, one sheet of several."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from core.tabular.reading import Limits, TableError
from core.tabular.streaming import sheets, stream

KNOWN = {"工单号", "标题", "姓名", "电话", "处理结果"}


def rows_of(path: Path, **given: object) -> list[tuple[str, int, dict[str, str]]]:
    read = stream(path, knows=KNOWN.__contains__, **given)  # type: ignore[arg-type]
    return [(row.sheet, row.number, row.values) for row, _errors in read]


def workbook(path: Path, **contents: list[list[object]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for title, rows in contents.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_title_above_the_headings_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("2026年10月工单明细,,\n制表：客服部,,\n工单号,标题,电话\n001,不热,13812345678\n", "utf-8")
    assert rows_of(path) == [("", 4, {"工单号": "001", "标题": "不热", "电话": "13812345678"})]


def test_merged_headings_over_two_rows_are_one(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["工单号", "客户信息", None, "处理结果"],
        [None, "姓名", "电话", None],
        ["A1", "王小明", "13812345678", "修好了"],
    ]
    path = workbook(tmp_path / "a.xlsx", 明细=rows)
    expected = {"工单号": "A1", "姓名": "王小明", "电话": "13812345678", "处理结果": "修好了"}
    assert rows_of(path) == [("明细", 3, expected)]
    assert sheets(path, knows=KNOWN.__contains__)[0].columns == ("工单号", "姓名", "电话", "处理结果")


def test_headings_nobody_knows_are_the_first_full_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Report of October,,\nid,what,tel\n1,No heat,555\n", "utf-8")
    assert rows_of(path) == [("", 3, {"id": "1", "what": "No heat", "tel": "555"})]


def test_one_sheet_is_read_where_several_have_rows(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", 一月=[["工单号"], ["A1"]], 二月=[["工单号"], ["B1"]], 空=[])
    assert [sheet.name for sheet in sheets(path, knows=KNOWN.__contains__)] == ["一月", "二月"]
    assert rows_of(path, only="二月") == [("二月", 2, {"工单号": "B1"})]
    assert len(rows_of(path)) == 2


def test_an_empty_file_and_one_with_too_many_rows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n\n", "utf-8")
    with pytest.raises(TableError, match="empty"):
        sheets(path, knows=KNOWN.__contains__)
    path.write_text("工单号\n1\n2\n3\n", "utf-8")
    with pytest.raises(TableError, match="more than 2 rows"):
        rows_of(path, limits=Limits(rows=2))
