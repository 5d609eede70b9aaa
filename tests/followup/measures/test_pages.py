"""The pages of measures: planning from an address, two tabs, steps, progress, cases, who may do what."""

import re

import pytest
import time_machine
from sqlalchemy import select

from core.audit import AuditEntry
from followup.cases import actions as cases
from followup.measures.models import Measure, MeasureCase, MeasureNote
from tests.analysis.answers import BEFORE, FALL, count, likert, publish
from tests.followup.measures.plans import planned

FILLED = {
    "title": "Vent the risers", "heard": "Upper floors stay cold", "action": "Vent all risers",
    "term": "short", "department": "东区供热站", "owner": "", "due_on": "2026-12-01", "starts_on": "",
    "item": "care:overall",
    "expected_points": "5", "scope": ["district=城东区"], "control": ["district=城西区"], "version": "1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def today(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def care(database):
    """A questionnaire that was answered in two districts."""
    version = publish(database, likert("overall", "Overall satisfaction", role="overall"), likert("speed"))
    for district in ("城东区", "城西区"):
        count(database, version, BEFORE, {"overall": FALL[0]}, district=district)
    return version


@pytest.fixture
def send(client_for, csrf):
    """Return a function that posts a form as somebody."""
    clients = {}

    def sent(name, address, data=None, page="/account"):
        client = clients[name] = clients.get(name) or client_for(name)
        return client.post(address, data={**(data or {}), "csrf_token": csrf(client, page)})

    return sent


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def one(database):
    with database.read() as session:
        return session.scalars(select(Measure)).one()


def test_the_address_fills_the_form(client_for, care):
    page = client_for("lena").get(
        "/measures/new?questionnaire=care&item=speed&dimension=district&group=城东区&alert=7"
    )
    html = page.get_data(as_text=True)
    assert '<option selected value="care:speed">' in html
    assert re.search(r'name="scope" value="district=城东区" checked', html)
    assert not re.search(r'name="control" value="[^"]*" checked', html)
    assert "Planned because of alert 7" in html


def test_a_questionnaire_alone_chooses_its_first_question_and_unknown_groups_nothing(client_for, care):
    html = (
        client_for("lena").get("/measures/new?questionnaire=care&dimension=district&group=x").get_data(True)
    )
    assert '<option selected value="care:overall">' in html
    assert " checked" not in html


def test_what_was_planned_stands_on_its_page_and_in_the_list(send, client_for, database, care):
    data = FILLED | {"alert": "7", "key": "3f1c", "also": ["care:speed", "care:overall", "care:speed"]}
    for _press in range(2):  # one form is one measure
        answer = send("lena", "/measures/new", data)
        assert (answer.status_code, answer.location) == (303, "/measures/20261118-M001")
    made = one(database)
    assert (made.also, made.form_key) == (["speed"], "3f1c")
    assert (made.questionnaire, made.item_key, made.expected_points) == ("care", "overall", 5.0)
    assert (made.scope, made.control) == ({"district": ["城东区"]}, {"district": ["城西区"]})
    assert (made.alert_id, made.created_by) == (7, "lena")
    said = words(client_for("aldo").get(answer.location))
    for part in (
        "Other questions that it may move Speed",
        "Vent the risers",
        "+5 points more satisfied",
        "District: 城东区",
        "Overall satisfaction",
    ):
        assert part in said
    assert "1 measure: what was heard" in words(client_for("aldo").get("/measures"))


def test_a_form_that_was_changed_after_going_back_plans_another_and_loses_nothing(send, database, care):
    send("lena", "/measures/new", FILLED | {"key": "3f1c"})
    answer = send("lena", "/measures/new", FILLED | {"key": "3f1c", "title": "Insulate the risers"})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "This form has planned measure 20261118-M001 already" in words(answer)
    assert "Insulate the risers" in html
    key = re.search(r'name="key" type="hidden" value="(\w+)"', html)[1]
    answer = send("lena", "/measures/new", FILLED | {"key": key, "title": "Insulate the risers"})
    assert answer.location == "/measures/20261118-M002"
    with database.read() as session:
        titles = session.scalars(select(Measure.title).order_by(Measure.id)).all()
    assert titles == ["Vent the risers", "Insulate the risers"]


WRONG = [
    ({"title": " \0 "}, "Give the measure a name"),
    ({"due_on": "soon"}, "Not a valid date|day by which"),
    ({"starts_on": "0001-01-01"}, "between the years 2000 and 2199"),
    ({"expected_points": "200"}, "from 0.1 to 100"),
    ({"item": ""}, "Choose the question"),
    ({"also": ["other:speed"]}, "from the same questionnaire"),
    ({"control": ["district=城东区"]}, "both sides"),
    ({"scope": []}, "both sides"),
    ({"heard": "Mrs Wang, 13812345678, is cold"}, "Nobody’s details belong here"),
]


def test_what_is_wrong_comes_back_with_everything_typed(send, database, care):
    for change, sentence in WRONG:
        answer = send("lena", "/measures/new", FILLED | change)
        assert answer.status_code == 422, change
        html = answer.get_data(as_text=True)
        assert re.search(sentence, html), sentence
        assert "Vent all risers" in html
    with database.read() as session:
        assert session.scalars(select(Measure)).all() == []


def test_what_only_looks_like_a_number_can_be_confirmed(send, database, care):
    data = FILLED | {"heard": "Order 13812345678 is late"}
    assert 'name="confirm"' in send("lena", "/measures/new", data).get_data(as_text=True)
    assert send("lena", "/measures/new", data | {"confirm": "y"}).status_code == 303


def test_of_two_tabs_the_second_sees_both_texts_and_can_save_again(send, client_for, database, care, now):
    number = planned(database, now).number
    address = f"/measures/{number}/edit"
    assert send("lena", address, FILLED | {"title": "First"}).status_code == 303
    answer = send("sven", address, FILLED | {"title": "Second"})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert re.search(r"<td[^>]*>First</td><td[^>]*>Second</td>", html)
    assert 'name="version" type="hidden" value="2"' in html
    assert send("sven", address, FILLED | {"title": "Second", "version": "2"}).status_code == 303
    assert one(database).title == "Second"


def test_an_officer_takes_the_steps_and_notes_progress_but_does_not_plan(send, client_for, database, now):
    number = planned(database, now).number
    here = f"/measures/{number}"
    assert send("olga", f"{here}/step/start", {"start-day": "2026-10-01"}).status_code == 303
    for _press in range(2):
        assert send("olga", f"{here}/progress", {"progress-text": "Half is done"}).status_code == 303
    bad = send("olga", f"{here}/progress", {"progress-text": "Call 13812345678"})
    assert bad.status_code == 422
    assert "Call 13812345678" in words(bad)
    refused = send("olga", f"{here}/step/finish", {"finish-day": "2026-09-01"})
    assert refused.status_code == 409
    assert "before it was in force, which was on 2026-10-01" in words(refused)
    assert send("olga", f"{here}/edit", FILLED).status_code == 403
    assert send("olga", "/measures/new", FILLED).status_code == 403
    assert send("aldo", f"{here}/progress", {"progress-text": "x"}).status_code == 403
    assert client_for("anna").get("/measures").status_code == 403
    with database.read() as session:
        assert session.scalars(select(MeasureNote.text)).all() == ["Half is done"]
        acts = session.scalars(select(AuditEntry.action).where(AuditEntry.actor == "olga")).all()
    assert {"measure.start", "measure.note"} <= set(acts)


def test_another_departments_measure_does_not_exist_for_an_officer(send, database, people, now):
    number = planned(database, now, department="西区供热站").number
    assert send("olga", f"/measures/{number}/step/start").status_code == 404


def test_a_case_is_linked_by_its_number_and_names_its_measure(send, client_for, database, people, now):
    number = planned(database, now).number
    with database.begin() as session:
        case = cases.register(session, kind="repair", title="冷", actor="olga", now=now)
    here = f"/measures/{number}"
    assert send("olga", f"{here}/cases", {"case-number": "20261118-9999"}).status_code == 404
    assert send("olga", f"{here}/cases", {"case-number": f" {case.number} "}).status_code == 303
    assert send("lena", f"{here}/cases", {"case-number": case.number}).status_code == 422
    assert "Vent the risers before the season" in words(client_for("olga").get(f"/cases/{case.number}"))
    lena = words(client_for("lena").get(here))
    assert case.number in lena
    assert "冷" not in lena
    assert send("olga", f"{here}/cases/{case.number}/remove").status_code == 303
    with database.read() as session:
        assert session.scalars(select(MeasureCase)).all() == []


def test_a_measure_planned_from_a_case_is_linked_to_it(send, client_for, database, people, care, now):
    with database.begin() as session:
        case = cases.register(session, kind="repair", title="冷", actor="olga", now=now)
    assert f"/measures/new?case={case.number}" in client_for("sven").get(f"/cases/{case.number}").get_data(
        True
    )
    send("sven", "/measures/new", FILLED | {"case": case.number})
    with database.read() as session:
        assert session.scalars(select(MeasureCase.case_id)).all() == [case.id]


def test_today_shows_what_is_owed(client_for, database, now):
    planned(database, now, title="Late one", due_on=BEFORE)
    said = words(client_for("olga").get("/"))
    assert "Measures Late one overdue" in said
    assert "Late one" not in words(client_for("anna").get("/"))


def test_the_list_is_narrowed_by_its_address(client_for, database, now):
    planned(database, now, title="Short one")
    planned(database, now, title="Long one", term="long", due_on=BEFORE)
    lena = client_for("lena")
    said = words(lena.get("/measures?term=long&overdue=yes"))
    assert "Long one" in said
    assert "Short one" not in said
    assert "No measure fits" in words(lena.get("/measures?state=done"))
    assert lena.get("/measures?state=gone").status_code == 422


def test_what_nobody_means_breaks_no_page(send, client_for, database, care, now):
    odd = {"scope": ["district=a\0b"], "control": [], "heard": "a\0b"}
    assert send("lena", "/measures/new", FILLED | odd).status_code == 303
    assert one(database).scope == {"district": ["ab"]}
    lena, huge = client_for("lena"), "9" * 23
    for address in (
        "/measures/%00",
        "/measures/%00/effect",
        "/measures?state=%00",
        f"/measures?page={huge}",
        f"/measures/new?alert={huge}&case=%00",
        "/measures/new?questionnaire=%00&item=%00&dimension=%00&group=%00",
    ):
        assert lena.get(address).status_code in {200, 404, 422}
    number = one(database).number
    assert send("lena", f"/measures/{number}/step/start", {"start-day": "0001-01-01"}).status_code == 422
    assert send("lena", f"/measures/{number}/cases", {"case-number": "\0"}).status_code == 422
