"""The audit trail: nothing is changed or taken away unseen, and many writers keep one chain."""

import threading
from datetime import datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from core import audit
from core.audit import AuditEntry
from core.db import Database


def write(session: Session, n: int, now: datetime) -> None:
    audit.record(session, actor="ada", action="case.close", subject=f"case:{n}", now=now, result="已修复")


@pytest.fixture
def trail(database: Database, now: datetime) -> Database:
    """A database with five entries."""
    with database.begin() as session:
        for n in range(1, 6):
            write(session, n, now)
    return database


def first_broken(database: Database) -> int | None:
    with database.read() as session:
        return audit.first_broken(session)


def without_guards(database: Database, statement: str) -> None:
    """Do what somebody with the rights of the database's owner could do."""
    with database.begin() as session:
        if database.settings.is_sqlite:
            for verb in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER audit_no_{verb}"))
        else:
            session.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER ALL"))
        session.execute(text(statement))


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entries SET actor = 'nobody' WHERE seq = 3", "DELETE FROM audit_entries"]
)
def test_the_database_refuses_to_change_the_trail(trail: Database, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), trail.begin() as session:
        session.execute(text(statement))
    assert first_broken(trail) is None


def test_a_whole_trail_has_no_broken_entry(trail: Database) -> None:
    assert first_broken(trail) is None


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE audit_entries SET actor = 'nobody' WHERE seq = 3", 3),
        ("UPDATE audit_entries SET detail = '{}' WHERE seq = 1", 1),
        ("UPDATE audit_entries SET subject = 'case:9' WHERE seq = 5", 5),
        ("UPDATE audit_entries SET at = '2026-11-18 03:00:00' WHERE seq = 2", 2),
        ("DELETE FROM audit_entries WHERE seq = 2", 2),
        ("DELETE FROM audit_entries WHERE seq = 1", 1),
        ("UPDATE audit_entries SET mac = (SELECT mac FROM audit_entries WHERE seq = 1) WHERE seq = 4", 4),
    ],
)
def test_a_change_behind_the_guards_is_found_and_numbered(trail: Database, statement: str, seq: int) -> None:
    without_guards(trail, statement)
    assert first_broken(trail) == seq


def test_two_entries_that_changed_places_are_found(trail: Database) -> None:
    without_guards(
        trail, "UPDATE audit_entries SET seq = CASE seq WHEN 2 THEN 103 WHEN 3 THEN 102 ELSE seq END"
    )
    with trail.begin() as session:
        session.execute(text("UPDATE audit_entries SET seq = seq - 100 WHERE seq > 100"))
    assert first_broken(trail) == 2


def test_an_act_that_is_rolled_back_leaves_no_entry(trail: Database, now: datetime) -> None:
    def fail() -> None:
        with trail.begin() as session:
            write(session, 6, now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with trail.read() as session:
        assert audit.count(session) == 5


@pytest.mark.timeout(120)
def test_eight_writers_keep_one_chain_without_a_gap(database: Database, now: datetime) -> None:
    failures: list[BaseException] = []

    def writer(number: int) -> None:
        try:
            for n in range(12):
                with database.begin() as session:
                    write(session, number * 100 + n, now)
        except DatabaseError as error:
            failures.append(error)

    threads = [threading.Thread(target=writer, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.read() as session:
        assert list(session.scalars(select(AuditEntry.seq).order_by(AuditEntry.seq))) == list(range(1, 97))
        assert audit.first_broken(session) is None
