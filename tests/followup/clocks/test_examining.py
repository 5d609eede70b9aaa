"""A year whose days off are not known is said by the doctor, by /readyz and on the page of the scheduler."""

from datetime import datetime

from flask import Flask

from core.calendar_days import take_over
from core.db import Database
from core.findings import BAD, OK
from followup.clocks.examining import findings, waiting
from followup.clocks.jobs import watch
from tests.followup.factories import new_case

START = datetime.fromisoformat("2099-12-30T10:00:00+08:00")


def test_cases_without_a_limit_are_said_and_break_nothing(database: Database, app: Flask) -> None:
    assert [f.state for f in findings(database, now=START)] == [OK]
    with database.begin() as session:
        for severity in ("normal", "minor", "urgent"):
            new_case(session, None, now=START, severity=severity)
    found = findings(database, now=START)[0]
    assert found.state == BAD
    assert "2099 and 2100 are not known: 2 cases have no limit" in found.words
    assert "huifang calendar import" in found.words
    with database.read() as session:
        lag = waiting(session, START)[0]
    assert (lag.job, lag.waiting, lag.oldest, lag.judged) == ("limits", 2, START, False)
    ready = app.test_client().get("/readyz")
    assert ready.status_code == 200
    assert "limits" in (ready.json or {})["lag"]
    with database.begin() as session:
        for year in (2099, 2100):
            take_over(session, year, {}, actor="ada", now=START)
    watch(database, now=START)
    assert [f.state for f in findings(database, now=START)] == [OK]
    assert "limits" not in (app.test_client().get("/readyz").json or {})["lag"]
