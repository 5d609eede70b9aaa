"""The pages of the clocks: limits for administrators, the clocks and the first answer on a case."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock
from core.audit import AuditEntry
from core.auth.models import User
from core.db import Database
from followup.cases import actions
from followup.clocks.jobs import watch
from followup.clocks.models import CaseAlert, TimeLimit
from followup.models import Case
from tests.followup.factories import new_case, new_contact
from tests.people import csrf_token as csrf_of

SignIn = Callable[[str], FlaskClient]


def open_case(database: Database, **given: object) -> str:
    now = clock.now()
    with database.begin() as session:
        values = {"department": "东区供热站", "title": "暖气不热"} | given
        case = new_case(session, new_contact(session, now=now).id, now=now - timedelta(minutes=5), **values)  # type: ignore[arg-type]
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
        for n, hours in ((number, 24), (later, 12)):
            assert cases[n].due_at == cases[n].registered_at + timedelta(hours=hours)
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
    sent = {"first_answer-channel": "social", "first_answer-words": "Somebody comes at ten."}
    assert post(olga, page, f"{page}/first-answer", **sent)[0] == 303
    shown = olga.get(page).text
    assert "First answer to the customer" in shown
    assert "Social media" in shown
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


def test_today_tells_of_alerts_until_somebody_has_seen_them(client_for: SignIn, database: Database) -> None:
    olga, sven = client_for("olga"), client_for("sven")
    number = open_case(database, severity="urgent", title="爆管")
    watch(database, now=clock.now() + timedelta(hours=3))
    page = olga.get("/").text
    assert "First answer" in page
    assert number in page
    with database.read() as session:
        alert = session.scalars(select(CaseAlert).where(CaseAlert.level == "breach")).one()
    assert post(olga, "/", f"/alerts/{alert.id}/seen")[0] == 303
    assert "Seen: " not in olga.get("/").text
    with database.read() as session:
        seen = {a.level: a.seen_by for a in session.scalars(select(CaseAlert))}
    assert seen["breach"] == seen.get("warning", seen["breach"])
    assert f"/alerts/{alert.id}/seen" not in sven.get("/").text
    shown = sven.get(f"/cases/{number}").text
    assert "First answer · overdue" in shown
    assert "Alert seen: First answer" in shown
    assert post(sven, "/", "/alerts/987654/seen")[0] == 404


def test_an_alert_of_another_department_cannot_be_taken_away(client_for: SignIn, database: Database) -> None:
    olga = client_for("olga")
    open_case(database, severity="urgent", department="西城所")
    watch(database, now=clock.now() + timedelta(hours=3))
    with database.read() as session:
        alert = session.scalars(select(CaseAlert).where(CaseAlert.level == "breach")).one()
    assert "Seen: " not in olga.get("/").text
    assert post(olga, "/", f"/alerts/{alert.id}/seen")[0] == 404


def test_cases_without_a_limit_are_an_alarm(client_for: SignIn, database: Database) -> None:
    sven, number = client_for("sven"), open_case(database)
    with database.begin() as session:
        session.scalars(select(Case)).one().due_at = None
    page = sven.get("/").text
    assert "are not known: 1 case has no limit" in page
    assert number in sven.get("/cases?state=no_limit").text
    assert number not in sven.get("/cases?state=warned").text


def test_the_list_shows_clocks_and_finds_what_was_warned_about(
    client_for: SignIn, database: Database
) -> None:
    olga, number = client_for("olga"), open_case(database, severity="urgent")
    assert "left" in olga.get("/cases").text
    watch(database, now=clock.now() + timedelta(hours=23))
    assert number in olga.get("/cases?state=warned").text
    assert number in olga.get("/cases?state=escalated").text  # the first answer is long overdue
    with database.begin() as session:
        session.scalars(select(Case)).one().responded_at = clock.now()
    assert number in olga.get("/cases?state=warned").text
    assert number not in olga.get("/cases?state=escalated").text


def test_people_say_where_they_get_notices(client_for: SignIn, database: Database) -> None:
    olga, ada = client_for("olga"), client_for("ada")
    form = {"display_name": "Olga", "language": "en", "shortcuts": "y"}
    assert post(olga, "/account", "/account", email="olga@example.org", **form)[0] == 303
    assert "olga@example.org" in olga.get("/account").text
    status, text = post(olga, "/account", "/account", email="olga at home", **form)
    assert (status, "name@example.org" in text) == (422, True)
    with database.read() as session:
        page = f"/admin/users/{session.scalars(select(User.id).where(User.name == 'olga')).one()}"
    assert "olga@example.org" in ada.get(page).text
    assert post(ada, page, f"{page}/email", **{"notices-email": ""})[0] == 303
    assert "olga@example.org" not in ada.get(page).text


def test_how_much_was_in_time_is_said_with_its_definition(client_for: SignIn, database: Database) -> None:
    now = clock.now()
    with database.begin() as session:
        for due, closed in (
            (-2, -3),
            (-2, -1),
            (-4, None),
            (9, None),
        ):  # in time, late, open and late, not due
            case = new_case(session, None, now=now - timedelta(days=9), due_at=now + timedelta(days=due))
            case.response_due_at = None
            if closed is not None:
                at = now + timedelta(days=closed)
                actions.close(session, case, result="好", close_reason="solved", actor="rita", now=at)
    page = client_for("sven").get("/").text
    assert "33.3%" in page
    assert "1 of 3" in page
    assert "What is still open counts as late" in page


def test_the_page_keeps_how_earlier_closings_stood(client_for: SignIn, database: Database) -> None:
    number, now = open_case(database), clock.now()
    with database.begin() as session:
        case = session.scalars(select(Case)).one()
        actions.close(session, case, result="好", close_reason="solved", actor="rita", now=now)
        actions.reopen(session, case, actor="sven", reason="又坏", now=now)
    assert "closing 1" in client_for("sven").get(f"/cases/{number}").text
