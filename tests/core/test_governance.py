"""Whether a person may be asked: over all channels, over the household, and against a race."""

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.contacts import governance
from core.contacts.actions import mark_number_dead, note_contact, save_contact, set_do_not_contact
from core.contacts.governance import Verdict, may_ask, may_remind, record_refusal
from core.contacts.models import ContactEvent
from core.contacts.queries import card
from core.db import Database
from core.settings import Settings

SHANGHAI = ZoneInfo("Asia/Shanghai")
CAP = 30


def person(session: Session, now: datetime, **given: object) -> int:
    values: dict[str, object] = {"name": "王秀英", "phones": ["13812345678"]} | given
    return save_contact(session, now=now, **values).id  # type: ignore[arg-type]


def asked(
    session: Session, contact_id: int, at: datetime, channel: str = "sms", purpose: str = "invitation"
) -> None:
    note_contact(session, contact_id, channel=channel, purpose=purpose, now=at)


@pytest.mark.parametrize(
    ("channel", "purpose"),
    [("sms", "invitation"), ("email", "reminder"), ("phone", "callback"), ("paper", "invitation")],
)
def test_the_cap_counts_every_channel(database: Database, now: datetime, channel: str, purpose: str) -> None:
    before = now - timedelta(days=10)
    with database.begin() as session:
        contact_id = person(session, now)
        asked(session, contact_id, before, channel, purpose)
        verdict = may_ask(session, contact_id, cap_days=CAP, now=now)
        assert verdict == Verdict(False, "cap", before, before + timedelta(days=CAP))
        assert verdict.until is not None
        assert may_ask(session, contact_id, cap_days=CAP, now=verdict.until).allowed
        assert not may_ask(
            session, contact_id, cap_days=CAP, now=verdict.until - timedelta(seconds=1)
        ).allowed


