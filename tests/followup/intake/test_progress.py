"""How far a matter is: for the right pair only, and nothing that tells who tries which numbers exist."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from app import create_app
from core.audit import AuditEntry
from core.db import Database
from core.installation import Counter
from followup.cases import actions as cases
from followup.cases.lifecycle import STATES
from followup.intake import progress, words
from followup.models import Case
from tests.conftest import NOW
from tests.followup.factories import closed_case, new_case, new_contact
from tests.followup.intake.forms import hidden
from tests.surveys.links import fingerprint

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # the same on both kinds
LEFT_OUT = {"X-Request-Id": "", "Content-Length": ""}
NOT_FOUND = "We found no matter with this number and these digits"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Wednesday morning; time passes when a test says so."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def look(client: FlaskClient, number: str, digits: str) -> TestResponse:
    """Fill in the form and press the button."""
    sent = hidden(client, "/progress?lang=en")
    return client.post("/progress/look", data=sent | {"number": number, "digits": digits})


def one_case(database: Database, **given: object) -> str:
    with database.begin() as session:
        contact = new_contact(session, now=NOW, phones=["13812345678", "010-62345679"], name="王小明")
        return new_case(session, contact.id, now=NOW, title="邻居噪音", **given).number  # type: ignore[arg-type]


def test_state_and_dates_and_nothing_else(
    database: Database, app: Flask, clock: time_machine.Traveller
) -> None:
    with database.begin() as session:
        contact = new_contact(session, now=NOW, phones=["13812345678"], name="王小明", address="和平里7号")
        case = closed_case(session, now=NOW + timedelta(days=2), contact=contact)
        case.registered_at = NOW
        number = case.number
    clock.shift(timedelta(days=3).total_seconds())
    answer = look(app.test_client(), number, "5678")
    page = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 200
    assert "Your matter is closed." in page
    assert page.count("<dt>") == 3
    for said in ("Registered on", "Wed 18 Nov", "Work began on", "Closed on", "Fri 20 Nov", number):
        assert said in page, said
    for secret in ("王", "暖气", "和平里", "5678", "东城", "供热", "张师傅", "已上门"):
        assert secret not in page, secret
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("{0}", "5678"),
        ("{0}", "5679"),  # the second number
        ("{plain}", "138 1234 5678"),
        (" {wide} ", "５６７８"),
    ],
)
@ON_SQLITE
def test_the_pair_is_read_as_people_write_it(
    database: Database, app: Flask, number: str, digits: str
) -> None:
    known = one_case(database)
    wide = known.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)} | {ord("-"): "－"})
    typed = number.format(known, plain=known.replace("-", ""), wide=wide)
    assert look(app.test_client(), typed, digits).status_code == 200


def test_a_wrong_pair_and_an_unknown_number_are_the_same(database: Database, app: Flask) -> None:
    number, client = one_case(database), app.test_client()
    with database.begin() as session:
        nobody = new_case(session, None, now=NOW).number  # a case without a customer
    look(client, "20261117-0001", "0000")  # the first of a day also counts the days before
    answers = {}
    for asked in (number, "20261118-9999", nobody):
        statements: list[str] = []

        def note(_c: object, _k: object, said: str, *_more: object, into: list[str] = statements) -> None:
            into.append(said)

        event.listen(database.engine, "before_cursor_execute", note)
        answer = look(client, asked, "0000")
        event.remove(database.engine, "before_cursor_execute", note)
        page = answer.get_data(as_text=True).replace(asked, "NUMBER")
        assert NOT_FOUND in page
        answers[asked] = (
            answer.status_code,
            without_signature(page),
            dict(answer.headers) | LEFT_OUT,
            statements,
        )
    assert answers[number] == answers["20261118-9999"] == answers[nobody]


def without_signature(page: str) -> str:
    """A page without what is made anew for each reader."""
    return re.sub(r'(name="(?:csrf_token|stamp)" value=)"[^"]*"', r"\1", page)


def test_looking_at_the_form_changes_nothing(database: Database, app: Flask) -> None:
    before, client = fingerprint(database), app.test_client()
    for path in ("/progress", "/progress?number=20261118-0001&digits=5678", "/progress/look"):
        for method in ("GET", "HEAD", "OPTIONS"):
            client.open(path, method=method)
    assert fingerprint(database) == before


@pytest.mark.parametrize(
    ("number", "digits", "sentence"),
    [
        ("", "5678", "Write the case number"),
        ("2026", "5678", "Write the case number"),
        ("20261118-0001", "567", "Write the last four digits"),
        ("20261118-0001", "四四四四", "Write the last four digits"),
        ("' OR 1=1 --", "' OR", "Write the case number"),
    ],
)
@ON_SQLITE
def test_a_mistake_is_said_at_its_field(app: Flask, number: str, digits: str, sentence: str) -> None:
    answer = look(app.test_client(), number, digits)
    assert answer.status_code == 422
    assert answer.get_data(as_text=True).count(sentence) == 2


def test_digits_cannot_be_guessed_through(
    database: Database, app: Flask, clock: time_machine.Traveller
) -> None:
    number, other = one_case(database), one_case(database)
    clients = [app.test_client(), create_app(database.settings, database).test_client()]  # two processes
    statuses = [look(clients[n % 2], number, f"{n:04d}").status_code for n in range(8)]
    assert statuses == [404] * 6 + [429] * 2 or statuses == [404] * 5 + [429] * 3
    assert look(clients[0], number, "5678").status_code == 429  # the right pair waits too
    unknown = [look(clients[n % 2], "20261118-9999", "0000").status_code for n in range(8)]
    assert unknown == statuses  # and who tries cannot tell
    assert look(clients[0], other, "5678").status_code == 200  # nobody else is held up
    clock.shift(timedelta(minutes=16).total_seconds())
    assert look(clients[0], number, "5678").status_code == 200


@ON_SQLITE
def test_one_address_looks_sixty_times_an_hour(database: Database, app: Flask) -> None:
    client = app.test_client()
    statuses = [look(client, f"20261117-{n:04d}", "0000").status_code for n in range(61)]
    assert statuses == [404] * 60 + [429]


def test_looks_are_counted_and_nobody_is_named(
    database: Database, app: Flask, clock: time_machine.Traveller
) -> None:
    number, client = one_case(database), app.test_client()
    look(client, number, "5678")
    look(client, number, "1111")
    look(client, "20261118-9999", "5678")
    with database.read() as session:
        assert list(session.scalars(select(AuditEntry).where(AuditEntry.action.like("progress%")))) == []
    clock.shift(timedelta(days=1).total_seconds())
    look(client, number, "5678")
    look(client, number, "5678")
    with database.read() as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "progress.counted"))
        left = set(session.scalars(select(Counter.key).where(Counter.key.like("progress:%"))))
    assert (entry.subject, entry.actor) == ("day:20261118", "system")
    assert '"shown": 1' in entry.detail.replace(":1", ": 1")
    assert '"refused": 2' in entry.detail.replace(":2", ": 2")
    assert number not in entry.detail
    assert left == {"progress:20261119:shown"}


@ON_SQLITE
def test_a_form_that_is_not_ours_shows_nothing(database: Database, app: Flask) -> None:
    number = one_case(database)
    answer = app.test_client().post("/progress/look", data={"number": number, "digits": "5678"})
    assert answer.status_code == 400
    assert number in answer.get_data(as_text=True)  # kept in its field, and no more
    assert "dates" not in answer.get_data(as_text=True)


@ON_SQLITE
def test_switched_off(database: Database) -> None:
    client = create_app(replace(database.settings, progress_page="off"), database).test_client()
    assert client.get("/progress").status_code == 404
    assert client.post("/progress/look", data={"number": "1"}).status_code == 404
    assert 'href="/progress' not in client.get("/feedback").get_data(as_text=True)


def test_every_state_has_its_plain_words() -> None:
    assert set(words.STATE) == set(STATES)


def test_a_reopened_case_is_not_shown_as_closed(database: Database) -> None:
    with database.begin() as session:
        case = closed_case(session, now=NOW)
        number = case.number
        cases.reopen(session, case, actor="sven", reason="again", now=NOW)
        session.flush()
    with database.begin() as session:
        case = session.scalars(select(Case).where(Case.number == number)).one()
        shown = progress._progress(session, case)
    assert (shown.state, shown.closed_at) == ("reopened", None)
    assert shown.accepted_at == datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
    assert shown.asked_at is None


def test_nothing_is_sealed_anew_for_a_number_that_does_not_exist(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed: list[str] = []
    seal = database.vault.seal

    def counted(value: str, place: str) -> bytes:
        sealed.append(place)
        return seal(value, place)

    monkeypatch.setattr(database.vault, "seal", counted)
    for _look in range(3):
        with database.read() as session:
            assert progress.look_up(session, "20261118-9999", "0000") is None
    assert len(sealed) == 1
