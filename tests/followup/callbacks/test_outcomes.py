"""What an administrator may make of the outcome codes, and what stays as it is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core import audit
from core.calendar import Calendar
from core.db import Database
from core.errors import InputError
from followup.callbacks import words
from followup.callbacks.models import OutcomeTerms
from followup.callbacks.outcome_rules import FIRST_AT_MOST, check, effects_of, is_fixed, placed_after
from followup.callbacks.outcome_table import (
    ChangedMeanwhileError,
    change,
    changes,
    last_changed,
    outcome_table,
)
from followup.callbacks.outcomes import DELIVERED, Code, Effect, Outcome, Outcomes, offered
from followup.callbacks.policy import Decision, Try, after

# followup.md, section 2: code, AAPOR group, number, minutes until the next try (None: final, 0: no retry)
SPECIFIED = {
    Code.COMPLETE: ("I", "1.1", Effect.FINISH, None, False),
    Code.SELF_DONE: ("I", "1.1", Effect.FINISH, None, False),
    Code.PARTIAL: ("P", "1.2", Effect.FINISH, None, False),
    Code.BREAKOFF: ("R", "2.35a", Effect.RETRY, 30, False),
    Code.APPT_FIXED: ("O", "2.12a", Effect.APPOINT, None, False),
    Code.APPT_SOFT: ("O", "2.13a", Effect.RETRY, 180, False),
    Code.REFUSED_SOFT: ("R", "2.112a", Effect.RETRY, 10_080, True),
    Code.REFUSED_HARD: ("R", "2.112b", Effect.FINISH, None, True),
    Code.DO_NOT_CONTACT: ("R", "2.11", Effect.FINISH, None, False),
    Code.NOT_SELF: ("NC", "2.20", Effect.RETRY, 180, False),
    Code.VOICEMAIL: ("NC", "2.22", Effect.RETRY, 180, False),
    Code.NO_ANSWER: ("NC", "3.13", Effect.RETRY, 180, False),
    Code.BUSY: ("NC", "3.12", Effect.RETRY, 30, False),
    Code.UNREACHABLE: ("NC", "3.16", Effect.RETRY, 180, False),
    Code.BLOCKED: ("NC", "3.15", Effect.RETRY, 1_440, False),
    Code.WRONG_NUMBER: ("NC", "4.70", Effect.OTHER_NUMBER, None, False),
    Code.DEAD_NUMBER: ("NC", "4.32", Effect.OTHER_NUMBER, None, False),
    Code.LANGUAGE: ("O", "2.33", Effect.FINISH, None, True),
    Code.UNABLE: ("O", "2.32", Effect.FINISH, None, True),
    Code.DECEASED: ("O", "2.31", Effect.FINISH, None, False),
    Code.AWAY: ("NC", "2.36", Effect.RETRY, 10_080, False),
    Code.SUPERVISOR: ("O", "2.34", Effect.HOLD, None, True),
    Code.MAX_ATTEMPTS: ("NC", "2.30", Effect.FINISH, None, False),
    Code.VOID_REOPENED: ("NE", "4.10", Effect.FINISH, None, False),
    Code.VOID_DUP: ("NE", "4.10", Effect.FINISH, None, False),
}


def changed(code: Code, **given: object) -> Outcome:
    values: dict[str, Any] = given
    return replace(DELIVERED[code], **values)


@pytest.mark.parametrize("code", list(Code))
def test_the_table_comes_as_it_was_specified(code: Code) -> None:
    row = DELIVERED[code]
    minutes = row.delay_minutes if row.effect is Effect.RETRY else None
    assert (row.result, row.aapor, row.effect, minutes, row.needs_note) == SPECIFIED[code]
    assert words.OUTCOME[code]
    assert words.GROUP[row.result]
    assert words.said_terms(row)


def test_the_document_has_each_code_with_its_key_and_number() -> None:
    page = (Path(__file__).parents[3] / "docs" / "desk.md").read_text("utf-8")
    chapter = page.partition("## How a call can end")[2].partition("\n## ")[0]
    for code, row in DELIVERED.items():
        [line] = [line for line in chapter.splitlines() if line.startswith("|") and f"`{code}`" in line]
        assert line.startswith(f"| {row.key or '–'} |"), line
        assert f"({row.aapor})" in line or code is Code.MAX_ATTEMPTS, line
        assert ("note" in line.split("|")[4]) == row.needs_note, line
        assert ("asked again" in line) == row.needs_confirmation, line


@pytest.mark.parametrize("code", list(Code))
def test_groups_flags_and_places_agree_with_each_other(code: Code) -> None:
    row = DELIVERED[code]
    if row.key and row.result in {"I", "P", "R"}:
        assert (row.connected, row.contacted, row.eligible) == (True, True, True)
    if row.result == "NC":
        assert not row.contacted
    assert row.connected or not row.contacted
    if not is_fixed(code):
        check(row, DELIVERED)  # what came may be kept
    assert DELIVERED[code].effect in effects_of(code)


@pytest.mark.parametrize(
    ("code", "given", "why"),
    [
        (Code.COMPLETE, {"needs_note": True}, "cannot be changed"),
        (Code.SELF_DONE, {"place": "first"}, "cannot be changed"),
        (Code.MAX_ATTEMPTS, {"place": "more"}, "cannot be changed"),
        (Code.VOID_DUP, {"delay_minutes": 10}, "cannot be changed"),
        (Code.PARTIAL, {"effect": Effect.RETRY}, "Answers end"),
        (Code.PARTIAL, {"result": "O"}, "cannot be changed"),
        (Code.PARTIAL, {"contacted": False}, "was reached"),
        (Code.DO_NOT_CONTACT, {"effect": Effect.RETRY, "delay_minutes": 60}, "nobody is called again"),
        (Code.DO_NOT_CONTACT, {"effect": Effect.HOLD}, "nobody is called again"),
        (Code.DO_NOT_CONTACT, {"needs_confirmation": False}, "asks before"),
        (Code.DO_NOT_CONTACT, {"place": "off"}, "wants no contact"),
        (Code.REFUSED_HARD, {"effect": Effect.RETRY, "delay_minutes": 60}, "nobody is called again"),
        (Code.REFUSED_HARD, {"eligible": None}, "was reached"),
        (Code.DECEASED, {"effect": Effect.RETRY, "delay_minutes": 60}, "nobody is called again"),
        (Code.DECEASED, {"contacted": True}, "not reached"),
        (Code.WRONG_NUMBER, {"effect": Effect.FINISH}, "other number"),
        (Code.DEAD_NUMBER, {"effect": Effect.RETRY, "delay_minutes": 60}, "other number"),
        (Code.APPT_FIXED, {"effect": Effect.RETRY, "delay_minutes": 60}, "promised is kept"),
        (Code.SUPERVISOR, {"effect": Effect.FINISH}, "goes to the supervisor"),
        (Code.NO_ANSWER, {"effect": Effect.FINISH}, "is no end"),
        (Code.NO_ANSWER, {"contacted": True}, "not reached"),
        (Code.NO_ANSWER, {"eligible": False}, "should be asked"),
        (Code.APPT_FIXED, {"eligible": False}, "should be asked"),
        (Code.NO_ANSWER, {"connected": True}, "cannot be changed"),
        (Code.NO_ANSWER, {"place": "off"}, "nobody answered"),
        (Code.NO_ANSWER, {"place": "left"}, "Choose from the list"),
        (Code.BUSY, {"delay_minutes": 4}, "5 minutes at least"),
        (Code.BUSY, {"delay_minutes": -5}, "within 60 days"),
        (Code.BUSY, {"delay_minutes": 60 * 24 * 60 + 1}, "within 60 days"),
        (Code.BUSY, {"at_most": -1}, "Between 0 and 9"),
        (Code.BUSY, {"again_for_complaints": False}, "like everybody"),
        (Code.BUSY, {"at_most": 10}, "Between 0 and 9"),
        (Code.VOICEMAIL, {"place": "first"}, "8 codes have room"),
    ],
)
def test_what_may_not_be_changed_is_refused_with_the_reason(
    code: Code, given: dict[str, object], why: str
) -> None:
    with pytest.raises(InputError, match=why):
        check(changed(code, **given), DELIVERED)


@pytest.mark.parametrize(
    ("code", "given"),
    [
        (Code.BUSY, {"delay_minutes": 5}),
        (Code.BUSY, {"delay_minutes": 0, "next_workday": True}),
        (Code.BUSY, {"at_most": 2, "needs_confirmation": True}),
        (Code.BUSY, {"place": "off"}),
        (Code.NO_ANSWER, {"place": "more"}),
        (Code.AWAY, {"delay_minutes": 60 * 24 * 60}),
        (Code.REFUSED_SOFT, {"effect": Effect.FINISH}),
        (Code.REFUSED_SOFT, {"again_for_complaints": True}),
        (Code.REFUSED_SOFT, {"place": "off"}),  # the hard one is still there
        (Code.LANGUAGE, {"effect": Effect.HOLD, "contacted": False, "eligible": False}),
        (Code.REFUSED_HARD, {"needs_note": False}),
        (Code.APPT_SOFT, {"contacted": False}),  # a neighbour said when the customer is at home
        (Code.DECEASED, {"eligible": False}),
    ],
)
def test_what_may_be_changed(code: Code, given: dict[str, object]) -> None:
    check(changed(code, **given), DELIVERED)


def test_one_way_to_refuse_stays_at_the_desk() -> None:
    without = {**DELIVERED, Code.REFUSED_SOFT: changed(Code.REFUSED_SOFT, place="off")}
    with pytest.raises(InputError, match="somebody refused"):
        check(changed(Code.REFUSED_HARD, place="off"), without)


def test_a_code_can_be_put_between_any_two_again_and_again() -> None:
    outcomes: Outcomes = DELIVERED
    for code in (Code.DO_NOT_CONTACT, Code.REFUSED_HARD, Code.SUPERVISOR) * 4:
        moved = placed_after(outcomes[code], Code.NO_ANSWER, outcomes)
        outcomes = {**outcomes, code: moved}
        assert offered(outcomes, "first")[:2] == (Code.NO_ANSWER, code)
    first = placed_after(outcomes[Code.BUSY], None, outcomes)
    assert offered({**outcomes, Code.BUSY: first}, "first")[0] is Code.BUSY
    last = placed_after(changed(Code.BUSY, place="more"), Code.NO_ANSWER, DELIVERED)
    assert offered({**DELIVERED, Code.BUSY: last}, "more")[-1] is Code.BUSY
    assert len(offered(DELIVERED, "first")) == FIRST_AT_MOST


def test_a_change_counts_at_once_and_is_told_with_old_and_new(database: Database, now: datetime) -> None:
    with database.begin() as session:
        told = change(session, changed(Code.BUSY, delay_minutes=45, needs_note=True), actor="ada", now=now)
    assert told == {"delay_minutes": "30 → 45", "needs_note": "no → yes"}
    with database.read() as session:
        outcomes = outcome_table(session)
        assert (outcomes[Code.BUSY].delay_minutes, outcomes[Code.BUSY].needs_note) == (45, True)
        assert {c: o for c, o in outcomes.items() if c is not Code.BUSY} == {
            c: o for c, o in DELIVERED.items() if c is not Code.BUSY
        }
        entry = session.scalars(select(audit.AuditEntry)).one()
        assert (entry.action, entry.subject, entry.actor) == ("outcome.change", "outcome:BUSY", "ada")
        assert "30 → 45" in entry.detail


def test_the_code_leads_where_the_administrator_said(database: Database, now: datetime) -> None:
    with database.begin() as session:
        change(session, changed(Code.AWAY, effect=Effect.HOLD), actor="ada", now=now)
        change(session, changed(Code.BUSY, delay_minutes=90), actor="ada", now=now)
    with database.read() as session:
        outcomes = outcome_table(session)
    calendar = Calendar("CN", ZoneInfo("Asia/Shanghai"))
    for code, decision in (
        (Code.AWAY, Decision("hold")),
        (Code.BUSY, Decision("retry", ready_at=datetime(2026, 11, 18, 6, 30, tzinfo=UTC))),
    ):
        tries = [Try(date(2026, 11, 18), "morning", code)]
        given = {"outcomes": outcomes, "now": now, "max_attempts": 3, "hours": "14:30-19:30"}
        assert after(code, tries, calendar=calendar, **given) == decision  # type: ignore[arg-type]


def test_a_change_that_changes_nothing_is_not_told(database: Database, now: datetime) -> None:
    with database.begin() as session:
        assert change(session, DELIVERED[Code.BUSY], actor="ada", now=now) == {}
        assert changes(session) == {}
        assert audit.count(session) == 0


def test_a_moved_code_is_told_by_its_neighbours(database: Database, now: datetime) -> None:
    with database.begin() as session:
        moved = placed_after(DELIVERED[Code.DO_NOT_CONTACT], Code.NO_ANSWER, DELIVERED)
        told = change(session, moved, actor="ada", now=now)
    assert told == {"position": "behind REFUSED_HARD → behind NO_ANSWER"}


def test_what_is_as_it_came_leaves_no_row(database: Database, now: datetime) -> None:
    with database.begin() as session:
        change(session, changed(Code.BUSY, delay_minutes=45), actor="ada", now=now)
        assert change(session, DELIVERED[Code.BUSY], actor="ada", now=now) == {"delay_minutes": "45 → 30"}
        assert session.get(OutcomeTerms, "BUSY") is None
        assert audit.count(session) == 2


def test_two_administrators_do_not_overwrite_each_other(database: Database, now: datetime) -> None:
    with database.begin() as session:
        seen = last_changed(changes(session).get(Code.BUSY))
        change(session, changed(Code.BUSY, delay_minutes=45), seen=seen, actor="ada", now=now)
    with database.begin() as session, pytest.raises(ChangedMeanwhileError):
        change(session, changed(Code.BUSY, delay_minutes=60), seen=seen, actor="adam", now=now)
    with database.begin() as session:
        seen = last_changed(changes(session)["BUSY"])
        later = now + timedelta(minutes=1)
        change(session, changed(Code.BUSY, delay_minutes=60), seen=seen, actor="adam", now=later)
        assert changes(session)["BUSY"].changed_by == "adam"


def test_a_refused_change_writes_nothing(database: Database, now: datetime) -> None:
    with database.begin() as session, pytest.raises(InputError):
        change(session, changed(Code.NO_ANSWER, place="off"), actor="ada", now=now)
    with database.read() as session:
        assert changes(session) == {}
        assert audit.count(session) == 0
