"""The desk over HTTP: the forms work without scripts, and nothing typed is lost."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from core.auth.models import User
from core.db import Database
from followup.callbacks import holding, taking
from followup.jobs import tick
from followup.models import Attempt, Callback, Rule
from surveys.models import Response
from tests import people as staff

START = datetime.fromisoformat("2026-11-18T10:00+08:00")
ALL = {"overall": "5", "attitude": "4", "speed": "4", "quality": "na", "result": "5", "resolved": "2"}


def post(client: FlaskClient, path: str, page: str = "/callbacks", **data: str) -> tuple[int, str, str]:
    """Post a form with the token of a page; return status, where it leads, and the text."""
    answer = client.post(path, data=data | {"csrf_token": staff.csrf_token(client, page)})
    return answer.status_code, answer.headers.get("Location", ""), answer.get_data(as_text=True)


def taken(client: FlaskClient) -> str:
    """Press next and show the number; return the address of the desk."""
    status, where, _text = post(client, "/callbacks/next")
    assert status == 303
    assert post(client, f"{where}/reveal", where)[0] == 303
    return where


def version_on(client: FlaskClient, where: str) -> str:
    """The version that the form carries."""
    found = re.search(r'name="version" value="(\d+)"', client.get(where).get_data(as_text=True))
    assert found
    return found.group(1)


def test_an_agent_walks_from_the_queue_to_the_next_callback(desk: FlaskClient, database: Database) -> None:
    where = taken(desk)
    page = desk.get(where).get_data(as_text=True)
    assert re.search(r"138\d{8}", page)
    status, onward, _text = post(desk, where, where, outcome="COMPLETE", **ALL)
    assert (status, onward == where) == (303, False)
    assert re.fullmatch(r"/callbacks/\d+", onward)
    with database.read() as session:
        assert session.scalars(select(Response.mode)).all() == ["phone"]


def test_before_the_number_is_shown_it_is_nowhere_on_the_page(desk: FlaskClient, database: Database) -> None:
    _status, where, _text = post(desk, "/callbacks/next")
    masked = desk.get(where).get_data(as_text=True)
    assert re.search(r"138\*{4}\d{4}", masked)
    assert not re.search(r"138\d{8}", masked)
    assert "王小明" not in masked
    post(desk, f"{where}/reveal", where)
    shown = desk.get(where).get_data(as_text=True)
    assert re.search(r"tel:138\d{8}", shown)
    assert "王小明" in shown
    queue = desk.get("/callbacks").get_data(as_text=True)
    assert not re.search(r"138\d{8}", queue)


def test_a_missing_required_answer_keeps_everything_typed(desk: FlaskClient) -> None:
    where = taken(desk)
    given = {k: v for k, v in ALL.items() if k != "overall"} | {"note": "家里有老人"}
    status, _where, text = post(desk, where, where, outcome="COMPLETE", **given)
    assert status == 422
    assert "Overall satisfaction" in text
    assert "家里有老人" in text
    assert re.search(r'id="attitude-4"[^>]* checked', text)
    assert "家里有老人" in desk.get(where).get_data(as_text=True)  # also after a reload


def test_the_words_are_asked_for_before_the_second_press_and_the_pause_stays(desk: FlaskClient) -> None:
    where = taken(desk)
    text = post(desk, where, where, outcome="SUPERVISOR", then="queue")[2]
    assert "Write in the note" in text
    assert 'name="confirmed"' not in text
    text = post(desk, where, where, outcome="SUPERVISOR", note="要找领导", then="queue")[2]
    assert 'name="confirmed" value="SUPERVISOR"' in text
    assert re.search(r'name="then" value="queue" checked', text)


@pytest.mark.parametrize("code", ["DO_NOT_CONTACT", "WRONG_NUMBER"])
def test_what_cannot_be_taken_back_is_asked_for_twice(
    desk: FlaskClient, database: Database, code: str
) -> None:
    where = taken(desk)
    status, _where, text = post(desk, where, where, outcome=code)
    assert status == 422
    assert f'name="confirmed" value="{code}"' in text
    with database.read() as session:
        assert session.scalars(select(Attempt)).all() == []
    assert post(desk, where, where, outcome=code, confirmed=code)[0] == 303
    with database.read() as session:
        assert session.scalars(select(Attempt.outcome)).all() == [code]


def test_an_appointment_needs_its_time_in_local_time(desk: FlaskClient, database: Database) -> None:
    where = taken(desk)
    assert post(desk, where, where, outcome="APPT_FIXED")[0] == 422
    status, _where, _text = post(desk, where, where, outcome="APPT_FIXED", appointment="2026-11-19T18:00")
    assert status == 303
    with database.read() as session:
        callback = session.scalars(select(Callback).where(Callback.state == "appointed")).one()
        assert callback.ready_at == datetime.fromisoformat("2026-11-19T18:00+08:00")


def test_nonsense_is_refused_with_a_sentence(desk: FlaskClient) -> None:
    where = taken(desk)
    for data in ({"outcome": "NONSENSE"}, {"outcome": "MAX_ATTEMPTS"}, {"version": "x"}):
        status, _where, text = post(desk, where, where, **data)
        assert status == 422
        assert "desk-problem" in text


def test_a_lost_lease_shows_what_was_typed(
    desk: FlaskClient, app: Flask, database: Database, at: Callable[[datetime], None]
) -> None:
    where = taken(desk)
    later = START + timedelta(minutes=16)
    at(later)
    tick(database, now=later)
    amir = staff.sign_in(app.test_client(), "amir")
    for _n in range(2):  # amir's first may be the other callback
        with database.begin() as session:
            callback_id = int(where.rsplit("/", 1)[1])
            user = session.scalars(select(User).where(User.name == "amir")).one()
            amir_calls = taking.Agent(user.id, user.name)
            taking.claim(session, callback_id, amir_calls, now=later)
            holding.reveal(session, callback_id, amir_calls, now=later)
    status, _where, text = post(desk, where, "/callbacks", outcome="COMPLETE", note="很满意", **ALL)
    assert status == 409
    assert "很满意" in text
    assert "Very satisfied" in text
    assert "Amir has been calling since 10:16." in text
    assert amir.get(where).status_code == 200


def test_a_callback_of_somebody_else_cannot_be_opened(
    desk: FlaskClient, app: Flask, database: Database
) -> None:
    where = taken(desk)
    amir = staff.sign_in(app.test_client(), "amir")
    answer = amir.get(where)
    assert answer.status_code == 409
    assert "王小明" not in answer.get_data(as_text=True)
    assert post(amir, f"{where}/reveal", "/callbacks")[0] == 409


def test_a_sign_of_life_says_how_long_or_that_it_is_gone(
    desk: FlaskClient, database: Database, at: Callable[[datetime], None]
) -> None:
    where = taken(desk)
    at(START + timedelta(minutes=5))
    token = staff.csrf_token(desk, where)
    answer = desk.post(f"{where}/heartbeat", data={"csrf_token": token, "note": "半句"})
    assert answer.get_json() == {"seconds": 900}
    for turn, said in (("page.2", "一句话"), ("page.1", "一句"), ("other.1", "一句话。")):
        data = {"csrf_token": token, "note": said, "desk-turn": turn}
        assert desk.post(f"{where}/heartbeat", data=data).status_code == 200
        kept = "一句话" if turn == "page.1" else said  # sent earlier, it came later
        assert f">\n{kept}</textarea>" in desk.get(where).get_data(as_text=True)
    with database.begin() as session:
        session.execute(update(Callback).values(state="cancelled", outcome="SELF_DONE"))
    gone = desk.post(f"{where}/heartbeat", data={"csrf_token": token})
    assert gone.status_code == 409
    assert "by link" in gone.get_json()["message"]


def test_giving_back_needs_a_reason(desk: FlaskClient, database: Database) -> None:
    where = taken(desk)
    assert post(desk, f"{where}/release", where, **{"back-reason": "whim"})[1] == where
    assert post(desk, f"{where}/release", where, **{"back-reason": "known"})[1] == "/callbacks"
    with database.read() as session:
        assert set(session.scalars(select(Callback.state))) == {"ready"}


def test_stopping_after_this_one_leads_to_the_queue(desk: FlaskClient) -> None:
    where = taken(desk)
    assert post(desk, where, where, outcome="BUSY", then="queue")[1] == "/callbacks?stop=1"


def test_an_empty_queue_says_so(desk: FlaskClient, database: Database) -> None:
    with database.begin() as session:
        session.execute(update(Callback).values(state="done"))
    status, where, _text = post(desk, "/callbacks/next")
    assert (status, where) == (303, "/callbacks")
    assert "nothing for you" in desk.get("/callbacks").get_data(as_text=True)


def test_a_supervisor_sees_who_holds_what_and_releases_it(desk: FlaskClient, app: Flask) -> None:
    where = taken(desk)
    sven = staff.sign_in(app.test_client(), "sven")
    page = sven.get("/callbacks/board?view=in_hand").get_data(as_text=True)
    assert "Anna" in page
    assert "王*" in page
    assert post(sven, f"{where}/decide", action="take_away", reason="went home")[0] == 303
    assert desk.get(where).status_code == 409
    assert sven.get("/callbacks/board?view=nonsense").status_code == 422


def test_the_agent_sees_no_list_to_pick_from(desk: FlaskClient) -> None:
    assert "王*" not in desk.get("/callbacks").get_data(as_text=True)


def test_a_supervisor_writes_a_rule_and_a_change_makes_a_version(
    app: Flask, desk: FlaskClient, database: Database
) -> None:
    sven = staff.sign_in(app.test_client(), "sven")
    form = {
        "name": "紧急投诉", "kinds": "complaint", "categories_more": "漏水、暖气不热", "questionnaire": "1",
        "channel": "phone", "delay_hours": "4", "delay_in": "working", "reminder_after_workdays": "1",
        "phone_after_workdays": "2", "call_within_workdays": "1", "max_attempts": "3", "answer_days": "14",
        "sampling_rate": "100", "cap_days": "30", "max_age_days": "30",
    }  # fmt: skip
    assert post(sven, "/rules/new", "/rules/new", **form)[0] == 303
    page = sven.get("/rules").get_data(as_text=True)
    assert "When a case of the kind Complaint (Category: 漏水 or 暖气不热) is closed" in page
    assert post(sven, "/rules/2", "/rules/2", **form | {"delay_hours": "8"})[0] == 303
    assert "version 2" in sven.get("/rules").get_data(as_text=True)
    shown = sven.get("/rules/2").get_data(as_text=True)
    assert re.search(r'name="delay_hours"[^>]* value="8"', shown)  # as typed, without decimals
    assert post(sven, "/rules/2", "/rules/2", **form | {"delay_hours": "8", "name": "all"})[0] == 422
    assert post(sven, "/rules/2", "/rules/2", **form | {"sampling_rate": "200"})[0] == 422
    assert post(sven, "/rules/2/switch", "/rules", active="yes")[0] == 303
    assert post(sven, "/rules/2/move", "/rules", direction="up")[0] == 303
    with database.read() as session:
        rules = session.execute(select(Rule.name, Rule.active).order_by(Rule.position)).all()
        assert [tuple(r) for r in rules] == [("紧急投诉", True), ("all", True)]
