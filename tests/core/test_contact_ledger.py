"""The ledger of a contact: what it shows and hides, and the wish to be left alone, both ways."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core.audit import AuditEntry
from core.contacts.actions import lift_do_not_contact, note_contact, save_contact, set_do_not_contact
from core.contacts.governance import may_ask, record_refusal
from core.contacts.models import Contact, ContactEvent
from core.db import Database

ClientFor = Callable[[str], FlaskClient]
Token = Callable[[FlaskClient, str], str]


@pytest.fixture
def wang(database: Database, now: datetime) -> int:
    """王秀英 with two numbers and an address, asked once, spared once."""
    with database.begin() as session:
        contact = save_contact(
            session, name="王秀英", phones=["13812345678", "010-62345678"], email="wang@example.org",
            address="东街 1 号", household="HX10018888", now=now - timedelta(days=30),
        )  # fmt: skip
        note_contact(session, contact.id, channel="sms", purpose="invitation", now=now - timedelta(days=9))
        note_contact(
            session, contact.id, channel="phone", purpose="callback", now=now - timedelta(days=5),
            outcome="NO_ANSWER",
        )  # fmt: skip
        record_refusal(session, contact.id, reason="cap", purpose="invitation", now=now, channel="sms")
    return contact.id


def wishes(database: Database) -> list[bool]:
    with database.read() as session:
        return list(session.scalars(select(Contact.do_not_contact).order_by(Contact.id)))


def test_every_contact_is_told_in_words_and_the_person_masked(client_for: ClientFor, wang: int) -> None:
    page = client_for("olga").get(f"/contacts/{wang}").text
    for words in (
        "王*",
        "138****5678",
        "w***@example.org",
        "Was asked a short time ago.",
        "No answer",
        "SMS",
    ):
        assert words in page
    for secret in ("王秀英", "13812345678", "62345678", "wang@example", "东街", "HX10018888", "NO_ANSWER"):
        assert secret not in page
    assert "3 entries" in page


def test_who_may_look_and_who_may_not(client_for: ClientFor, wang: int) -> None:
    for name, status in {"aldo": 200, "sven": 200, "lena": 403, "anna": 403}.items():
        assert client_for(name).get(f"/contacts/{wang}").status_code == status
    assert client_for("olga").get("/contacts/999").status_code == 404


def test_a_wish_needs_its_reason(client_for: ClientFor, csrf: Token, database: Database, wang: int) -> None:
    olga = client_for("olga")
    token = csrf(olga, f"/contacts/{wang}")
    answer = olga.post(f"/contacts/{wang}/stop", data={"csrf_token": token, "reason": " "})
    assert answer.status_code == 422
    assert "Say who asked for this" in answer.text
    assert wishes(database) == [False]
    done = olga.post(f"/contacts/{wang}/stop", data={"csrf_token": token, "reason": "来电要求不再联系"})
    assert done.status_code == 303
    page = olga.get(f"/contacts/{wang}").text
    assert "来电要求不再联系" in page
    assert "Only an administrator can take this wish back." in page
    assert wishes(database) == [True]


def test_only_an_administrator_takes_a_wish_back_and_it_is_recorded(
    client_for: ClientFor, csrf: Token, database: Database, wang: int, now: datetime
) -> None:
    with database.begin() as session:
        set_do_not_contact(session, wang, actor="customer", channel="web", reason="by link", now=now)
    ada, sven = client_for("ada"), client_for("sven")
    data = {"reason": "客户来电要求恢复"}
    refused = sven.post(f"/contacts/{wang}/allow", data=data | {"csrf_token": csrf(sven, "/account")})
    assert refused.status_code == 403
    assert wishes(database) == [True]
    assert "pressed on the page of a link" in ada.get(f"/contacts/{wang}").text
    done = ada.post(f"/contacts/{wang}/allow", data=data | {"csrf_token": csrf(ada, f"/contacts/{wang}")})
    assert done.status_code == 303
    assert wishes(database) == [False]
    assert "1 person may be asked again." in ada.get(f"/contacts/{wang}").text
    with database.read() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "contact.may_be_contacted")
        ).one()
        assert (entry.actor, entry.subject) == ("ada", f"contact:{wang}")


def test_taking_a_wish_back_works_at_every_number(database: Database, now: datetime, wang: int) -> None:
    """The wish had spread to whoever shares a number or address; taken back, all of them can be asked."""
    with database.begin() as session:
        shared = [
            save_contact(session, name=name, now=now, **place).id  # type: ignore[arg-type]
            for name, place in [
                ("张伟", {"phones": ["010-6234 5678"]}),
                ("王小明", {"phones": ["+86 138 1234 5678", "13700000001"]}),
                ("王小红", {"phones": ["13700000002"], "email": "Wang@example.org"}),
            ]
        ]
        set_do_not_contact(session, wang, actor="olga", channel="staff", reason="asked", now=now)
        for each in (wang, *shared):
            assert may_ask(session, each, cap_days=0, now=now).reason == "dnc"
    with database.begin() as session:
        assert lift_do_not_contact(session, wang, actor="ada", reason="asked again", now=now) == 4
    with database.begin() as session:
        for each in (wang, *shared):
            assert may_ask(session, each, cap_days=0, now=now).allowed
        fresh = save_contact(session, name="李", phones=["13812345678"], now=now)
        assert not fresh.do_not_contact
        noted = select(ContactEvent.contact_id).where(ContactEvent.purpose == "opt_in")
        assert sorted(session.scalars(noted)) == sorted([wang, *shared])


def test_taking_back_what_was_never_wished_changes_nothing(
    database: Database, now: datetime, wang: int
) -> None:
    with database.begin() as session:
        assert lift_do_not_contact(session, wang, actor="ada", reason="none", now=now) == 0
        assert session.scalars(select(AuditEntry)).all() == []


def test_the_household_is_named_beside(
    client_for: ClientFor, database: Database, now: datetime, wang: int
) -> None:
    with database.begin() as session:
        other = save_contact(session, name="张伟", phones=["13700000001"], household="hx 1001 8888", now=now)
    page = client_for("aldo").get(f"/contacts/{wang}").text
    assert f"/contacts/{other.id}" in page
    assert "张*" in page
    assert "张伟" not in page
