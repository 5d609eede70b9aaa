"""Early warnings: what fails stops nothing else, and of two people at once one is told so."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from analysis.alerts import actions, finding, rounds
from analysis.alerts.models import Alert, AlertRound
from core.db import Database
from core.errors import ConflictError
from core.outbox.models import Message
from core.rounds import noted_failures
from tests import people
from tests.analysis.alerts.test_matters import keep, silent
from tests.analysis.alerts.weeks import LOOK, MONDAY, answers, questionnaire, steady
from tests.followup.test_locks import until_waiting

WEDNESDAY = MONDAY + timedelta(days=2)


def fallen(database):
    version = questionnaire(database)
    steady(database, version)
    answers(database, version, WEDNESDAY, 100, 0.55)


def one(database):
    with database.read() as session:
        return session.scalars(select(Alert)).one()


def test_a_week_that_cannot_be_looked_at_stops_no_other_and_is_named(database, monkeypatch):
    fallen(database)
    look = finding.look

    def sometimes(session, period, *given):
        if period.name == "2026-W45":
            raise ValueError(period.name)
        return look(session, period, *given)

    monkeypatch.setattr(finding, "look", sometimes)
    with noted_failures() as failures:
        assert rounds.watch(database, now=LOOK)["failed"] == 1
    assert [failure.job for failure in failures] == ["keep_alerts"]
    assert one(database).start == MONDAY
    monkeypatch.undo()
    rounds.watch(database, now=LOOK)
    with database.read() as session:
        assert session.get(AlertRound, "2026-W45") is not None


def test_of_two_who_give_an_alert_away_at_once_one_is_told_that_he_was_slower(database):
    fallen(database)
    rounds.watch(database, now=LOOK)
    lena, others = people.lena(database), [people.sven(database), people.ada(database)]
    with database.begin() as session:
        actions.acknowledge(session, one(database).id, by=lena, now=LOOK)
    gate, results = Barrier(2), []

    def give(to):
        gate.wait()
        try:
            with database.begin() as session:
                alert = actions.assign(session, 1, to.id, instead_of=lena.id, by=lena, now=LOOK)
                time.sleep(0.2)  # the other one looks before this is done
            results.append(("given", alert.assigned_to))
        except ConflictError:
            results.append(("slower", to.id))

    threads = [Thread(target=give, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (_given, has), (slower, _other) = sorted(results)
    assert (slower, one(database).assigned_to) == ("slower", has)
    with database.read() as session:
        told = session.scalars(select(Message).where(Message.key.like("%:person:%"))).all()
    assert [message.key.split(":")[3] for message in told] == [str(has)]


def test_what_is_found_while_somebody_dismisses_the_matter_is_told_by_itself(database):
    """Under an alert that is closed nobody would be told of it."""
    if database.settings.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    lena, told = (
        people.lena(database),
        Database(replace(database.settings, alert_urls="json://127.0.0.1:9/x")),
    )
    keep(told, "2026-W46", silent("care", "2026-W46"))
    with ThreadPoolExecutor(1) as pool:
        with database.begin() as session:
            actions.dismiss(session, 1, words="Holidays", by=lena, now=LOOK)
            keeping = pool.submit(keep, told, "2026-11", silent("care", "2026-11", "东"))
            until_waiting(database, 1)
        keeping.result()
    told.dispose()
    with database.read() as session:
        assert session.scalars(select(Alert.under).order_by(Alert.id)).all() == [None, None]
        assert len(session.scalars(select(Message)).all()) == 2
