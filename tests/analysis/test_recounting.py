"""A tally that differs from the answers does not stay unseen: at night, in the doctor, by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from pysqlite3 import dbapi2 as sqlite3
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from analysis import recounting
from analysis.drivers import moments
from analysis.drivers.jobs import keep_moments
from app import cli
from core.db import Database
from core.findings import BAD, OK
from core.rounds import noted_failures
from core.settings import load
from surveys import tallies
from surveys.models import Tally
from tests.analysis.drivers.stock import JULY, answer, draw, questionnaire

NIGHT = datetime(2026, 11, 17, 19, 0, 20, tzinfo=UTC)  # 03:00:20 of the 18th in Shanghai


@pytest.fixture
def answered(database: Database) -> Database:
    """Answers in July and in August."""
    version = questionnaire(database)
    answer(database, version, draw(20, 1))
    answer(database, version, draw(15, 2), JULY + timedelta(days=30))
    return database


def nights(database: Database, count: int = 6) -> Iterator[tuple[dict[str, int], list[str]]]:
    """Tick at three, night after night; return what the job did and what it said."""
    for night in range(count):
        with noted_failures() as failures:
            done = recounting.recount_a_month(database, now=NIGHT + timedelta(days=night))
        yield done, [failure.reason for failure in failures]


def lose_an_answer(database: Database) -> None:
    """Take one answer out of the counts behind the program's back."""
    with database.begin() as session:
        day = JULY.date()
        wanted = update(Tally).where(Tally.day == day, Tally.value == 5, Tally.n > 1)
        session.execute(wanted.values(n=Tally.n - 1))


def test_a_month_is_counted_anew_once_a_day(answered: Database):
    """After three; a night whose round came late is made up for the same day, and only once."""
    assert all(done == {"equal": 1} and not said for done, said in nights(answered))
    last = NIGHT + timedelta(days=5)
    for hours, done in ((1, {}), (12, {}), (23.9, {}), (40, {"equal": 1}), (41, {})):
        assert recounting.recount_a_month(answered, now=last + timedelta(hours=hours)) == done
    with answered.read() as session:
        kept = session.scalars(select(recounting.Recount).order_by(recounting.Recount.day)).all()
    assert [(row.day.day, row.differences) for row in kept] == [(k, 0) for k in range(18, 25)]


def test_a_difference_is_said_at_night_and_names_its_month(answered: Database):
    lose_an_answer(answered)
    found = list(nights(answered))
    said = {reason for _done, reasons in found for reason in reasons}
    assert all("The counts of 2026-07 differ from its answers" in reason for reason in said)
    assert said
    assert {"equal": 1} in [done for done, _reasons in found]  # the other months are in order
    assert [recounting.recount_a_month(answered, now=NIGHT + timedelta(hours=k)) for k in (1, 2)] == [{}, {}]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_nobody_waits_with_an_answer_while_a_month_is_counted(answered: Database, monkeypatch):
    """SQLite has one lock for all who write; adding up many answers takes seconds."""
    seen: list[str] = []

    def watched(work):
        def counting(session: Session, *given: Any, **more: Any) -> Any:
            with sqlite3.connect(str(session.get_bind().engine.url.database), timeout=0.2) as other:
                other.execute("BEGIN IMMEDIATE")
            seen.append(work.__name__)
            return work(session, *given, **more)

        return counting

    monkeypatch.setattr(tallies, "recount", watched(tallies.recount))
    monkeypatch.setattr(moments, "_from_answers", watched(moments._from_answers))
    assert recounting.recount_a_month(answered, now=NIGHT) == {"equal": 1}
    assert keep_moments(answered, now=NIGHT) == {"kept": 1}
    assert sorted(set(seen)) == ["_from_answers", "recount"]


def test_an_empty_installation_has_nothing_to_count(database: Database):
    assert recounting.recount_a_month(database, now=NIGHT) == {}
    assert recounting.finding(database, now=NIGHT).state == OK


def test_the_doctor_looks_at_the_last_month(answered: Database):
    august = datetime(2026, 8, 20, tzinfo=UTC)
    assert recounting.finding(answered, now=august).words == "The counts of 2026-07 are those of its answers."
    lose_an_answer(answered)
    found = recounting.finding(answered, now=august)
    assert found.state == BAD
    assert "huifang responses recount --mend" in found.words


def test_the_command_compares_and_mends(answered: Database, monkeypatch: pytest.MonkeyPatch):
    settings = answered.settings
    monkeypatch.setenv("HUIFANG_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("HUIFANG_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("HUIFANG_SECRET_KEY", settings.secret_key)
    assert load().database_url == settings.database_url
    run = CliRunner().invoke
    assert run(cli, ["responses", "recount"]).exit_code == 0
    lose_an_answer(answered)
    told = run(cli, ["responses", "recount"])
    assert told.exit_code == 1
    assert "differ from the answers" in told.output
    assert run(cli, ["responses", "recount", "--mend"]).exit_code == 0
    with answered.read() as session:
        assert tallies.recount(session) == {}


def test_part_of_the_days_can_be_counted(answered: Database):
    lose_an_answer(answered)
    july = JULY.date().replace(day=1)
    with answered.read() as session:
        assert tallies.recount(session, july, recounting.after(july)) == tallies.recount(session)
        assert tallies.recount(session, recounting.after(july)) == {}