def test_what_was_no_question_does_not_count(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact_id = person(session, now)
        asked(session, contact_id, now, purpose="notice")
        record_refusal(session, contact_id, reason="cap", purpose="invitation", now=now)
        assert may_ask(session, contact_id, cap_days=CAP, now=now) == Verdict(True)


@pytest.mark.parametrize(
    "shared",
    [
        {"phones": ["138 1234 5678"]},
        {"phones": [], "email": "WANG@example.org"},
        {"phones": [], "household": "hx-1001"},
    ],
)
def test_the_household_is_asked_once(database: Database, now: datetime, shared: dict[str, object]) -> None:
    before = now - timedelta(days=3)
    with database.begin() as session:
        first = person(session, now, email="wang@example.org", household="HX 1001")
        second = person(session, now, **({"name": "王小明", "address": "东街 1 号"} | shared))
        stranger = person(session, now, name="李四", phones=["13900000000"], household="HX 1002")
        asked(session, first, before)
        verdict = may_ask(session, second, cap_days=CAP, now=now)
        assert (verdict.reason, verdict.last_at) == ("cap_household", before)
        assert may_ask(session, stranger, cap_days=CAP, now=now).allowed


def test_a_number_that_was_given_up_makes_no_household(database: Database, now: datetime) -> None:
    with database.begin() as session:
        first = person(session, now)
        second = person(session, now, name="李四", phones=["13812345678", "13900000000"])
        asked(session, first, now)
        assert may_ask(session, second, cap_days=CAP, now=now).reason == "cap_household"
        mark_number_dead(session, _phone_of(session, second))
        assert may_ask(session, second, cap_days=CAP, now=now).allowed


def _phone_of(session: Session, contact_id: int) -> int:
    return card(session, contact_id).phones[0].id


def test_who_wants_no_contact_is_not_asked_even_as_an_exception(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact_id = person(session, now)
        set_do_not_contact(session, contact_id, actor="sven", channel="phone", reason="said so", now=now)
        assert may_ask(session, contact_id, cap_days=0, now=now, exempt=True) == Verdict(False, "dnc")
        assert may_remind(session, contact_id, asked_at=now, most=1) == Verdict(False, "dnc")


def test_the_wish_of_one_address_holds_for_everybody_there(database: Database, now: datetime) -> None:
    with database.begin() as session:
        first = person(session, now, phones=[], email="wang@example.org")
        set_do_not_contact(session, first, actor="sven", channel="email", reason="said so", now=now)
        second = person(session, now, name="王小明", phones=["13900000000"], email="Wang@example.org")
        assert may_ask(session, second, cap_days=CAP, now=now).reason == "dnc"


def test_who_cannot_be_reached_is_not_asked(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact_id = person(session, now, phones=[])
        assert may_ask(session, contact_id, cap_days=CAP, now=now) == Verdict(False, "no_contact")
        assert may_ask(session, contact_id + 99, cap_days=CAP, now=now) == Verdict(False, "no_contact")
        by_post = person(session, now, phones=[], address="东街 1 号")
        assert may_ask(session, by_post, cap_days=CAP, now=now).allowed


def test_an_exception_asks_past_the_cap_and_no_cap_asks_always(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact_id = person(session, now)
        asked(session, contact_id, now)
        assert may_ask(session, contact_id, cap_days=CAP, now=now, exempt=True).allowed
        assert may_ask(session, contact_id, cap_days=0, now=now).allowed


def test_reminders_are_free_of_the_cap_and_counted(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact_id = person(session, now)
        asked(session, contact_id, now - timedelta(days=40), purpose="reminder")  # of an older question
        asked(session, contact_id, now)
        assert may_remind(session, contact_id, asked_at=now, most=1).allowed
        asked(session, contact_id, now + timedelta(days=1), purpose="reminder")
        assert may_remind(session, contact_id, asked_at=now, most=1).reason == "cap"
        assert may_remind(session, contact_id, asked_at=now, most=2).allowed


def test_two_who_ask_the_same_household_at_once_ask_once(
    settings: Settings, database: Database, now: datetime
) -> None:
    """Each of eight processes asks another member of one household at the same moment."""
    with database.begin() as session:
        members = [person(session, now, name=f"王{n}", phones=[], email=f"w{n}@example.org", household="HX 9")
                   for n in range(8)]  # fmt: skip
    verdicts: list[str] = []
    start = threading.Barrier(len(members))

    def ask(contact_id: int) -> None:
        start.wait()
        with database.begin() as session:
            verdict = may_ask(session, contact_id, cap_days=CAP, now=now)
            if verdict.allowed:
                asked(session, contact_id, now)
        verdicts.append(verdict.reason)

    threads = [threading.Thread(target=ask, args=(member,)) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts.count("") <= 1  # PostgreSQL may answer "busy" to all but one, or to all
    with database.read() as session:
        assert len(session.scalars(select(ContactEvent.id)).all()) == verdicts.count("")
    with database.begin() as session:
        again = [may_ask(session, member, cap_days=CAP, now=now) for member in members]
        assert {v.reason for v in again} <= ({"cap", "cap_household"} if "" in verdicts else {""})


def test_a_refusal_stands_in_the_ledger_with_its_reason(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact_id = person(session, now)
        record_refusal(
            session, contact_id, reason="cap_household", purpose="campaign", now=now, channel="sms"
        )
        event = session.scalars(select(ContactEvent)).one()
        assert (event.purpose, event.outcome, event.reason, event.channel) == (
            "not_asked", "campaign", "cap_household", "sms",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "local", "allowed"),
    [
        ("sms", (21, 23, 0), (22, 8, 0)),  # Saturday night; messages go out on a Sunday too
        ("email", (18, 10, 0), (18, 10, 0)),
        ("phone", (21, 10, 0), (23, 9, 0)),  # calls wait for Monday
        ("paper", (21, 23, 0), (21, 23, 0)),
    ],
)
def test_quiet_hours_of_each_channel(
    database: Database, channel: str, local: tuple[int, int, int], allowed: tuple[int, int, int]
) -> None:
    moment, wanted = (
        datetime(2026, 11, *given, tzinfo=SHANGHAI).astimezone(UTC) for given in (local, allowed)
    )
    with database.read() as session:
        assert governance.next_allowed(session, channel, moment) == wanted


def test_every_reason_has_words(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        for reason in governance.REASONS:
            assert governance.said(reason) != reason
        assert governance.said("cap_household").startswith("Somebody of the same household")
