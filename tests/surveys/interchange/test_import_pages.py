"""Importing on the pages: look first, then a draft; downloads; nothing that anybody uploads breaks a page."""

import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from core.db import Database
from core.uploads import PendingImport
from surveys import actions
from surveys.definition import from_dict
from surveys.editor.models import Draft
from surveys.interchange import formats
from surveys.models import Questionnaire
from tests.surveys.interchange.test_pasted import KIT
from tests.surveys.links import NOW, publish
from tests.surveys.test_definition import rich

ClientFor = Callable[[str], FlaskClient]
Csrf = Callable[[FlaskClient, str], str]
UPLOAD = "/questionnaires/import"


def sent(
    client: FlaskClient, csrf: Csrf, *, text: str = "", file: tuple[bytes, str] | None = None
) -> TestResponse:
    data: dict[str, object] = {"text": text, "csrf_token": csrf(client, UPLOAD)}
    if file:
        data["file"] = (io.BytesIO(file[0]), file[1])
    return client.post(UPLOAD, data=data, content_type="multipart/form-data")


def counted(database: Database, model: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_pasted_text_is_shown_first_and_then_becomes_a_draft(
    client_for: ClientFor, csrf: Csrf, database: Database
) -> None:
    client = client_for("lena")
    seen = sent(client, csrf, text=KIT)
    assert seen.status_code == 303
    place = seen.headers["Location"]
    page = client.get(place).get_data(as_text=True)
    for expected in ("供热服务满意度调查", "服务态度", "very satisfied", "排序题", "line 29", "survey"):
        assert expected.lower() in page.lower(), expected
    assert (counted(database, Draft), counted(database, Questionnaire)) == (0, 0)
    made = client.post(place, data={"key": "heating", "csrf_token": csrf(client, place)})
    assert made.status_code == 303
    assert made.headers["Location"].endswith("/questionnaires/heating/edit")
    with database.read() as session:
        draft = session.scalars(select(Draft)).one()
        assert from_dict(draft.definition).title == {"zh_Hans": "供热服务满意度调查"}
        assert draft.updated_by == "lena"
    assert counted(database, PendingImport) == 0
    assert client.get(place).status_code == 404


def test_a_key_that_exists_has_to_be_confirmed(client_for: ClientFor, csrf: Csrf, database: Database) -> None:
    publish(database)
    client = client_for("sven")
    place = sent(client, csrf, text=KIT).headers["Location"]
    token = csrf(client, place)
    asked = client.post(place, data={"key": "return_visit", "csrf_token": token})
    assert asked.status_code == 422
    assert "already" in asked.get_data(as_text=True)
    assert counted(database, Draft) == 0
    done = client.post(place, data={"key": "return_visit", "replace": "y", "csrf_token": token})
    assert done.status_code == 303
    assert counted(database, Draft) == 1


@pytest.mark.parametrize("key", ["", "New!", "new", "x" * 60])
def test_a_key_that_is_none_is_refused(
    client_for: ClientFor, csrf: Csrf, database: Database, key: str
) -> None:
    client = client_for("ada")
    place = sent(client, csrf, text=KIT).headers["Location"]
    assert client.post(place, data={"key": key, "csrf_token": csrf(client, place)}).status_code == 422
    assert counted(database, Questionnaire) == 0


def test_what_cannot_be_read_is_said_on_the_form(client_for: ClientFor, csrf: Csrf) -> None:
    client = client_for("ada")
    for file in ((b"PK\x03\x04oops", "x.xlsx"), (b"{", "x.json"), (b"<a>", "x.lss"), (b"", "x.txt")):
        answer = sent(client, csrf, file=file)
        assert answer.status_code == 422, file
        assert 'role="alert"' in answer.get_data(as_text=True)


def test_texts_of_files_are_escaped(client_for: ClientFor, csrf: Csrf) -> None:
    client = client_for("ada")
    harm = "<script>alert(1)</script>"
    text = f"标题{harm}\n\n1. 满意吗{harm}[单选题]\n好{harm}\n坏\n\n2. 上传{harm}[文件上传]"
    page = client.get(sent(client, csrf, text=text).headers["Location"]).get_data(as_text=True)
    assert harm not in page
    assert page.count("&lt;script&gt;") >= 4


def test_only_those_who_edit_questionnaires_may_import(client_for: ClientFor) -> None:
    assert client_for("anna").get(UPLOAD).status_code == 403
    assert client_for("olga").get(UPLOAD).status_code == 403


def test_somebody_elses_upload_is_not_shown(client_for: ClientFor, csrf: Csrf) -> None:
    place = sent(client_for("lena"), csrf, text=KIT).headers["Location"]
    assert client_for("ada").get(place).status_code == 404


def test_published_versions_and_drafts_can_be_downloaded(
    client_for: ClientFor, csrf: Csrf, database: Database
) -> None:
    definition = from_dict(rich())
    with database.begin() as session:
        actions.publish(session, definition, key="rich", actor="t", now=NOW)
    for ending in ("xlsx", "json"):
        answer = client_for("aldo").get(f"/questionnaires/rich/1/definition.{ending}")
        assert answer.status_code == 200
        assert f"rich-v1.{ending}" in answer.headers["Content-Disposition"]
        assert from_dict(formats.read(answer.data).definition) == definition
    client = client_for("ada")
    assert client.get("/questionnaires/rich/draft/definition.json").status_code == 404
    assert client.get("/questionnaires/rich/2/definition.json").status_code == 404
    assert client.get("/questionnaires/gone/1/definition.json").status_code == 404
    client.post("/questionnaires/rich/edit", data={"csrf_token": csrf(client, UPLOAD)})
    assert client.get("/questionnaires/rich/draft/definition.xlsx").status_code == 200
    assert client_for("aldo").get("/questionnaires/rich/draft/definition.xlsx").status_code == 403


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    content=st.binary(max_size=200)
    | st.text(max_size=120).map(lambda t: f"标题\n\n1. {t}[单选题]\n{t}\n乙".encode("utf-8", "replace"))
)
def test_no_upload_breaks_a_page(client_for: ClientFor, csrf: Csrf, content: bytes) -> None:
    client = client_for("ada")
    answer = sent(client, csrf, file=(content, "file"))
    assert answer.status_code in {303, 422}
    if answer.status_code == 303:
        page = client.get(answer.headers["Location"])
        assert page.status_code == 200
        assert re.search(r'name="key"', page.get_data(as_text=True))
