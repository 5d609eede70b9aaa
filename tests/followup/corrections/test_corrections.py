"""Wrong and dead numbers: each comes once to the register, and what is decided holds."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from core import clock
from core.audit import AuditEntry
from core.auth.models import User
from core.contacts import queries as contacts
from core.contacts import reveals
from core.contacts.models import Contact, Phone
from core.db import Database
from core.errors import ConflictError, ForbiddenError, InputError
from followup.callbacks import holding
from followup.callbacks import queries as callbacks
from followup.callbacks.outcomes import Code
from followup.callbacks.taking import Agent
from followup.corrections import actions, queries
from followup.corrections.models import Correction
from followup.jobs import tick
from followup.models import Attempt, Callback
from tests import people as staff
from tests.followup import factories as make
from tests.followup.callbacks.test_actions import end, in_call, pull, settled, state
from tests.followup.callbacks.test_undo import undo

SETTLED = timedelta(minutes=5)


def reported(
    database: Database, now: datetime, code: Code = Code.WRONG_NUMBER, **given: object
) -> tuple[Agent, int]:
    """A number on the list, five minutes after the call."""
    agent, callback_id = in_call(database, now, **given)
    end(database, agent, callback_id, code, now)
    settled(database, now)
    return agent, callback_id


def decide(database: Database, what: str, now: datetime, text: str = "") -> bool:
    """Decide about the one number, and ask again where that is possible."""
    with database.begin() as session:
        correction = session.scalars(select(Correction)).one()
        if what == "replace":
            actions.replace(session, correction, text, actor="olga", now=now)
        elif what == "right":
            actions.confirm(session, correction, actor="olga", now=now)
        else:
            actions.remove(session, correction, actor="olga", now=now)
        return actions.ask_again(session, correction, actor="olga", now=now)


def test_a_number_comes_to_the_list_once_and_when_it_is_certain(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact = make.new_contact(session, now=now)
    agent, callback_id = in_call(database, now, contact=contact)
    end(database, agent, callback_id, Code.DEAD_NUMBER, now)
    with database.read() as session:
        assert queries.waiting(session, now) == 0  # the agent may still undo it
    settled(database, now)
    with database.read() as session:
        assert queries.waiting(session, now + SETTLED) == 1
        lines, total = queries.listed(session, "open", page=1, now=now + SETTLED)
        assert total == 1
        assert (lines[0].customer, lines[0].number[:7]) == ("王*", "138****")
        assert (lines[0].correction.reported_by, lines[0].correction.kind) == ("anna", "dead")
    with database.begin() as session:
        callback, attempt = make.only_callback(session), session.scalars(select(Attempt)).one()
        again = actions.report(session, callback, attempt, wrong=True, actor="amir", now=now)
        assert again is not None
        assert again.id == lines[0].correction.id


def test_a_number_waits_until_its_call_has_come_to_its_end(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    end(database, agent, callback_id, Code.WRONG_NUMBER, now)
    over = now + timedelta(minutes=5)
    with database.read() as session:  # the scheduler is late: who decided now could not ask again
        assert queries.waiting(session, over) == 0
    settled(database, now)
    with database.read() as session:
        assert queries.waiting(session, over) == 1
        correction = session.scalars(select(Correction)).one()
        assert queries.sheet(session, correction, revealed=False, now=over).can_ask_again


def test_an_undone_call_leaves_nothing_on_the_list(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    end(database, agent, callback_id, Code.WRONG_NUMBER, now)
    undo(database, agent, now + timedelta(minutes=1))
    with database.read() as session:
        assert queries.waiting(session, now + SETTLED) == 0
        assert queries.listed(session, "decided", page=1, now=now + SETTLED)[1] == 0


def test_a_new_number_takes_the_place_of_the_old_and_is_called(database: Database, now: datetime) -> None:
    agent, callback_id = reported(database, now)
    later = now + timedelta(minutes=10)
    assert decide(database, "replace", later, "139 1111 2222")
    with database.read() as session:
        assert session.scalars(select(Phone.dead).order_by(Phone.position)).all() == [True, False]
    assert state(database) == ("waiting", "", "call_queued")
    tick(database, now=later)
    assert pull(database, agent, later) == callback_id
    with database.begin() as session:
        callback = holding.reveal(session, callback_id, agent, now=later)
        assert callbacks.desk(session, callback, now=later).number == "13911112222"


def test_a_number_that_is_right_is_dialled_again(database: Database, now: datetime) -> None:
    agent, callback_id = reported(database, now, Code.DEAD_NUMBER)
    assert decide(database, "right", now + timedelta(hours=1))
    tick(database, now=now + timedelta(hours=1))
    assert pull(database, agent, now + timedelta(hours=1)) == callback_id


def test_a_removed_number_is_gone_and_nobody_is_asked(database: Database, now: datetime) -> None:
    reported(database, now)
    assert not decide(database, "remove", now + timedelta(hours=1))
    with database.read() as session:
        assert session.scalars(select(Phone)).all() == []
        assert state(database)[2] == "closed_no_response"
        line = queries.listed(session, "decided", page=1, now=now)[0][0]
        assert (line.correction.state, line.correction.decided_by, line.number) == ("removed", "olga", "")


@pytest.mark.parametrize("days", [1, 40])
def test_an_old_case_is_not_asked_about_again(database: Database, now: datetime, days: int) -> None:
    reported(database, now)
    assert decide(database, "right", now + timedelta(days=days)) == (days == 1)


def test_who_wants_no_contact_is_not_asked_again(database: Database, now: datetime) -> None:
    reported(database, now)
    with database.begin() as session:
        session.scalars(select(Contact)).one().do_not_contact = True
    assert not decide(database, "right", now + timedelta(hours=1))


def test_a_number_that_cannot_be_one_is_refused(database: Database, now: datetime) -> None:
    reported(database, now)
    with database.read() as session:
        old = contacts.card(session, session.scalars(select(Contact.id)).one()).phones[0].number
    for text in ("", "12", old):
        with pytest.raises(InputError):
            decide(database, "replace", now + timedelta(hours=1), text)
    with database.read() as session:
        assert session.scalars(select(Correction.state)).all() == ["open"]


def test_two_decisions_are_one(database: Database, now: datetime) -> None:
    reported(database, now)
    decide(database, "right", now + timedelta(hours=1))
    with pytest.raises(ConflictError):
        decide(database, "remove", now + timedelta(hours=1))
    with database.read() as session:
        assert len(session.scalars(select(Phone)).all()) == 1
        assert "correction.right" in session.scalars(select(AuditEntry.action)).all()


def test_a_number_shown_here_counts_like_one_at_the_desk(database: Database, now: datetime) -> None:
    reported(database, now)
    with database.begin() as session:
        correction, before = (
            session.scalars(select(Correction)).one(),
            reveals.reveals_left(session, "anna", now),
        )
        actions.note_reveal(session, correction, actor="anna", now=now)
        assert reveals.reveals_left(session, "anna", now) == before - 1
        for _n in range(before - 1):
            actions.note_reveal(session, correction, actor="anna", now=now)
        with pytest.raises(ForbiddenError):
            actions.note_reveal(session, correction, actor="anna", now=now)


def test_an_officer_puts_a_number_right_without_scripts(
    app: Flask, database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, callback_id = reported(database, now, department="东区供热站")
    later = now + timedelta(minutes=30)
    monkeypatch.setattr(clock, "now", lambda: later)
    staff.olga(database)
    client = staff.sign_in(app.test_client(), "olga")
    page = client.get("/callbacks/corrections").get_data(as_text=True)
    assert "138****" in page
    here = "/callbacks/corrections/1"
    with database.read() as session:
        number = contacts.card(session, 1).phones[0].number
    assert number not in client.get(here).get_data(as_text=True)
    token = {"csrf_token": staff.csrf_token(client, here)}
    assert number in client.post(f"{here}/reveal", data=token).get_data(as_text=True)
    wrong = client.post(here, data=token | {"action": "replace", "number": "12"})
    assert wrong.status_code == 422
    assert 'value="12"' in wrong.get_data(as_text=True)
    assert 'href="/callbacks/corrections"' in client.get("/").get_data(as_text=True)
    done = client.post(here, data=token | {"action": "replace", "number": "13911112222", "again": "y"})
    assert (done.status_code, done.headers["Location"]) == (303, "/callbacks/corrections")
    tick(database, now=later)
    assert pull(database, agent, later) == callback_id
    with database.read() as session:
        assert session.get_one(Callback, callback_id).state == "claimed"
        details = session.scalars(select(AuditEntry.detail)).all()
        assert not any("13911112222" in detail or number in detail for detail in details)
    assert "/callbacks/corrections" not in client.get("/").get_data(as_text=True)


def test_the_number_of_another_department_is_neither_listed_nor_shown_nor_changed(
    app: Flask, database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may not open the case does not get the customer's number by this way."""
    reported(database, now, department="East")
    later = now + timedelta(minutes=30)
    monkeypatch.setattr(clock, "now", lambda: later)
    here = "/callbacks/corrections/1"
    staff.olga(database)
    for department, status in (("West", 404), ("East", 200), ("", 200)):
        with database.begin() as session:
            session.execute(update(User).where(User.name == "olga").values(department=department))
        client = staff.sign_in(app.test_client(), "olga")
        assert ("138****" in client.get("/callbacks/corrections").get_data(as_text=True)) is (status == 200)
        assert ('href="/callbacks/corrections"' in client.get("/").get_data(as_text=True)) is (status == 200)
        token = {"csrf_token": staff.csrf_token(client, "/callbacks/corrections")}
        assert client.get(here).status_code == status
        assert client.post(f"{here}/reveal", data=token).status_code == status
        if status == 404:
            assert client.post(here, data=token | {"action": "remove"}).status_code == status


def test_an_agent_has_no_list_of_customers(app: Flask, database: Database) -> None:
    staff.anna(database)
    client = staff.sign_in(app.test_client(), "anna")
    assert client.get("/callbacks/corrections").status_code == 403


@pytest.mark.parametrize(
    "what", ["?page=abc", "?page=-4", "?page=999999999999999999999", "?view=x", "/99", "/99999999999"]
)
def test_odd_addresses_are_answered(app: Flask, database: Database, what: str) -> None:
    staff.olga(database)
    client = staff.sign_in(app.test_client(), "olga")
    assert client.get(f"/callbacks/corrections{what}").status_code in {200, 404, 422}
