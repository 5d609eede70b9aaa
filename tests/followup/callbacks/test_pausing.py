"""Pauses: with a reason, one at a time, never with a callback in hand; nothing is handed out meanwhile."""

import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core.db import Database
from core.errors import ConflictError, InputError
from followup.callbacks import pausing, taking
from followup.callbacks.models import Pause
from followup.jobs import tick
from tests.followup import factories as make
from tests.followup.callbacks.test_views import START, post, taken

NOW = datetime.fromisoformat("2026-11-18T10:00+08:00")


def test_a_pause_begins_once_and_ends(database: Database) -> None:
    with database.begin() as session:
        anna = make.agent(session, "anna", now=NOW)
        first = pausing.begin(session, anna.id, "meal", now=NOW)
        again = pausing.begin(session, anna.id, "break", now=NOW + timedelta(minutes=1))
        assert again.id == first.id
        with pytest.raises(taking.OnPauseError):
            taking.pull_next(session, anna, now=NOW)
        ended = pausing.end(session, anna.id, now=NOW + timedelta(minutes=30))
        assert ended is not None
        assert ended.ended_at == NOW + timedelta(minutes=30)
        assert pausing.end(session, anna.id, now=NOW + timedelta(minutes=31)) is None
        assert taking.pull_next(session, anna, now=NOW + timedelta(minutes=31)) is None


def test_a_pause_needs_a_reason_and_empty_hands(database: Database) -> None:
    with database.begin() as session:
        anna = make.agent(session, "anna", now=NOW)
        make.new_rule(session, make.by_phone(), now=NOW)
        make.closed_case(session, now=NOW)
        with pytest.raises(InputError):
            pausing.begin(session, anna.id, "whim", now=NOW)
    tick(database, now=NOW)
    tick(database, now=NOW)
    with database.begin() as session:
        assert taking.pull_next(session, anna, now=NOW) is not None
        with pytest.raises(ConflictError, match="in your hands"):
            pausing.begin(session, anna.id, "meal", now=NOW)


def test_stopping_after_this_one_leads_to_the_pause_and_back(desk: FlaskClient, database: Database) -> None:
    where = taken(desk)
    _status, onward, _text = post(desk, where, where, outcome="BUSY", then="queue")
    assert onward == "/callbacks?stop=1"
    page = desk.get("/callbacks?stop=1").get_data(as_text=True)
    assert re.search(r'<details[^>]* id="pause" open>', page)
    assert post(desk, "/callbacks/pause", reason="meal")[1] == "/callbacks"
    page = desk.get("/callbacks").get_data(as_text=True)
    assert "On a pause since" in page
    assert "Meal" in page
    assert 'data-shortcut="KeyJ"' not in page
    assert post(desk, "/callbacks/next")[1] == "/callbacks"  # J of another tab
    assert post(desk, "/callbacks/pause/end")[1] == "/callbacks"
    assert re.fullmatch(r"/callbacks/\d+", post(desk, "/callbacks/next")[1])
    with database.read() as session:
        assert [p.reason for p in session.scalars(select(Pause)) if p.ended_at == START] == ["meal"]
