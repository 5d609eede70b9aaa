"""The page, the file and the command: who sees what, that all say the same, and what is refused."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from core.auth.models import User
from core.auth.navigation import entries
from core.auth.roles import Role
from core.db import Database
from core.periods import parse_period
from followup.figures.definitions import DEFINITIONS
from followup.figures.exports import to_json
from followup.figures.groups import By
from followup.figures.plain import as_text
from followup.figures.presenting import moved
from followup.figures.reporting import Report, report
from followup.models import Case, FollowUp, ReopenRequest
from tests.followup import factories as make
from tests.followup.figures.worlds import World

PAGE = "/callbacks/figures?period=2026Q4"
FILE = "/callbacks/figures/figures.csv?period=2026Q4"
QUARTER = parse_period("2026Q4")
SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def world(database: Database, people: dict[str, User]) -> None:
    """A random world of follow-ups, in which Anna and Amir made the calls."""
    with database.begin() as session:
        World(session, 3, 220, [people["anna"].id, people["amir"].id]).fill()


def text_of(client: FlaskClient, path: str) -> str:
    """The text of a page, without tags and in one line."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def asked(database: Database, by: By = By.NOTHING, agent_id: int | None = None) -> Report:
    with database.read() as session:
        return report(session, QUARTER, by, agent_id=agent_id)


def test_the_page_says_what_the_database_says(client_for: SignIn, database: Database, world: None) -> None:
    whole = asked(database).whole
    page = text_of(client_for("lena"), PAGE)
    for code in ("attempted", "reached", "phone_reached", "first_try", "connected", "closed"):
        found = whole.measure(code)
        assert found.value is not None
        assert f"{100 * found.value:.1f}%" in page, code
        assert f"{found.x:,.0f} / {found.n:,.0f}" in page, code
    assert f"{whole.work.owed} follow-ups were owed, {whole.work.calls} calls made" in page
    assert "Calls in which a person picked up, of all calls made" in page  # the definition beside it
    assert "AAPOR, Standard Definitions" in page
    assert "scale sat5: Very satisfied, Satisfied" in page


def test_a_breakdown_has_a_line_for_each_group(client_for: SignIn, database: Database, world: None) -> None:
    client = client_for("sven")
    months = ["October 2026", "November 2026", "December 2026"]
    for by in (By.DEPARTMENT, By.AGENT, By.MONTH):
        found = asked(database, by)
        page = text_of(client, f"{PAGE}&by={by}")
        for name in months if by is By.MONTH else [found.named(group) for group in found.groups]:
            assert (name or "Not given") in page
        for group in found.groups:
            calls = group.measure("connected")
            assert f"{calls.x:,.0f} / {calls.n:,.0f}" in page
        rows = list(csv.DictReader(io.StringIO(client.get(f"{FILE}&by={by}").get_data(as_text=True)[1:])))
        connected = [row for row in rows if row["figure"] == "connected"]
        assert [row["n"] for row in connected[1:]] == [str(g.measure("connected").n) for g in found.groups]
        assert connected[0]["group"] == ""  # all together, first
        assert all(row["formula"] and row["source"] and row["name"] for row in rows)


def test_an_agent_sees_the_own_line_and_nobody_else(
    client_for: SignIn, database: Database, people: dict[str, User], world: None
) -> None:
    client = client_for("anna")
    own = asked(database, agent_id=people["anna"].id).whole.measure("connected")
    everybody = asked(database).whole.measure("connected")
    for query in ("", "&by=agent", "&by=department"):
        page = text_of(client, PAGE + query)
        assert f"{own.x:,.0f} / {own.n:,.0f}" in page
        assert f"{everybody.x:,.0f} / {everybody.n:,.0f}" not in page
        assert "Amir" not in page
        assert "东城所" not in page
        assert "Amir" not in client.get(FILE + query).get_data(as_text=True)


def test_who_may_look(client_for: SignIn) -> None:
    for name, status in {"ada": 200, "lena": 200, "aldo": 200, "anna": 200, "olga": 403}.items():
        client = client_for(name)
        assert client.get(PAGE).status_code == status, name
        assert client.get(FILE).status_code == status, name


def test_an_empty_period_says_so_and_what_to_do(client_for: SignIn) -> None:
    page = text_of(client_for("lena"), "/callbacks/figures?period=2024")
    assert "Nothing was closed, called or answered in this period" in page
    assert "0.0%" not in page
    assert "How to read this" not in page


def test_a_period_with_nothing_but_limits_has_its_figure(
    client_for: SignIn, database: Database, world: None
) -> None:
    with database.begin() as session:
        late = update(Case).where(Case.state == "in_progress").values(due_at=datetime(2030, 5, 2, tzinfo=UTC))
        n = session.execute(late).rowcount  # type: ignore[attr-defined]
    assert n
    page = text_of(client_for("lena"), "/callbacks/figures?period=2030-05")
    assert "Nothing was closed" not in page
    assert f"0 / {n}" in page


