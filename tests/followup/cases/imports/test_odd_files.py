"""Files that say impossible things, and imports that are taken back one after the other."""

import threading
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db import Database
from core.installation import remember
from core.tabular import Mapping
from followup.cases import actions, texts
from followup.cases.importing import import_cases
from followup.cases.imports import jobs, storing
from followup.cases.imports.models import ImportBatch
from followup.models import Case
from tests.followup.cases.imports.test_batches import many

HEADER = "external_id,kind,title,registered_at,due_at\n"


def take(
    database: Database, folder: Path, text: str, now: datetime, mapping: Mapping | None = None
) -> list[str]:
    path = folder / "cases.csv"
    path.write_text(HEADER + text, "utf-8")
    report = import_cases(database, path, source="crm", actor="test", now=now, mapping=mapping)
    return [error.column for error in report.errors]


@pytest.mark.parametrize("row", ["A,repair,x,0001-01-01,", "A,repair,x,2026-01-01,0001-01-01",
                                 "A,repair,x,,9999-12-31"])  # fmt: skip
def test_a_moment_that_no_clock_shows_is_an_error(
    database: Database, tmp_path: Path, now: datetime, row: str
) -> None:
    assert take(database, tmp_path, f"{row}\n", now) in (["registered_at"], ["due_at"])
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ImportBatch)) == 0


def test_only_what_was_chosen_leaves_a_row_out(database: Database, tmp_path: Path, now: datetime) -> None:
    rows = "A,repair,-skip-,,\nB,repair,-empty-,,\nC,repair,-new-,,\nD,repair,weg,,\n"
    assert take(database, tmp_path, rows, now, mapping=Mapping(values={"title": {"weg": "-skip-"}})) == []
    with database.read() as session:
        cases = session.scalars(select(Case).order_by(Case.external_id)).all()
        assert [texts.title(session, case) for case in cases] == ["-skip-", "-empty-", "-new-"]


def test_imports_are_taken_back_one_after_the_other(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    for n, title in enumerate(("one", "two", "three")):
        rows = f"A,repair,{title},,\nB,repair,{title},,\n"
        assert take(database, tmp_path, rows, now + timedelta(hours=2 * n)) == []
        if n == 0:  # somebody acts on one of them before the next file comes
            with database.begin() as session:
                case = session.scalars(select(Case).where(Case.external_id == "B")).one()
                actions.add_note(session, case, words="seen", actor="sven", now=now + timedelta(hours=1))
    for batch_id, title in ((3, "two"), (2, "one")):
        later = now + timedelta(hours=10 - batch_id)
        done = jobs.undo_batch(database, batch_id, actor="sven", clock=partial(min, later, later))
        assert (done.restored, done.left) == (2, 0)
        with database.read() as session:
            cases = session.scalars(select(Case))
            assert [texts.title(session, case) for case in cases] == [title, title]
    done = jobs.undo_batch(database, 1, actor="sven", clock=lambda: now + timedelta(days=1))
    assert (done.removed, done.left) == (1, 1)
    with database.read() as session:
        assert session.scalars(select(Case.external_id)).all() == ["B"]


def test_a_case_that_another_system_enters_meanwhile_is_known_then(
    database: Database, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite the other system waits; on PostgreSQL it is faster than a chunk that was sorted out."""
    numbered, entered = storing.numbers, list[str]()

    def meanwhile(session: Session, at: datetime, count: int = 1) -> list[str]:
        if not entered and not database.settings.is_sqlite:
            with database.begin() as other:
                case = actions.register(
                    other, kind="repair", title="by API", source="crm", external_id="A", actor="api:crm",
                    registered_at=now - timedelta(days=9), now=now,
                )  # fmt: skip
                entered.append(case.number)
        return numbered(session, at, count)

    monkeypatch.setattr(storing, "numbers", meanwhile)
    assert take(database, tmp_path, "A,repair,by file,,\nB,repair,x,,\n", now) == []
    with database.read() as session:
        cases = session.scalars(select(Case).order_by(Case.external_id)).all()
        assert [texts.title(session, case) for case in cases] == ["by file", "x"]
        batch = session.scalars(select(ImportBatch)).one()
    assert (batch.state, batch.new, batch.changed) == ("done", 2 - len(entered), len(entered))


@pytest.mark.slow
def test_others_write_while_a_long_file_comes_in(database: Database, tmp_path: Path, now: datetime) -> None:
    path, waits = many(tmp_path, 4000), []
    work = threading.Thread(target=import_cases, args=(database, path),
                            kwargs={"source": "crm", "actor": "test", "now": now})  # fmt: skip
    start = time.monotonic()
    work.start()
    while work.is_alive():
        begun = time.monotonic()
        with database.begin() as session:
            remember(session, "written", "x")
        waits.append(time.monotonic() - begun)
        time.sleep(0.02)
    assert max(waits) < (time.monotonic() - start) / 2  # without a breath between chunks: nearly all of it
