"""Importing historic answers: what is stored, what is counted, what is refused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from app import cli
from core.db import Database
from core.errors import HuifangError, InputError, NotFoundError
from core.tabular import ImportReport, load_mapping, parse_mapping
from surveys import actions, tallies
from surveys.answering import stored_answers
from surveys.definition import from_dict
from surveys.importing import import_responses
from surveys.models import Answer, Missing, Questionnaire, Response, Stratum
from surveys.queries import current_version
from surveys.seeds import seed
from tests.surveys.test_definition import said

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "nhs_fft.toml"
SCORES = ROOT.parent / "shared" / "data" / "nhs_fft_scores.csv"
MAP = """
ignore = ["班组"]
[columns]
"编号" = "external_id"
"日期" = "submitted_at"
"方式" = "mode"
"区" = "district"
"总体" = "overall"
"态度" = "attitude"
"意见" = "comment"
[missing]
"9" = "dont_know"
"拒答" = "refused"
[questionnaire]
title = {en = "Test", zh_Hans = "测试"}
items = [
  {key = "overall", scale = "sat5", role = "overall", text = {en = "Overall?", zh_Hans = "总体？"}},
  {key = "attitude", scale = "sat5", text = {en = "Attitude?", zh_Hans = "态度？"}},
  {key = "visits", kind = "number", minimum = 0, maximum = 9, text = {en = "Visits?", zh_Hans = "几次？"}},
  {key = "comment", kind = "text", limit = 20, text = {en = "Comment?", zh_Hans = "意见？"}},
]
"""
HEADER = "编号,日期,方式,区,班组,总体,态度,visits,意见"
ROWS = (
    "1,2026-01-05,电话,城东,甲,5,4,1,很好",
    "2,2026/1/6 14:30,web,城东,甲,非常不满意,9,,请早点来",
    "3,2026-01-06,,城西,乙,3.0,,2,",
    "4,2026年1月7日,纸质,城西,乙,拒答,5,,",
)


def put(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "answers.csv"
    path.write_text("\n".join((header, *rows)) + "\n", "utf-8")
    return path


def run(database: Database, path: Path, now: datetime, text: str = MAP, **given: object) -> ImportReport:
    values: dict[str, object] = {"questionnaire_key": "test", "create": True, "now": now} | given
    return import_responses(database, path, mapping=parse_mapping(text), **values)  # type: ignore[arg-type]


def tallied(database: Database, key: str, item: str, start: date, end: date) -> dict[int, int]:
    with database.read() as session:
        rows = tallies.counts(session, key, start, end)
    return {row.value: row.n for row in rows if row.item_key == item}


def stored_rows(database: Database) -> tuple[int, int, int]:
    with database.read() as session:
        tables = (Questionnaire, Response, Answer)
        return tuple(session.scalar(select(func.count()).select_from(t)) or 0 for t in tables)  # type: ignore[return-value]


def test_a_wide_file_makes_a_questionnaire_with_its_answers(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    report = run(database, put(tmp_path, *ROWS), now)
    assert (report.new, report.unchanged, report.errors) == (4, 0, [])
    year = (date(2026, 1, 1), date(2027, 1, 1))
    assert tallied(database, "test", "overall", *year) == {5: 1, 1: 1, 3: 1, Missing.REFUSED: 1}
    assert tallied(database, "test", "attitude", *year) == {
        4: 1,
        5: 1,
        Missing.DONT_KNOW: 1,
        Missing.SKIPPED: 1,
    }
    with database.read() as session:
        version = current_version(session, "test")
        rows = {r.external_id: r for r in session.scalars(select(Response))}
        assert [rows[n].mode for n in "1234"] == ["phone", "web", "import", "paper"]
        assert rows["2"].submitted_at == datetime.fromisoformat("2026-01-06T14:30:00+08:00")
        assert rows["1"].day == date(2026, 1, 5)
        second = stored_answers(session, version, rows["2"].id)
        assert second["comment"].words == "请早点来"
        assert second["visits"].missing is Missing.SKIPPED
        assert stored_answers(session, version, rows["1"].id)["visits"].number == 1
        districts = set(session.scalars(select(Stratum.district).join(Response)))
        assert tallies.recount(session) == {}
    assert districts == {"城东", "城西"}


def test_a_column_that_the_file_does_not_have_was_not_asked(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    with database.begin() as session:
        seed(session, now)
    path = put(tmp_path, "1,2026-01-05,5", header="external_id,submitted_at,overall")
    import_responses(database, path, questionnaire_key="return_visit", now=now)
    with database.read() as session:
        version = current_version(session, "return_visit")
        answers = stored_answers(session, version, session.scalars(select(Response.id)).one())
    assert answers.pop("overall").value == 5
    assert {given.missing for given in answers.values()} == {Missing.NOT_ASKED}


def test_the_same_file_again_changes_nothing(database: Database, tmp_path: Path, now: datetime) -> None:
    path = put(tmp_path, *ROWS)
    run(database, path, now)
    before = stored_rows(database)
    again = run(database, put(tmp_path, *ROWS, "5,2026-01-08,,,,4,,,"), now)
    assert (again.new, again.unchanged, again.errors) == (1, 4, [])
    assert stored_rows(database) == (before[0], before[1] + 1, before[2] + 4)
    with database.read() as session:
        assert tallies.recount(session) == {}


def test_other_answers_under_a_known_id_are_an_error(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    run(database, put(tmp_path, *ROWS), now)
    before = stored_rows(database)
    report = run(database, put(tmp_path, ROWS[0].replace(",5,4,", ",2,4,"), "9,2026-01-09,,,,5,,,"), now)
    assert [(e.row, e.column, e.found) for e in report.errors] == [(2, "编号", "1")]
    assert "before" in report.errors[0].expected
    assert stored_rows(database) == before


def test_a_dry_run_writes_nothing(database: Database, tmp_path: Path, now: datetime) -> None:
    report = run(database, put(tmp_path, *ROWS), now, dry_run=True)
    assert (report.new, report.dry_run, report.errors) == (4, True, [])
    assert stored_rows(database) == (0, 0, 0)


@pytest.mark.parametrize(
    ("row", "column", "found", "expected"),
    [
        ("2,2026-01-05,,,,6,,,", "总体", "6", "one of: 1, 2, 3, 4, 5"),
        ("2,2026-01-05,,,,4.5,,,", "总体", "4.5", "one of: 1, 2, 3, 4, 5"),
        ("2,2026-01-05,,,,好,,,", "总体", "好", "one of: 1, 2, 3, 4, 5"),
        ("2,05/01/2026,,,,5,,,", "日期", "05/01/2026", "a date such as"),
        ("2,2030-01-05,,,,5,,,", "日期", "2030-01-05", "not in the future"),
        ("2,2026-01-05,鸽子,,,5,,,", "方式", "鸽子", "one of: web, phone"),
        ("2,2026-01-05,,,,5,,12,", "visits", "12", "a number from 0 to 9"),
        ("2,2026-01-05,,,,5,,viele,", "visits", "viele", "a number."),
        ("2,2026-01-05,,,,5,,," + "长" * 21, "意见", "", "at most 20 characters"),
        (",2026-01-05,,,,5,,,", "编号", "", "a value in every row"),
        ("1,2026-01-05,,,,5,,,", "编号", "1", "stands in row 2 already"),
        ("1.2E+11,2026-01-05,,,,5,,,", "编号", "1.2E+11", "all digits"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(
    database: Database, tmp_path: Path, now: datetime, row: str, column: str, found: str, expected: str
) -> None:
    report = run(database, put(tmp_path, ROWS[0], row), now)
    assert [(e.row, e.column, e.found) for e in report.errors] == [(3, column, found)]
    assert expected in report.errors[0].expected
    assert stored_rows(database) == (0, 0, 0)


def test_wrong_headings_and_mappings_are_reported_once(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    path = put(tmp_path, *ROWS, header=HEADER.replace("区", "地盘"))
    errors = run(database, path, now).errors
    assert [(e.row, e.column) for e in errors] == [(1, "地盘"), (1, "区")]
    errors = run(database, put(tmp_path, *ROWS), now, MAP.replace('"refused"', '"no idea"')).errors
    assert "a kind of missing" in errors[0].expected


def test_a_questionnaire_that_does_not_exist_needs_create(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    path = put(tmp_path, *ROWS)
    with pytest.raises(NotFoundError, match="no questionnaire"):
        run(database, path, now, create=False)
    with pytest.raises(InputError, match="needs a mapping file"):
        run(database, path, now, "")
    with pytest.raises(HuifangError, match="scale should be one of"):
        run(database, path, now, MAP.replace("sat5", "sat9"))


@pytest.mark.skipif(not SCORES.exists(), reason="../shared/data is absent")
def test_the_friends_and_family_test_gives_the_published_counts(database: Database, now: datetime) -> None:
    mapping = load_mapping(EXAMPLE)
    given = {"questionnaire_key": "nhs_fft", "mapping": mapping, "create": True, "now": now}
    report = import_responses(database, SCORES, **given)  # type: ignore[arg-type]
    assert (report.new, report.errors) == (4226, [])
    # counts1 and counts2 of compare_2021Q4_2022Q2 in gold_nhs_fft.json, computed in R 4.2.2
    before = tallied(database, "nhs_fft", "overall", date(2021, 10, 1), date(2022, 1, 1))
    after = tallied(database, "nhs_fft", "overall", date(2022, 4, 1), date(2022, 7, 1))
    assert [before[n] for n in range(1, 6)] == [53, 43, 45, 122, 562]
    assert [after[n] for n in range(1, 6)] == [46, 33, 37, 171, 697]
    assert import_responses(database, SCORES, **given).unchanged == 4226  # type: ignore[arg-type]


def test_the_command_imports(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIFANG_DATABASE_URL", database.settings.database_url)
    monkeypatch.setenv("HUIFANG_SECRET_KEY", database.settings.secret_key)
    monkeypatch.setenv("HUIFANG_DATA_DIR", str(tmp_path))
    (tmp_path / "map.toml").write_text(MAP, "utf-8")
    words = ["responses", "import", str(put(tmp_path, *ROWS)), "--questionnaire", "test", "--create"]
    done = CliRunner().invoke(cli, [*words, "--map", str(tmp_path / "map.toml")])
    assert done.output == "4 rows: 4 new, 0 changed, 0 as before.\n"
    bad = CliRunner().invoke(cli, [*words, "--map", str(tmp_path / "none.toml")])
    assert bad.exit_code == 2
    assert bad.output == "huifang: none.toml cannot be read (No such file or directory).\n"


def test_two_people_may_import_the_same_answers_at_once(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    run(database, put(tmp_path, ROWS[0]), now)
    path = put(tmp_path, *(f"n{n},2026-01-05,电话,城东,甲,5,4,1,很好" for n in range(200)))
    begun = Barrier(3)

    def press(_n: int) -> bool:
        begun.wait()
        return run(database, path, now).ok

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(press, range(3))) == [True] * 3
    assert stored_rows(database)[1] == 201
    assert sum(tallied(database, "test", "overall", date(2026, 1, 1), date(2026, 2, 1)).values()) == 201


def test_an_anonymous_answer_keeps_its_day_only(database: Database, tmp_path: Path, now: datetime) -> None:
    with database.begin() as session:
        actions.publish(session, from_dict(said(anonymous=True)), key="staff", actor="t", now=now)
    file = tmp_path / "old.csv"
    file.write_text("external_id,submitted_at,handler,overall\nS-1,2026-10-01 08:31:22,刘师傅,5\n", "utf-8")
    found = [import_responses(database, file, questionnaire_key="staff", now=now) for _time in range(2)]
    assert [(report.new, report.unchanged) for report in found] == [(1, 0), (0, 1)]
    with database.read() as session:
        stored = session.scalars(select(Response)).one()
    assert (stored.handler, stored.submitted_at) == ("", datetime(2026, 9, 30, 16, tzinfo=UTC))
