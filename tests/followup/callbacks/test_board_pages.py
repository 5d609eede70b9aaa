"""The board as pages, without scripts."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from core import clock
from core.db import Database
from followup.callbacks import actions, holding, skipping, taking
from followup.callbacks.outcomes import Code
from followup.callbacks.taking import Agent
from followup.models import Callback
from tests import people as staff
from tests.followup.callbacks.test_board import START, queued


@pytest.fixture
def board(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Sven at the board; three callbacks are ready, one of them in Anna's hand."""
    monkeypatch.setattr(clock, "now", lambda: START)
    for person in (staff.anna, staff.amir, staff.sven, staff.lena):
        person(database)
    queued(database, 3)
    with database.begin() as session:
        anna = Agent(1, "anna")
        callback = taking.pull_next(session, anna, now=START)
        assert callback is not None
        holding.reveal(session, callback.id, anna, now=START)
    return staff.sign_in(app.test_client(), "sven")


def post(client: FlaskClient, path: str, **data: object) -> TestResponse:
    """Post a form of the board."""
    return client.post(path, data=data | {"csrf_token": staff.csrf_token(client, "/callbacks/board")})


def test_the_board_without_scripts(board: FlaskClient, database: Database) -> None:
    text = board.get("/callbacks/board").get_data(as_text=True)
    assert len(re.findall(r'name="ids" value="\d+" form="reassign"', text)) == 2
    assert "王*" in text
    assert not re.search(r"138\d{8}", text)
    where = "/callbacks/board/reassign?view=open&department=&agent="
    assert post(board, where, ids=["2", "3"], to="2", reason="").status_code == 303
    assert "Say why" in board.get("/callbacks/board").get_data(as_text=True)
    answer = post(
        board, "/callbacks/board/reassign?view=open&page=1", ids=["1", "2", "3"], to="2", reason="Amir kann"
    )
    back = urlsplit(answer.headers["Location"])
    assert (back.path, parse_qs(back.query)) == ("/callbacks/board", {"view": ["open"], "page": ["1"]})
    text = board.get(answer.headers["Location"]).get_data(as_text=True)
    assert "2 callbacks were given on." in text
    assert "in somebody’s hands" in text
    with database.read() as session:
        assert session.scalars(select(Callback.agent_id).order_by(Callback.id)).all() == [1, 2, 2]
    assert post(board, "/callbacks/board/reassign", ids=["2"], to="", reason="x").status_code == 303
    assert "Choose to whom" in board.get("/callbacks/board").get_data(as_text=True)
    assert post(board, "/callbacks/board/reassign", ids=["two"], to="2", reason="x").status_code == 303


def test_filters_stand_in_the_address_and_nonsense_is_refused(board: FlaskClient) -> None:
    found = board.get("/callbacks/board?view=open&agent=1").get_data(as_text=True)
    assert found.count('<td data-label="Customer">') == 1
    assert "No callback fits" in board.get("/callbacks/board?department=x").get_data(as_text=True)
    assert "Nothing is overdue" in board.get("/callbacks/board?view=overdue").get_data(as_text=True)
    for nonsense in ("view=all", "reason=whim"):
        assert board.get(f"/callbacks/board?{nonsense}").status_code == 422
    assert board.get("/callbacks/board?agent=x&page=y").status_code == 200


def test_the_board_says_who_passed_on_what(board: FlaskClient, database: Database) -> None:
    assert "Passed on today" not in board.get("/callbacks/board/now").get_data(as_text=True)
    with database.begin() as session:
        skipping.skip(session, 1, Agent(1, "anna"), "known", START)
    text = board.get("/callbacks/board/now").get_data(as_text=True)
    assert re.search(r"Anna <span class=\"quiet\">I know the customer</span></span><b[^>]*>1<", text)


def test_what_no_database_can_hold_breaks_no_board(board: FlaskClient) -> None:
    for odd in ("agent=2147483648", f"agent={'9' * 23}", "agent=-1", "department=%00", "department=a%00b"):
        assert board.get(f"/callbacks/board?{odd}").status_code == 200, odd
    where = "/callbacks/board/reassign"
    assert post(board, where, ids=["2"], to="9" * 23, reason="x").status_code == 303
    assert "Choose to whom" in board.get("/callbacks/board").get_data(as_text=True)
    assert post(board, where, ids=["2", "9" * 23], to="2", reason="x").status_code == 303


def test_a_release_needs_a_reason(board: FlaskClient, database: Database) -> None:
    post(board, "/callbacks/1/decide", action="take_away", reason="")
    assert "Say why" in board.get("/callbacks/board").get_data(as_text=True)
    with database.read() as session:
        assert session.get_one(Callback, 1).state == "in_call"
    post(board, "/callbacks/1/decide?view=in_hand", action="take_away", reason="Feierabend")
    with database.read() as session:
        assert session.get_one(Callback, 1).state == "ready"


def test_a_held_callback_is_resumed_or_ended(board: FlaskClient, database: Database) -> None:
    with database.begin() as session:
        actions.record_outcome(session, 1, Agent(1, "anna"), Code.SUPERVISOR, note="will den Chef", now=START)
    held = board.get("/callbacks/board?view=held").get_data(as_text=True)
    assert "Back to the queue" in held
    assert "will den Chef" in held
    post(board, "/callbacks/1/decide", action="resume", reason="nochmal")
    with database.read() as session:
        assert session.get_one(Callback, 1).state == "ready"


def test_the_board_is_for_those_who_lead(board: FlaskClient, app: Flask) -> None:
    part = board.get("/callbacks/board/now").get_data(as_text=True)
    assert "<html" not in part
    assert "Anna" in part
    for name in ("anna", "lena"):
        client = staff.sign_in(app.test_client(), name)
        assert client.get("/callbacks/board").status_code == 403
        assert client.get("/callbacks/board/now").status_code == 403
