"""The page of the outcome codes: who reads it, who changes what, and what comes back with its reason."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select

from core.audit import AuditEntry
from core.auth.models import User
from core.db import Database
from followup.callbacks.models import OutcomeTerms
from followup.callbacks.outcome_table import outcome_table
from followup.callbacks.outcomes import Code, Effect, offered
from tests.people import csrf_token

SignIn = Callable[[str], FlaskClient]
PAGE = "/admin/outcomes"


def filled_form(client: FlaskClient, code: str) -> dict[str, str]:
    """What a browser would send if nothing on the page was touched."""
    page = client.get(f"{PAGE}/{code}").text
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = (re.search(rf'{what}="([^"]*)"', tag) for what in ("name", "value"))
        if name and not ('type="checkbox"' in tag and "checked" not in tag):
            found[name[1]] = value[1] if value else "y"
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    return found


def save(client: FlaskClient, code: str, **given: str | None) -> tuple[int, str]:
    """Change some fields of a code and press save; None takes the tick out of a box."""
    data = {name: value for name, value in (filled_form(client, code) | given).items() if value is not None}
    answer = client.post(f"{PAGE}/{code}", data=data)
    return answer.status_code, answer.text


def test_who_leads_reads_and_administrators_change(client_for: SignIn) -> None:
    for name, may_change in (("ada", True), ("sven", False), ("aldo", False)):
        client = client_for(name)
        page = client.get(PAGE)
        assert page.status_code == 200
        assert "again after 3\N{NO-BREAK SPACE}hr" in page.text
        assert "AAPOR 2.112b" in page.text
        assert (f"{PAGE}/BUSY" in page.text) == may_change
        assert client.get(f"{PAGE}/BUSY").status_code == (200 if may_change else 403)
        data = {"csrf_token": csrf_token(client, "/account")}
        assert client.post(f"{PAGE}/BUSY", data=data).status_code == (422 if may_change else 403)
        assert client.post(f"{PAGE}/BUSY/restore", data=data).status_code == (303 if may_change else 403)
    assert client_for("anna").get(PAGE).status_code == 403  # agents see what a code leads to at the desk


def test_saving_an_untouched_form_changes_nothing(client_for: SignIn, database: Database) -> None:
    ada = client_for("ada")
    for code in Code:
        if ada.get(f"{PAGE}/{code}").status_code == 200:
            assert save(ada, code)[0] == 303, code
    with database.read() as session:
        assert session.scalars(select(OutcomeTerms)).all() == []


def test_a_change_is_saved_shown_and_taken_back(client_for: SignIn, database: Database) -> None:
    ada = client_for("ada")
    assert save(ada, "BUSY", amount="2", unit="hours", other_day_part="y", needs_note="y")[0] == 303
    page = ada.get(PAGE).text
    assert "again after 2\N{NO-BREAK SPACE}hr" in page
    assert "ada ·" in page or "ada<br>" in page
    with database.read() as session:
        busy = outcome_table(session)[Code.BUSY]
        assert (busy.delay_minutes, busy.other_day_part, busy.needs_note) == (120, True, True)
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert entry is not None
        assert (entry.action, entry.subject) == ("outcome.change", "outcome:BUSY")
        assert "30 → 120" in entry.detail
    data = {"csrf_token": csrf_token(ada, f"{PAGE}/BUSY")}
    assert ada.post(f"{PAGE}/BUSY/restore", data=data).status_code == 303
    with database.read() as session:
        assert session.scalars(select(OutcomeTerms)).all() == []
    assert "took back the changes of an outcome of calls" in ada.get("/admin/audit").text


REFUSED: list[tuple[str, dict[str, str | None], str]] = [
    ("BUSY", {"amount": "1"}, "5 minutes at least"),
    ("BUSY", {"amount": "61", "unit": "days"}, "within 60 days"),
    ("BUSY", {"amount": "soon"}, "Enter a whole number"),
    ("BUSY", {"amount": ""}, "Enter a whole number"),
    ("BUSY", {"at_most": "12"}, "Between 0 and 9"),
    ("BUSY", {"unit": "moons"}, "valid choice"),
    ("BUSY", {"place": "nowhere"}, "valid choice"),
    ("AWAY", {"effect": "appoint"}, "valid choice"),
    ("NO_ANSWER", {"place": "off"}, "This code stays at the desk"),
    ("VOICEMAIL", {"place": "first"}, "have room in sight"),
]


def test_what_cannot_be_comes_back_with_the_reason_and_what_was_typed(
    client_for: SignIn, database: Database
) -> None:
    ada = client_for("ada")
    for code, given, words in REFUSED:
        status, page = save(ada, code, **given)
        assert (status, words in page) == (422, True), (code, given)
        assert f'value="{given.get("amount") or ""}"' in page
    with database.read() as session:
        assert session.scalars(select(OutcomeTerms)).all() == []


def test_fields_that_are_not_offered_cannot_be_sent_in(client_for: SignIn, database: Database) -> None:
    ada = client_for("ada")
    forged = {
        "effect": "retry",
        "amount": "60",
        "unit": "minutes",
        "contacted": "y",
        "needs_confirmation": None,
    }
    assert save(ada, "DO_NOT_CONTACT", **forged)[0] == 303
    assert save(ada, "NO_ANSWER", effect="finish", contacted="y")[0] == 303
    with database.read() as session:
        outcomes = outcome_table(session)
        assert outcomes[Code.DO_NOT_CONTACT].effect is Effect.FINISH
        assert outcomes[Code.DO_NOT_CONTACT].needs_confirmation
        assert (outcomes[Code.NO_ANSWER].effect, outcomes[Code.NO_ANSWER].contacted) == (Effect.RETRY, False)


def test_a_code_moves_at_the_desk_and_out_of_it(client_for: SignIn, database: Database) -> None:
    ada = client_for("ada")
    assert save(ada, "BUSY", place="off")[0] == 303
    assert save(ada, "VOICEMAIL", place="first", behind="NO_ANSWER")[0] == 303
    with database.read() as session:
        first = offered(outcome_table(session), "first")
        assert first[:3] == (Code.NO_ANSWER, Code.VOICEMAIL, Code.APPT_FIXED)
    assert "Not offered" in ada.get(PAGE).text
    data = {"csrf_token": csrf_token(ada, f"{PAGE}/BUSY")}
    answer = ada.post(f"{PAGE}/BUSY/restore", data=data, follow_redirects=True)
    assert "have room in sight" in answer.text  # its old place is taken


def test_what_the_system_sets_has_no_form(client_for: SignIn) -> None:
    ada = client_for("ada")
    for code in ("COMPLETE", "MAX_ATTEMPTS", "VOID_DUP", "SELF_DONE", "NOTHING", "busy"):
        assert ada.get(f"{PAGE}/{code}").status_code == 404, code


def test_a_page_that_is_out_of_date_overwrites_nothing(
    client_for: SignIn, database: Database, people: dict[str, User]
) -> None:
    ada = client_for("ada")
    old = filled_form(ada, "BUSY")
    assert save(ada, "BUSY", amount="45", unit="minutes")[0] == 303
    answer = ada.post(f"{PAGE}/BUSY", data=old | {"amount": "60", "unit": "minutes"})
    assert answer.status_code == 422
    assert "Somebody else changed this code meanwhile" in answer.text
    with database.read() as session:
        assert outcome_table(session)[Code.BUSY].delay_minutes == 45
