"""The import on pages, without scripts: file, columns, words, check, import, and taking it back."""

import io
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from core.db import Database
from core.uploads import PendingImport
from followup.cases import actions, texts
from followup.cases.importing import import_cases
from followup.cases.imports import batches
from followup.cases.imports.models import ImportBatch, ImportMapping
from followup.models import Case
from tests.people import csrf_token

SignIn = Callable[[str], FlaskClient]
CSV = "工单号,类型,标题,电话\nA1,投诉,不热,13812345678\nA2,报修,漏水,13912345678\n"
BAD = "工单号,类型,标题,电话\nA1,投诉,不热,13812345678\n0138,报修,=1+1,12\n"


def post(client: FlaskClient, path: str, data: Mapping[str, object] | None = None) -> TestResponse:
    token = csrf_token(client, "/cases/import")
    return client.post(path, data={"csrf_token": token, **(data or {})})


def upload(client: FlaskClient, content: str | bytes, name: str = "cases.csv") -> str:
    """Upload a file; return the address of the next step."""
    given = content.encode() if isinstance(content, str) else content
    answer = post(client, "/cases/import", {"file": (io.BytesIO(given), name), "source": "crm"})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def proposed(page: str) -> dict[str, str]:
    """Read which columns the page proposes."""
    found = {}
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def checked(client: FlaskClient, content: str | bytes, name: str = "cases.csv", **changes: str) -> str:
    """Upload, take over what is proposed for the columns; return the address of the check."""
    there = upload(client, content, name)
    answer = post(client, there, {**proposed(page_of(client, there)), **changes})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def page_of(client: FlaskClient, path: str) -> str:
    return unescape(client.get(path).get_data(as_text=True))


def imported(client: FlaskClient, there: str, **said: str) -> str:
    """Confirm an import; return the address of its batch when it has ended."""
    answer = post(client, there, said)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    batch = answer.headers["Location"]
    for _ in range(200):
        if 'http-equiv="refresh"' not in page_of(client, batch):
            return batch
        time.sleep(0.05)
    raise AssertionError("the import did not end")


def count(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Case)) or 0


def test_a_file_is_checked_first_and_imported_when_confirmed(client_for: SignIn, database: Database) -> None:
    client = client_for("olga")
    there = checked(client, CSV)
    page = page_of(client, there)
    assert "Import 2 rows" in page
    assert "138****5678" in page
    assert "13812345678" not in page
    assert count(database) == 0
    batch = imported(client, there)
    assert "<b>2</b>new" in page_of(client, batch)
    assert count(database) == 2
    assert client.get(there).status_code == 404  # the upload was thrown away
    assert "<b>2</b>as before" in page_of(client, checked(client, CSV))
    assert "cases.csv" in page_of(client, "/cases/imports")


def test_columns_are_guessed_and_the_choice_is_offered_again(client_for: SignIn, database: Database) -> None:
    content = "单子,诉求类型,标题（必填）,备注,联系\n" + "".join(
        f"X{n},投诉,不热,晴,1391234567{n}\n" for n in range(4)
    )
    client = client_for("olga")
    there = upload(client, content)
    page = page_of(client, there)
    assert proposed(page) == {"c0": "", "c1": "kind", "c2": "title", "c3": "", "c4": "phone"}
    assert "2 columns are guesses" in page
    answer = post(client, there, proposed(page))
    assert answer.status_code == 422
    assert "No column is chosen for: Case number there" in unescape(answer.get_data(as_text=True))
    answer = post(client, there, {**proposed(page), "c0": "external_id"})
    imported(client, answer.headers["Location"])
    with database.read() as session:
        assert session.get_one(ImportMapping, "crm").columns["单子"] == "external_id"
    changed = page_of(client, upload(client, content.replace("备注", "天气").replace(",联系", ",电话")))
    assert proposed(changed)["c0"] == "external_id"
    assert "these columns: 联系" in changed
    assert changed.count("chip-info") == 2


