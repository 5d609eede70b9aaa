"""The respondent pages without a browser: errors, languages, limits, hostile texts, statements."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from core.db import Database
from surveys.models import Answer, Response
from tests.surveys.links import FULL, NOW, fingerprint, invite, publish, rows, send, signature

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><svg/onload=alert(1)>",
    "' autofocus onfocus=alert(1) x='",
    "{{ 7*7 }}",
    "javascript:alert(1)",
)


@pytest.fixture(autouse=True)
def _at_now():
    with time_machine.travel(NOW, tick=False):
        yield


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the statements that reach the database."""
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        if not statement.startswith("BEGIN"):  # PostgreSQL's driver begins by itself, unseen
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_a_look_takes_four_statements_and_an_answer_eight(database: Database, app: Flask):
    client = app.test_client()
    send(client, invite(database), **FULL)  # the first reader fills the caches
    token = invite(database)
    with counted(database) as looking:
        page = client.get(f"/s/{token}")
    with counted(database) as answering:
        done = client.post(f"/s/{token}", data={"csrf_token": signature(page), **FULL})
    assert done.status_code == 303
    assert len(looking) <= 4, "\n".join(looking)
    assert len(answering) <= 8, "\n".join(answering)


def test_the_one_required_item_is_named_and_everything_is_kept(database: Database, app: Flask):
    token, client = invite(database, language="en"), app.test_client()
    before = fingerprint(database)
    typed = {**FULL, "overall": "", "comment": "Kept, please."}
    page = send(client, token, **typed)
    html = page.get_data(as_text=True)
    assert page.status_code == 422
    assert "<title>Error: Please rate our service</title>" in html
    summary = html.index('role="alert"')
    assert html.index("<main>") < summary < html.index("<h1>")
    assert '<a href="#overall-5">Choose your rating for “Overall satisfaction”</a>' in html
    assert 'id="overall-error">Choose your rating for “Overall satisfaction”' in html
    assert re.search(r'id="speed-3"[^>]* checked', html)
    assert "Kept, please." in html
    assert fingerprint(database) == before


@pytest.mark.parametrize(
    "wrong",
    [{"overall": "7"}, {"overall": "5; DROP"}, {"attitude": "-1"}, {"overall": "na"}, {"speed": "refused"}],
)
def test_an_answer_that_was_not_offered_is_refused(database: Database, app: Flask, wrong: dict[str, str]):
    page = send(app.test_client(), invite(database), **{**FULL, **wrong})
    assert page.status_code == 422
    assert rows(database, Response) == []


def test_switching_the_language_keeps_the_answers(database: Database, app: Flask):
    token, client = invite(database), app.test_client()
    before = fingerprint(database)
    page = send(client, token, **FULL, switch_language="en")
    html = page.get_data(as_text=True)
    assert page.status_code == 200
    assert '<html lang="en">' in html
    assert re.search(r'id="overall-4"[^>]* checked', html)
    assert "师傅来得快。" in html
    assert fingerprint(database) == before
    done = client.post(f"/s/{token}", data={"csrf_token": signature(page), "language": "en", **FULL})
    assert done.location.endswith("/thanks?lang=en")
    assert rows(database, Response)[0].language == "en"


def test_pages_open_in_the_language_of_the_invitation(database: Database, app: Flask):
    page = app.test_client().get(
        f"/s/{invite(database, language='en')}", headers={"Accept-Language": "zh-CN"}
    )
    assert '<html lang="en">' in page.get_data(as_text=True)
    asked = app.test_client().get(f"/s/{invite(database, language='en')}?lang=zh-Hans")
    assert '<html lang="zh-Hans">' in asked.get_data(as_text=True)


def test_every_item_gets_a_row_and_missing_kinds_stay_apart(database: Database, app: Flask):
    version = publish(database)
    send(app.test_client(), invite(database), overall="4", result="na", comment=" ")
    found = {row.item_id: row.value for row in rows(database, Answer)}
    by_key = {item.item_key: found[item.id] for item in version.items}
    assert by_key == {
        "overall": 4, "reason": -1, "attitude": -2, "speed": -2, "quality": -2, "result": -3,
        "resolved": -2, "comment": -2,
    }  # fmt: skip


