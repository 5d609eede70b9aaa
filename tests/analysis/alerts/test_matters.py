"""Early warnings: a matter in two rounds, what is done about it, and marks of new limits that come later."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from analysis.alerts import actions, finding
from analysis.alerts.finding import Found, Look
from analysis.alerts.models import Alert
from analysis.alerts.policy import COLLECTION, DOWN
from analysis.trend.actions import mark
from core.audit import AuditEntry
from core.outbox.models import Message
from core.periods import parse_period
from core.transitions import history
from tests import people
from tests.analysis.alerts.weeks import LOOK, MONDAY, SHANGHAI, SHARES, answers, questionnaire, week

LATER = LOOK + timedelta(days=15)


@pytest.fixture
def lena(database):
    return people.lena(database)


def silent(questionnaire, period, district="", signs=()):
    figures = {"grain": "week", "rule": "collapse", "expected": 50, "usual": 50, "points": [], "signs": signs}
    dimension = "district" if district else ""
    return Found(
        COLLECTION, DOWN, parse_period(period), questionnaire, "overall", dimension, district, figures
    )


def keep(database, name, *found):
    with database.begin() as session:
        actions.keep_round(session, name, Look(len(found), found), LOOK)


def test_what_is_done_about_a_matter_reaches_what_was_found_in_a_later_round(database, lena):
    """A house that stood still: the month names a district of the questionnaire that does not lead."""
    everywhere = ["nothing_at_all"]
    keep(database, "2026-W46", *(silent(key, "2026-W46", signs=everywhere) for key in ("care", "other")))
    keep(database, "2026-11", silent("other", "2026-11", "东"))
    with database.read() as session:
        lead, *under = session.scalars(select(Alert).order_by(Alert.id))
        assert [one.under for one in under] == [lead.id, lead.id]
    with database.begin() as session:
        actions.dismiss(session, lead.id, words="Holidays", by=lena, now=LOOK)
    with database.read() as session:
        assert set(session.scalars(select(Alert.state))) == {"dismissed"}
        steps = (
            select(AuditEntry.subject).where(AuditEntry.action == "alert.dismiss").order_by(AuditEntry.seq)
        )
        assert session.scalars(steps).all() == [f"alert:{one}" for one in (1, 2, 3)]


def test_under_one_that_waits_alone_what_is_found_stands_under_that(database, lena):
    keep(
        database, "2026-W46",
        *(silent(key, "2026-W46", signs=["nothing_at_all"]) for key in ("care", "other")),
    )  # fmt: skip
    with database.begin() as session:
        actions.dismiss(session, 1, words="Holidays", by=lena, now=LOOK)
        actions.reopen(session, 2, words="Not here", by=lena, now=LOOK)
    keep(database, "2026-11", silent("other", "2026-11", "东"))
    with database.read() as session:
        assert session.scalars(select(Alert.under).order_by(Alert.id)).all() == [None, 1, 2]


def test_an_alert_that_is_given_twice_is_told_once(database, lena):
    """A form pressed twice, some seconds apart."""
    sven = people.sven(database)
    keep(database, "2026-W46", silent("care", "2026-W46"))
    for seconds in (0, 2):
        with database.begin() as session:
            actions.assign(
                session, 1, sven.id, instead_of=None, by=lena, now=LOOK + timedelta(seconds=seconds)
            )
    with database.read() as session:
        assert len(session.scalars(select(Message)).all()) == 1
        assert [step.event for step in history(session, "quality_alert", [1])] == ["find", "assign"]


def test_a_mark_after_the_judged_week_leaves_the_one_before_it_in_force(database, lena):
    """Before July satisfaction was half of what it is: with those weeks in the limits no fall is seen."""
    version = questionnaire(database)
    for k in range(26, 0, -1):
        share = 0.4 if week(k) < date(2026, 7, 1) else SHARES[k % 5]
        answers(database, version, week(k), 100, share)
    answers(database, version, MONDAY, 100, 0.55)
    for month in ("2026-07", "2026-12"):
        with database.begin() as session:
            mark(
                session, questionnaire="care", item_key="overall", known=["overall"], month=month,
                note="New tariff", today=date(2026, 12, 2), by=lena, now=LATER,
            )  # fmt: skip
    with database.read() as session:
        looked = finding.look(session, parse_period("2026-W46"), "week", SHANGHAI, LATER)
    assert [(one.kind, one.direction) for one in looked.found] == [("satisfaction", "down")]
