"""A poor answer at the desk: the reason is asked, kept and shown, and the remedy is called first."""

import json
import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from core import clock
from core.db import Database
from followup.callbacks import choices, holding, reasons, taking
from followup.callbacks.taking import Agent
from followup.cases import actions as cases
from followup.cases import answers, texts
from followup.cases.requests import open_requests
from followup.jobs import tick
from followup.models import Callback, Case, FollowUp, ReopenRequest
from surveys.models import Response
from tests import people as staff
from tests.followup import factories as make

START = datetime.fromisoformat("2026-11-18T10:00+08:00")
GOOD = {"overall": "5", "attitude": "4", "speed": "4", "quality": "na", "result": "5", "resolved": "2"}
POOR = GOOD | {"overall": "2", "reason": "又漏水了，没人管"}


@pytest.fixture
def desk(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Anna with one callback in her hand, the number shown."""
    monkeypatch.setattr(clock, "now", lambda: START)
    staff.anna(database)
    staff.sven(database)
    with database.begin() as session:
        make.new_rule(session, make.by_phone(), now=START)
        make.closed_case(session, now=START)
    tick(database, now=START)
    tick(database, now=START)
    client = staff.sign_in(app.test_client(), "anna")
    where = send(client, "/callbacks/next", "/callbacks").headers["Location"]
    assert send(client, f"{where}/reveal", where).status_code == 303
    return client


WHERE = "/callbacks/1"


def send(client: FlaskClient, path: str, page: str = WHERE, **data: str) -> TestResponse:
    """Post a form with the token of a page."""
    return client.post(path, data=data | {"csrf_token": staff.csrf_token(client, page)})


def test_a_poor_answer_asks_why_once_and_keeps_what_was_typed(desk: FlaskClient, database: Database) -> None:
    answer = send(desk, WHERE, outcome="COMPLETE", note="很生气", **POOR)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Choose why the customer is not content" in text
    assert 'href="#n-poor_reason"' in text
    assert "又漏水了" in text
    assert "很生气" in text
    with database.read() as session:
        assert session.scalars(select(Response)).all() == []
    assert send(desk, WHERE, outcome="COMPLETE", poor_reason="nonsense", **POOR).status_code == 422
    assert send(desk, WHERE, outcome="COMPLETE", poor_reason="came_back", **POOR).status_code == 303
    with database.read() as session:
        request = session.scalars(select(ReopenRequest)).one()
        assert (request.cause, request.reason) == ("dissatisfied", "came_back")
        assert texts.reopen_words(session, request) == "又漏水了，没人管"


@pytest.mark.parametrize(
    ("answers", "code", "kept"),
    [
        (GOOD | {"resolved": "1"}, "unsaid", "unsaid"),  # content, but not solved
        (GOOD, "slow", None),  # marked before the customer thought better of it
        (GOOD | {"overall": "3"}, "", None),  # neither good nor bad asks for nothing
    ],
)
def test_only_poor_answers_have_a_reason(
    desk: FlaskClient, database: Database, answers: dict[str, str], code: str, kept: str | None
) -> None:
    assert send(desk, WHERE, outcome="COMPLETE", poor_reason=code, **answers).status_code == 303
    with database.read() as session:
        assert [r.reason for r in session.scalars(select(ReopenRequest))] == ([] if kept is None else [kept])


def test_who_breaks_off_need_not_say_why(desk: FlaskClient, database: Database) -> None:
    assert send(desk, WHERE, outcome="PARTIAL", overall="1").status_code == 303
    with database.read() as session:
        assert session.scalars(select(ReopenRequest.reason)).all() == [""]


def test_the_reason_is_asked_when_the_scores_say_so_and_always_without_scripts(desk: FlaskClient) -> None:
    page = desk.get(WHERE).get_data(as_text=True)
    found = re.search(r'data-item="poor_reason"[^>]* data-when="([^"]+)"', page)
    assert found
    when = json.loads(found.group(1).replace("&#34;", '"').replace("&lt;", "<"))
    assert when == {"any": True, "of": [["overall", "<=", 2], ["resolved", "=", 1]]}
    assert page.count('name="poor_reason"') == 9
    assert 'name="poor_words"' not in page  # the questionnaire has an item for them


def test_the_reason_stands_where_somebody_decides(desk: FlaskClient, app: Flask, database: Database) -> None:
    with database.begin() as session:
        choices.rename(
            session, "reason", "slow", {"en": "Took too long", "zh_Hans": "太慢"}, actor="ada", now=START
        )
    send(desk, WHERE, outcome="COMPLETE", poor_reason="slow", **POOR)
    sven = staff.sign_in(app.test_client(), "sven")
    assert "Took too long" in sven.get("/").get_data(as_text=True)
    with database.read() as session:
        number = session.scalars(select(Case.number)).one()
        assert reasons.counted(session, since=START, until=START + timedelta(days=1)) == {"slow": 1}
    assert "Why: Took too long" in sven.get(f"/cases/{number}").get_data(as_text=True)


def test_after_the_remedy_the_customer_is_called_first_and_both_ratings_stay(
    desk: FlaskClient, database: Database
) -> None:
    send(desk, WHERE, outcome="COMPLETE", poor_reason="not_solved", then="queue", **POOR)
    done_at = START + timedelta(days=1)
    with database.begin() as session:
        case = session.scalars(select(Case)).one()
        request = open_requests(session, case)[0]
        cases.accept_reopen(session, request, actor="sven", decision="再去一次", now=done_at)
        for number in range(3):  # others who wait for longer
            make.closed_case(session, now=START + timedelta(minutes=number))
        make.close(session, case, now=done_at)
    for _round in range(2):
        tick(database, now=done_at + timedelta(minutes=1))
    now = done_at + timedelta(minutes=2)
    with database.begin() as session:
        anna = Agent(1, "anna")
        first = taking.pull_next(session, anna, now=now)
        assert first is not None
        follow_up = session.get_one(FollowUp, first.follow_up_id)
        assert follow_up.recovery_of_id is not None
        waiting = select(func.count()).where(Callback.state == "ready")
        assert session.scalar(waiting) == 3
        said = {line.resolution_no: line.why for line in answers.of_case(session, case)}
        assert said == {1: "not_solved", 2: ""}  # also after the decision
        holding.reveal(session, first.id, anna, now=now)
        page = first.id
    good = send(desk, f"/callbacks/{page}", "/callbacks", outcome="COMPLETE", **GOOD)
    assert good.status_code == 303
    with database.read() as session:
        answered = session.scalars(select(FollowUp).where(FollowUp.response_id.is_not(None))).all()
        assert len({each.response_id for each in answered}) == 2
        assert {each.case_id for each in answered} == {case.id}
