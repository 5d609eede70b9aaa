"""The rounds of the early warnings on both databases, and everything that looks like news and is none."""

import json
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from analysis.alerts import actions, queries, rounds
from analysis.alerts.models import Alert
from analysis.alerts.queries import Filters
from analysis.jobs import JOBS
from analysis.trend.actions import mark
from core.db import Database
from core.outbox.jobs import deliver
from core.outbox.models import Message
from surveys import actions as surveys
from surveys import tallies
from tests import people
from tests.analysis.alerts.weeks import (
    LOOK,
    MONDAY,
    SHANGHAI,
    SHARES,
    answers,
    cases,
    found,
    links,
    one,
    questionnaire,
    steady,
    tick,
    week,
)
from tests.analysis.answers import count
from tests.core.webserver import Reply, web_server

WEDNESDAY = MONDAY + timedelta(days=2)


@pytest.fixture
def version(database):
    return questionnaire(database)


def test_a_fall_of_satisfaction_is_found_once(database, version):
    steady(database, version)
    answers(database, version, WEDNESDAY, 100, 0.55)
    assert rounds.watch(database, now=LOOK)["found"] == 1
    alert = one(database)
    assert (alert.kind, alert.direction, alert.state) == ("satisfaction", "down", "open")
    assert (alert.questionnaire, alert.item_key, alert.start) == ("care", "overall", MONDAY)
    assert (alert.figures["x"], alert.figures["n"], alert.figures["period"]) == (55, 100, "2026-W46")
    assert alert.figures["lower"] < 0.8 < alert.figures["upper"]
    assert len(alert.figures["points"]) == 13
    assert rounds.watch(database, now=LOOK + timedelta(hours=1)) == {}


def test_an_amended_answer_changes_no_alert_and_raises_none(database, version):
    steady(database, version)
    answers(database, version, WEDNESDAY, 100, 0.55)
    rounds.watch(database, now=LOOK)
    before = one(database).figures
    count(database, version, WEDNESDAY, {"overall": {5: 30, 1: -30}})
    assert rounds.watch(database, now=LOOK + timedelta(days=1)) == {}
    assert one(database).figures == before


def test_a_fall_in_n_alone_is_none(database, version):
    steady(database, version)
    answers(database, version, WEDNESDAY, 30, 0.8)
    rounds.watch(database, now=LOOK)
    assert found(database) == []


def test_where_collection_collapses_satisfaction_is_not_judged(database, version):
    steady(database, version, n=200, district="城东区")
    for k in range(21):
        cases(database, week(k) + timedelta(days=1), 60, district="城东区")
    answers(database, version, WEDNESDAY, 12, 0.1, district="城东区")
    rounds.watch(database, now=LOOK)
    assert found(database) == [("collection", "down", "", "")]
    figures = one(database).figures
    assert (figures["answers"], figures["expected"], figures["usual"]) == (12, 200, 200)


def test_a_small_number_of_answers_is_not_shown(database, version):
    steady(database, version, n=200)
    answers(database, version, WEDNESDAY, 4, 0.5)
    rounds.watch(database, now=LOOK)
    figures = one(database).figures
    assert "answers" not in figures
    assert "n" not in figures["points"][-1]


def test_links_that_nobody_answers_are_named(database, version):
    steady(database, version, n=200)
    for k in range(21):
        with database.begin() as session:
            tallies.add_invitation(
                session, version_id=version.id, day=week(k), stratum_id=surveys.stratum_id(session), n=400
            )
    answers(database, version, WEDNESDAY, 12, 0.5)
    rounds.watch(database, now=LOOK)
    assert one(database).figures["signs"] == ["links_silent"]


def test_a_way_of_answering_that_falls_away_changes_every_figure(database, version):
    steady(database, version, n=100, mode="web")
    steady(database, version, n=60, mode="phone")
    answers(database, version, WEDNESDAY, 100, 0.5, mode="web")
    answers(database, version, WEDNESDAY, 1, 1, mode="phone")
    rounds.watch(database, now=LOOK)
    assert found(database) == [("collection", "down", "mode", "phone")]


def test_one_district_without_answers_does_not_silence_the_others(database, version):
    for district in ("东", "西", "南"):
        steady(database, version, n=80, district=district)
    answers(database, version, WEDNESDAY, 80, 0.8, district="东")
    answers(database, version, WEDNESDAY, 80, 0.35, district="西")
    rounds.watch(database, now=LOOK)
    assert ("collection", "down", "district", "南") in found(database)
    assert ("satisfaction", "down", "district", "南") not in found(database)
    assert ("satisfaction", "down", "district", "西") in found(database)


