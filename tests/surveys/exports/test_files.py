"""Every format, read back by another program: each value of each response, in the column of its meaning."""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.db import Database
from surveys.exports.columns import META
from surveys.models import Missing
from tests.surveys.exports import files
from tests.surveys.history import tell

KINDS = {kind.key: kind for kind in Missing}
SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_csv_holds_every_value_and_every_kind_of_missing(database: Database, tmp_path: Path):
    told = tell(database)
    made = files.export(database, tmp_path / "a.csv")
    rows = files.read_csv(tmp_path / "a.csv")
    assert made.rows == len(rows) == 180
    assert tuple(rows[0]) == (*META, *files.COLUMNS)
    assert {int(row["response_id"]): _from_text(row) for row in rows} == files.expected(told)
    for row, one in zip(rows, told, strict=True):
        assert (row["version"], row["mode"], row["district"]) == (str(one.version), one.mode, one.district)
        assert (row["day"], row["handler"], row["seconds"]) == (one.day.isoformat(), "Liu", "")
        assert datetime.fromisoformat(row["submitted_at"]).astimezone(SHANGHAI).date() == one.day


def _from_text(row: dict[str, str]) -> dict[str, object]:
    return {name: _value(name, row[name]) for name in files.COLUMNS}


def _value(name: str, cell: str) -> object:
    if cell in KINDS:
        return KINDS[cell]
    return date.fromisoformat(cell) if name == "seen" else float(cell)


def test_xlsx_holds_numbers_as_numbers_and_days_as_days(database: Database, tmp_path: Path):
    told = tell(database)
    files.export(database, tmp_path / "a.xlsx")
    rows = files.read_answers(tmp_path / "a.xlsx")
    found = {row["response_id"]: {name: _typed(row[name]) for name in files.COLUMNS} for row in rows}
    assert found == files.expected(told)
    assert isinstance(rows[0]["day"], datetime)
    assert rows[0]["submitted_at"].isoformat() == "2026-01-05T10:00:00"


def _typed(cell: Any) -> object:
    if isinstance(cell, str):
        return KINDS[cell]
    return cell.date() if isinstance(cell, datetime) else cell


def test_sav_declares_each_kind_of_missing_and_labels_each_value(database: Database, tmp_path: Path):
    told = tell(database)
    files.export(database, tmp_path / "a.sav", language="en")
    rows, meta = files.read_sav(tmp_path / "a.sav", disable_datetime_conversion=True)
    expected = files.expected(told)
    for row in rows:
        for name, value in expected[int(row["response_id"])].items():
            assert row[name] == _code(name, value), (row["response_id"], name)
    assert meta.missing_ranges["overall"] == [{"lo": -5.0, "hi": -1.0}]
    assert meta.variable_value_labels["overall"] == {
        5: "Very satisfied", 4: "Satisfied", 3: "Neither satisfied nor dissatisfied", 2: "Dissatisfied",
        1: "Very dissatisfied", -1: "Not asked", -2: "Skipped", -3: "Did not use / does not know",
        -4: "Refused", -5: "Does not know",
    }  # fmt: skip
    assert meta.variable_value_labels["way"][9] == "another way"  # the latest words of the code
    assert meta.column_names_to_labels["ways__2"] == "ways? [counter]"
    assert meta.variable_measure["overall"] == "ordinal"
    assert set(files.COLUMNS) == set(meta.missing_ranges)


def _code(name: str, value: object) -> float:
    if isinstance(value, Missing):
        return {"visits": -999_999_990 + value, "seen": value * 86_400}.get(name, int(value))
    if isinstance(value, date):
        return (value - date(1582, 10, 14)).days * 86_400
    assert isinstance(value, int | float)
    return value


def test_a_statistics_program_counts_no_missing_answer(database: Database, tmp_path: Path):
    told = tell(database)
    files.export(database, tmp_path / "a.sav")
    frame, _meta = files.pyreadstat.read_sav(tmp_path / "a.sav")
    for name in ("overall", "visits", "ways__2", "words__written"):
        values = [
            v for v in (row[name] for row in files.expected(told).values()) if not isinstance(v, Missing)
        ]
        assert frame[name].count() == len(values)
        assert frame[name].mean() == pytest.approx(sum(values) / len(values))  # type: ignore[arg-type]
    assert frame["seen"].dropna().map(lambda day: day.year).unique().tolist() == [2026]
    assert frame["day"].iloc[0] == date(2026, 1, 5)
    assert frame["submitted_at"].iloc[0].isoformat() == "2026-01-05T10:00:00"


def test_days_keep_their_kinds_of_missing_apart_even_as_days(database: Database, tmp_path: Path):
    told = tell(database)
    files.export(database, tmp_path / "a.sav")
    rows, _meta = files.read_sav(tmp_path / "a.sav")
    kinds = {v for row in files.expected(told).values() if isinstance(v := row["seen"], Missing)}
    assert len({row["seen"] for row in rows if row["seen"].year == 1582}) == len(kinds) == 5