def test_unknown_words_wait_for_a_choice_and_block(client_for: SignIn, database: Database) -> None:
    rows = ["A1,骂人,不热,城东所", "A2,投诉,漏水,城东所", "A3,投诉,异味,城西所", "A4,投诉,停水,东区供热站"]
    content = "工单号,类型,标题,责任部门\n" + "\n".join(rows) + "\n合计,4,,\n"
    client = client_for("sven")
    client_for("olga")  # works at 东区供热站, so that one is known
    there = checked(client, content)
    assert client.get(there).headers["Location"].endswith("/words")
    with database.read() as session:  # what stands in the file is sealed there too
        assert "骂人" not in str(session.scalars(select(PendingImport)).one().found)
    page = page_of(client, f"{there}/words")
    row = r'<th scope="row">([^<]+)</th><td class="num"[^>]*>(\d+)</td><td[^>]*>([^<]*)</td>'
    assert re.findall(row, page) == [
        ("骂人", "1", "2"), ("城东所", "2", "2, 3"), ("城西所", "1", "4"),
    ]  # fmt: skip
    assert post(client, there).status_code == 303  # back to the words: nothing is imported
    assert post(client, f"{there}/words", {"kind-0": "complaint"}).status_code == 422
    said = {"kind-0": "complaint", "department-0": "-new-", "rest-department": "-skip-"}
    assert post(client, f"{there}/words", said).headers["Location"] == there
    page = page_of(client, there)
    assert "<b>3</b>new" in page
    assert "<b>2</b>left out" in page
    assert "a row of totals" in page
    imported(client, there)
    with database.read() as session:
        found = session.execute(select(Case.external_id, Case.kind, Case.department).order_by(Case.id)).all()
    assert [tuple(row) for row in found] == [
        ("A1", "complaint", "城东所"), ("A2", "complaint", "城东所"), ("A4", "complaint", "东区供热站"),
    ]  # fmt: skip
    again = checked(client, content.replace("A", "B"))  # the words of last time are known, 城西所 is asked
    assert re.findall(r'<th scope="row">([^<]+)</th><td class="num"', page_of(client, f"{again}/words")) == [
        "城西所"
    ]
    page = page_of(client, f"{again}/columns")
    assert "骂人 → Complaint" in page
    assert post(client, f"{again}/columns", {**proposed(page), "ask_again": "1"}).headers["Location"] == again
    assert "骂人" in page_of(client, f"{again}/words")


def test_a_bad_row_stops_the_file_and_its_rows_can_be_mended(client_for: SignIn, database: Database) -> None:
    client = client_for("olga")
    there = checked(client, BAD)
    page = page_of(client, there)
    assert "1 thing has to be mended first" in page
    assert post(client, there).status_code == 422
    failed = client.get(f"{there}/failed")
    assert failed.headers["Content-Type"].startswith("text/csv")
    lines = failed.get_data().decode("utf-8-sig").splitlines()
    assert lines[0] == "工单号,类型,标题,电话,Why it failed"
    assert lines[1].startswith("0138,报修,'=1+1,12,")
    assert count(database) == 0
    mended = failed.get_data().replace(b",12,", b",13912345678,")
    imported(client, checked(client, mended))
    with database.read() as session:
        case = session.scalars(select(Case)).one()
        assert (case.external_id, texts.title(session, case)) == ("0138", "=1+1")


def test_the_right_rows_can_come_in_first_and_the_mended_ones_after(
    client_for: SignIn, database: Database
) -> None:
    client = client_for("olga")
    there = checked(client, BAD)
    assert "Import the other 1 row without the wrong ones" in page_of(client, there)
    batch = imported(client, there, leave="yes")
    assert count(database) == 1
    page = page_of(client, batch)
    assert "rows with errors, left out" in page
    assert client_for("sven").get(f"{batch}/failed").status_code == 404  # it belongs to who imported it
    failed = client.get(f"{batch}/failed").get_data()
    imported(client, checked(client, failed.replace(b",12,", b",13912345678,")))
    assert count(database) == 2
    with database.read() as session:
        assert [row.left_out for row in session.scalars(select(ImportBatch).order_by(ImportBatch.id))] == [
            1,
            0,
        ]