def test_a_new_district_has_no_limits_yet(database, version):
    steady(database, version, district="老区")
    for k in range(5, 0, -1):
        answers(database, version, week(k), 100, 0.8, district="新区")
    answers(database, version, WEDNESDAY, 100, 0.8, district="老区")
    answers(database, version, WEDNESDAY, 100, 0.3, district="新区")
    rounds.watch(database, now=LOOK)
    assert ("satisfaction", "down", "district", "新区") not in found(database)


def test_a_group_under_the_smallest_cell_makes_no_figure_nor_does_who_is_left_over(database, version):
    steady(database, version, n=200, district="大区")
    for k in range(20, 0, -1):
        answers(database, version, week(k), 8, 0.9, district="小区")
    answers(database, version, WEDNESDAY, 200, 0.8, district="大区")
    answers(database, version, WEDNESDAY, 8, 0.0, district="小区")
    rounds.watch(database, now=LOOK)
    assert found(database) == []


def test_a_week_that_subtracting_would_give_away_is_neither_judged_nor_shown(database, version):
    """Week 44 ends with one day of November: six answers of a small district stand alone in it."""
    for k in range(22, 1, -1):
        answers(database, version, week(k) + timedelta(days=2), 40, SHARES[k % 5], district="小区")
        answers(database, version, week(k) + timedelta(days=2), 90, SHARES[k % 5], district="大区")
    looked = LOOK - timedelta(days=14)
    answers(database, version, date(2026, 11, 1), 6, 0.0, district="小区")
    answers(database, version, date(2026, 10, 28), 40, 0.0, district="小区")
    rounds.watch(database, now=looked)
    assert ("satisfaction", "down", "district", "小区") not in found(database)


def test_more_cases_than_usual_are_found_by_category_and_district(database, version):
    for k in range(20, 0, -1):
        cases(database, week(k), 4 + k % 3, category="室温", district="东")
        cases(database, week(k), 3, category="账单", district="西")
    cases(database, MONDAY, 40, category="室温", district="东")
    cases(database, MONDAY, 3, category="账单", district="西")
    told = Database(replace(database.settings, alert_urls="json://127.0.0.1:9/x", country="DE"))
    rounds.watch(told, now=LOOK)
    told.dispose()
    assert found(database)[0] == ("volume", "up", "", "")
    assert sorted(found(database)[1:]) == [
        ("volume", "up", "category", "室温"), ("volume", "up", "district", "东"),
    ]  # fmt: skip
    with database.read() as session:
        lead, *under = session.scalars(select(Alert).order_by(Alert.id))
        assert [one.under for one in under] == [lead.id, lead.id]
        assert session.scalar(select(func.count()).select_from(Message)) == 1  # one matter is told once


def test_what_is_done_about_an_alert_is_done_about_those_under_it(database, version):
    sven, lena = people.sven(database), people.lena(database)
    for district in ("东", "西"):
        steady(database, version, n=80, district=district)
    answers(database, version, WEDNESDAY, 80, 0.8, district="东")
    answers(database, version, WEDNESDAY, 80, 0.2, district="西")
    rounds.watch(database, now=LOOK)
    with database.read() as session:
        lead, under = session.scalars(select(Alert).order_by(Alert.id))
        assert (lead.dimension, under.dimension, under.under) == ("", "district", lead.id)
        total, waiting = queries.waiting(session, lena.id)
        assert (total, [one.id for one in waiting]) == (1, [lead.id])
        assert queries.page(session, Filters(), lena.id, 1).total == 1
    with database.begin() as session:
        actions.acknowledge(session, lead.id, by=lena, now=LOOK)
        actions.assign(session, lead.id, sven.id, instead_of=lena.id, by=lena, now=LOOK)  # taken up already
        actions.dismiss(session, under.id, words="Known there", by=sven, now=LOOK)
        actions.explain(session, lead.id, cause="one_event", words="A burst pipe", by=sven, now=LOOK)
    with database.read() as session:
        lead, under = session.scalars(select(Alert).order_by(Alert.id))
        assert (lead.state, lead.assigned_to) == ("explained", sven.id)
        assert (under.state, under.assigned_to, under.explanation) == ("dismissed", sven.id, "Known there")


def test_a_week_of_holidays_without_cases_is_none_and_counts_as_zero(database, version):
    for k in range(20, 0, -1):
        if k != 6:
            cases(database, week(k), 12, category="室温")
    answers(database, version, WEDNESDAY, 40, 0.8)  # something happened, but no case
    rounds.watch(database, now=LOOK)
    assert found(database) == []


