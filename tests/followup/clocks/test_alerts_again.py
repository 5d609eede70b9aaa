"""Alerts when the limit of a case moves, and when the next year's days off are not known."""

import json
from dataclasses import fields, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from core.audit import AuditEntry
from core.db import Database
from followup.cases import actions, texts
from followup.cases.editing import Edit
from followup.clocks.faces import NEAR, faces_of
from followup.clocks.jobs import watch
from followup.clocks.queries import reading
from followup.models import Case
from tests.followup.clocks.test_alerts import case_of, noted, staffed, told


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+08:00")


def changed(database: Database, case_id: int, now: datetime, **to: object) -> datetime | None:
    """Change facts of a case; return its new limit."""
    with database.begin() as session:
        case = session.get_one(Case, case_id)
        plain = {f.name: getattr(case, f.name) for f in fields(Edit) if hasattr(case, f.name)}
        before = Edit(**plain, title=texts.title(session, case), description="")
        actions.edit(session, case, replace(before, **to), version=case.version, actor="olga", now=now)  # type: ignore[arg-type]
    return case.due_at


def test_a_limit_that_moved_is_alarmed_about_in_its_turn(database: Database, now: datetime) -> None:
    staffed(database, now)
    with database.begin() as session:
        case = case_of(session, now, severity="urgent")
        case.responded_at = now
    assert watch(database, now=at("11-19T10:01")) == {"breach": 1, "told": 1}
    assert changed(database, case.id, at("11-19T10:30"), severity="normal") == at("11-25T10:00")
    assert noted(database) == []  # what was noted was about a limit that holds no more
    assert watch(database, now=at("11-19T10:31")) == {}
    assert watch(database, now=at("11-24T10:00")) == {"warning": 1, "told": 1}
    assert watch(database, now=at("11-25T10:01")) == {"breach": 1, "told": 1}
    assert len(told(database)) == 3
    with database.read() as session:
        kept = session.scalars(select(AuditEntry).where(AuditEntry.action == "case.edited")).one()
    assert json.loads(kept.detail)["alerts"] == ["resolution breach"]


def test_what_stays_late_after_a_change_is_told_once(database: Database, now: datetime) -> None:
    staffed(database, now)
    with database.begin() as session:
        case = case_of(session, now, severity="urgent")
        case.responded_at = now
    assert watch(database, now=at("11-26T10:01")) == {"breach": 1, "escalated": 1, "told": 2}
    changed(database, case.id, at("11-26T11:00"), severity="normal")  # was due on the 25th
    assert watch(database, now=at("11-26T11:01")) == {}
    assert len(noted(database)) == 2


def test_warnings_go_on_before_a_year_that_is_not_known(database: Database) -> None:
    """At the end of 2026 the days off of 2027 are not known; limits that end in 2026 are."""
    start = at("12-23T10:00")  # Wednesday
    staffed(database, start)
    with database.begin() as session:
        first, last = case_of(session, start), case_of(session, at("12-24T15:00"))
        for case in (first, last):
            case.responded_at = start
        assert (first.due_at, last.due_at) == (at("12-30T10:00"), at("12-31T15:00"))
    assert watch(database, now=at("12-29T09:59")) == {}
    assert watch(database, now=at("12-29T10:00")) == {"warning": 1, "told": 1}
    with database.read() as session:
        found = faces_of(session.get_one(Case, first.id), reading(session, at("12-29T10:00")))
    assert found is not None
    assert found[1].state == NEAR
    assert watch(database, now=at("12-30T14:59")) == {"breach": 1, "told": 1}
    assert watch(database, now=at("12-30T15:00")) == {"warning": 1, "told": 1}
    assert watch(database, now=at("12-31T15:01")) == {"breach": 1, "escalated": 1, "told": 2}
    later = datetime.fromisoformat("2027-01-04T10:00:00+08:00")
    assert watch(database, now=later) == {"escalated": 1, "told": 2}
    assert watch(database, now=later + timedelta(days=1)) == {}
