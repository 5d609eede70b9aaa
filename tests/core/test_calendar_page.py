"""The page of the working days: the list of a year is taken over from a file."""

from collections.abc import Callable
from io import BytesIO

from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock
from core.audit import AuditEntry
from core.calendar import load_calendar
from core.db import Database
from tests.core.test_calendar import NOTICE
from tests.people import csrf_token

SignIn = Callable[[str], FlaskClient]
PAGE, YEAR = "/admin/calendar", "/admin/calendar/year"


def send(client: FlaskClient, content: bytes) -> tuple[int, str]:
    data = {"csrf_token": csrf_token(client, PAGE), "file": (BytesIO(content), "2100.json")}
    response = client.post(YEAR, data=data, content_type="multipart/form-data")
    return response.status_code, response.text


def test_an_administrator_takes_over_a_year(client_for: SignIn, database: Database) -> None:
    ada = client_for("ada")
    assert f"{clock.now().year} is known" in ada.get(PAGE).text
    assert send(ada, NOTICE.encode())[0] == 303
    assert "7 days of 2100 were taken over." in ada.get(PAGE).text
    with database.read() as session:
        assert 2100 in load_calendar(session).declared
        assert "calendar.take_over" in session.scalars(select(AuditEntry.action)).all()


def test_what_is_no_list_of_days_comes_back_with_a_sentence(client_for: SignIn, database: Database) -> None:
    ada = client_for("ada")
    for content, words in ((b"\xff\xfe", "not JSON"), (b"", "not JSON"), (b"{}", "begin with")):
        status, text = send(ada, content)
        assert (status, words in text) == (422, True)
    assert ada.post(YEAR, data={"csrf_token": csrf_token(ada, PAGE)}).status_code == 422
    with database.read() as session:
        assert load_calendar(session).declared == frozenset()


def test_only_administrators_take_over_a_year(client_for: SignIn) -> None:
    sven = client_for("sven")
    data = {"csrf_token": csrf_token(sven, "/account"), "file": (BytesIO(NOTICE.encode()), "2100.json")}
    assert sven.post(YEAR, data=data, content_type="multipart/form-data").status_code == 403
