"""The page of exports: who may, how many, with what reason; and what the audit trail says afterwards."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.audit import AuditEntry
from core.db import Database
from tests.surveys.exports import files
from tests.surveys.history import KEY, tell

ClientFor = Callable[[str], FlaskClient]
Csrf = Callable[[FlaskClient, str], str]
PAGE = f"/questionnaires/{KEY}/answers"
PLAIN = {"format": "csv", "cells": "codes", "language": "en"}


def press(client: FlaskClient, csrf: Csrf, **chosen: str) -> TestResponse:
    return client.post(PAGE, data={"csrf_token": csrf(client, PAGE)} | PLAIN | chosen, buffered=True)


def exports(database: Database) -> list[AuditEntry]:
    with database.read() as session:
        wanted = select(AuditEntry).where(AuditEntry.action == "answers.exported")
        return list(session.scalars(wanted.order_by(AuditEntry.seq)))


@pytest.mark.parametrize(("kind", "start"), [
    ("csv", b"\xef\xbb\xbfresponse_id,"), ("long-csv", b"\xef\xbb\xbfresponse_id,"), ("xlsx", b"PK\x03\x04"),
    ("sav", b"$FL2"), ("json", b'{"questionnaire": "history"'), ("jsonl", b'{"response_id": '),
])  # fmt: skip
def test_each_format_comes_as_a_whole_file_and_leaves_nothing_behind(
    database: Database, client_for: ClientFor, csrf: Csrf, kind: str, start: bytes,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    tell(database)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(tmp_path.iterdir())
    answer = press(client_for("lena"), csrf, format=kind)
    assert answer.status_code == 200
    assert answer.data.startswith(start)
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert f"{KEY}-answers" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    answer.close()
    assert set(tmp_path.iterdir()) - before <= {tmp_path / "huifang.db-wal", tmp_path / "huifang.db-shm"}


def test_every_export_stands_in_the_audit_trail(database: Database, client_for: ClientFor, csrf: Csrf):
    tell(database)
    client = client_for("lena")
    press(client, csrf, first="2026-04-01", last="2026-06-30")
    press(client, csrf, words="y", reason="thesis on heating")
    plain, with_words = exports(database)
    assert (plain.actor, plain.subject) == ("lena", f"questionnaire:{KEY}")
    said = json.loads(plain.detail)
    assert {name: said[name] for name in ("format", "rows", "words", "first", "last", "reason")} == {
        "format": "csv", "rows": 60, "words": False, "first": "2026-04-01", "last": "2026-06-30",
        "reason": "",
    }  # fmt: skip
    said = json.loads(with_words.detail)
    assert (said["rows"], said["words"], said["reason"]) == (180, True, "thesis on heating")


def test_words_leave_only_with_a_reason_and_masked(database: Database, client_for: ClientFor, csrf: Csrf):
    tell(database)
    client = client_for("ada")
    refused = press(client, csrf, words="y", reason=" ")
    assert refused.status_code == 422
    assert "what the written answers are needed for" in refused.get_data(as_text=True)
    assert exports(database) == []
    whole = press(client, csrf, words="y", reason="thesis").get_data(as_text=True)
    assert "热水不热" in whole
    assert "电话 ***" in whole
    assert "13812345678" not in whole
    assert "'=1+1" in whole
    without = press(client, csrf).get_data(as_text=True)
    assert "热水不热" not in without
    assert "飞鸽" not in without


def test_the_page_says_how_many_there_are_and_a_count_downloads_nothing(
    database: Database, client_for: ClientFor, csrf: Csrf
):
    tell(database)
    client = client_for("lena")
    assert "180 responses in all" in client.get(PAGE).get_data(as_text=True)
    counted = press(client, csrf, first="2026-04-01", last="2026-06-30", count="yes")
    assert counted.status_code == 200
    assert "60 responses on these days" in counted.get_data(as_text=True)
    assert exports(database) == []


@pytest.mark.parametrize("days", [
    {"first": "2030-01-01"}, {"first": "2026-06-30", "last": "2026-04-01"}, {"first": "x"},
    {"last": "0000-00-00"}, {"format": "exe"}, {"cells": ""}, {"language": "xx"}, {"reason": "y" * 300},
])  # fmt: skip
def test_what_cannot_be_exported_is_said_beside_the_field(
    database: Database, client_for: ClientFor, csrf: Csrf, days: dict[str, str]
):
    tell(database)
    answer = press(client_for("lena"), csrf, **days)
    assert answer.status_code == 422
    assert "error-summary" in answer.get_data(as_text=True)
    assert exports(database) == []


def test_only_administrators_and_analysts_may_export(database: Database, client_for: ClientFor):
    tell(database)
    allowed = {
        name: client_for(name).get(PAGE).status_code
        for name in ("ada", "lena", "olga", "anna", "sven", "aldo")
    }
    assert allowed == {"ada": 200, "lena": 200, "olga": 403, "anna": 403, "sven": 403, "aldo": 403}


def test_a_questionnaire_that_is_none_has_no_answers(client_for: ClientFor):
    client = client_for("lena")
    assert client.get("/questionnaires/nothing/answers").status_code == 404
    assert client.get("/questionnaires/%00/answers").status_code == 404


def test_no_contact_no_link_and_no_import_number_is_in_any_file(
    database: Database, client_for: ClientFor, csrf: Csrf
):
    told = tell(database)
    client = client_for("lena")
    for kind in ("csv", "json", "long-csv"):
        whole = press(client, csrf, format=kind, words="y", reason="check").get_data(as_text=True)
        assert "external_id" not in whole
        assert "invitation" not in whole
        assert f"1-{len(told) // 3 - 1}" not in whole  # the number of an import, a key of another system


def test_the_day_of_today_in_the_name_is_the_local_one(database: Database, client_for: ClientFor, csrf: Csrf):
    tell(database)
    answer = press(client_for("lena"), csrf)
    name = answer.headers["Content-Disposition"]
    assert name.startswith("attachment; filename=history-answers-20")
    assert date.fromisoformat(name[-14:-4])


def test_the_column_list_on_the_page_names_every_column(database: Database, client_for: ClientFor):
    tell(database)
    page = client_for("lena").get(PAGE).get_data(as_text=True)
    for name in (*files.COLUMNS, "words", "way__other", "response_id"):
        assert f"<code>{name}</code>" in page
