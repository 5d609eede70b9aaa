"""Who may call the API, and how keys are made, watched and ended."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.audit import AuditEntry
from core.db import Database
from core.errors import InputError
from followup.api import keys
from followup.api.idempotency import KEPT, forget_old
from followup.api.models import ApiCall, ApiKey
from tests.followup.api.conftest import CASE, MADE, MakeProgram, Program

SignIn = Callable[[str], FlaskClient]


def test_the_text_of_a_key_is_kept_nowhere(erp: Program, database: Database) -> None:
    with database.read() as session:
        key = session.scalars(select(ApiKey)).one()
        trail = " ".join(entry.detail + entry.subject for entry in session.scalars(select(AuditEntry)))
    secret = erp.key.rpartition("_")[2]
    assert len(secret) == 32
    assert erp.key.startswith(f"hf_{key.prefix}_")
    kept = repr([getattr(key, column.name) for column in ApiKey.__table__.columns])
    assert secret not in kept + trail


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic eDp5", "Bearer hf_x", "bearer \udce9"]
)
def test_without_a_valid_key_nothing_is_answered(erp: Program, header: str | None) -> None:
    headers = (
        {} if header is None else {"Authorization": header.encode("latin-1", "replace").decode("latin-1")}
    )
    answer = erp.client.post("/api/v1/cases", json=CASE, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.mimetype == "application/problem+json"


def test_a_cookie_is_no_key(client_for: SignIn) -> None:
    ada = client_for("ada")
    assert ada.get("/api/v1/cases/20261116-0001").status_code == 401
    assert ada.post("/api/v1/cases", json=CASE).status_code == 401


def test_a_key_allows_what_it_says_and_no_more(program_of: MakeProgram) -> None:
    writer, reader = program_of(scopes=("cases:write",)), program_of(scopes=("cases:read",), name="r")
    number = writer.post("/cases", CASE).get_json()["number"]
    assert reader.get(f"/cases/{number}").status_code == 200
    assert writer.get(f"/cases/{number}").status_code == 403
    assert reader.post("/cases", CASE).status_code == 403
    assert reader.tell(number, "closed", "10:00").status_code == 403


def test_a_revoked_or_expired_key_does_not_work(erp: Program, database: Database) -> None:
    with database.begin() as session:
        ended, text = keys.make(
            session, name="short", source="erp", scopes=["cases:read"], actor="ada", now=MADE,
            expires_at=MADE + timedelta(days=1),
        )  # fmt: skip
        assert keys.holder(session, text, MADE + timedelta(hours=23)) is ended
        assert keys.holder(session, text, MADE + timedelta(days=1)) is None
        of_erp = select(ApiKey.id).where(ApiKey.name == "Key of erp")
        keys.revoke(session, session.scalars(of_erp).one(), actor="ada", now=MADE)
    assert erp.post("/cases", CASE).status_code == 401


def test_calls_are_counted_by_day_and_kind(erp: Program, database: Database) -> None:
    with time_machine.travel(datetime(2026, 11, 18, 2, tzinfo=UTC), tick=False):
        number = erp.post("/cases", CASE).get_json()["number"]
        for _count in range(3):
            erp.get(f"/cases/{number}")
        erp.tell(number, "closed", "10:00")
    with database.read() as session:
        key = session.scalars(select(ApiKey)).one()
        assert keys.calls(session, key.id) == {
            "20261118": {"cases.write": 1, "cases.read": 3, "events.write": 1}
        }
    assert key.last_used_at == datetime(2026, 11, 18, 2, tzinfo=UTC)


def test_who_guesses_keys_is_held_up_and_who_has_one_is_not(app: Flask, erp: Program) -> None:
    number = erp.post("/cases", CASE).get_json()["number"]
    guesser = Program(app.test_client(), "hf_wrong")
    statuses = [guesser.get(f"/cases/{number}").status_code for _count in range(32)]
    assert statuses == [401] * 30 + [429] * 2
    assert erp.get(f"/cases/{number}").status_code == 200


def test_a_key_for_our_own_sources_is_refused(database: Database) -> None:
    for source in ("demo", "Import", "Feedback", "desk", "  "):
        with pytest.raises(InputError), database.begin() as session:
            keys.make(
                session, name="x", source=source, scopes=["cases:read"], expires_at=None, actor="a", now=MADE
            )


def test_old_answers_are_forgotten(erp: Program, database: Database, now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        erp.post("/cases", CASE, Idempotency_Key="k")
    assert forget_old(database, now=now + KEPT) == {}
    assert forget_old(database, now=now + KEPT + timedelta(seconds=1)) == {"forgotten": 1}
    with database.read() as session:
        assert session.scalars(select(ApiCall)).all() == []


def test_an_administrator_makes_and_revokes_a_key(
    client_for: SignIn, csrf: Callable[[FlaskClient, str], str], database: Database
) -> None:
    ada = client_for("ada")
    token = csrf(ada, "/admin/api/keys/new")
    form = {
        "csrf_token": token,
        "name": "热线 <b>",
        "source": "hotline",
        "scopes": ["cases:write", "cases:read"],
    }
    page = ada.post("/admin/api/keys/new", data=form)
    assert page.status_code == 200
    shown = page.get_data(as_text=True).split('class="secret">')[1].split("<")[0]
    program = Program(ada, shown)
    assert program.post("/cases", CASE).status_code == 201
    page = ada.get("/admin/api").get_data(as_text=True)
    assert "热线 &lt;b&gt;" in page
    assert shown not in page
    with database.read() as session:
        key = session.scalars(select(ApiKey)).one()
    assert "hotline" in ada.get(f"/admin/api/keys/{key.id}").get_data(as_text=True)
    gone = ada.post(f"/admin/api/keys/{key.id}/revoke", data={"csrf_token": token})
    assert gone.status_code == 303
    assert program.post("/cases", CASE).status_code == 401
    with database.read() as session:
        done = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq))]
    assert [action for action in done if action.startswith("api_key.")] == ["api_key.make", "api_key.revoke"]


def test_a_form_with_mistakes_keeps_what_was_typed(
    client_for: SignIn, csrf: Callable[[FlaskClient, str], str], database: Database
) -> None:
    ada = client_for("ada")
    token = csrf(ada, "/admin/api/keys/new")
    for form in (
        {"name": "", "source": "hotline", "scopes": ["cases:write"]},
        {"name": "n", "source": "hotline"},
        {"name": "n", "source": "hotline", "scopes": ["everything"]},
        {"name": "n", "source": "demo", "scopes": ["cases:write"]},
        {"name": "n", "source": "hotline", "scopes": ["cases:write"], "last_day": "2020-01-01"},
        {"name": "n", "source": "hotline", "scopes": ["cases:write"], "last_day": "soon"},
    ):
        page = ada.post("/admin/api/keys/new", data=form | {"csrf_token": token})
        assert page.status_code == 422, form
        assert f'value="{form["source"]}"' in page.get_data(as_text=True)
    with database.read() as session:
        assert session.scalars(select(ApiKey)).all() == []
