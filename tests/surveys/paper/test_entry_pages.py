"""The pages for typing sheets in: numbers checked, nothing typed lost, roles held."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from core.auth.models import User
from core.db import Database
from surveys.models import Missing, Response
from surveys.paper.models import PaperEntry, PaperRun
from surveys.paper.serials import serial_of
from tests import people as staff
from tests.surveys.links import rows
from tests.surveys.paper import examples as ex
from tests.surveys.paper import typing as t

ClientFor = Callable[[str], FlaskClient]
STACK = {"questionnaire": ex.KEY, "day": "2026-11-18", "district": "城东区"}


@pytest.fixture(autouse=True)
def _at_ten() -> Iterator[None]:
    with time_machine.travel(ex.NOW, tick=False):
        yield


@pytest.fixture
def every(database: Database) -> Iterator[Database]:
    """A database in which every sheet is typed twice."""
    everything = Database(replace(database.settings, paper_check_percent=100))
    yield everything
    everything.dispose()


@pytest.fixture
def desk(every: Database, people: dict[str, User]) -> ClientFor:
    """Return a function that signs one of the people in."""
    app = create_app(every.settings, every)
    return lambda name: staff.sign_in(app.test_client(), name)


def post(client: FlaskClient, path: str, **fields: object) -> TestResponse:
    token = staff.csrf_token(client, path)
    return client.post(path, data={"csrf_token": token, **fields})


def said(answer: TestResponse) -> str:
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))
    return page.replace("&#34;", '"')


def begin(client: FlaskClient, serial: str, **fields: str) -> TestResponse:
    return post(client, "/paper", serial=serial, **(STACK | fields))


def type_in(client: FlaskClient, place: str) -> TestResponse:
    return post(client, place, **t.FULL)


def test_from_number_to_number_with_the_stack_kept(every: Database, desk: ClientFor) -> None:
    one, two = t.printed(every, ex.publish(every), 2)
    anna = desk("anna")
    place = begin(anna, one.serial.replace("-", " "))
    assert place.status_code == 303
    assert place.location.startswith(f"/paper/sheets/{one.serial}?")
    saved = type_in(anna, place.location)
    assert saved.status_code == 303
    assert urlsplit(saved.location).fragment == "serial"
    assert parse_qs(urlsplit(saved.location).query) == {name: [value] for name, value in STACK.items()}
    again = anna.get(saved.location).get_data(as_text=True)
    assert f"Sheet {one.serial} is stored." in again
    assert "You typed in 1 sheet today." in again
    assert 'value="城东区"' in again
    assert re.search(r'<input[^>]*autofocus[^>]*id="serial"[^>]*value=""', again)
    assert begin(anna, two.serial).status_code == 303


WRONG = [
    ("100001-0", "The last digit does not fit"),
    ("100010-5", "The last digit does not fit"),
    ("10001", "not complete"),
    ("abc", "digits only"),
    (serial_of(500_000), "No sheet with this number was printed here"),
]


@pytest.mark.parametrize(("typed", "sentence"), WRONG)
def test_a_wrong_number_is_found_and_the_stack_stays(
    every: Database, desk: ClientFor, typed: str, sentence: str
) -> None:
    t.printed(every, ex.publish(every))
    answer = begin(desk("anna"), typed)
    assert answer.status_code == 422
    assert sentence in said(answer)
    assert typed in answer.get_data(as_text=True)
    assert "城东区" in answer.get_data(as_text=True)


def test_a_used_number_says_who_and_when(every: Database, desk: ClientFor) -> None:
    [sheet] = t.printed(every, ex.publish(every))
    type_in(desk("anna"), begin(desk("anna"), sheet.serial).location)
    amir = desk("amir")
    answer = begin(amir, sheet.serial)
    assert answer.status_code == 422
    assert f"Sheet {sheet.serial} was typed in by Anna on Wed 18 Nov 10:00" in said(answer)
    back = amir.get(f"/paper/sheets/{sheet.serial}", follow_redirects=True)
    assert "was typed in by Anna" in said(back)


def test_a_used_anonymous_number_says_the_day_only(every: Database, desk: ClientFor) -> None:
    [sheet] = t.printed(every, ex.publish(every, anonymous=True))
    anna = desk("anna")
    type_in(anna, begin(anna, sheet.serial).location)
    assert "was typed in by Anna on Wed 18 Nov. If" in said(begin(anna, sheet.serial))


def test_a_sheet_of_another_questionnaire_is_named(every: Database, desk: ClientFor) -> None:
    ex.publish(every)
    [sheet] = t.printed(every, ex.publish(every, key="other"))
    answer = begin(desk("anna"), sheet.serial)
    assert answer.status_code == 422
    assert "belongs to “Satisfaction with the winter" in said(answer)


@pytest.mark.parametrize(
    ("day", "sentence"),
    [("2026-11-19", "lies ahead"), ("2026-11-17", "was printed on Wed 18 Nov"),
     ("2025-11-18", "was printed on"), ("", "This field is required"), ("18.11.", "Not a valid date")],
)  # fmt: skip
def test_a_day_that_cannot_be_is_refused(every: Database, desk: ClientFor, day: str, sentence: str) -> None:
    [sheet] = t.printed(every, ex.publish(every))
    answer = begin(desk("anna"), sheet.serial, day=day)
    assert answer.status_code == 422
    assert sentence in said(answer)


def test_a_sheet_from_elsewhere_gets_a_number_and_may_be_old(every: Database, desk: ClientFor) -> None:
    ex.publish(every)
    anna = desk("anna")
    assert begin(anna, "", day="2027-01-01").status_code == 422
    place = begin(anna, "", day="2024-03-01")
    assert place.status_code == 303
    [run] = rows(every, PaperRun)
    assert run.elsewhere
    page = said(anna.get(place.location))
    assert f"Write this number onto the sheet now: {serial_of(run.first)}" in page
    type_in(anna, place.location)
    [response] = rows(every, Response)
    assert response.day.isoformat() == "2024-03-01"


def test_errors_keep_everything_that_was_typed(every: Database, desk: ClientFor) -> None:
    [sheet] = t.printed(every, ex.publish(every))
    anna = desk("anna")
    place = begin(anna, sheet.serial).location
    wrong = t.FULL | {"warmth": "55", "since": "31.2.", "overall": "9"}
    answer = post(anna, place, **wrong)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    for kept in ("家里 15 度，孩子冷。", "邻居转告", 'value="55"', 'value="31.2."', "希望快一点。"):
        assert kept in page
    assert re.search(r'id="channels-9"[^>]* checked', page)
    assert "Write a value from 5 to 35" in said(answer)
    assert "mark it as unreadable" in said(answer)
    assert rows(every, PaperEntry) == []


def test_somebody_else_was_faster_and_nothing_typed_is_lost(every: Database, desk: ClientFor) -> None:
    [sheet] = t.printed(every, ex.publish(every))
    anna, amir = desk("anna"), desk("amir")
    place = begin(anna, sheet.serial).location
    token = staff.csrf_token(anna, place)
    type_in(amir, place)
    answer = anna.post(place, data={"csrf_token": token, **t.FULL, "comment": "别的话"})
    assert answer.status_code == 409
    assert "was typed in by Amir" in said(answer)
    assert "别的话" in answer.get_data(as_text=True)
    assert len(rows(every, Response)) == 1


def test_pressing_store_twice_stores_once(every: Database, desk: ClientFor) -> None:
    [sheet] = t.printed(every, ex.publish(every))
    anna = desk("anna")
    place = begin(anna, sheet.serial).location
    data = {"csrf_token": staff.csrf_token(anna, place), **t.FULL}
    assert [anna.post(place, data=data).status_code for _press in range(2)] == [303, 303]
    assert "was stored before; nothing was changed" in said(anna.get("/paper"))
    assert len(rows(every, Response)) == 1


def test_a_slip_is_put_right_on_the_same_day(every: Database, desk: ClientFor) -> None:
    one, two = t.printed(every, ex.publish(every), 2)
    anna, amir = desk("anna"), desk("amir")
    place = begin(anna, one.serial).location
    type_in(anna, place)
    correct = f"/paper/sheets/{one.serial}/correct"
    assert f"{correct}?" in anna.get("/paper").get_data(as_text=True)
    page = anna.get(correct).get_data(as_text=True)
    assert "家里 15 度，孩子冷。" in page
    assert re.search(r'id="channels-9"[^>]* checked', page)
    assert post(anna, correct, **(t.FULL | {"warmth": "99"})).status_code == 422
    assert post(anna, correct, **(t.FULL | {"warmth": "16", "comment": ""})).status_code == 303
    found = t.stored(every, one)
    assert (found["warmth"].number, found["comment"].missing) == (16.0, Missing.SKIPPED)
    assert [row.revision for row in rows(every, Response)] == [2]
    assert amir.get(correct).status_code == 409
    assert anna.get(correct.replace(one.serial, two.serial)).status_code == 409
    post(amir, f"/paper/checks/{t.entry(every, one).id}", **t.FULL)
    assert anna.get(correct).status_code == 409  # a second person has read it


def test_the_next_day_a_sheet_is_not_corrected(every: Database, desk: ClientFor) -> None:
    [sheet] = t.printed(every, ex.publish(every))
    anna = desk("anna")
    type_in(anna, begin(anna, sheet.serial).location)
    correct = f"/paper/sheets/{sheet.serial}/correct"
    assert anna.get(correct).status_code == 200
    with time_machine.travel(ex.NOW + timedelta(days=1), tick=False):
        anna = staff.sign_in(anna, "anna")
        assert anna.get(correct).status_code == 409
        assert sheet.serial not in anna.get("/paper").get_data(as_text=True)


def test_a_forged_address_is_no_error_of_ours(every: Database, desk: ClientFor) -> None:
    [sheet] = t.printed(every, ex.publish(every))
    anna = desk("anna")
    assert anna.get("/paper/sheets/nonsense").status_code == 404
    assert anna.get("/paper?day=never&district=" + "x" * 500).status_code == 200
    answer = post(anna, f"/paper/sheets/{sheet.serial}?day=2030-01-01&district={'区' * 200}", **t.FULL)
    assert answer.status_code == 422
    assert "lies ahead" in said(answer)


def test_the_second_look_on_the_pages(every: Database, desk: ClientFor) -> None:
    [sheet] = t.printed(every, ex.publish(every))
    anna, amir, sven = desk("anna"), desk("amir"), desk("sven")
    type_in(anna, begin(anna, sheet.serial).location)
    entry_id = t.entry(every, sheet).id
    assert "no sheet waits for your second look" in said(anna.get("/paper/checks"))
    assert sheet.serial in said(amir.get("/paper/checks"))
    assert anna.get(f"/paper/checks/{entry_id}").status_code == 403
    page = amir.get(f"/paper/checks/{entry_id}").get_data(as_text=True)
    assert "孩子冷" not in page
    assert " checked" not in page
    second = t.FULL | {"warmth": "16", "overall": "1", "comment": ""}
    assert post(amir, f"/paper/checks/{entry_id}", **(second | {"warmth": "99"})).status_code == 422
    token = staff.csrf_token(amir, f"/paper/checks/{entry_id}")
    for _press in range(2):
        answer = amir.post(f"/paper/checks/{entry_id}", data={"csrf_token": token, **second})
        assert answer.status_code == 303
    assert "read differently" in said(amir.get("/paper/checks"))
    place = f"/paper/checks/{entry_id}/settle"
    assert amir.get(place).status_code == 403
    shown = said(sven.get(place))
    assert "First: Anna Dissatisfied" in shown
    assert "Second: Amir Very dissatisfied" in shown
    assert "Second: Amir left blank" in shown
    decisions = {"overall-decision": "second", "comment-decision": "first"}
    assert post(sven, place, **decisions).status_code == 422
    other = post(sven, place, **decisions, **{"warmth-decision": "other", "warmth": "100"})
    assert other.status_code == 422
    assert 'value="100"' in other.get_data(as_text=True)
    done = post(sven, place, **decisions, **{"warmth-decision": "other", "warmth": "15.5"})
    assert done.status_code == 303
    found = t.stored(every, sheet)
    assert (found["overall"].value, found["warmth"].number) == (1, 15.5)
    assert found["comment"].words == "希望快一点。"
    figures = said(sven.get("/paper/figures"))
    assert "62 % (5 of 8)" in figures


def test_what_depends_on_a_settled_answer_follows(every: Database, desk: ClientFor) -> None:
    [sheet] = t.printed(every, ex.publish(every))
    anna, amir, sven = desk("anna"), desk("amir"), desk("sven")
    place = begin(anna, sheet.serial).location
    post(anna, place, overall="4")
    entry_id = t.entry(every, sheet).id
    post(amir, f"/paper/checks/{entry_id}", overall="2")
    post(sven, f"/paper/checks/{entry_id}/settle", **{"overall-decision": "second"})
    assert t.stored(every, sheet)["reason"].missing is Missing.SKIPPED  # asked now, and left blank


def test_who_may_type_and_settle(every: Database, desk: ClientFor) -> None:
    ex.publish(every)
    opens = {
        name: tuple(
            desk(name).get(path).status_code for path in ("/paper", "/paper/checks", "/paper/figures")
        )
        for name in staff.ROLES
    }
    assert opens == {
        "ada": (200, 200, 200), "sven": (200, 200, 200), "olga": (200, 200, 403), "anna": (200, 200, 403),
        "amir": (200, 200, 403), "lena": (403, 403, 403), "aldo": (403, 403, 403),
    }  # fmt: skip


def test_without_a_questionnaire_the_page_says_what_comes_first(desk: ClientFor) -> None:
    assert "one has to be published first" in said(desk("anna").get("/paper"))
    assert desk("sven").get("/paper/figures").status_code == 422
