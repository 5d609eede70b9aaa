"""What stands on the desk: other numbers, the script with the facts of the case, what was typed before."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from core import audit
from core.contacts import actions, queries
from core.contacts.models import Contact, Phone
from core.db import Database
from core.errors import ConflictError, ForbiddenError, InputError
from followup.callbacks import numbers, taking
from followup.callbacks.models import Skip
from followup.jobs import tick
from followup.models import Attempt, Callback
from tests import people as staff
from tests.followup import factories as make
from tests.followup.callbacks.conftest import START
from tests.followup.callbacks.test_views import post, taken


@pytest.fixture
def two_numbers(database: Database) -> tuple[taking.Agent, int, int]:
    """Anna holds a callback of a customer with two numbers; the callback and the second number."""
    with database.begin() as session:
        anna = make.agent(session, "anna", now=START)
        make.new_rule(session, make.by_phone(), now=START)
        contact = make.new_contact(session, now=START, phones=[make.new_phone(), make.new_phone()])
        make.closed_case(session, now=START, contact=contact)
    tick(database, now=START)
    tick(database, now=START)
    with database.begin() as session:
        callback = taking.pull_next(session, anna, now=START)
        assert callback is not None
        other = session.scalars(select(Phone.id).where(Phone.id != callback.phone_id)).one()
        return anna, callback.id, other


def test_choosing_another_number_is_a_look_of_its_own(
    database: Database, two_numbers: tuple[taking.Agent, int, int]
) -> None:
    anna, callback_id, other = two_numbers
    with database.begin() as session:
        numbers.choose(session, callback_id, anna, other, now=START)
        numbers.choose(session, callback_id, anna, other, now=START)  # pressed twice it is one look
    with database.read() as session:
        callback = session.get_one(Callback, callback_id)
        assert (callback.state, callback.phone_id) == ("in_call", other)
        seen = session.scalars(select(audit.AuditEntry).where(audit.AuditEntry.action == "callback.reveal"))
        assert [f'"phone": {other}' in entry.detail for entry in seen] == [True]


def test_a_number_that_cannot_be_dialled_is_refused(
    database: Database, two_numbers: tuple[taking.Agent, int, int]
) -> None:
    anna, callback_id, other = two_numbers
    with database.begin() as session:
        stranger = make.new_contact(session, now=START).phones[0].id
        with pytest.raises(InputError):
            numbers.choose(session, callback_id, anna, stranger, now=START)
        session.execute(update(Contact).values(do_not_contact=True))
        with pytest.raises(ConflictError, match="wants no contact"):
            numbers.choose(session, callback_id, anna, other, now=START)
        session.get_one(Phone, other).dead = True
        with pytest.raises(InputError):
            numbers.choose(session, callback_id, anna, other, now=START)


def test_a_number_that_rang_often_or_is_in_a_call_waits(
    database: Database, two_numbers: tuple[taking.Agent, int, int]
) -> None:
    anna, callback_id, other = two_numbers
    with database.begin() as session:
        index = session.get_one(Phone, other).number_index
        amir = make.agent(session, "amir", now=START)
        make.closed_case(session, now=START)
    tick(database, now=START)
    tick(database, now=START)
    with database.begin() as session:
        theirs = taking.pull_next(session, amir, now=START)
        assert theirs is not None
        theirs.phone_index = index
        session.flush()
        with pytest.raises(ConflictError, match="in a call"):
            numbers.choose(session, callback_id, anna, other, now=START)
    with database.begin() as session:
        for n in range(3):
            attempt = {"number": n, "local_day": START.date(), "outcome": "BUSY", "agent_id": amir.id}
            session.add(Attempt(callback_id=callback_id, phone_index=index, ended_at=START, **attempt))
        session.flush()
        with pytest.raises(InputError, match="often enough"):
            numbers.choose(session, callback_id, anna, other, now=START + timedelta(hours=1))


def test_the_last_look_of_the_day_is_the_last(
    database: Database, two_numbers: tuple[taking.Agent, int, int]
) -> None:
    anna, callback_id, other = two_numbers
    with database.begin() as session:
        session.info["settings"] = replace(database.settings, reveals_per_day=1)
        numbers.choose(session, callback_id, anna, other, now=START)
        first = session.scalars(select(Phone.id).where(Phone.id != other).limit(1)).one()
        with pytest.raises(ForbiddenError):
            numbers.choose(session, callback_id, anna, first, now=START)


@pytest.fixture
def second_number(desk: FlaskClient, database: Database) -> FlaskClient:
    """Anna at the desk; her customers have a second number each."""
    with database.begin() as session:
        for contact in session.scalars(select(Contact)).all():
            first = queries.card(session, contact.id).phones[0].number
            actions.find_or_save(session, name="王小明", phones=[first, f"139{first[3:]}"], now=START)
    return desk


def test_the_other_number_stands_masked_until_it_is_dialled(
    second_number: FlaskClient, database: Database
) -> None:
    desk, where = second_number, taken(second_number)
    page = desk.get(where).get_data(as_text=True)
    assert re.search(r"139\*{4}\d{4}", page)
    assert not re.search(r"139\d{8}", page)
    wanted = re.search(r'name="phone" value="(\d+)"', page)
    assert wanted
    assert post(desk, f"{where}/number", where, phone=wanted[1], note="第一个没人接")[0] == 303
    page = desk.get(where).get_data(as_text=True)
    assert re.search(r"tel:139\d{8}", page)
    assert "第一个没人接" in page
    post(desk, where, where, outcome="NO_ANSWER")
    with database.read() as session:
        assert session.scalars(select(Attempt.phone_id)).all() == [int(wanted[1])]


def test_a_refused_number_is_said_and_what_was_typed_stays(desk: FlaskClient) -> None:
    where = taken(desk)
    assert post(desk, f"{where}/number", where, phone="999999", note="记下")[1] == where
    page = desk.get(where).get_data(as_text=True)
    assert "cannot be dialled" in page
    assert "记下" in page


def test_the_script_says_the_facts_of_the_case(desk: FlaskClient, database: Database) -> None:
    _status, where, _text = post(desk, "/callbacks/next")
    assert "Hello, is that 王*? I am Anna from" in desk.get(where).get_data(as_text=True)
    post(desk, f"{where}/reveal", where)
    page = desk.get(where).get_data(as_text=True)
    assert "Hello, is that 王小明? I am Anna from" in page
    assert "Your case “暖气不热” is closed" in page
    with database.begin() as session:
        session.execute(update(Contact).values(name_sealed=None))
    page = desk.get(where).get_data(as_text=True)
    assert '<mark class="desk-missing">[name of the customer?]</mark>' in page


def test_few_looks_left_are_said(desk: FlaskClient, database: Database) -> None:
    where = taken(desk)
    assert "more number" not in desk.get(where).get_data(as_text=True)
    with database.begin() as session:
        for n in range(database.settings.reveals_per_day - 19):
            audit.record(session, actor="anna", action="callback.reveal", subject=f"callback:{n}", now=START)
    assert "You may look at 18 more numbers today." in desk.get(where).get_data(as_text=True)


def test_a_reload_brings_everything_back(desk: FlaskClient) -> None:
    where = taken(desk)
    token = staff.csrf_token(desk, where)
    typed = {"overall": "2", "poor_reason": "slow", "appointment": "2026-11-19T18:00", "anyone": "y"}
    assert desk.post(f"{where}/heartbeat", data=typed | {"csrf_token": token}).status_code == 200
    page = desk.get(where).get_data(as_text=True)
    for kept in (
        r'id="overall-2"[^>]* checked',
        r'id="poor_reason-slow"[^>]* checked',
        r'name="appointment" value="2026-11-19T18:00"',
        r'name="anyone" value="y" checked',
    ):
        assert re.search(kept, page), kept


def test_an_appointment_can_be_anybodys(desk: FlaskClient, database: Database) -> None:
    where = taken(desk)
    when = {"appointment": "2026-11-19T18:00"}
    assert post(desk, where, where, outcome="APPT_FIXED", anyone="y", **when)[0] == 303
    with database.read() as session:
        assert session.scalars(select(Callback.agent_id).where(Callback.state == "appointed")).all() == [None]


def test_who_gives_a_callback_back_is_not_given_it_again(desk: FlaskClient, database: Database) -> None:
    where = taken(desk)
    assert "give it back" not in desk.get(where).get_data(as_text=True)
    assert post(desk, f"{where}/release", where, **{"back-reason": "known"})[1] == "/callbacks"
    assert post(desk, "/callbacks/next")[1] != where
    with database.read() as session:
        assert session.scalars(select(Skip.reason)).all() == ["known"]


def test_after_a_call_the_next_page_counts_the_time(desk: FlaskClient) -> None:
    where = taken(desk)
    onward = post(desk, where, where, outcome="BUSY")[1]
    assert 'id="wrap-time" data-seconds="0"' in desk.get(onward).get_data(as_text=True)
    post(desk, f"{onward}/reveal", onward)
    page = desk.get(onward).get_data(as_text=True)
    assert "wrap-time" not in page
    assert 'id="call-time" data-seconds="0"' in page