def test_missed_limits_are_found_by_department(database, version):
    for k in range(20, 0, -1):
        cases(database, week(k), 20, late=2 + k % 2, department="一站")
        cases(database, week(k), 20, late=2, department="二站")
    cases(database, MONDAY, 20, late=15, department="一站")
    cases(database, MONDAY, 20, late=2, department="二站")
    rounds.watch(database, now=LOOK)
    assert found(database) == [("overdue", "up", "department", "一站")]
    assert one(database).figures["x"] == 15


def test_links_that_hardly_anybody_answers_are_a_matter_of_collection(database, version):
    for k in range(14, -1, -1):
        links(database, version, week(k), 30, 1 if k == 0 else 13 + k % 3)
    rounds.watch(database, now=LOOK + timedelta(days=7))
    kinds = [(kind, group) for kind, _way, _dimension, group in found(database)]
    assert ("collection", "sms") in kinds
    assert ("response_rate", "sms") not in kinds


def test_a_collapse_that_was_told_is_no_matter_of_the_response_rate_too(database, version):
    for k in range(14, -1, -1):
        links(database, version, week(k), 60, 2 if k == 0 else 30 + k % 3)
    rounds.watch(database, now=LOOK)
    tick(database, LOOK + timedelta(days=7))
    assert found(database) == [("collection", "down", "", "")]


def test_one_matter_is_told_once_until_somebody_has_explained_it(database, version):
    steady(database, version)
    answers(database, version, week(1), 100, 0.3)  # added to the steady week before
    answers(database, version, WEDNESDAY, 200, 0.55)
    rounds.watch(database, now=LOOK - timedelta(days=7))
    tick(database, LOOK)
    assert [a[:2] for a in found(database)] == [("satisfaction", "down")]


def test_a_change_that_was_explained_is_not_news_the_week_after(database, version):
    sven = people.sven(database)
    steady(database, version)
    answers(database, version, week(1), 100, 0.3)
    answers(database, version, WEDNESDAY, 200, 0.55)
    rounds.watch(database, now=LOOK - timedelta(days=7))
    with database.begin() as session:
        number = session.scalars(select(Alert.id)).one()
        actions.explain(session, number, cause="real_change", words="New price", by=sven, now=LOOK)
    tick(database, LOOK)
    assert len(found(database)) == 1


def test_what_is_switched_off_is_not_looked_for(database, version):
    lena = people.lena(database)
    with database.begin() as session:
        actions.switch_off(
            session, kind="satisfaction", dimension="", group="", reason="New form", by=lena, now=LOOK
        )
    steady(database, version)
    answers(database, version, WEDNESDAY, 100, 0.3)
    rounds.watch(database, now=LOOK)
    assert found(database) == []


def test_limits_that_a_person_had_computed_anew_hold_for_alerts_too(database, version):
    lena = people.lena(database)
    steady(database, version, weeks=26)
    answers(database, version, WEDNESDAY, 100, 0.55)
    with database.begin() as session:
        mark(
            session, questionnaire="care", item_key="overall", known=["overall"], month="2026-10",
            note="New tariff", today=MONDAY, by=lena, now=LOOK,
        )  # fmt: skip
    rounds.watch(database, now=LOOK)
    assert found(database) == []  # six weeks make no limits yet


def test_two_processes_at_once_find_and_tell_once(database, version):
    settings = replace(database.settings, alert_urls="json://127.0.0.1:9/x")
    steady(database, version)
    answers(database, version, WEDNESDAY, 100, 0.55)
    start, wrong = Barrier(2), []

    def work():
        own = Database(settings)
        try:
            start.wait()
            rounds.watch(own, now=LOOK)
        except OperationalError as error:
            wrong.append(error)
        finally:
            own.dispose()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(found(database)) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 1


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")
def test_a_chat_tool_reads_what_of_whom_the_numbers_and_where(database, version):
    steady(database, version)
    answers(database, version, WEDNESDAY, 100, 0.55)
    with web_server(Reply()) as server:
        settings = replace(
            database.settings, alert_urls=f"json://127.0.0.1:{server.port}/x", country="DE",
            public_url="https://heat.example/",
        )  # fmt: skip
        told = Database(settings)
        rounds.watch(told, now=LOOK)
        for minutes in (0, 5):
            deliver(told, now=LOOK + timedelta(minutes=minutes))
        told.dispose()
    [request] = server.received
    said = json.loads(request.body)
    assert said["title"] == "Satisfaction lower than to be expected: everybody"
    assert said["message"].splitlines() == [
        "55% of 100 answers were satisfied in week 46 of 2026.",
        "By the 20 periods before, 68% to 92% were to be expected; their middle is 80%.",
        f"To be looked at and explained here: https://heat.example/alerts/quality/{one(database).id}",
    ]


def test_the_job_hangs_in_the_tick(database):
    assert JOBS["alerts"](database, now=LOOK) == {}
    assert database.settings.zone == SHANGHAI
