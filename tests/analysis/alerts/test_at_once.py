"""Early warnings: what fails stops nothing else, and of two people at once one is told so."""

import time
from datetime import timedelta
from threading import Barrier, Thread

from sqlalchemy import select

from analysis.alerts import actions, finding, rounds
from analysis.alerts.models import Alert, AlertRound
from core.errors import ConflictError
from core.outbox.models import Message
from core.rounds import noted_failures
from tests import people
from tests.analysis.alerts.weeks import LOOK, MONDAY, answers, questionnaire, steady

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
