"""Whatever people write or send: stored and shown back as it is, or explained; never a failure of ours."""

import re
from html import unescape
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.db import Database
from core.texts import clean_text
from surveys import links
from surveys.answering import stored_answers
from surveys.definition import from_dict
from surveys.models import Response
from surveys.parsing import text_length
from tests.surveys import kinds
from tests.surveys.links import NOW, signature

TOUGH = (
    "a\0b",
    "\u202eabc",
    "👨‍👩‍👧‍👦" * 9,
    "é" * 40,
    "=1+1",
    "<b>'\"&",
    "%(item)s {x}",
    "\x01greeting\x01",
)
ANY = st.text(alphabet=st.characters(codec="utf-8"), max_size=80) | st.sampled_from(TOUGH)
BROKEN = st.text(alphabet=st.characters(codec=None), max_size=20)  # with halves of characters, too
FIELDS = [
    f"{item['key']}{ending}"
    for item in kinds.ITEMS
    for ending in ("", "-other", "-missing", "-sure", "-unknown")
] + ["csrf_token", "language", "seconds", "once", "save", "switch_language", "page", "", "\0"]
VALUES = st.sampled_from(
    ["", "0", "1", "2", "9", "-1", "na", "refused", "999999999999", "1e999", "nan", "2026-02-31",
     "9999-12-31", "0001-01-01", "２０２６年１月１日", "x" * 9000, "\U0001f600" * 600, "on", "[]", "null"]
) | ANY | BROKEN  # fmt: skip
HARD = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def _at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.slow
@HARD
@given(comment=ANY, other=ANY, line=ANY)
def test_any_text_is_stored_as_it_is(database: Database, app: Flask, comment: str, other: str, line: str):
    version = kinds.publish(database)
    token, client = kinds.invite(database, version), app.test_client()
    body = {
        "csrf_token": signature(client.get(f"/s/{token}")), "overall": "4", "way": "9", "ways": "2",
        "comment": as_bytes(comment), "way-other": as_bytes(other), "wechat": as_bytes(line),
    }  # fmt: skip
    done = client.post(f"/s/{token}", data=body)
    cleaned = [clean_text(text) for text in (comment, other, line)]
    if done.status_code == 422:
        assert any(text_length(text) > limit for text, limit in zip(cleaned, (500, 200, 30), strict=True))
        return
    assert done.status_code == 303
    with database.read() as session:
        link = links.find(session, token)
        assert link is not None
        wanted = select(Response.id).where(Response.invitation_id == link.id)
        found = stored_answers(session, version, session.execute(wanted).scalar_one())
    assert [found[key].words for key in ("comment", "way", "wechat")] == cleaned


@pytest.mark.slow
@HARD
@given(form=st.lists(st.tuples(st.sampled_from(FIELDS), VALUES), max_size=40), signed=st.booleans())
def test_an_odd_form_is_never_a_failure_of_ours(
    database: Database, app: Flask, form: list[tuple[str, str]], signed: bool
):
    version = kinds.publish(database)
    token, client = kinds.invite(database, version), app.test_client()
    body: dict[str, Any] = {}
    for name, value in form:
        body.setdefault(name, []).append(as_bytes(value))
    if signed:
        body["csrf_token"] = signature(client.get(f"/s/{token}"))
    for path in ("", "/seen", "", "/stop"):
        assert client.post(f"/s/{token}{path}", data=body).status_code < 500
    for path in ("", "?amend=1", "?saved=1", "/thanks", "/stop"):
        assert client.get(f"/s/{token}{path}").status_code < 500


@pytest.mark.slow
@HARD
@given(said=ANY.filter(lambda text: clean_text(text) != ""))
def test_any_text_of_a_question_is_shown_as_it_is(database: Database, app: Flask, said: str):
    said = clean_text(said).replace("\x01", "")
    options = [{"code": code, "texts": kinds.both(said, said), "other": code == 2} for code in (1, 2)]
    items = [
        {"key": "overall", "scale": "sat5", "role": "overall", "matrix": "m", "section": "s",
         "texts": kinds.worded(said, said, said, said, hint=(said, said))},
        {"key": "one", "kind": "single", "options": options, "texts": kinds.worded(said, said)},
        {"key": "two", "kind": "text", "show_if": {"all": [{"item": "one", "is": "has", "value": 2}]},
         "texts": kinds.worded(said, said)},
    ]  # fmt: skip
    definition = kinds.all_kinds(
        title=kinds.both(said, said), intro=kinds.both(said, said), matrices={"m": kinds.both(said, said)},
        sections={"s": {code: {"title": said, "text": said} for code in ("zh_Hans", "en")}}, items=items,
    )  # fmt: skip
    assert from_dict(definition)
    token = kinds.invite(database, kinds.publish(database, definition))
    page = app.test_client().get(f"/s/{token}?lang=en")
    assert page.status_code == 200
    html = page.get_data(as_text=True)
    squeezed = re.sub(r"\n\s*\n", "\n", said)  # blank lines of a page are dropped
    assert unescape(html).count(squeezed) >= 8
