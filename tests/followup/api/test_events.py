"""What another system tells about a case, in and out of order."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.db import Database
from followup.api import cases, events, keys
from followup.api.models import ApiKey, SourceEvent
from followup.cases import actions, texts
from followup.cases.lifecycle import OPEN
from followup.models import Case, FollowUp
from tests.followup.api.conftest import CASE, MADE, Program
from tests.followup.factories import ASK_ALL, new_rule

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)


@pytest.fixture
def number(erp: Program, database: Database) -> str:
    """A case of the other system, and a rule that asks about every closing."""
    with database.begin() as session:
        new_rule(session, now=MADE)
    return str(erp.post("/cases", CASE).get_json()["number"])


def case_of(database: Database, number: str) -> Case:
    with database.read() as session:
        return session.scalars(select(Case).where(Case.number == number)).one()


def asked(session: Session, case: Case) -> list[tuple[int, str]]:
    rows = session.scalars(select(FollowUp).where(FollowUp.case_id == case.id))
    return sorted((row.resolution_no, row.state) for row in rows)


def effect(answer: Any) -> str:
    assert answer.status_code == 201, answer.get_json()
    return str(answer.get_json()["event"]["effect"])


def test_a_closing_plans_the_follow_up_and_keeps_the_result(
    erp: Program, database: Database, number: str
) -> None:
    answer = erp.tell(number, "closed", "10:00", result="已上门处理", close_reason="solved")
    assert effect(answer) == "applied"
    assert answer.get_json()["case"]["state"] == "closed"
    case = case_of(database, number)
    assert case.closed_at == datetime(2026, 11, 16, 2, tzinfo=UTC)
    assert (case.resolution_no, case.close_reason) == (1, "solved")
    with database.read() as session:
        assert texts.result(session, case) == "已上门处理"
        assert asked(session, case) == [(1, "planned")]
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "case.told")).one()
    assert told.actor == "api:Key of erp"


def test_a_closing_from_before_the_reopening_changes_nothing_and_is_kept(
    erp: Program, database: Database, number: str
) -> None:
    assert effect(erp.tell(number, "closed", "09:00")) == "applied"
    assert effect(erp.tell(number, "reopened", "11:00", reason="Cold again")) == "applied"
    before = case_of(database, number)
    assert effect(erp.tell(number, "closed", "10:00")) == "late"
    after = case_of(database, number)
    assert (after.state, after.resolution_no) == (before.state, before.resolution_no) == ("reopened", 1)
    with database.read() as session:
        kept = select(SourceEvent.effect).where(SourceEvent.case_id == after.id)
        assert session.scalars(kept.order_by(SourceEvent.id)).all() == ["applied", "applied", "late"]


def test_an_event_that_comes_twice_counts_once(erp: Program, database: Database, number: str) -> None:
    first = erp.tell(number, "closed", "10:00", "e-1")
    again = erp.tell(number, "closed", "10:00", "e-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert case_of(database, number).resolution_no == 1
    other = erp.tell(number, "reopened", "10:00", "e-1")
    assert other.status_code == 409


def test_a_closing_told_last_gets_its_number_and_the_question_the_next_one(
    erp: Program, database: Database, number: str
) -> None:
    erp.tell(number, "closed", "12:00")
    erp.tell(number, "reopened", "11:00")
    assert effect(erp.tell(number, "closed", "10:00")) == "late"
    case = case_of(database, number)
    assert (case.state, case.resolution_no) == ("closed", 2)
    with database.read() as session:
        assert asked(session, case) == [(1, "void"), (2, "planned")]


def test_what_people_here_did_counts_at_its_time(erp: Program, database: Database, number: str) -> None:
    erp.tell(number, "closed", "09:00")
    with database.begin() as session:
        case = session.scalars(select(Case).where(Case.number == number)).one()
        reopened = datetime(2026, 11, 16, 3, tzinfo=UTC)  # 11:00 in Shanghai
        actions.reopen(session, case, actor="sven", reason="Not put right", now=reopened)
    assert effect(erp.tell(number, "closed", "10:30")) == "late"
    assert case_of(database, number).state == "reopened"
    assert effect(erp.tell(number, "closed", "12:00")) == "applied"
    assert (case_of(database, number).state, case_of(database, number).resolution_no) == ("closed", 2)


def test_a_closed_case_that_is_cancelled_asks_nobody(erp: Program, database: Database, number: str) -> None:
    erp.tell(number, "closed", "10:00")
    assert effect(erp.tell(number, "cancelled", "11:00", reason="Registered twice")) == "applied"
    case = case_of(database, number)
    assert case.state == "cancelled"
    with database.read() as session:
        assert asked(session, case) == [(1, "void")]
    assert effect(erp.tell(number, "closed", "12:00")) == "nothing"


def test_facts_have_the_value_that_was_told_last(erp: Program, database: Database, number: str) -> None:
    late = erp.tell(number, "changed", "11:00", changes={"severity": "serious"})
    assert effect(late) == "applied"
    early = erp.tell(number, "changed", "10:00", changes={"severity": "minor", "district": "东城"})
    assert effect(early) == "applied"
    case = case_of(database, number)
    assert (case.severity, case.district) == ("serious", "东城")
    assert effect(erp.tell(number, "changed", "10:30", changes={"severity": "minor"})) == "late"
    assert effect(erp.tell(number, "changed", "12:00", changes={"severity": "serious"})) == "nothing"


def test_a_change_of_what_was_read_before_is_refused_with_the_present_version(
    erp: Program, database: Database, number: str
) -> None:
    read = erp.get(f"/cases/{number}")
    assert read.headers["ETag"] == '"1"'
    erp.tell(number, "changed", "10:00", changes={"district": "东城"})
    told = {"event_id": "x", "event": "changed", "at": "2026-11-16T11:00:00+08:00"}
    body = told | {"changes": {"district": "西城"}}
    stale = erp.post(f"/cases/{number}/events", body, If_Match='"1"')
    assert (stale.status_code, stale.get_json()["version"]) == (412, 2)
    stale = erp.post(f"/cases/{number}/events", body | {"version": 1})
    assert (stale.status_code, stale.get_json()["version"]) == (409, 2)
    assert case_of(database, number).district == "东城"
    assert effect(erp.post(f"/cases/{number}/events", body, If_Match='"2"')) == "applied"


def test_events_that_cannot_be_are_refused(erp: Program, database: Database, number: str) -> None:
    good = {"event_id": "x", "event": "closed", "at": "2026-11-16T10:00:00+08:00"}
    changes: tuple[dict[str, Any], ...] = (
        {"at": "2199-01-01T00:00:00Z"},
        {"at": "2026-11-15T00:00:00Z"},  # before the case was registered
        {"event": "changed"},
        {"changes": {"district": "x"}},
        {"event": "changed", "changes": {"resolution_no": 3}},
        {"event_id": "\u202e"},
        {"version": "1"},
        {"close_reason": "because"},
    )
    for change in changes:
        assert erp.post(f"/cases/{number}/events", good | change).status_code == 422, change
    with database.read() as session:
        assert session.scalar(select(func.count(SourceEvent.id))) == 0


KINDS = st.sampled_from(["closed", "closed", "reopened", "cancelled"])
HISTORY = st.lists(st.tuples(KINDS, st.integers(0, 4)), min_size=1, max_size=5)
_PREFIX = count(1)


def outcome(session: Session, key: ApiKey, told: list[tuple[int, str, int]]) -> tuple[object, ...]:
    """Enter a case, tell its events in this order, and return what became of it."""
    prefix = f"P{next(_PREFIX):06d}"
    entered = CASE | {"external_id": prefix, "registered_at": MADE, "contact": {}}
    case, _new = cases.create(session, key, entered, NOW)
    for position, kind, hour in told:
        at = MADE + timedelta(hours=hour + 1)
        event = {"event_id": f"{prefix}:{position}", "event": kind, "at": at}
        events.take(session, key, case, event, now=NOW)
    rows = session.scalars(select(FollowUp).where(FollowUp.case_id == case.id, FollowUp.state != "void"))
    live = sorted((row.resolution_no, row.rule_id, row.state) for row in rows)
    closed_at = case.closed_at if case.state == "closed" else None
    return "open" if case.state in OPEN else case.state, case.resolution_no, closed_at, live


@pytest.mark.slow
@given(history=HISTORY, data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_order_of_delivery_comes_to_the_same(
    database: Database, history: list[tuple[str, int]], data: st.DataObject
) -> None:
    numbered = [(position, kind, hour) for position, (kind, hour) in enumerate(history)]
    shuffled = data.draw(st.permutations(numbered))
    with database.begin() as session:
        key = session.scalar(select(ApiKey)) or first_key(session)
        rank = {"closed": 0, "reopened": 1, "cancelled": 2}
        in_order = sorted(numbered, key=lambda each: (each[2], rank[each[1]], each[0]))
        assert outcome(session, key, shuffled) == outcome(session, key, in_order)


def first_key(session: Session) -> ApiKey:
    """A key, and two rules of which each asks about some closings only."""
    new_rule(session, replace(ASK_ALL, resolution="first"), now=MADE, name="first")
    new_rule(session, replace(ASK_ALL, resolution="repeat"), now=MADE, name="repeat")
    key, _text = keys.make(
        session, name="erp", source="erp", scopes=["cases:write"], expires_at=None, actor="test", now=MADE
    )
    return key


def test_the_page_of_the_case_shows_what_was_told_and_what_came_too_late(
    erp: Program, number: str, client_for: Callable[[str], FlaskClient]
) -> None:
    erp.tell(number, "reopened", "11:00")
    erp.tell(number, "closed", "12:00")
    erp.tell(number, "closed", "10:00")
    page = client_for("ada").get(f"/cases/{number}?lang=en").get_data(as_text=True)
    shown = page.split("What erp told")[1].split("</section>")[0]
    assert [shown.index(word) for word in ("closed there", "opened again there")] == sorted(
        shown.index(word) for word in ("closed there", "opened again there")
    )
    assert shown.count("came too late") == 1


def test_one_event_told_twenty_times_at_once_counts_once(
    app: Flask, erp: Program, database: Database, number: str
) -> None:
    def send(_count: int) -> int:
        return Program(app.test_client(), erp.key).tell(number, "closed", "10:00", "e-1").status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(send, range(20)))
    assert statuses == [200] * 19 + [201]
    case = case_of(database, number)
    assert (case.state, case.resolution_no) == ("closed", 1)
    with database.read() as session:
        assert asked(session, case) == [(1, "planned")]