def test_a_reason_written_without_scripts_is_kept_whatever_the_score(database: Database, app: Flask):
    send(app.test_client(), invite(database), overall="5", reason="还是有点慢")
    (words,) = [row.words for row in rows(database, Answer) if row.words]
    assert "还是有点慢".encode() not in words


def test_a_text_that_is_too_long_comes_back_whole(database: Database, app: Flask):
    long = "好" * 501
    page = send(app.test_client(), invite(database, language="en"), overall="4", comment=long)
    html = page.get_data(as_text=True)
    assert page.status_code == 422
    assert "to 500 characters; it has 501 now" in html
    assert long in html
    assert send(app.test_client(), invite(database), overall="4", comment="好" * 500).status_code == 303


def test_two_thousand_and_one_characters_and_a_huge_body_are_refused(database: Database, app: Flask):
    token, client = invite(database), app.test_client()
    assert send(client, token, overall="4", comment="x" * 2001).status_code == 422
    assert send(client, token, overall="4", comment="x" * 1_100_000).status_code == 413
    assert rows(database, Response) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_texts_are_shown_as_texts(database: Database, app: Flask, payload: str):
    page = send(app.test_client(), invite(database, addressee=payload, on="2026-11-18"), comment=payload)
    html = page.get_data(as_text=True)
    assert page.status_code == 422
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "<svg" not in html
    assert "{{ 7*7 }}" in html or "{{" not in payload
    assert not re.search(r"<[^>]+ onfocus=", html)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(alphabet=st.characters(codec=None), max_size=60)
    | st.sampled_from(["a\0b", "\ud800", "\u202eabc"])
)
def test_any_text_is_stored_or_explained(database: Database, app: Flask, text: str):
    token, client = invite(database), app.test_client()
    signed = signature(client.get(f"/s/{token}"))
    body = {"csrf_token": signed, "overall": "4", "comment": text.encode("utf-8", "surrogatepass")}
    assert client.post(f"/s/{token}", data=body).status_code in {303, 422}


def test_the_page_carries_no_inline_code(database: Database, app: Flask):
    html = app.test_client().get(f"/s/{invite(database)}").get_data(as_text=True)
    assert not re.search(r"<style|<[^>]+ style=|<[^>]+ on\w+=|<script(?![^>]* src=)", html)
    assert "user-scalable" not in html
    assert "maximum-scale" not in html


def test_the_stylesheet_has_the_brand_colour_and_old_browsers_in_mind(app: Flask):
    page = app.test_client().get("/respondent.css")
    css = page.get_data(as_text=True)
    assert "--brand:#0b5563" in css
    assert ":has(" not in re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    assert "gap:" not in css
    assert "text-size-adjust" not in css


def test_the_script_is_one_file_that_old_browsers_read(app: Flask):
    page = app.test_client().get("/respondent.js")
    script = re.sub(r"/\*.*?\*/|//[^\n]*", "", page.get_data(as_text=True), flags=re.DOTALL)
    assert page.mimetype == "text/javascript"
    assert "window.conditionsOf" in script
    assert not re.search(r"=>|\b(?:const|let|import|export|async|await)\b|`|\?\.|\?\?", script)


def test_names_of_the_files_change_with_their_content(database: Database, app: Flask):
    html = app.test_client().get(f"/s/{invite(database)}").get_data(as_text=True)
    for name in ("css", "js"):
        address = re.search(rf'"(/respondent\.{name}\?v=[0-9a-f]{{12}})"', html)
        assert address
        assert "31536000" in app.test_client().get(address.group(1)).headers["Cache-Control"]
        assert "max-age=300" in app.test_client().get(f"/respondent.{name}?v=old").headers["Cache-Control"]
