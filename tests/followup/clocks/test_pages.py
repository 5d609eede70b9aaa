"""The pages of the clocks: limits for administrators, the clocks and the first answer on a case."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock
from core.audit import AuditEntry
from core.db import Database
from followup.cases import actions
from followup.clocks.models import TimeLimit
from followup.models import Case
from tests.followup.factories import new_case, new_contact
from tests.people import csrf_token as csrf_of

SignIn = Callable[[str], FlaskClient]


def open_case(database: Database, **given: object) -> str:
    now = clock.now()
    with database.begin() as session:
        values = {"department": "东区供热站", "title": "暖气不热"} | given
        case = new_case(session, new_contact(session, now=now).id, now=now - timedelta(minutes=5), **values)
        actions.accept(session, case, actor="test", now=now)
        return case.number


def post(client: FlaskClient, page: str, url: str, **data: str) -> tuple[int, str]:
    token = csrf_of(client, page)
    response = client.post(url, data={"csrf_token": token, **data})
    return response.status_code, response.text


def test_an_administrator_changes_a_limit_and_it_counts_for_new_cases(
    client_for: SignIn, database: Database
) -> None:
    ada, number = client_for("ada"), open_case(database, severity="urgent")
    page = ada.get("/admin/limits").text
    assert "first answer within 2 hours, and the case is closed within 24 hours" in page
    url = "/admin/limits/every/urgent"
    status, _text = post(
        ada, url, url, response_amount="1", response_unit="hours",
        resolution_amount="12", resolution_unit="hours",
    )  # fmt: skip
    assert status == 303
    page = ada.get("/admin/limits").text
    assert "first answer within 1 hour, and the case is closed within 12 hours" in page
    later = open_case(database, severity="urgent")
    with database.read() as session:
        cases = {case.number: case for case in session.scalars(select(Case))}
        lengths = [(cases[n].due_at - cases[n].registered_at).total_seconds() / 3600 for n in (number, later)]
        assert lengths == [24.0, 12.0]
        said = session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all()
        assert said[-1] == "limits.change"
    assert post(ada, url, f"{url}/restore")[0] == 303
    with database.read() as session:
        assert session.scalars(select(TimeLimit)).all() == []


@pytest.mark.parametrize(
    ("amount", "unit", "words"),
    [
        ("0", "hours", "more than 0"),
        ("-1", "hours", "more than 0"),
        ("nan", "hours", "more than 0"),
        ("1e9", "workdays", "at most 100"),
        ("1.5", "workdays", "Working days are whole"),
        ("soon", "hours", "Enter a number"),
        ("", "hours", "Enter a number"),
        ("3", "moons", "valid choice"),
    ],
)
def test_a_limit_that_cannot_be_kept_comes_back(
    client_for: SignIn, database: Database, amount: str, unit: str, words: str
) -> None:
    ada, url = client_for("ada"), "/admin/limits/repair/normal"
    status, text = post(
        ada, url, url, response_amount="2", response_unit="hours",
        resolution_amount=amount, resolution_unit=unit,
    )  # fmt: skip
    assert (status, words in text) == (422, True)
    assert ada.get("/admin/limits/repair/normal").status_code == 200
    with database.read() as session:
        assert session.scalars(select(TimeLimit)).all() == []


def test_a_kind_that_is_not_there_is_not_found_and_others_only_read(client_for: SignIn) -> None:
    assert client_for("ada").get("/admin/limits/rant/urgent").status_code == 404
    assert client_for("aldo").get("/admin/limits").status_code == 200
    assert client_for("aldo").get("/admin/limits/every/urgent").status_code == 403
    assert client_for("olga").get("/admin/limits").status_code == 403


def test_an_officer_notes_the_first_answer(client_for: SignIn, database: Database) -> None:
    olga, number = client_for("olga"), open_case(database)
    page = f"/cases/{number}"
    assert "Note the first answer" in olga.get(page).text
    sent = {"first_answer-channel": "wechat", "first_answer-words": "Somebody comes at ten."}
    assert post(olga, page, f"{page}/first-answer", **sent)[0] == 303
    shown = olga.get(page).text
    assert "First answer to the customer" in shown
    assert "WeChat" in shown
    assert "Somebody comes at ten." in shown
    assert "Note the first answer" not in shown
    status, text = post(olga, page, f"{page}/first-answer", **sent)
    assert (status, "noted already" in text) == (409, True)


def test_the_case_says_how_its_clocks_stand(client_for: SignIn, database: Database) -> None:
    olga = client_for("olga")
    urgent = olga.get(f"/cases/{open_case(database, severity='urgent')}").text
    assert "1 hr 5" in urgent.replace("\N{NO-BREAK SPACE}", " ")  # two hours less five minutes
    number = open_case(database)
    post(olga, f"/cases/{number}", f"/cases/{number}/wait", **{"wait-reason": "nobody at home"})
    shown = olga.get(f"/cases/{number}").text
    assert "stands still" in shown or "days off of that year" in shown  # at the end of a year nobody knows
    assert "in time" in shown  # asking the customer was the first answer
