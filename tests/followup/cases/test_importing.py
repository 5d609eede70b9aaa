"""Importing cases: whole or not at all, the same file twice is as good as once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from click.testing import CliRunner
from openpyxl import Workbook
from sqlalchemy import func, select

from app import cli
from core.contacts import queries as contacts
from core.contacts.models import Contact
from core.db import Database
from core.tabular import ImportReport, parse_mapping, write_errors
from core.transitions import Transition, history
from followup.cases import actions, texts
from followup.cases.importing import import_cases
from followup.cases.models import SeverityRule
from followup.cases.queries import Viewer
from followup.models import Case, FollowUp
from tests.followup.factories import new_rule, new_user

HEADER = "工单号,类型,标题,严重程度,责任部门,经办人,姓名,电话,户号,登记时间,办结时间,处理结果,关闭原因"
ROWS = (
    "A1,投诉,暖气不热,严重,东城所,王强,王小明,13812345678,0138,2026/11/2 9:00,2026-11-03 15:00,修好了,已解决",
    "A2,报修,漏水,紧急,西城所,,李梅,010-62345678,0139,2026/11/4,,,",
    "A3,咨询,缴费,,,,,,,2026年11月5日 8:30,,,",
)


def put(folder: Path, *rows: str, header: str = HEADER, name: str = "cases.csv") -> Path:
    path = folder / name
    path.write_text("\n".join((header, *rows)) + "\n", "utf-8")
    return path


def run(database: Database, path: Path, now: datetime, **given: object) -> ImportReport:
    values: dict[str, object] = {"source": "crm", "actor": "test", "now": now} | given
    return import_cases(database, path, **values)  # type: ignore[arg-type]


def counted(report: ImportReport) -> tuple[int, int, int, int]:
    return report.new, report.updated, report.unchanged, len(report.errors)


def the_case(database: Database, external_id: str) -> Case:
    with database.read() as session:
        return session.scalars(select(Case).where(Case.external_id == external_id)).one()


def rows_of(database: Database) -> int:
    with database.read() as session:
        return sum(
            session.scalar(select(func.count()).select_from(t)) or 0 for t in (Case, Contact, FollowUp)
        )


def test_chinese_headings_and_words_are_understood(database: Database, tmp_path: Path, now: datetime) -> None:
    assert counted(run(database, put(tmp_path, *ROWS), now)) == (3, 0, 0, 0)
    one, two = the_case(database, "A1"), the_case(database, "A2")
    assert (one.kind, one.severity, one.state, one.close_reason) == (
        "complaint",
        "serious",
        "closed",
        "solved",
    )
    assert one.closed_at == datetime(2026, 11, 3, 7, 0, tzinfo=UTC)
    assert (one.number, one.resolution_no, one.handler_name) == ("20261102-0001", 1, "王强")
    assert (two.kind, two.state, two.severity) == ("repair", "registered", "urgent")
    with database.read() as session:
        card = contacts.card(session, one.contact_id or 0)
        assert (card.name, card.phones[0].number, card.household) == ("王小明", "13812345678", "0138")
        assert texts.result(session, one) == "修好了"
        moves = [m.event for m in history(session, "case", [one.id])]
    assert moves == ["register", "assign", "accept", "request_closing", "approve"]
    assert the_case(database, "A3").registered_at == datetime(2026, 11, 5, 0, 30, tzinfo=UTC)


def test_a_closed_row_plans_what_the_rules_owe(database: Database, tmp_path: Path, now: datetime) -> None:
    with database.begin() as session:
        new_rule(session, now=now)
    run(database, put(tmp_path, *ROWS), now)
    with database.read() as session:
        planned = session.scalars(select(FollowUp)).one()
    assert planned.case_id == the_case(database, "A1").id
    assert planned.handler_name == "王强"
    assert planned.due_at == datetime(2026, 11, 3, 7, 0, tzinfo=UTC)


def test_the_same_file_again_changes_nothing(database: Database, tmp_path: Path, now: datetime) -> None:
    with database.begin() as session:
        new_rule(session, now=now)
    path = put(tmp_path, *ROWS)
    run(database, path, now)
    before = rows_of(database)
    assert counted(run(database, path, now)) == (0, 0, 3, 0)
    assert rows_of(database) == before
    assert counted(run(database, path, now, source="other")) == (3, 0, 0, 0)


def test_a_dry_run_counts_and_writes_nothing(database: Database, tmp_path: Path, now: datetime) -> None:
    report = run(database, put(tmp_path, *ROWS), now, dry_run=True)
    assert counted(report) == (3, 0, 0, 0)
    assert report.dry_run
    assert rows_of(database) == 0


def test_a_changed_row_updates_the_case_and_converges(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    run(database, put(tmp_path, *ROWS), now)
    changed = (
        ROWS[0].replace("修好了", "修好了并回电"),
        "A2,报修,漏水严重,一般,南城所,赵亮,李梅,13900001111,0139,2026/11/4,2026-11-06 10:00,换阀门,已解决",
        ROWS[2],
    )
    path = put(tmp_path, *changed)
    assert counted(run(database, path, now, dry_run=True)) == (0, 2, 1, 0)
    assert counted(run(database, path, now)) == (0, 2, 1, 0)
    two = the_case(database, "A2")
    assert (two.state, two.severity, two.department, two.handler_name) == (
        "closed",
        "normal",
        "南城所",
        "赵亮",
    )
    assert two.closed_at == datetime(2026, 11, 6, 2, 0, tzinfo=UTC)
    assert counted(run(database, path, now)) == (0, 0, 3, 0)


def test_what_was_reopened_here_is_not_closed_by_an_old_file(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    path = put(tmp_path, *ROWS)
    run(database, path, now)
    with database.begin() as session:
        case = session.get_one(Case, the_case(database, "A1").id)
        actions.reopen(session, case, actor="sven", reason="还是不热", now=now)
    assert run(database, path, now).updated == 0
    assert the_case(database, "A1").state == "reopened"


def test_a_handler_with_an_account_is_linked(database: Database, tmp_path: Path, now: datetime) -> None:
    with database.begin() as session:
        user = new_user(session, "wangqiang", "officer", now=now)
        user.display_name = "王强"
    run(database, put(tmp_path, *ROWS), now)
    assert the_case(database, "A1").handler_id == user.id
    assert the_case(database, "A1").handler_name == ""


GOOD = "A1,投诉,不热,,,,,13812345678,,2026-11-02,,,"


@pytest.mark.parametrize(
    ("row", "column", "found", "expected"),
    [
        ("A2,抱怨,x,,,,,,,,,,", "类型", "抱怨", "one of: complaint"),
        ("A2,投诉,,,,,,,,,,,", "标题", "", "a value in every row"),
        (",投诉,x,,,,,,,,,,", "工单号", "", "a value in every row"),
        ("A2,投诉,x,,,,,1381234,,,,,", "电话", "****", "one phone number"),
        ("A2,投诉,x,,,,,1.38123E+10,,,,,", "电话", "1.3****E+10", "all digits"),
        ("1.1E+17,投诉,x,,,,,,,,,,", "工单号", "1.1E+17", "all digits"),
        ("A2,投诉,x,,,,,,,02.11.2026,,,", "登记时间", "02.11.2026", "a date such as"),
        ("A2,投诉,x,,,,,,,2026-02-30,,,", "登记时间", "2026-02-30", "a date such as"),
        ("A2,投诉,x,,,,,,,2027-01-05,,,", "登记时间", "2027-01-05", "not in the future"),
        ("A2,投诉,x,,,,,,,2026-11-05,2026-11-01,,", "办结时间", "2026-11-01", "after registered_at"),
        ("A1,报修,x,,,,,,,,,,", "external_id", "A1", "stands in row 2 already"),
        ("A2,投诉,x,,,,,,,,,,未知", "关闭原因", "未知", "one of: solved"),
        ("A2,投诉," + "长" * 201 + ",,,,,,,,,,", "标题", "长*", "at most 200 characters"),
        ("A2,投诉,x,,,,,,,,,,,多一格", "after the last column", "多一格", "no cell without a heading"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(
    database: Database, tmp_path: Path, now: datetime, row: str, column: str, found: str, expected: str
) -> None:
    report = run(database, put(tmp_path, GOOD, row), now)
    assert len(report.errors) == 1
    error = report.errors[0]
    assert (error.row, error.column, error.found) == (3, column, found)
    assert expected in error.expected
    assert error.fix
    assert rows_of(database) == 0


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("工单号,类型,标题,天气", "one of our columns"),
        ("工单号,类型,标题,主题", "one column for title"),
        ("工单号,类型", "a column title"),
    ],
)
def test_a_wrong_heading_is_reported_once(
    database: Database, tmp_path: Path, now: datetime, header: str, sentence: str
) -> None:
    report = run(database, put(tmp_path, "A1,投诉", "A2,投诉", header=header), now)
    assert [(e.row, sentence in e.expected) for e in report.errors] == [(1, True)]


def test_the_error_file_is_mended_and_imported(database: Database, tmp_path: Path, now: datetime) -> None:
    report = run(database, put(tmp_path, GOOD, "A2,抱怨,=1+1,,,,,,,,,,"), now)
    text = write_errors(report)
    assert "A1" not in text
    path = tmp_path / "mended.csv"
    path.write_text(text.replace("抱怨", "投诉"), "utf-8")
    assert counted(run(database, path, now)) == (1, 0, 0, 0)
    with database.read() as session:
        assert texts.title(session, the_case(database, "A2")) == "=1+1"


def test_a_mapping_renames_columns_and_words(database: Database, tmp_path: Path, now: datetime) -> None:
    mapping = parse_mapping(
        'ignore = ["天气"]\n[columns]\n"单子" = "external_id"\n"啥事" = "kind"\n"说明" = "title"\n'
        '[values.kind]\n"骂人" = "complaint"\n'
    )
    path = put(tmp_path, "X1,骂人,不热,晴", header="单子,啥事,说明,天气")
    assert counted(run(database, path, now, mapping=mapping)) == (1, 0, 0, 0)
    missing = parse_mapping('[columns]\n"没有" = "district"\n')
    assert "mapping file names" in run(database, put(tmp_path, GOOD), now, mapping=missing).errors[0].expected


def test_a_workbook_is_imported_as_well(database: Database, tmp_path: Path, now: datetime) -> None:
    book = Workbook()
    book.active.append(["external_id", "kind", "title", "phone", "registered_at"])
    book.active.append(["A1", "complaint", "No heat", 13812345678, datetime(2026, 11, 2, 9, 0)])  # noqa: DTZ001
    book.active.append(["A2", "complaint", "No heat", 110101199003071234, None])
    book.save(tmp_path / "cases.xlsx")
    report = run(database, tmp_path / "cases.xlsx", now)
    assert [(e.sheet, e.row, e.column) for e in report.errors] == [("Sheet", 3, "phone")]


def test_the_same_customer_of_two_rows_is_one_contact(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    rows = [f"A{n},投诉,不热,,,,王小明,138 1234 5678,H1,,,," for n in range(5)]
    run(database, put(tmp_path, *rows), now)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 1


def test_the_command_imports_and_reports(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIFANG_DATABASE_URL", database.settings.database_url)
    monkeypatch.setenv("HUIFANG_SECRET_KEY", database.settings.secret_key)
    monkeypatch.setenv("HUIFANG_DATA_DIR", str(tmp_path))
    good, bad = put(tmp_path, *ROWS), put(tmp_path, "A9,抱怨,x,,,,,,,,,,", name="bad.csv")
    done = CliRunner().invoke(cli, ["cases", "import", str(good), "--source", "crm", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["new"] == 3
    failed = CliRunner().invoke(cli, ["cases", "import", str(bad), "--errors", str(tmp_path / "errors.csv")])
    assert failed.exit_code == 2
    assert "row 2" in failed.output
    listed = (tmp_path / "errors.csv").read_text("utf-8-sig").splitlines()
    assert listed[0] == "sheet,row,column,found,expected,how to fix"
    assert listed[1].startswith(',2,类型,抱怨,"one of: complaint')
    dry = CliRunner().invoke(cli, ["cases", "import", str(good), "--source", "crm", "--dry-run"])
    assert dry.output == "3 rows: 0 new, 0 changed, 3 as before. Nothing was written: this was a dry run.\n"
    none = CliRunner().invoke(cli, ["cases", "import", str(tmp_path / "none.csv")])
    assert none.exit_code == 2
    assert "Traceback" not in none.output


def test_two_people_may_import_the_same_file_at_once(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    path = put(tmp_path, *(f"B{n},报修,漏水,一般,,,,,,2026-11-04,,," for n in range(200)))
    begun = Barrier(3)

    def press(_n: int) -> tuple[int, int, int, int]:
        begun.wait()
        return counted(run(database, path, now))

    with ThreadPoolExecutor(3) as pool:
        found = sorted(pool.map(press, range(3)))
    assert found == [(0, 0, 200, 0), (0, 0, 200, 0), (200, 0, 0, 0)]


def test_an_import_changes_no_case_of_another_department(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    run(database, put(tmp_path, *ROWS), now)
    changed = put(
        tmp_path, "A2,报修,改了,紧急,东城所,,,,,2026/11/4,,,", "A4,报修,新的,一般,东城所,,,,,2026/11/4,,,"
    )
    before = the_case(database, "A2").title_sealed
    report = run(database, changed, now, viewer=Viewer(1, "officer", "东城所"))
    assert [(error.row, error.column, error.found) for error in report.errors] == [(2, "external_id", "A2")]
    assert the_case(database, "A2").title_sealed == before
    with database.read() as session:
        assert session.scalar(select(func.count()).where(Case.external_id == "A4")) == 0
    assert run(database, changed, now, viewer=Viewer(1, "supervisor")).updated == 1


def test_a_severity_that_the_file_leaves_open_is_the_suggested_one(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    with database.begin() as session:
        session.add(SeverityRule(severity="urgent", words=["漏气"]))
    rows = ("S1,报修,厨房漏气,,,,,,,,,,", "S2,报修,厨房漏气,轻微,,,,,,,,,", "S3,咨询,缴费,,,,,,,,,,")
    assert counted(run(database, put(tmp_path, *rows), now)) == (3, 0, 0, 0)
    assert [the_case(database, i).severity for i in ("S1", "S2", "S3")] == ["urgent", "minor", "normal"]
    with database.read() as session:
        registered = {row.subject_id: row.reason for row in session.scalars(select(Transition))}
    assert "漏气" in registered[the_case(database, "S1").id]
    assert registered[the_case(database, "S2").id] == ""
    assert counted(run(database, put(tmp_path, *rows), now)) == (0, 0, 3, 0)