def test_json_keeps_missing_answers_apart_from_the_others(database: Database, tmp_path: Path):
    told = tell(database)
    files.export(database, tmp_path / "a.json", format="json", language="en")
    document = files.read_json(tmp_path / "a.json")
    assert {r["response_id"]: _from_json(r) for r in document["responses"]} == files.expected(told)
    assert document["exported"]["by"] == "lena"
    assert [version["number"] for version in document["versions"]] == [1, 2, 3]
    by_name = {column["name"]: column for column in document["columns"]}
    assert by_name["ways__2"]["versions"] == [1]
    assert by_name["ways__1"]["versions"] == [1, 2, 3]
    assert by_name["polite__v3"]["decisions"] == {"3": "break"}
    assert by_name["speed"]["decisions"] == {"2": "reworded", "3": "same"}
    assert by_name["feel"]["scale"] != by_name["feel__hcp5_1"]["scale"]


def test_json_lines_are_the_same_responses(database: Database, tmp_path: Path):
    tell(database)
    files.export(database, tmp_path / "a.json", format="json")
    files.export(database, tmp_path / "a.jsonl", format="jsonl")
    lines = (tmp_path / "a.jsonl").read_text("utf-8").splitlines()
    whole = files.read_json(tmp_path / "a.json")["responses"]
    assert [files.json.loads(line) for line in lines] == whole


def _from_json(response: dict[str, Any]) -> dict[str, object]:
    answers = dict(response["answers"])
    if "seen" in answers:
        answers["seen"] = date.fromisoformat(answers["seen"])
    return answers | {name: KINDS[kind] for name, kind in response["missing"].items()}


def test_the_long_format_has_a_row_for_each_answer_and_each_offered_option(
    database: Database, tmp_path: Path
):
    told = tell(database)
    made = files.export(database, tmp_path / "a.csv", format="long-csv", language="en")
    found: dict[int, dict[str, object]] = {}
    rows = files.read_csv(tmp_path / "a.csv")
    for row in rows:
        cells = found.setdefault(int(row["response_id"]), {})
        assert row["column"] not in cells
        cells[row["column"]] = KINDS[row["missing"]] if row["missing"] else _value(row["item"], row["value"])
    asked = {
        number: {name: value for name, value in cells.items() if name in found[number]}
        for number, cells in files.expected(told).items()
    }
    assert found == asked
    assert made.rows == len(found) == 180
    left_out = [v for n, cells in files.expected(told).items() for k, v in cells.items() if k not in found[n]]
    assert set(left_out) == {Missing.NOT_ASKED}
    labels = {(row["item"], row["option"], row["value"]): row["label"] for row in rows if not row["missing"]}
    assert labels["ways", "2", "0"] == labels["ways", "2", "1"] == "counter"
    assert labels["feel", "", "3"] in {"Basically satisfied", "Neither satisfied nor dissatisfied"}


def test_labels_stand_in_the_place_of_codes_and_missing_in_brackets(database: Database, tmp_path: Path):
    told = tell(database)
    files.export(database, tmp_path / "a.csv", labels=True, language="en")
    for row, one in zip(files.read_csv(tmp_path / "a.csv"), told, strict=True):
        way = one.answers["way"]
        said = {1: "by telephone", 2: "by letter", 9: "another way"}
        words = {kind: f"[{text}]" for kind, text in MISSING_WORDS.items()}
        assert row["way"] == (words[way.missing] if way.missing else said[way.value or 0])
        assert row["ways__1"] in {"Yes", "No", *words.values()}


MISSING_WORDS = {
    Missing.NOT_ASKED: "Not asked", Missing.SKIPPED: "Skipped",
    Missing.NOT_APPLICABLE: "Did not use / does not know", Missing.REFUSED: "Refused",
    Missing.DONT_KNOW: "Does not know",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "xlsx", "sav", "json", "jsonl", "long-csv"])
def test_nobody_answered_yet_is_an_empty_file_and_no_error(database: Database, tmp_path: Path, kind: str):
    tell(database)
    span = files.actions.Span(first=date(2030, 1, 1))
    made = files.export(database, tmp_path / "a", format=kind, span=span, words=True)
    assert made.rows == 0
    if kind == "sav":
        assert files.read_sav(tmp_path / "a")[0] == []


def test_the_days_of_a_period_are_both_included(database: Database, tmp_path: Path):
    told = tell(database)
    first, last = date(2026, 1, 10), date(2026, 4, 20)
    files.export(database, tmp_path / "a.csv", span=files.actions.Span(first, last))
    found = {int(row["response_id"]) for row in files.read_csv(tmp_path / "a.csv")}
    assert found == {one.number for one in told if first <= one.day <= last}


def test_the_workbook_has_its_codebook_and_says_where_it_comes_from(database: Database, tmp_path: Path):
    tell(database)
    made = files.export(database, tmp_path / "a.xlsx", language="en")
    sheets = files.read_sheets(tmp_path / "a.xlsx")
    assert list(sheets) == ["Answers", "Codebook", "Values", "About this file"]
    codebook = {(row[0], row[2]): row for row in sheets["Codebook"]}
    assert codebook["polite__v3", "3"][7] == "not comparable with before"
    assert codebook["speed", "2"][7] == "reworded, still comparable"
    assert ("ways__2", "2") not in codebook
    assert codebook["feel__hcp5_1", "2"][5] == "hcp5.1"
    values = [tuple(row) for row in sheets["Values"]]
    assert ("way", "9", "another way", "1, 2, 3") in values
    assert ("*", "refused", "Refused", None) in values
    assert made.number in str(sheets["About this file"])
    book = files.load_workbook(tmp_path / "a.xlsx")
    assert made.number in book.properties.description
    assert all(made.number in sheet.oddFooter.left.text for sheet in book.worksheets)
    assert book.worksheets[0]["Q1"].comment.text == "overall?"
    book.close()
