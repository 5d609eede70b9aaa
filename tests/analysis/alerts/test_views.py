"""The list and the page of early warnings: what is read, what is pressed, and who was faster."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from analysis.alerts import actions, rounds
from analysis.alerts.models import Alert, Unwatched
from analysis.alerts.queries import happened
from core.audit import AuditEntry
from core.auth.models import User
from core.outbox.models import Message
from core.transitions import history
from tests import people
from tests.analysis.alerts.weeks import LOOK, MONDAY, answers, cases, questionnaire, steady, week

NEXT_DAY = LOOK + timedelta(days=1)


@pytest.fixture(autouse=True)
def today():
    """The pages take their day from the clock: 2026-11-18."""
    with time_machine.travel(NEXT_DAY, tick=False):
        yield


@pytest.fixture
def staff(database):
    return {name: people.hire(database, name) for name in ("lena", "sven", "olga", "ada")}


@pytest.fixture
def number(database):
    """The number of an alert: satisfaction fell in week 46."""
    version = questionnaire(database)
    steady(database, version)
    answers(database, version, MONDAY, 100, 0.55)
    rounds.watch(database, now=LOOK)
    with database.read() as session:
        return session.scalars(select(Alert.id)).one()


@pytest.fixture
def lena(app, staff):
    return people.sign_in(app.test_client(), "lena")


@pytest.fixture
def sven(app, staff):
    return people.sign_in(app.test_client(), "sven")


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def press(client, number, step, **values):
    path = f"/alerts/quality/{number}"
    token = people.csrf_token(client, path)
    return client.post(f"{path}/{step}", data={"csrf_token": token, **values})


def state(database, number):
    with database.read() as session:
        return session.get(Alert, number)


def test_the_page_says_what_was_found_with_its_numbers(lena, number):
    said = words(lena.get(f"/alerts/quality/{number}"))
    assert "Satisfaction lower than to be expected" in said
    assert "55% of 100 answers were satisfied in week 46 of 2026." in said
    assert "By the 20 periods before, 68% to 92% were to be expected; their middle is 80%." in said
    assert "significant" not in said
    html = lena.get(f"/alerts/quality/{number}").get_data(as_text=True)
    assert "/analysis?questionnaire=care&amp;before=2026-W45&amp;after=2026-W46&amp;item=overall" in html
    assert f"/measures/new?questionnaire=care&amp;item=overall&amp;alert={number}" in html
    for path in re.findall(r'href="(/(?:analysis|measures)[^"]*)"', html):
        assert lena.get(path.replace("&amp;", "&")).status_code in {200, 303}, path


def test_the_chart_shows_the_limits_the_alert_was_found_by(lena, number):
    """The trend makes its limits from every point; with this one among them they would be wider."""
    html = lena.get(f"/alerts/quality/{number}").get_data(as_text=True)
    source, alt = re.search(r'<img src="([^"]*chart.png[^"]*)"[^>]* alt="([^"]*)"', html).groups()
    picture = lena.get(source.replace("&amp;", "&"))
    assert picture.mimetype == "image/png"
    assert "immutable" in picture.headers["Cache-Control"]
    assert len(alt) <= 120
    assert "55%" in alt
    svg = re.search(r'href="([^"]+)" download="alert_\d+\.svg"', html)[1].replace("&amp;", "&")
    assert lena.get(svg).mimetype == "image/svg+xml"
    assert lena.get(f"/alerts/quality/{number + 1}/chart.png").status_code == 404


def test_the_page_has_no_place_for_scripts_or_styles(lena, number):
    html = lena.get(f"/alerts/quality/{number}").get_data(as_text=True)
    assert not re.search(r"\son\w+=|style=|<script(?! src)", html)


def test_an_alert_is_taken_up_given_away_explained_and_opened_again(lena, number, staff, database):
    assert press(lena, number, "acknowledge").status_code == 303
    assert state(database, number).assigned_to == staff["lena"].id
    given = {"person": staff["sven"].id, "instead_of": staff["lena"].id}
    assert press(lena, number, "assign", **given).status_code == 303
    missing = press(lena, number, "explain", cause="one_event")
    assert missing.status_code == 422
    assert "Say in a few words what was found out" in words(missing)
    assert 'value="one_event" required checked' in missing.get_data(as_text=True)
    assert (
        press(lena, number, "explain", cause="one_event", words="The pipe in Lane 3 burst").status_code == 303
    )
    alert = state(database, number)
    assert (alert.state, alert.cause, alert.explanation) == (
        "explained", "one_event", "The pipe in Lane 3 burst",
    )  # fmt: skip
    assert "The pipe in Lane 3 burst" in words(lena.get(f"/alerts/quality/{number}"))
    assert press(lena, number, "reopen", words="It goes on").status_code == 303
    assert state(database, number).state == "open"
    with database.read() as session:
        events = [step.event for step in history(session, "quality_alert", [number])]
        kept = session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all()
    assert events == ["find", "acknowledge", "assign", "explain", "reopen"]
    assert [one for one in kept if one.startswith("alert.")] == [f"alert.{event}" for event in events[1:]]


def test_whom_it_was_given_to_is_told_by_mail_or_notice(lena, number, staff, database):
    press(lena, number, "assign", person=staff["sven"].id, instead_of=0)
    with database.read() as session:
        message = session.scalars(select(Message)).one()
    assert (message.channel, message.subject_type, message.subject_id) == ("notice", "quality_alert", number)


def test_an_alert_is_not_given_to_somebody_who_may_not_see_it(lena, number, staff, database):
    answer = press(lena, number, "assign", person=staff["olga"].id, instead_of=0)
    assert answer.status_code == 422
    assert "Choose somebody who may see alerts." in words(answer)
    assert state(database, number).state == "open"


def test_of_two_who_press_the_second_is_told_who_did_it(lena, sven, number, database):
    assert press(lena, number, "acknowledge").status_code == 303
    late = press(sven, number, "acknowledge")
    assert late.status_code == 409
    assert "Somebody was faster: Lena has just changed this alert" in words(late)
    assert press(lena, number, "dismiss", words="Known").status_code == 303
    late = press(sven, number, "explain", cause="mix", words="Typed with care")
    assert late.status_code == 409
    assert state(database, number).explanation == "Known"
    assert press(lena, number, "dismiss", words="Known").status_code == 409  # a double press


def test_a_stale_page_gives_an_alert_to_nobody_else(lena, sven, number, staff, database):
    press(lena, number, "assign", person=staff["lena"].id, instead_of=0)
    late = press(sven, number, "assign", person=staff["sven"].id, instead_of=0)
    assert late.status_code == 409
    assert state(database, number).assigned_to == staff["lena"].id


def test_the_list_shows_what_waits_and_can_be_narrowed(lena, number, database):
    said = words(lena.get("/alerts"))
    assert "1 alert waits to be explained." in said
    assert "Satisfaction lower than to be expected Open everybody week 46 of 2026" in said
    assert "No alert fits these filters" in words(lena.get("/alerts?kind=volume"))
    press(lena, number, "dismiss", words="Known")
    assert "Nothing waits." in words(lena.get("/alerts"))
    assert "Satisfaction lower" in words(lena.get("/alerts?state=dismissed"))
    assert "Satisfaction lower" in words(lena.get("/alerts?state=all"))
    assert lena.get("/alerts?state=nonsense&kind=x&page=99&department=%F0").status_code == 200


def test_before_the_first_look_the_list_says_when_it_comes(lena):
    assert "No week has been looked at yet." in words(lena.get("/alerts"))
    assert "Everything is watched." in words(lena.get("/alerts"))


def test_a_kind_is_switched_off_with_a_reason_and_on_again(lena, sven, database):
    token = people.csrf_token(lena, "/alerts")
    off = {"csrf_token": token, "kind": "volume", "reason": ""}
    refused = lena.post("/alerts/unwatched", data=off)
    assert refused.status_code == 422
    assert "Give the reason in a few words" in words(refused)
    assert lena.post("/alerts/unwatched", data=off | {"reason": "Heating begins"}).status_code == 303
    assert lena.post("/alerts/unwatched", data=off | {"reason": "Twice"}).status_code == 409
    said = words(sven.get("/alerts"))
    assert "Number of cases Heating begins Lena" in said
    with database.read() as session:
        row = session.scalars(select(Unwatched)).one()
    token = people.csrf_token(sven, "/alerts")
    path = f"/alerts/unwatched/{row.id}/watch"
    assert sven.post(path, data={"csrf_token": token}).status_code == 303
    assert sven.post(path, data={"csrf_token": token}).status_code == 404
    assert "Everything is watched." in words(lena.get("/alerts"))


def test_one_group_is_switched_off_on_the_page_of_its_alert(lena, database):
    for k in range(20, 0, -1):
        cases(database, week(k), 20, late=2 + k % 2, department="一站")
    cases(database, MONDAY, 20, late=15, department="一站")
    rounds.watch(database, now=LOOK)
    with database.read() as session:
        number = session.scalars(select(Alert.id)).one()
    assert press(lena, number, "unwatch", words="Two vans are broken").status_code == 303
    said = words(lena.get("/alerts"))
    assert "Missed limits · Department 一站 Two vans are broken Lena" in said
    assert "Missed limits" in words(lena.get("/alerts?department=一站"))
    assert "75% of the 20 limits that ended in week 46 of 2026 were missed." in words(
        lena.get(f"/alerts/quality/{number}")
    )


def test_today_shows_it_to_those_who_look_after_figures(app, lena, number, staff):
    assert "Early warnings Satisfaction lower than to be expected" in words(lena.get("/"))
    olga = people.sign_in(app.test_client(), "olga")
    assert "Early warnings" not in words(olga.get("/"))
    assert olga.get("/alerts").status_code == 403
    assert olga.get(f"/alerts/quality/{number}").status_code == 403


def test_a_small_week_is_not_shown_in_the_table(lena, database):
    version = questionnaire(database)
    steady(database, version, n=200)
    answers(database, version, week(3), -195, 0.8)  # left are five
    answers(database, version, MONDAY, 4, 0.5)
    rounds.watch(database, now=LOOK)
    said = words(lena.get("/alerts/quality/1"))
    assert "Fewer than 10 answers came in week 46 of 2026, where about 200 were to be expected." in said
    assert "satisfaction and response rate of this period are not judged" in said
    assert "week 43 of 2026 hidden or under 10" in said


def test_an_alert_that_is_not_there_is_said(lena):
    assert lena.get("/alerts/quality/77").status_code == 404


def test_who_left_keeps_a_name_in_the_history(lena, number, database, staff):
    press(lena, number, "acknowledge")
    with database.begin() as session:
        session.get(User, staff["lena"].id).active = False
        actions.dismiss(session, number, words="Known", by=staff["sven"], now=NEXT_DAY)
    with database.read() as session:
        assert [one.who for one in happened(session, number)] == ["Sven", "Lena", ""]
