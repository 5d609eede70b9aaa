"""When a period is over: clocks that jump, pauses, weeks of nothing, the turn of the year."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from analysis.alerts import finding, rounds
from analysis.alerts.models import Alert, AlertRound
from analysis.alerts.reading import Span, registered
from core.db import Database
from core.outbox.models import Message
from core.periods import parse_period
from followup.models import Case
from tests.analysis.alerts.weeks import (
    LOOK,
    MONDAY,
    SHARES,
    answers,
    cases,
    found,
    links,
    one,
    questionnaire,
    steady,
    week,
)
from tests.analysis.answers import likert, publish

WEDNESDAY = MONDAY + timedelta(days=2)


@pytest.fixture
def version(database):
    return questionnaire(database)


def test_a_clock_that_jumped_ahead_closes_no_week_too_early(database, version):
    """Six days ahead for some hours, with half of the week's answers: set right, the week is judged whole."""
    steady(database, version)
    answers(database, version, MONDAY, 40, 0.25)
    saturday = LOOK - timedelta(days=3)
    rounds.watch(database, now=saturday)
    for hours in (0, 1, 5):
        assert rounds.watch(database, now=saturday + timedelta(days=6, hours=hours)) == {}
    assert rounds.watch(database, now=saturday + timedelta(hours=6)) == {}
    answers(database, version, WEDNESDAY, 60, 0.75)
    for hours in (24, 48, 65):
        assert rounds.watch(database, now=saturday + timedelta(hours=hours)) == {}
    assert rounds.watch(database, now=LOOK) == {}  # it was seen to be over, by the wrong clock
    assert rounds.watch(database, now=LOOK + timedelta(hours=6))["found"] == 1
    assert one(database).figures["n"] == 100


def test_after_a_pause_what_is_over_is_looked_at_some_hours_later(database, version):
    steady(database, version)
    answers(database, version, WEDNESDAY, 100, 0.55)
    rounds.watch(database, now=LOOK - timedelta(days=30))
    assert rounds.watch(database, now=LOOK) == {}
    assert rounds.watch(database, now=LOOK + timedelta(days=5))["found"] == 1  # whoever ticks now and then


def test_a_week_in_which_nothing_came_at_all_is_an_alert_of_collection_and_one(database, version):
    """Neither a case nor an answer, of two questionnaires: one matter, told once."""
    other = publish(database, likert("overall", "Overall", role="overall"), key="other")
    for k in range(20, 0, -1):
        cases(database, week(k), 40, category="室温")
        answers(database, version, week(k), 60, 0.8)
        answers(database, other, week(k), 30, 0.8)
    told = Database(replace(database.settings, alert_urls="json://127.0.0.1:9/x"))
    rounds.watch(told, now=LOOK)
    told.dispose()
    assert [kind[0] for kind in found(database)] == ["collection", "collection"]
    with database.read() as session:
        lead, under = session.scalars(select(Alert).order_by(Alert.id))
        assert session.scalar(select(func.count()).select_from(Message)) == 1
    assert (lead.questionnaire, lead.figures["expected"], lead.under) == ("care", 60, None)
    assert (under.questionnaire, under.under) == ("other", lead.id)
    assert lead.figures["signs"] == ["nothing_at_all"]


def test_before_there_were_answers_no_week_is_silent(database, version):
    assert rounds.watch(database, now=LOOK) == {}
    with database.read() as session:
        assert session.scalars(select(AlertRound.name)).all() == ["clock"]


def test_the_first_week_of_a_year_follows_the_last(database, version):
    looked = datetime(2027, 1, 12, 2, 0, tzinfo=UTC)
    closed = [one.name for one in rounds._closed(database.settings, looked)]
    assert closed[:3] == ["2026-W53", "2027-W01", "2026-12"]
    slots = finding.slots_until(parse_period("2027-W01"), "week")
    assert [slot.name for slot in slots[-3:]] == ["2026-W52", "2026-W53", "2027-W01"]
    assert all(a.end == b.start for a, b in pairwise(slots))


def test_a_week_with_a_change_of_the_clock_has_all_its_hours(database):
    """Europe: clocks went back on Sunday 2026-10-25, so week 43 has 169 hours."""
    settings = replace(database.settings, timezone="Europe/Berlin")
    berlin = Database(settings)
    zone = settings.zone
    last_hour = datetime(2026, 10, 25, 23, 30, tzinfo=zone)
    with berlin.begin() as session:
        for k, at in enumerate(
            (last_hour, last_hour + timedelta(hours=1), datetime(2026, 10, 19, tzinfo=zone))
        ):
            session.add(
                Case(number=f"n{k}", kind="repair", title_sealed=b"x", registered_at=at, changed_at=at)
            )
    span = Span(finding.slots_until(parse_period("2026-W44"), "week"), zone)
    with berlin.read() as session:
        assert registered(session, span, "").sizes("", 27)[-2:] == [2, 1]
    berlin.dispose()


def test_links_have_a_week_for_their_answers_before_their_rate_is_judged(database, version):
    for k in range(14, -1, -1):
        links(database, version, week(k), 40, 8 if k == 0 else 20 + k % 3)
    with database.read() as session:
        names = [one.name for one in rounds.due(session, LOOK)]
    assert "2026-W46:replies" not in names
    rounds.watch(database, now=LOOK + timedelta(days=7))
    assert ("response_rate", "down", "sent_by", "sms") in found(database)


def test_nothing_is_judged_before_its_answers_are_final(database, version):
    steady(database, version)
    answers(database, version, WEDNESDAY, 100, 0.55)
    monday = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
    rounds.watch(database, now=monday)
    assert found(database) == []
    with database.read() as session:
        assert "2026-W46" in [one.name for one in rounds.due(session, LOOK)]


def test_a_month_is_judged_too(database, version):
    for month in range(14, 0, -1):
        day = date(2025 + (8 + 14 - month) // 12, (8 + 14 - month) % 12 + 1, 10)
        answers(database, version, day, 200, 0.5 if month == 1 else SHARES[month % 5])
    rounds.watch(database, now=datetime(2026, 11, 3, 2, 0, tzinfo=UTC))
    assert [one.figures["period"] for one in [one(database)]] == ["2026-10"]
