"""Saving and finishing later, and amending: choices come back, words are kept and never shown."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.db import Database
from surveys import actions, jobs, tallies
from surveys.answering import stored_answers
from surveys.models import Invitation, Partial, Response
from surveys.parsing import Given
from tests.surveys import kinds
from tests.surveys.links import NOW, fingerprint, rows, signature

GIVEN = {
    "overall": "2", "reason": "楼道漏水", "warm": "1", "night": "na", "nps": "3", "way": "9",
    "way-other": "邻居转告", "ways": ["2", "9"], "ways-other": "写信", "wechat": "城东", "solved": "1",
    "visit": "2026-12-01", "degrees": "16.5", "cold": "1", "web_only": "2", "comment": "快点修好。",
}  # fmt: skip
WORDS = ("楼道漏水", "邻居转告", "写信", "快点修好。")


@pytest.fixture(autouse=True)
def _at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def post(app: Flask, token: str, path: str = "", **fields: Any) -> TestResponse:
    client = app.test_client()
    signed = signature(client.get(f"/s/{token}?amend=1"))
    return client.post(f"/s/{token}{path}", data={"csrf_token": signed, **fields})


def stored(database: Database) -> dict[str, Given]:
    version = kinds.publish(database)
    (response,) = rows(database, Response)
    with database.read() as session:
        return stored_answers(session, version, response.id)


@pytest.fixture
def token(database: Database) -> str:
    return kinds.invite(database, kinds.publish(database))


def test_saving_keeps_everything_sealed_and_spends_nothing(database: Database, app: Flask, token: str):
    done = post(app, token, save="1", **GIVEN)
    assert (done.status_code, done.location) == (303, f"/s/{token}?saved=1")
    (kept,) = rows(database, Partial)
    assert not any(word.encode() in kept.answers_sealed for word in WORDS)
    assert rows(database, Response) == []
    assert rows(database, Invitation)[0].state == "open"


def test_the_link_opens_with_choices_and_without_words(database: Database, app: Flask, token: str):
    post(app, token, save="1", **GIVEN)
    html = app.test_client().get(f"/s/{token}").get_data(as_text=True)
    for field in ("overall-2", "night-na", "nps-3", "way-9", "ways-2", "ways-9", "solved-1", "cold-1"):
        assert re.search(rf'id="{field}"[^>]* checked', html), field
    assert 'value="2026-12-01"' in html
    assert 'value="16.5"' in html
    assert not any(word in html for word in WORDS)


def test_finishing_merges_and_forgets(database: Database, app: Flask, token: str):
    post(app, token, save="1", **GIVEN)
    chosen = {name: value for name, value in GIVEN.items() if value not in WORDS and name != "wechat"}
    assert post(app, token, **{**chosen, "nps": "9", "comment": "已经修好了。"}).status_code == 303
    found = stored(database)
    assert found["nps"].value == 9
    assert found["way"] == Given(value=9, words="邻居转告")
    assert found["ways"] == Given(codes=(2, 9), words="写信")
    assert (found["reason"].words, found["wechat"].words) == ("楼道漏水", "城东")
    assert found["comment"].words == "已经修好了。"
    assert rows(database, Partial) == []
    with database.read() as session:
        assert tallies.recount(session) == {}


def test_saving_again_takes_the_place_of_the_earlier(database: Database, app: Flask, token: str):
    post(app, token, save="1", **GIVEN)
    post(app, token, save="1", warm="5")
    assert len(rows(database, Partial)) == 1
    post(app, token, overall="5", warm="5")
    found = stored(database)
    assert found["reason"].words == "楼道漏水"
    assert found["nps"].missing is not None


def test_what_is_wrong_is_said_at_saving_too_and_nothing_required_is_missed(
    database: Database, app: Flask, token: str
):
    assert post(app, token, save="1", warm="2").status_code == 303
    page = post(app, token, save="1", degrees="warm", comment="bleibt")
    assert page.status_code == 422
    assert "bleibt" in page.get_data(as_text=True)


def test_a_required_text_that_was_saved_need_not_be_written_again(database: Database, app: Flask):
    items = [*kinds.ITEMS[:-1], kinds.ITEMS[-1] | {"required": True}]
    token = kinds.invite(database, kinds.publish(database, kinds.all_kinds(items=items)))
    post(app, token, save="1", comment="写过了")
    html = app.test_client().get(f"/s/{token}").get_data(as_text=True)
    assert 'id="comment-kept"' in html
    assert post(app, token, overall="4").status_code == 303
    assert post(app, token, overall="5").status_code == 303  # and not at amending either


@pytest.mark.parametrize("kind", ["short", "anonymous"])
def test_where_it_is_not_offered_it_cannot_be_forced(database: Database, app: Flask, kind: str):
    changes = {"items": kinds.ITEMS[:4]} if kind == "short" else {"anonymous": True}
    token = kinds.invite(database, kinds.publish(database, kinds.all_kinds(**changes)))
    before = fingerprint(database)
    page = post(app, token, save="1", overall="4")
    assert page.status_code == 200
    assert 'name="save"' not in page.get_data(as_text=True)
    assert fingerprint(database) == before


def test_opting_out_forgets(database: Database, app: Flask, token: str):
    post(app, token, save="1", **GIVEN)
    client = app.test_client()
    signed = signature(client.get(f"/s/{token}/stop"))
    client.post(f"/s/{token}/stop", data={"csrf_token": signed})
    assert rows(database, Partial) == []


def test_what_was_saved_on_a_link_that_ended_goes_with_the_tick(database: Database, app: Flask):
    version = kinds.publish(database)
    open_one, ended, late = (kinds.invite(database, version, days=days) for days in (14, 14, 1))
    for token in (open_one, ended, late):
        post(app, token, save="1", warm="2")
    with database.begin() as session:
        second = session.scalars(select(Invitation.id).order_by(Invitation.id)).all()[1]
        actions.withdraw(session, second, actor="t", now=NOW, reason="answered by phone")
    assert jobs.partials(database, now=NOW + timedelta(days=2)) == {"forgotten": 2}
    assert jobs.partials(database, now=NOW + timedelta(days=2)) == {}
    assert len(rows(database, Partial)) == 1


def test_amending_brings_back_every_kind(database: Database, app: Flask, token: str):
    post(app, token, **GIVEN)
    before = stored(database)
    html = app.test_client().get(f"/s/{token}?amend=1").get_data(as_text=True)
    assert 'value="2026-12-01"' in html
    assert not any(word in html for word in WORDS)
    chosen = {name: value for name, value in GIVEN.items() if value not in WORDS and name != "wechat"}
    post(app, token, **chosen)
    assert stored(database) == before
    assert rows(database, Response)[0].revision == 1
    post(app, token, **{**chosen, "ways": ["1", "9"]})
    assert stored(database)["ways"] == Given(codes=(1, 9), words="写信")
