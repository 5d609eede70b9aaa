"""Batches: stored chunk by chunk, cut off at any point and gone on with, taken back until acted on."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from app import cli
from core.audit import AuditEntry
from core.contacts.models import Contact
from core.db import Base, Database
from core.transitions import Transition
from followup.cases import actions, texts
from followup.cases.importing import import_cases
from followup.cases.imports import batches, jobs, undoing
from followup.cases.imports.models import ImportBatch, ImportedCase
from followup.cases.models import CaseLink
from followup.models import Case, FollowUp
from tests.followup.cases.test_importing import HEADER, ROWS, counted, put, run, the_case
from tests.followup.factories import new_contact, new_rule

SECOND = timedelta(seconds=1)


def many(folder: Path, count: int) -> Path:
    rows = (
        f"B{n},报修,漏水{n},一般,东城所,,客户{n},138{n:08d},H{n},2026-11-0{1 + n % 9},"
        + ("2026-11-10,修好了,已解决" if n % 2 else ",,")
        for n in range(count)
    )
    return put(folder, *rows, name="many.csv")


def only_batch(database: Database) -> ImportBatch:
    with database.read() as session:
        return session.scalars(select(ImportBatch)).one()


def everything(database: Database) -> dict[str, int]:
    """How many rows each table has that an import writes."""
    tables = (Case, Contact, FollowUp, Transition, ImportedCase)
    with database.read() as session:
        return {t.__tablename__: session.scalar(select(func.count()).select_from(t)) or 0 for t in tables}


def undo(database: Database, now: datetime) -> undoing.Undone:
    return jobs.undo_batch(database, only_batch(database).id, actor="sven", clock=lambda: now)


def test_a_batch_says_what_came_in(database: Database, tmp_path: Path, now: datetime) -> None:
    run(database, put(tmp_path, *ROWS), now)
    batch = only_batch(database)
    assert (batch.state, batch.source, batch.name, batch.actor) == ("done", "crm", "cases.csv", "test")
    assert (batch.rows, batch.done, batch.new, batch.changed, batch.unchanged) == (3, 3, 3, 0, 0)
    with database.read() as session:
        marks = session.scalars(select(ImportedCase)).all()
    assert [mark.made for mark in marks] == [True] * 3


def test_a_chunk_is_stored_once_whoever_comes_first(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    run(database, many(tmp_path, 1200), now)
    batch = only_batch(database)
    assert (batch.state, batch.done, batch.new) == ("done", 1200, 1200)
    with database.begin() as session:
        assert batches.store_chunk(session, batch.id, 500, [], now=now).done == 1200


def test_two_who_import_the_same_long_file_share_the_work(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    path, begun = many(tmp_path, 1100), Barrier(2)

    def press(_n: int) -> tuple[int, int, int, int]:
        begun.wait()
        return counted(run(database, path, now))

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(press, range(2)))
    # Either both worked on one batch, or the first was done before the second began.
    assert found in ([(1100, 0, 0, 0)] * 2, [(0, 0, 1100, 0), (1100, 0, 0, 0)])
    assert everything(database)["cases"] == 1100
    with database.read() as session:
        rows = session.execute(select(ImportBatch.state, ImportBatch.done, ImportBatch.new)).all()
    assert {row.state for row in rows} == {"done"}
    assert {row.done for row in rows} == {1100}
    assert sum(row.new for row in rows) == 1100


SCRIPT = """
import sys
from datetime import datetime
from pathlib import Path
from core.db import Database
from core.settings import Settings, checked
from followup.cases.importing import import_cases
from followup.cases.models import CaseLink
url, folder, secret, now = sys.argv[1:]
database = Database(checked(Settings(data_dir=Path(folder), database_url=url, secret_key=secret)))
import_cases(database, Path(folder) / "many.csv", source="crm", now=datetime.fromisoformat(now), actor="test")
"""


def kill_at(database: Database, folder: Path, now: datetime, rows: int) -> int:
    """Import in a process of its own and kill it once so many rows are stored; return how many are."""
    given = database.settings
    words = [given.database_url, str(folder), given.secret_key, now.isoformat()]
    worker = subprocess.Popen([sys.executable, "-c", SCRIPT, *words])
    for _ in range(1200):
        with database.read() as session:
            if (session.scalar(select(ImportBatch.done)) or 0) >= rows:
                break
        time.sleep(0.02)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    return only_batch(database).done


def content(database: Database, source: str) -> list[tuple[object, ...]]:
    """What the cases of a source say, whatever their numbers are."""
    with database.read() as session:
        cases = session.scalars(select(Case).where(Case.source == source).order_by(Case.external_id)).all()
        plain = ("external_id", "kind", "state", "department", "resolution_no", "registered_at", "due_at")
        asked = select(FollowUp.case_id, func.count()).group_by(FollowUp.case_id)
        follow_ups = {row[0]: row[1] for row in session.execute(asked)}
        return [
            (*(getattr(c, name) for name in plain), texts.title(session, c), follow_ups.get(c.id, 0))
            for c in cases
        ]


@pytest.mark.slow
def test_an_import_that_is_killed_again_and_again_ends_as_if_nothing_had_been(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    with database.begin() as session:
        new_rule(session, now=now)
    path = many(tmp_path, 1500)
    for rows in (500, 1000):
        done = kill_at(database, tmp_path, now, rows)
        assert done >= rows
        assert only_batch(database).state == ("running" if done < 1500 else "done")
        assert done == everything(database)["cases"] == everything(database)["contacts"]
    assert counted(run(database, path, now)) == (1500, 0, 0, 0)
    found = everything(database)
    assert (found["cases"], found["contacts"], found["follow_ups"]) == (1500, 1500, 750)
    assert only_batch(database).state == "done"
    run(database, path, now, source="clean")
    assert content(database, "crm") == content(database, "clean")


def test_an_import_is_undone_without_a_trace_but_the_audit_trail(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    with database.begin() as session:
        new_rule(session, now=now)
    before = everything(database)
    run(database, put(tmp_path, *ROWS), now)
    assert undo(database, now + SECOND) == undoing.Undone(3, removed=3)
    assert everything(database) == before
    assert only_batch(database).state == "undone"
    with database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "cases.removed")).one()
    assert "20261102-0001" in entry.detail
    assert undo(database, now + 2 * SECOND) == undoing.Undone(0)
    assert counted(run(database, put(tmp_path, *ROWS), now)) == (3, 0, 0, 0)


def test_a_customer_who_was_here_before_stays(database: Database, tmp_path: Path, now: datetime) -> None:
    with database.begin() as session:
        new_contact(session, name="王小明", phones=["13812345678"], now=now - timedelta(days=1))
    run(database, put(tmp_path, *ROWS), now)
    undo(database, now + SECOND)
    assert everything(database)["contacts"] == 1


def test_a_repeat_that_the_program_found_is_no_act(database: Database, tmp_path: Path, now: datetime) -> None:
    rows = (
        "R1,报修,漏水,,,,王小明,13812345678,H1,2026-11-02,,,,漏水",
        "R2,报修,漏水,,,,王小明,13812345678,H1,2026-11-05,,,,漏水",
    )
    run(database, put(tmp_path, *rows, header=f"{HEADER},分类"), now)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(CaseLink)) == 1
    assert undo(database, now + SECOND).removed == 2
    assert set(everything(database).values()) == {0}


def test_changed_cases_get_their_old_values_back(database: Database, tmp_path: Path, now: datetime) -> None:
    with database.begin() as session:
        new_rule(session, now=now)
    run(database, put(tmp_path, *ROWS[1:2]), now - timedelta(days=1))
    before = the_case(database, "A2")
    changed = "A2,投诉,又漏水,一般,南城所,赵亮,李梅,13900001111,0139,2026/11/4,2026-11-06 10:00,换阀门,已解决"
    with database.begin() as session:
        first = session.scalars(select(ImportBatch)).one().id
    run(database, put(tmp_path, changed), now)
    assert the_case(database, "A2").state == "closed"
    with database.read() as session:
        second = session.scalars(select(ImportBatch).where(ImportBatch.id != first)).one().id
    done = jobs.undo_batch(database, second, actor="sven", clock=lambda: now + SECOND)
    assert (done.removed, done.restored, done.left) == (0, 1, 0)
    after = the_case(database, "A2")
    ours = [c.name for c in Base.metadata.tables["cases"].columns if c.name not in ("version", "changed_at")]
    assert {n: getattr(after, n) for n in ours} == {n: getattr(before, n) for n in ours}
    with database.read() as session:
        assert texts.title(session, after) == "漏水"
        assert session.scalar(select(func.count()).select_from(FollowUp)) == 0
    again = jobs.undo_batch(database, first, actor="sven", clock=lambda: now + 2 * SECOND)
    assert (again.removed, again.left) == (1, 0)  # it stood as the first import had left it


def note(database: Database, case: Case, at: datetime) -> None:
    with database.begin() as session:
        actions.add_note(session, session.get_one(Case, case.id), words="打过电话", actor="olga", now=at)


def move(database: Database, case: Case, at: datetime) -> None:
    with database.begin() as session:
        actions.assign(session, session.get_one(Case, case.id), handler_name="李师傅", actor="olga", now=at)


def ask(database: Database, case: Case, at: datetime) -> None:
    with database.begin() as session:
        follow_up = session.scalars(select(FollowUp).where(FollowUp.case_id == case.id)).one()
        follow_up.state = "sent"


@pytest.mark.parametrize(("external_id", "act"), [("A2", note), ("A2", move), ("A1", ask)])
def test_what_somebody_acted_on_is_left_and_named(
    database: Database, tmp_path: Path, now: datetime, external_id: str, act: object
) -> None:
    with database.begin() as session:
        new_rule(session, now=now)
    run(database, put(tmp_path, *ROWS), now)
    case = the_case(database, external_id)
    act(database, case, now + SECOND)  # type: ignore[operator]
    done = undo(database, now + 2 * SECOND)
    assert (done.removed, done.left) == (2, 1)
    with database.read() as session:
        assert session.scalars(select(Case.external_id)).all() == [external_id]
        assert session.scalars(select(ImportedCase.case_id)).all() == [case.id]
    assert undo(database, now + 3 * SECOND).left == 1


def test_what_still_runs_is_not_undone(database: Database, tmp_path: Path, now: datetime) -> None:
    with database.begin() as session:
        batch = batches.open_batch(
            session, source="crm", name="x", file_hash="h", rows=9, actor="test", now=now
        )
    with pytest.raises(undoing.AtWorkError):
        undo(database, now + SECOND)
    assert not batches.is_cut_off(batch, now + SECOND)
    assert undo(database, now + timedelta(minutes=2)) == undoing.Undone(0)
    with database.begin() as session, pytest.raises(batches.StoppedError):
        batches.store_chunk(session, batch.id, 0, [], now=now)


def test_nothing_is_stored_when_one_row_of_many_is_wrong(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    path = many(tmp_path, 700)
    path.write_text(path.read_text("utf-8") + "B900,抱怨,x,,,,,,,,,,\n", "utf-8")
    report = import_cases(database, path, source="crm", actor="test", now=now)
    assert [(e.row, e.found) for e in report.errors] == [(702, "抱怨")]
    assert everything(database)["cases"] == 0
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ImportBatch)) == 0


def test_the_command_line_lists_imports_and_takes_one_back(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    for name, value in (
        ("DATABASE_URL", database.settings.database_url), ("SECRET_KEY", database.settings.secret_key),
        ("DATA_DIR", str(tmp_path)),
    ):  # fmt: skip
        monkeypatch.setenv(f"HUIFANG_{name}", value)
    run(database, put(tmp_path, *ROWS), now)
    listed = CliRunner().invoke(cli, ["cases", "imports", "--json"])
    [row] = json.loads(listed.stdout)["imports"]
    assert (row["name"], row["source"], row["state"], row["new"]) == ("cases.csv", "crm", "done", 3)
    done = CliRunner().invoke(cli, ["cases", "undo", str(row["id"])])
    assert (
        done.output == "3 cases removed, 0 given their old values, 0 left because somebody acted on them.\n"
    )
    assert "undone" in CliRunner().invoke(cli, ["cases", "imports"]).output
    none = CliRunner().invoke(cli, ["cases", "undo", "999"])
    assert none.exit_code == 2
    assert "no such import" in none.output
