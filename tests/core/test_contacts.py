"""Contacts: numbers in any spelling, sealed in the database, found again, left alone when they ask."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.contacts import phones
from core.contacts.actions import (
    find_or_save,
    mark_number_dead,
    note_contact,
    save_contact,
    set_do_not_contact,
)
from core.contacts.bulk import Person, find_or_save_many
from core.contacts.models import Contact, ContactEvent, Phone
from core.contacts.queries import card, contacted_since, find_by_household, find_by_phone
from core.db import Database
from core.errors import InputError, NotFoundError


@pytest.mark.parametrize(
    ("written", "stored", "kind", "shown"),
    [
        ("13812345678", "+8613812345678", "mobile", "13812345678"),
        ("138 1234 5678", "+8613812345678", "mobile", "13812345678"),
        ("+86 138-1234-5678", "+8613812345678", "mobile", "13812345678"),
        ("008613812345678", "+8613812345678", "mobile", "13812345678"),
        ("１３８１２３４５６７８", "+8613812345678", "mobile", "13812345678"),
        ("010-62345678", "+861062345678", "landline", "010-62345678"),
        ("(0312)1234567", "+863121234567", "landline", "0312-1234567"),
        ("010-62345678转801", "+861062345678;ext=801", "landline", "010-62345678-801"),
        ("400-810-1234", "+864008101234", "landline", "4008101234"),
        ("+49 30 123456", "+4930123456", "landline", "+49 30 123456"),
    ],
)
def test_a_number_is_read_in_any_spelling(written: str, stored: str, kind: str, shown: str) -> None:
    number = phones.normalise(written, "CN")
    assert (number.stored, number.kind) == (stored, kind)
    assert phones.shown(number.stored, "CN") == shown


@pytest.mark.parametrize("written", ["62345678", "12345", "1381234567", "abc", "138123456789", "", "－"])
def test_what_is_no_number_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(InputError, match=r"not a phone number; write a mobile such as .*010-62345678"):
        phones.normalise(written, "CN")


def test_another_country_reads_its_own_numbers() -> None:
    number = phones.normalise("030 123456", "DE")
    assert (number.line, phones.shown(number.stored, "DE")) == ("+4930123456", "030 123456")


def save(session: Session, now: datetime, **values: object) -> Contact:
    given = {"name": "王秀英", "phones": ["13812345678", "010-62345678"], **values}
    return save_contact(session, now=now, **given)  # type: ignore[arg-type]


def test_a_contact_is_stored_sealed_and_read_back(database: Database, now: datetime) -> None:
    given = {"email": "wang@example.org", "address": "幸福里3号楼", "household": "HN-0012345"}
    with database.begin() as session:
        contact_id = save(session, now, **given).id
    with database.read() as session:
        found = card(session, contact_id)
        assert (found.name, found.email, found.address) == ("王秀英", "wang@example.org", "幸福里3号楼")
        assert [p.number for p in found.phones] == ["13812345678", "010-62345678"]
        assert [p.kind for p in found.phones] == ["mobile", "landline"]
        assert not found.do_not_contact
        raw = [
            tuple(row)
            for table in ("contacts", "phones")
            for row in session.execute(text(f"SELECT * FROM {table}"))
        ]
    stored = b"".join(
        bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for r in raw for v in r
    )
    for canary in ("王秀英", "13812345678", "62345678", "wang@example.org", "幸福里", "0012345"):
        assert canary.encode() not in stored


def test_a_contact_is_found_in_any_spelling(database: Database, now: datetime) -> None:
    with database.begin() as session:
        wang = save(session, now, household="HN-0012345").id
        save(session, now, name="李", phones=["13900001111"])
        assert find_by_phone(session, "+86 138 1234 5678") == [wang]
        assert find_by_phone(session, "010 6234 5678") == [wang]
        assert find_by_household(session, "ｈｎ 0012345") == [wang]
        assert find_by_household(session, "HN-0012346") == []
        with pytest.raises(InputError):
            find_by_phone(session, "wang")


@pytest.mark.parametrize(
    "address", ["wang", "wang@", "@example.org", "a@b", "a b@example.org", "a@example.org\nBcc: b@x.org",
                "a@example.org,b@example.org", "a@exa mple.org", "王@example.org"],
)  # fmt: skip
def test_a_bad_mail_address_is_refused(database: Database, now: datetime, address: str) -> None:
    with database.begin() as session, pytest.raises(InputError, match=r"name@example\.org"):
        save(session, now, email=address)


def test_the_same_person_is_completed_and_not_saved_twice(database: Database, now: datetime) -> None:
    def again(session: Session, **values: object) -> int:
        return find_or_save(session, now=now, **values).id  # type: ignore[arg-type]

    with database.begin() as session:
        wang = again(session, name="王秀英", phones=["13812345678"])
        assert (
            again(session, name="王秀英", phones=["138 1234 5678", "13900001111"], email="w@example.org")
            == wang
        )
        assert again(session, phones=["13900001111"], household="1001") == wang  # no name speaks against it
        assert again(session, name="王秀英", household="1001", email="other@example.org") == wang
        son = again(session, name="王小明", household="1001")  # the same household, somebody else
        assert son != wang
        assert again(session, name="王秀英", phones=["13700002222"]) not in {wang, son}  # a namesake
        found = card(session, wang)
        assert [p.number for p in found.phones] == ["13812345678", "13900001111"]
        assert (found.email, found.household) == ("w@example.org", "1001")
        assert session.scalar(select(func.count(Contact.id))) == 3


def test_who_wants_no_contact_is_left_alone_under_any_name(database: Database, now: datetime) -> None:
    with database.begin() as session:
        wang = save(session, now).id
        husband = save(session, now, name="张伟", phones=["010-62345678"]).id
        stranger = save(session, now, name="李", phones=["13900001111"]).id
        set_do_not_contact(session, wang, actor="anna", channel="phone", reason="asked on the phone", now=now)
    with database.begin() as session:
        assert card(session, wang).do_not_contact
        assert card(session, husband).do_not_contact  # the same number would ring
        assert not card(session, stranger).do_not_contact
        assert save(session, now, name="王女士", phones=["138-1234-5678"]).do_not_contact
        completed = find_or_save(session, name="李", phones=["13900001111", "138-1234-5678"], now=now)
        assert (completed.id, completed.do_not_contact) == (stranger, True)
        noted = select(ContactEvent.contact_id, ContactEvent.purpose, ContactEvent.channel)
        expected = [(wang, "opt_out", "phone"), (husband, "opt_out", "phone")]
        assert session.execute(noted.order_by(ContactEvent.id)).all() == expected
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.actor, entry.action, entry.subject) == (
            "anna",
            "contact.do_not_contact",
            f"contact:{wang}",
        )


def test_contacts_made_are_counted_over_all_channels(database: Database, now: datetime) -> None:
    with database.begin() as session:
        wang, other = save(session, now).id, save(session, now, name="李", phones=["13900001111"]).id
        for days, channel, purpose in [
            (40, "sms", "invitation"), (10, "sms", "invitation"), (5, "email", "reminder"),
            (1, "phone", "callback"), (1, "web", "opt_out"), (1, "sms", "notice"),
        ]:  # fmt: skip
            note_contact(session, wang, channel=channel, purpose=purpose, now=now - timedelta(days=days))
        note_contact(session, other, channel="sms", purpose="invitation", now=now)
        assert contacted_since(session, wang, now - timedelta(days=30)) == 3
        assert contacted_since(session, wang, now - timedelta(days=10)) == 3  # the bound belongs to it
        assert contacted_since(session, wang, now - timedelta(days=30), ["invitation"]) == 1
        assert contacted_since(session, wang, now) == 0


def test_a_dead_number_stays_on_the_card_as_dead(database: Database, now: datetime) -> None:
    with database.begin() as session:
        wang = save(session, now).id
        mark_number_dead(session, session.scalars(select(Phone.id).order_by(Phone.id)).first() or 0)
    with database.read() as session:
        assert [p.dead for p in card(session, wang).phones] == [True, False]
        with pytest.raises(NotFoundError):
            mark_number_dead(session, 999)
        with pytest.raises(NotFoundError, match="999"):
            card(session, 999)


@pytest.mark.parametrize("text", ["无", "暂无", "N/A", "0", "000-000", "-", "/", "——", "０"])
def test_what_is_written_where_there_is_no_household_number_is_none(
    database: Database, now: datetime, text: str
) -> None:
    with database.begin() as session:
        one = find_or_save(session, phones=["13800001111"], household=text, now=now).id
        assert find_or_save(session, phones=["13800002222"], household=text, now=now).id != one
        many = [Person(phones=(f"1380000333{n}",), household=text) for n in range(2)]
        assert len({*find_or_save_many(session, many, source="old", now=now), one}) == 3
        assert find_by_household(session, text) == []
        assert card(session, one).household == text  # kept as it was written


@pytest.mark.parametrize("text", ["1", "HF-0042", "三单元", "10-01"])
def test_a_household_number_has_a_digit(database: Database, now: datetime, text: str) -> None:
    with database.begin() as session:
        one = save(session, now, household=text).id
        assert find_by_household(session, text) == [one]