def test_a_row_about_a_case_of_another_department_is_left_out_with_the_wrong_ones(
    client_for: SignIn, database: Database, tmp_path: Path, now: datetime
) -> None:
    theirs = tmp_path / "theirs.csv"
    theirs.write_text("工单号,类型,标题,责任部门\nA1,投诉,不热,西城所\n", "utf-8")
    import_cases(database, theirs, source="crm", now=now, actor="sven")
    olga = client_for("olga")
    there = checked(olga, "工单号,类型,标题,电话\nA1,投诉,仍不热,13812345678\nN1,报修,漏水,13912345678\n")
    assert post(olga, there).status_code == 422
    imported(olga, there, leave="yes")
    with database.read() as session:
        cases = session.scalars(select(Case).order_by(Case.id)).all()
        assert [(c.external_id, texts.title(session, c)) for c in cases] == [("A1", "不热"), ("N1", "漏水")]


def test_a_workbook_comes_back_as_a_workbook(client_for: SignIn, database: Database) -> None:
    book, file = Workbook(), io.BytesIO()
    book.active.title = "说明"  # type: ignore[union-attr]
    book.active.append(["本表由客服部填写"])  # type: ignore[union-attr]
    book.active.append(["x", "y"])  # type: ignore[union-attr]
    sheet = book.create_sheet("十月")
    for row in (["十月工单"], ["工单号", "类型", "标题", "登记时间"], ["0012", "报修", "=2+2", 46328.375],
                ["110101199003071234", "报修", "漏水", "昨天"]):  # fmt: skip
        sheet.append(row)
    sheet["C3"].data_type = "s"
    book.save(file)
    client = client_for("olga")
    there = upload(client, file.getvalue(), "cases.xlsx")
    assert there.endswith("/sheet")
    columns = post(client, there, {"sheet": "十月"}).headers["Location"]
    there = post(client, columns, proposed(page_of(client, columns))).headers["Location"]
    page = page_of(client, there)
    assert "1 thing has to be mended first" in page
    failed = client.get(f"{there}/failed")
    rows = list(load_workbook(io.BytesIO(failed.get_data())).worksheets[0].iter_rows(values_only=True))
    assert rows[0][:4] == ("工单号", "类型", "标题", "登记时间")
    assert rows[1][:4] == ("110101199003071234", "报修", "漏水", "昨天")
    assert "昨天" not in str(rows[1][4])


def test_a_date_that_a_spreadsheet_shows_as_a_number_is_read(client_for: SignIn, database: Database) -> None:
    content = "工单号,类型,标题,登记时间\nA1,报修,漏水,46328.375\n"
    imported(client_for("olga"), checked(client_for("olga"), content))
    with database.read() as session:
        at = session.scalars(select(Case.registered_at)).one()
    assert at.isoformat() == "2026-11-02T01:00:00+00:00"


def test_an_upload_is_sealed_and_belongs_to_one_person(client_for: SignIn, database: Database) -> None:
    there = upload(client_for("olga"), CSV, "../../etc/<b>x</b>.csv")
    assert client_for("sven").get(there).status_code == 404
    with database.read() as session:
        row = session.scalars(select(PendingImport)).one()
    assert b"13812345678" not in row.content_sealed
    assert "/" not in row.name
    assert "<b>x</b>.csv" not in client_for("olga").get(there).get_data(as_text=True)


def test_a_file_that_is_no_table_is_refused_on_the_form(client_for: SignIn) -> None:
    client = client_for("olga")
    answer = post(client, "/cases/import", {"file": (io.BytesIO(b'a,b\n1,"x\n'), "x.csv"), "source": "crm"})
    assert answer.status_code == 422
    assert "is not closed" in answer.get_data(as_text=True)
    assert post(client, "/cases/import", {"source": "x"}).status_code == 422


