"""A database that is locked gives a sentence and a second try, never a trace or half a row."""

import pytest
from flask import Flask
from flask.typing import ResponseReturnValue
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError

from core import clock
from core.auth.roles import PUBLIC
from core.auth.routes import ROUTES
from core.db import Database
from core.web import again_after_deadlock
from surveys.models import Response
from tests.people import hire
from tests.surveys import links


def no_page_more(connection: object, _record: object) -> None:
    """Let the file grow no further: SQLite then says what it says on a full disk."""
    connection.execute("PRAGMA max_page_count=1")  # type: ignore[attr-defined] # means: the present size


def impatient(connection: object, _record: object) -> None:
    connection.execute("PRAGMA busy_timeout=50")  # type: ignore[attr-defined]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_locked_database_says_come_again(database: Database, app: Flask) -> None:
    hire(database, "olga")
    database.dispose()
    event.listen(database.engine, "connect", impatient)
    holder = database.engine.raw_connection()
    holder.cursor().execute("BEGIN IMMEDIATE")
    answer = app.test_client().post(
        "/s/" + "2" * 22, data={"overall": "5"}, headers={"Accept-Language": "en"}
    )
    holder.rollback()
    holder.close()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "Nothing was saved" in answer.get_data(as_text=True)
    assert "Traceback" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_full_disk_stores_nothing_half_and_needs_no_repair(database: Database, app: Flask) -> None:
    token = links.invite(database, at=clock.now())
    client = app.test_client(use_cookies=False)
    words = {"overall": "5", "comment": "好" * 500}
    links.send(client, links.invite(database, at=clock.now()), **words)  # the program runs as usual
    database.dispose()
    event.listen(database.engine, "connect", no_page_more)
    refused = links.send(client, token, **words)
    assert refused.status_code == 503
    assert "没有保存" in refused.get_data(as_text=True)
    assert client.get(f"/s/{token}").status_code == 200  # reading goes on
    assert responses(database) == 1
    event.remove(database.engine, "connect", no_page_more)
    database.dispose()  # somebody made room
    assert links.send(client, token, **words).status_code == 303
    assert responses(database) == 2
    with database.read() as session:
        assert session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"


def responses(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Response)) or 0


@pytest.mark.parametrize("settings", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_view_whose_transaction_was_broken_to_end_a_deadlock_runs_again(
    database: Database, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []

    @again_after_deadlock
    def view() -> ResponseReturnValue:
        runs.append(1)
        with database.begin() as session:
            if len(runs) == 1:  # what PostgreSQL raises for the transaction it chose to break
                session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = '40P01'; END $$"))
        return "done"

    monkeypatch.setitem(ROUTES, "view", PUBLIC)
    app.add_url_rule("/view", "view", view)
    assert app.test_client().get("/view").get_data(as_text=True) == "done"
    assert len(runs) == 2


def test_any_other_trouble_is_not_tried_again(sqlite_settings: object) -> None:
    runs = []

    @again_after_deadlock
    def view() -> ResponseReturnValue:
        runs.append(1)
        raise OperationalError("SELECT 1", {}, Exception("disk full"))

    with pytest.raises(OperationalError):
        view()
    assert len(runs) == 1
