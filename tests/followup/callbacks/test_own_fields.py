"""Items may be called like the desk's own fields: both arrive where they belong."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.db import Database, vault_of
from followup.callbacks.own_fields import TURN, is_older
from followup.jobs import tick
from followup.models import Attempt
from surveys.actions import publish
from surveys.definition import from_dict
from surveys.models import Answer, Item
from surveys.seeds import ITEMS, return_visit
from tests import people as staff
from tests.followup import factories as make
from tests.followup.callbacks.conftest import START
from tests.followup.callbacks.test_views import ALL, post, taken


@pytest.fixture
def odd_desk(app: Flask, database: Database, at: Callable[[datetime], None]) -> FlaskClient:
    """Anna at the desk with a questionnaire whose items are called outcome, version and note."""
    at(START)
    staff.anna(database)
    scored = [{**ITEMS[2], "key": key} for key in ("outcome", "version")]
    items = [*ITEMS[:1], *ITEMS[2:7], *scored, {**ITEMS[7], "key": "note"}]
    with database.begin() as session:
        make.new_rule(session, make.by_phone(), now=START)
        odd = replace(return_visit(), items=from_dict({"title": {"en": "Odd"}, "items": items}).items)
        publish(session, odd, key="return_visit", actor="test", now=START)
        make.closed_case(session, now=START)
    tick(database, now=START)
    tick(database, now=START)
    return staff.sign_in(app.test_client(), "anna")


def test_items_called_like_fields_of_the_desk_are_answered(odd_desk: FlaskClient, database: Database) -> None:
    where = taken(odd_desk)
    page = odd_desk.get(where).get_data(as_text=True)
    version = re.search(r'name="desk-version" value="(\d+)"', page)
    assert version
    own = {
        "desk-prefix": "desk-",
        "desk-version": version[1],
        "desk-note": "只给同事看",
        "desk-appointment": "",
    }
    said = ALL | {"outcome": "2", "version": "3", "note": "客户的话"}
    token = staff.csrf_token(odd_desk, where)
    kept = odd_desk.post(f"{where}/heartbeat", data=own | said | {"csrf_token": token})
    assert kept.status_code == 200
    page = odd_desk.get(where).get_data(as_text=True)
    for restored in (
        r'id="outcome-2"[^>]* checked',
        r'id="version-3"[^>]* checked',
        "只给同事看",
        "客户的话",
    ):
        assert re.search(restored, page), restored
    assert post(odd_desk, where, where, **own, **said, **{"desk-outcome": "COMPLETE"})[0] == 303
    with database.read() as session:
        keyed = select(Item.item_key, Answer.value).join(Answer, Answer.item_id == Item.id)
        answered = [tuple(row) for row in session.execute(keyed)]
        assert ("outcome", 2) in answered
        assert ("version", 3) in answered
        attempt = session.scalars(select(Attempt)).one()
        assert attempt.note_sealed
        assert vault_of(session).open(attempt.note_sealed, f"attempt.note:{attempt.uid}") == "只给同事看"


def test_an_outcome_without_answers_goes_the_same_way(odd_desk: FlaskClient, database: Database) -> None:
    where = taken(odd_desk)
    own = {"desk-prefix": "desk-", "desk-outcome": "SUPERVISOR", "desk-note": "要找领导", "outcome": "4"}
    text = post(odd_desk, where, where, **own)[2]
    assert 'name="desk-confirmed" value="SUPERVISOR"' in text
    assert post(odd_desk, where, where, **own, **{"desk-confirmed": "SUPERVISOR"})[0] == 303
    with database.read() as session:
        assert session.scalars(select(Attempt.outcome)).all() == ["SUPERVISOR"]


def test_a_turn_that_no_page_of_ours_sent_puts_nothing_in_order() -> None:
    """Python reads no number of five thousand digits: the sign of life was an error of the server."""
    for number in ("9" * 5000, "²", "", "-1"):
        assert not is_older({TURN: "page.1"}, {TURN: f"page.{number}"})
        assert not is_older({TURN: f"page.{number}"}, {TURN: "page.1"})
    assert is_older({TURN: "page.1"}, {TURN: "page.2"})
