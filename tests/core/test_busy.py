"""A database that is locked gives a sentence and a second try, never a trace or half a row."""

import pytest
from flask import Flask
from flask.typing import ResponseReturnValue
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from core.auth.roles import PUBLIC, ROUTES
from core.db import Database
from core.web import again_after_deadlock
from tests.people import hire


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
