"""What a browser or a person may send instead of what was meant: never a broken page, on either database."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.audit import AuditEntry
from core.auth.routes import UPLOADS
from core.db import Database
from core.transitions import Transition
from followup.models import ReopenRequest

ClientFor = Callable[[str], FlaskClient]
Csrf = Callable[[FlaskClient, str], str]
HUGE = "9" * 23
ADDRESSES = [
    *(f"/cases?page={page}" for page in ("abc", "-5", HUGE)),
    *(f"/callbacks?page={page}" for page in ("abc", "-5", HUGE)),
    *(f"/outbox?page={page}" for page in ("abc", "-5", HUGE)),
    *(f"/admin/audit?page={page}" for page in ("abc", "-5", HUGE)),
    *(f"/cases?{name}={day}" for name in ("since", "until") for day in ("0001-01-01", "9999-12-31", "x")),
    *(f"/cases?{name}=%00" for name in ("state", "kind", "department", "district", "handler", "q")),
    "/cases/%00", "/cases/%00/edit", "/cases/import/%00", "/cases/import/%00/errors.csv",
    f"/callbacks/{HUGE}", "/callbacks/99999999999", f"/outbox/{HUGE}/again", f"/rules/{HUGE}",
    f"/admin/users/{HUGE}", "/admin/audit?actor=%00", "/admin/audit?subject=%00&action=%00",
    "/questionnaires/%00", f"/questionnaires/return_visit/{HUGE}/preview", "/s/%00",
]  # fmt: skip
FACTS = {"kind": "repair", "title": "t", "severity": "normal", "channel": "phone"}


def test_no_address_breaks_a_page(client_for: ClientFor) -> None:
    for name in ("ada", "sven"):
        client = client_for(name)
        broken = {address for address in ADDRESSES if client.get(address).status_code >= 500}
        assert broken == set()


def test_a_name_with_control_characters_is_nobodys(app: Flask, csrf: Csrf) -> None:
    client = app.test_client()
    data = {"name": "a\0b", "password": "x\0", "csrf_token": csrf(client, "/login")}
    assert client.post("/login", data=data).status_code == 422


def test_no_spelling_of_a_name_gives_more_tries(client_for: ClientFor, app: Flask, csrf: Csrf) -> None:
    client_for("anna")
    client = app.test_client()
    token = csrf(client, "/login")
    statuses = [
        client.post(
            "/login", data={"name": name, "password": "guess", "csrf_token": token},
        ).status_code
        for blanks in range(12)
        for name in (" " * blanks + "anna" + " " * (76 - blanks) + "x", "anna" + "\x01" * blanks)
    ]  # fmt: skip
    assert statuses.count(429) >= 6


@pytest.mark.parametrize("field", ["title", "category", "service_type", "district", "description"])
def test_control_characters_in_a_case_are_dropped(client_for: ClientFor, csrf: Csrf, field: str) -> None:
    client = client_for("ada")
    token = csrf(client, "/cases/new")
    made = client.post("/cases/new", data=FACTS | {"language": "en", "handler": "", "csrf_token": token})
    edited = FACTS | {"version": "1", "csrf_token": token, field: "a\0b"}
    assert client.post(f"{made.headers['Location']}/edit", data=edited).status_code == 303
    merge = {"merge-number": "a\0b", "csrf_token": token}
    assert client.post(f"{made.headers['Location']}/merge", data=merge).status_code == 422


def test_no_press_breaks_a_page(client_for: ClientFor, csrf: Csrf, database: Database) -> None:
    client = client_for("ada")
    token = csrf(client, "/cases/new")
    made = client.post("/cases/new", data=FACTS | {"language": "en", "handler": "", "csrf_token": token})
    presses: list[tuple[str, dict[str, str]]] = [
        (f"{made.headers['Location']}/requests/{HUGE}", {"decide-decision": "x\0"}),
        ("/callbacks/99/decide", {"action": "resume", "reason": "a\0b"}),
        ("/callbacks/99/decide", {"action": "finish"}),
        ("/callbacks/99/decide", {"action": "take_away", "reason": "a\0b"}),
        ("/admin/calendar", {"day": "9999-12-31", "kind": "work", "note": "a\0b"}),
        ("/rules/99/switch", {}), ("/outbox/99/sent", {}), ("/admin/users/99/role", {"role": "agent"}),
    ]  # fmt: skip
    statuses = [client.post(path, data=data | {"csrf_token": token}).status_code for path, data in presses]
    assert all(status < 500 for status in statuses), statuses


def test_a_customers_number_in_a_reason_is_not_kept_in_plain(
    client_for: ClientFor, csrf: Csrf, database: Database
) -> None:
    client = client_for("sven")
    token = csrf(client, "/cases/new")
    made = client.post("/cases/new", data=FACTS | {"language": "en", "handler": "", "csrf_token": token})
    words = {"cancel-reason": "客户 138 1234 5678 说重复，wang@example.org", "csrf_token": token}
    assert client.post(f"{made.headers['Location']}/cancel", data=words).status_code == 303
    with database.read() as session:
        kept = [*session.scalars(select(Transition.reason)), *session.scalars(select(AuditEntry.detail))]
        kept += session.scalars(select(ReopenRequest.decision))
    assert "客户 *** 说重复，***" in kept
    assert not any("1234" in text or "wang" in text for text in kept)


@pytest.mark.parametrize("place", ["/login", "/cases/new", "/cases/import"])
def test_a_file_where_a_text_belongs_is_refused(client_for: ClientFor, csrf: Csrf, place: str) -> None:
    client = client_for("sven")
    field = {"/login": "name", "/cases/new": "title", "/cases/import": "source"}[place]
    data = {field: (BytesIO(b"x"), "x.txt"), "csrf_token": csrf(client, "/account")}
    assert client.post(place, data=data, content_type="multipart/form-data").status_code == 400


def test_every_page_with_a_field_for_files_takes_them() -> None:
    folder = Path(__file__).resolve().parents[1] / "templates"
    forms = [path for path in folder.rglob("*.html") if "multipart/form-data" in path.read_text("utf-8")]
    assert len(forms) == len(UPLOADS)