def test_an_officer_sees_own_imports_and_a_supervisor_all(client_for: SignIn, database: Database) -> None:
    batch = imported(client_for("sven"), checked(client_for("sven"), CSV))
    assert client_for("olga").get(batch).status_code == 404
    assert "cases.csv" not in page_of(client_for("olga"), "/cases/imports")
    assert client_for("ada").get(batch).status_code == 200
    assert client_for("anna").get(batch).status_code == 403


def test_an_import_is_taken_back_and_names_what_stays(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    client = client_for("olga")
    batch = imported(client, checked(client, CSV))
    with database.begin() as session:
        case = session.scalars(select(Case).where(Case.external_id == "A2")).one()
        actions.add_note(
            session, case, words="打过电话", actor="olga", now=case.changed_at + timedelta(hours=1)
        )
    assert client.get(f"{batch}/undo").status_code == 405
    assert post(client, f"{batch}/undo").status_code == 303
    page = page_of(client, batch)
    assert "<b>1</b>not taken back" in page
    assert case.number in page
    assert count(database) == 1


def test_an_import_that_was_cut_off_goes_on_from_its_page(client_for: SignIn, database: Database) -> None:
    client = client_for("olga")
    rows = "".join(f"A{n},报修,漏水,138{n:08d}\n" for n in range(600))
    there = checked(client, "工单号,类型,标题,电话\n" + rows)
    with database.begin() as session:  # what a process leaves that ended right after opening the batch
        row = session.scalars(select(PendingImport)).one()
        assert row.found is not None
        batch = batches.open_batch(
            session, source="crm", name="cases.csv", file_hash=row.found["hash"], rows=600,
            actor="olga", upload_uid=row.uid, now=row.created_at,
        )  # fmt: skip
    assert 'http-equiv="refresh"' in page_of(client, f"/cases/imports/{batch.id}")
    assert post(client, f"/cases/imports/{batch.id}/go-on").status_code == 409
    with database.begin() as session:
        session.execute(update(ImportBatch).values(beat_at=row.created_at - timedelta(hours=1)))
    assert "Go on with the import" in page_of(client, f"/cases/imports/{batch.id}")
    assert "0 of 600 rows are stored" in page_of(client, "/")
    assert post(client, f"/cases/imports/{batch.id}/go-on").status_code == 303
    for _ in range(200):
        if count(database) == 600:
            break
        time.sleep(0.05)
    assert imported_once(client, f"/cases/imports/{batch.id}")
    assert client.get(there).status_code == 404


def test_what_the_command_line_began_goes_on_there(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    with database.begin() as session:
        batch = batches.open_batch(
            session, source="crm", name="a.csv", file_hash="h", rows=9, actor="command line", now=now
        )
    client = client_for("sven")
    page = page_of(client, f"/cases/imports/{batch.id}")
    assert "same command again" in page
    assert "/go-on" not in page
    assert post(client, f"/cases/imports/{batch.id}/go-on").status_code == 409


def imported_once(client: FlaskClient, path: str) -> bool:
    for _ in range(100):
        if "<b>600</b>new" in page_of(client, path) and "refresh" not in page_of(client, path):
            return True
        time.sleep(0.05)
    return False


def test_a_check_that_was_cut_off_can_begin_again(client_for: SignIn, database: Database) -> None:
    client = client_for("olga")
    there = checked(client, CSV)
    with database.begin() as session:
        session.execute(update(PendingImport).values(found=None))
    page = page_of(client, there)
    assert "did not end" in page
    assert post(client, f"{there}/check").headers["Location"] == there
    assert "Import 2 rows" in page_of(client, there)


@pytest.mark.parametrize("path", ["", "/columns", "/words", "/sheet", "/failed"])
def test_an_upload_that_is_gone_says_so(client_for: SignIn, path: str) -> None:
    assert client_for("olga").get(f"/cases/import/0123456789abcdef{path}").status_code == 404
