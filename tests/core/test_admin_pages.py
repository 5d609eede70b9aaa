"""The administration: staff, audit trail, settings, working days; and the same from the command line."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core import audit
from core.audit import AuditEntry
from core.auth.action_names import ACTION_NAMES
from core.auth.models import Skill
from core.db import Database
from core.installation import CalendarDay, remember
from tests.people import ROLES, csrf_token, sign_in

ROOT = Path(__file__).resolve().parents[2]


def post(client: FlaskClient, path: str, form: str, **data: str) -> str:
    answer = client.post(path, data={"csrf_token": csrf_token(client, form), **data}, follow_redirects=True)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def test_the_list_shows_everybody_with_role_and_state(admin: FlaskClient) -> None:
    page = admin.get("/admin/users").get_data(as_text=True)
    assert f"{len(ROLES)} people" in page
    for name in ROLES:
        assert name.title() in page
    assert "Callback agent" in page


def test_what_an_agent_can_do_is_written_down_and_kept_as_typed_on_an_error(
    admin: FlaskClient, small_database: Database
) -> None:
    listed = admin.get("/admin/users").get_data(as_text=True)
    anna, olga = (
        re.search(rf'href="(/admin/users/\d+)">{name}', listed).group(1) for name in ("Anna", "Olga")
    )
    assert "calls-skills" not in admin.get(olga).get_data(as_text=True)  # who makes no calls needs none
    assert 'value="东区"' in post(admin, f"{anna}/department", anna, **{"place-department": "东区"})
    assert '<option value="东区">' in admin.get(olga).get_data(as_text=True)
    too_long = {"place-department": "区" * 81, "csrf_token": csrf_token(admin, anna)}
    assert admin.post(f"{anna}/department", data=too_long).status_code == 422
    given = {"calls-languages": "en", "calls-skills": "燃气，退费, 燃气"}
    page = post(admin, f"{anna}/skills", anna, **given)
    assert 'value="燃气, 退费"' in page
    assert re.search(r'<input[^>]* checked[^>]* value="en"', page)
    token = csrf_token(admin, anna)
    long = {"calls-skills": "很" * 41, "csrf_token": token}
    answer = admin.post(f"{anna}/skills", data=long)
    assert answer.status_code == 422
    assert "at most 40 characters" in answer.get_data(as_text=True)
    assert "很" * 41 in answer.get_data(as_text=True)
    strange = admin.post(f"{anna}/skills", data={"calls-languages": "tlh", "csrf_token": token})
    assert strange.status_code == 422
    post(admin, f"{anna}/skills", anna)
    with small_database.read() as session:
        assert session.scalars(select(Skill)).all() == []
        moved = session.scalars(select(AuditEntry).where(AuditEntry.action == "user.department")).one()
        assert json.loads(moved.detail) == {"old": "", "new": "东区"}
        last = select(AuditEntry).where(AuditEntry.action == "user.skills").order_by(AuditEntry.seq)
        assert json.loads(session.scalars(last).first().detail) == {
            "languages": ["en"],
            "skills": ["燃气", "退费"],
        }


def test_every_act_on_a_person_has_a_name_and_a_time_in_the_trail(
    admin: FlaskClient, small_database: Database
) -> None:
    user = re.search(
        r'href="(/admin/users/\d+)">Anna', admin.get("/admin/users").get_data(as_text=True)
    ).group(1)
    post(admin, f"{user}/role", user, role="analyst")
    post(admin, f"{user}/reset", user)
    post(admin, f"{user}/disable", user)
    post(admin, f"{user}/enable", user)
    with small_database.read() as session:
        done = session.execute(
            select(AuditEntry.actor, AuditEntry.action)
            .where(AuditEntry.subject == "user:anna")
            .order_by(AuditEntry.seq)
        ).all()
        assert audit.first_broken(session) is None
    assert [tuple(row) for row in done][1:] == [
        ("ada", "user.role"), ("ada", "user.reset"), ("ada", "user.disable"), ("ada", "user.enable")
    ]  # fmt: skip


def test_nobody_becomes_an_administrator_by_oversight(admin: FlaskClient) -> None:
    page = admin.get("/admin/users/add").get_data(as_text=True)
    assert re.findall(r'<option selected value="(\w+)"', page) == ["agent"]


def test_a_role_that_does_not_exist_is_refused_with_a_sentence(admin: FlaskClient) -> None:
    answer = admin.post(
        "/admin/users/2/role", data={"csrf_token": csrf_token(admin, "/admin/users/2"), "role": "root"}
    )
    assert answer.status_code == 422
    assert "Choose one of the roles" in answer.get_data(as_text=True)


def test_a_bad_name_comes_back_with_everything_that_was_typed(admin: FlaskClient) -> None:
    data = {"csrf_token": csrf_token(admin, "/admin/users/add"), "name": "li min", "role": "analyst"}
    answer = admin.post("/admin/users/add", data=data | {"display_name": "李敏", "department": "质量部"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for typed in ("li min", "李敏", "质量部", "2 to 40 letters"):
        assert typed in page
    assert re.search(r"<option selected value=.analyst.", page)


def test_the_trail_is_paged_and_filtered_by_act_and_subject(
    admin: FlaskClient, small_database: Database
) -> None:
    at = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
    with small_database.begin() as session:
        for n in range(60):
            audit.record(
                session, actor="olga", action="case.close", subject=f"case:{n}", now=at, result="mended"
            )
    first = admin.get("/admin/audit").get_data(as_text=True)
    assert "Page 1 of 2" in first
    assert "case:59" in first
    assert "case:2<" in admin.get("/admin/audit?page=2").get_data(as_text=True)
    found = admin.get("/admin/audit?subject=case:7&actor=olga").get_data(as_text=True)
    assert "1 act," in found
    assert "result: mended" in found
    assert "No act fits" in admin.get("/admin/audit?action=%25").get_data(as_text=True)
    assert admin.get("/admin/audit?page=x").status_code == 200
    assert "Page 2 of 2" in admin.get("/admin/audit?page=99").get_data(as_text=True)


@pytest.mark.parametrize("name", ["ada", "sven", "aldo"])
def test_administrators_supervisors_and_auditors_read_the_trail(small_app: Flask, name: str) -> None:
    assert sign_in(small_app.test_client(), name).get("/admin/audit").status_code == 200


def test_the_settings_page_shows_no_secret(admin: FlaskClient, small_database: Database) -> None:
    page = admin.get("/admin/settings").get_data(as_text=True)
    assert small_database.settings.secret_key not in page
    assert "HUIFANG_SECRET_KEY" in page
    assert "••••" in page


def test_a_day_off_is_entered_changed_and_removed(admin: FlaskClient, small_database: Database) -> None:
    page = post(admin, "/admin/calendar", "/admin/calendar", day="2026-12-12", kind="off", note="公司成立日")
    assert "公司成立日" in page
    post(admin, "/admin/calendar", "/admin/calendar", day="2026-12-12", kind="work", note="")
    with small_database.read() as session:
        day = session.get_one(CalendarDay, date(2026, 12, 12))
        assert (day.is_workday, day.note) == (True, "")
    post(admin, "/admin/calendar/2026-12-12/remove", "/admin/calendar")
    with small_database.read() as session:
        assert session.get(CalendarDay, date(2026, 12, 12)) is None


@pytest.mark.parametrize("day", ["", "tomorrow", "2026-02-30", "12.12.2026"])
def test_a_day_that_is_none_gets_a_sentence(admin: FlaskClient, day: str) -> None:
    data = {"csrf_token": csrf_token(admin, "/admin/calendar"), "day": day, "kind": "off"}
    answer = admin.post("/admin/calendar", data=data)
    assert answer.status_code == 422
    assert "Enter a date such as 2026-11-21." in answer.get_data(as_text=True)


def test_demo_data_are_flagged_on_every_page(admin: FlaskClient, small_database: Database) -> None:
    assert "demo data" not in admin.get("/account").get_data(as_text=True)
    with small_database.begin() as session:
        remember(session, "demo", "1")
    for path in ("/account", "/admin/users", "/login"):
        assert "demo data" in admin.get(path, follow_redirects=True).get_data(as_text=True), path


def test_the_language_is_kept_for_the_person(admin: FlaskClient, small_app: Flask) -> None:
    assert '<html lang="en">' in admin.get("/account").get_data(as_text=True)
    page = post(admin, "/account/language", "/account", language="zh_Hans", next="/account")
    assert '<html lang="zh-Hans">' in page
    again = sign_in(small_app.test_client(), "ada").get("/account", headers={"Accept-Language": "en"})
    assert '<html lang="zh-Hans">' in again.get_data(as_text=True)


def huifang(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUIFANG_")}
    return subprocess.run(
        [sys.executable, "-c", "from app import cli; cli()", *words],
        env=env | {"HUIFANG_DATA_DIR": str(folder)}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_command_line_adds_lists_and_resets_people(tmp_path: Path) -> None:
    added = huifang(tmp_path, "users", "add", "ada", "--role", "admin", "--display-name", "王敏")
    assert added.returncode == 0, added.stderr
    secret = added.stdout.split()[-1]
    assert re.fullmatch(r"(\w{4}-){3}\w{4}", secret)
    reset = huifang(tmp_path, "users", "reset", "ada")
    assert reset.stdout.split()[-1] != secret
    listed = huifang(tmp_path, "users", "list", "--json")
    assert json.loads(listed.stdout) == {
        "users": [{"name": "ada", "role": "admin", "active": True, "demo": False}]
    }


def test_mistakes_on_the_command_line_are_one_sentence(tmp_path: Path) -> None:
    for words in (
        ["users", "reset", "nobody"],
        ["users", "add", "a b", "--role", "admin"],
        ["users", "add", "x"],
    ):
        failed = huifang(tmp_path, *words)
        assert failed.returncode == 2, words
        assert "Traceback" not in failed.stderr
        assert failed.stdout == ""


def test_the_audit_trail_has_words_for_every_action() -> None:
    root = Path(__file__).parents[2]
    sources = [
        path.read_text("utf-8") for name in ("core", "followup") for path in (root / name).rglob("*.py")
    ]
    recorded = {found for text in sources for found in re.findall(r'action="([a-z_]+\.[a-z_]+)"', text)}
    assert recorded
    assert recorded <= set(ACTION_NAMES)
