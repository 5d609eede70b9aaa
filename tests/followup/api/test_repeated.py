"""Calls and events that come again, come blank, or come in an order that makes others count."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.contacts.actions import save_contact
from core.db import Database
from followup.api.models import SourceEvent
from followup.cases import texts
from followup.clocks.models import PastClock
from tests.followup.api.conftest import CASE, MADE, Program
from tests.followup.api.test_events import case_of, effect


@pytest.fixture
def number(erp: Program) -> str:
    return str(erp.post("/cases", CASE).get_json()["number"])


def test_a_customer_who_was_known_with_another_address_is_no_difference(
    erp: Program, database: Database
) -> None:
    with database.begin() as session:
        save_contact(
            session, name="王小明", phones=["13812345678"], address="Old Road 1", email="a@b.cn",
            household="H-1", now=MADE,
        )  # fmt: skip
    contact = {"name": "王小明", "phones": ["13812345678"], "household": "H-77"}
    moved = CASE | {"contact": contact | {"address": "New Road 2", "email": "c@d.cn"}}
    assert [erp.post("/cases", moved).status_code for _count in range(2)] == [201, 200]
    for other in ({"name": "李四"}, {"phones": ["13900000000"]}):
        assert erp.post("/cases", moved | {"contact": contact | other}).status_code == 409


def test_blank_words_are_none(erp: Program, database: Database, number: str) -> None:
    assert effect(erp.tell(number, "closed", "10:00", result=" \n")) == "applied"
    assert effect(erp.tell(number, "reopened", "11:00", reason="\u200b ")) == "applied"
    assert effect(erp.tell(number, "cancelled", "12:00", reason="\x00")) == "applied"
    assert case_of(database, number).state == "cancelled"


def test_a_closing_that_counts_only_once_a_reopening_is_known_keeps_its_words(
    erp: Program, database: Database, number: str
) -> None:
    erp.tell(number, "closed", "10:00", result="先处理")
    assert effect(erp.tell(number, "closed", "12:00", result="再处理", close_reason="solved")) == "nothing"
    assert effect(erp.tell(number, "reopened", "11:00")) == "late"
    case = case_of(database, number)
    assert (case.state, case.resolution_no, case.close_reason) == ("closed", 2, "solved")
    with database.read() as session:
        assert texts.result(session, case) == "再处理"
        kept = session.scalars(select(SourceEvent.words_sealed)).all()
    assert "再处理".encode() not in b"".join(words or b"" for words in kept)


def test_any_event_with_a_version_that_is_gone_is_refused(
    erp: Program, database: Database, number: str
) -> None:
    told: dict[str, Any] = {"event_id": "x", "event": "closed", "at": "2026-11-16T10:00:00+08:00"}
    answer = erp.post(f"/cases/{number}/events", told, If_Match='"2"')
    assert (answer.status_code, answer.get_json()["version"]) == (412, 1)
    assert erp.post(f"/cases/{number}/events", told | {"version": 2}).status_code == 409
    assert case_of(database, number).state == "registered"
    assert erp.post(f"/cases/{number}/events", told, If_Match='"1"').status_code == 201


def test_an_event_id_with_other_changes_is_refused(erp: Program, number: str) -> None:
    first = erp.tell(number, "changed", "10:00", "e-1", changes={"severity": "minor"})
    other = erp.tell(number, "changed", "10:00", "e-1", changes={"district": "东城"})
    again = erp.tell(number, "changed", "10:00", "e-1", changes={"severity": "minor"})
    assert [first.status_code, other.status_code, again.status_code] == [201, 409, 200]


def test_past_clocks_keep_to_their_closing(erp: Program, database: Database, number: str) -> None:
    for event, at in (("closed", "12:00"), ("reopened", "13:00"), ("reopened", "11:00"), ("closed", "14:00")):
        erp.tell(number, event, at)
    assert effect(erp.tell(number, "closed", "10:00")) == "late"
    assert effect(erp.tell(number, "reopened", "15:00")) == "applied"
    case = case_of(database, number)
    assert case.resolution_no == 3
    with database.read() as session:
        clocks = session.scalars(select(PastClock).order_by(PastClock.resolution_no)).all()
    assert [(clock.resolution_no, clock.closed_at.hour + 8) for clock in clocks] == [(2, 12), (3, 14)]


def test_a_key_of_the_same_letters_in_capitals_is_another_source(
    app: Flask, program_of: Any, number: str
) -> None:
    other = program_of("ERP", name="other")
    assert other.get(f"/cases/{number}").status_code == 404
    assert other.tell(number, "closed", "10:00").status_code == 404