def test_two_periods_stand_side_by_side(client_for: SignIn, database: Database, world: None) -> None:
    client = client_for("lena")
    november, october = (parse_period(name) for name in ("2026-11", "2026-10"))
    with database.read() as session:
        after, before = (report(session, each, By.NOTHING).whole for each in (november, october))
    page = text_of(client, "/callbacks/figures?period=2026-11&than=before")
    assert page.count("Difference") == 4  # three tables and the note
    for code in ("connected", "talk", "calls_per_complete"):
        unit = next(one.unit for one in DEFINITIONS if one.code == code)
        assert f" {moved(after.measure(code), before.measure(code), unit).value} " in page, code
    assert f"before: {100 * (before.measure('rr1', 'all').value or 0):.1f}%" in page
    file = client.get("/callbacks/figures/figures.csv?period=2026-11&than=2026-10&by=department")
    rows = list(csv.DictReader(io.StringIO(file.get_data(as_text=True)[1:])))
    (connected,) = [row for row in rows if row["figure"] == "connected" and not row["group"]]
    assert connected["than_n"] == str(before.measure("connected").n)
    shares = (after.measure("connected").value or 0) - (before.measure("connected").value or 0)
    assert float(connected["change"]) == pytest.approx(shares, abs=1e-5)
    assert "before: " in text_of(client, "/callbacks/figures?period=2026-11&than=2026-10&by=department")
    assert "before: " in text_of(client_for("anna"), "/callbacks/figures?period=2026-11&than=before")


def test_the_requests_to_reopen_as_a_file(client_for: SignIn, database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, now=now)
        case = make.closed_case(session, now=now, department="东城所")
        follow_up = session.scalars(select(FollowUp)).one()
        asked = {"case_id": case.id, "resolution_no": 1, "follow_up_id": follow_up.id, "cause": "both"}
        session.add(ReopenRequest(**asked, created_at=now))
    path = f"/callbacks/figures/reopenings.csv?period={now:%Y-%m}"
    (row,) = csv.DictReader(io.StringIO(client_for("aldo").get(path).get_data(as_text=True)[1:]))
    assert (row["department"], row["cause"], row["state"]) == ("东城所", "both", "open")
    assert row["asked_at"].startswith(f"{now:%Y-%m}")
    assert row["hours_to_decision"] == ""
    assert client_for("anna").get(path).status_code == 403


ODD = {
    "period=2026-11&than=2026Q4": "overlap",
    "period=2026Q4&than=before&by=month": "side by side already",
    "than=then": "is not a period",
    "period=last+week": '"last week" is not a period',
    "period=2026-13": "is not a period",
    "by=colour": "department, agent or month",
    "period=2020-01-01..2026-01-01&by=month": "at most 36",
    "period=%00%E2%80%AE": "is not a period",
}


def test_what_cannot_be_read_is_answered_with_what_is_expected(client_for: SignIn) -> None:
    client = client_for("lena")
    for query, words in ODD.items():
        page = client.get(f"/callbacks/figures?{query}")
        text = page.get_data(as_text=True).replace("&#34;", '"')
        assert page.status_code == 422
        assert words in text
        assert 'role="alert"' in text
        assert client.get(f"/callbacks/figures/figures.csv?{query}").status_code == 422


def test_the_document_and_the_lines_say_the_same(database: Database, world: None) -> None:
    found = asked(database, By.DEPARTMENT)
    document = json.loads(json.dumps(to_json(found)))
    assert document["whole"]["figures"]["connected"]["n"] == found.whole.measure("connected").n
    assert document["whole"]["dispositions"]["all"]["I"] == found.whole.work.dispositions["all"].complete
    assert set(document["definitions"]) == set(document["whole"]["figures"])
    assert [group["group"] for group in document["groups"]] == ["东城所", "南城所", "西城所", "Not given"]
    lines = as_text(found, QUARTER.end)
    share = found.whole.measure("connected")
    assert f"Connection rate: {100 * (share.value or 0):.1f}%" in lines
    assert "\n南城所\n" in lines


def test_a_name_is_no_formula(
    client_for: SignIn, database: Database, world: None, people: dict[str, User]
) -> None:
    with database.begin() as session:
        session.get_one(User, people["anna"].id).display_name = "=1+1"
    text = client_for("sven").get(f"{FILE}&by=agent").get_data(as_text=True)
    assert ",'=1+1," in text
    assert ",=1+1," not in text


def test_those_without_the_queue_find_the_figures_in_the_navigation(app: Flask) -> None:
    with app.test_request_context():
        paths = {role: [entry.path for entry in entries(app, role)] for role in Role}
    assert "/callbacks/figures" in paths[Role.ANALYST]
    assert "/callbacks/figures" in paths[Role.AUDITOR]
    assert "/callbacks/figures" not in paths[Role.SUPERVISOR]  # a tab of the callbacks
    assert "/callbacks/figures" not in paths[Role.OFFICER]
