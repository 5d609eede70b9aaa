"""The clocks of real cases: first answer, pauses, closing, reopening, another severity."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import Database
from core.errors import InputError
from core.transitions import history
from followup.cases import actions, queries
from followup.cases.editing import Edit
from followup.clocks import actions as clocks
from followup.clocks.actions import AnsweredError
from followup.clocks.models import PastClock
from followup.clocks.policy import HOURS, WORKDAYS, Limits, Span
from followup.models import Case, CaseNote
from tests.followup.factories import new_case, new_contact


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+08:00")


def case_of(session: Session, now: datetime, **given: object) -> Case:
    """A repair in somebody's hands, registered on Wednesday the 18th at ten."""
    case = new_case(session, new_contact(session, now=now).id, now=now, **given)  # type: ignore[arg-type]
    actions.accept(session, case, actor="test", now=now)
    return case


def clocks_of(case: Case) -> tuple[str, datetime | None, datetime | None]:
    return case.state, case.paused_at, case.due_at


def closed(session: Session, case: Case, now: datetime) -> None:
    actions.close(session, case, result="已修好", close_reason="solved", actor="rita", now=now)


def test_starting_work_is_no_answer_and_an_answer_counts_once(database: Database, now: datetime) -> None:
    with database.begin() as session:
        case = case_of(session, now)
        assert (case.response_due_at, case.responded_at) == (at("11-23T10:00"), None)
        clocks.answer(
            session, case, channel="phone", words="明天上午上门", actor="olga", now=at("11-18T11:00")
        )
        assert case.responded_at == at("11-18T11:00")
        with pytest.raises(AnsweredError):
            clocks.answer(session, case, channel="phone", actor="olga", now=at("11-18T12:00"))
        with pytest.raises(InputError):
            clocks.answer(session, case, channel="pigeon", actor="olga", now=at("11-18T12:00"))
        last = history(session, "case", [case.id])[-1]
        assert (last.event, last.reason, last.old, last.new) == (
            "first_answer", "phone", "in_progress", "in_progress",
        )  # fmt: skip
        assert session.scalars(select(CaseNote)).one().case_id == case.id


def test_closing_answers_and_so_does_asking_the_customer(database: Database, now: datetime) -> None:
    with database.begin() as session:
        one, other = case_of(session, now), case_of(session, now)
        closed(session, one, at("11-18T15:00"))
        actions.wait(session, other, actor="olga", reason="等客户回电", now=at("11-18T16:00"))
    assert (one.responded_at, other.responded_at) == (at("11-18T15:00"), at("11-18T16:00"))


def test_the_limit_moves_by_the_working_time_of_every_pause(database: Database, now: datetime) -> None:
    with database.begin() as session:
        case = case_of(session, now)
        assert case.due_at == at("11-25T10:00")
        actions.wait(session, case, actor="olga", reason="无人在家", now=at("11-19T10:00"))
        assert case.paused_at == at("11-19T10:00")
        assert not queries.is_overdue(case, at("12-24T10:00"))  # it stands still
        actions.resume(session, case, actor="olga", now=at("11-20T10:00"))
        assert clocks_of(case) == ("in_progress", None, at("11-26T10:00"))  # one working day
        actions.wait(session, case, actor="olga", reason="又无人", now=at("11-20T17:00"))
        actions.assign(session, case, department="西城所", actor="sven", now=at("11-23T10:00"))
        assert clocks_of(case) == (
            "assigned",
            None,
            at("11-26T12:00"),
        )  # another hour on Friday and one on Monday
        assert queries.is_overdue(case, at("11-26T12:01"))


def test_what_ran_out_before_the_pause_stays_late(database: Database, now: datetime) -> None:
    with database.begin() as session:
        case = case_of(session, now)
        actions.wait(session, case, actor="olga", reason="等", now=at("11-26T10:00"))
        assert queries.is_overdue(case, at("12-24T10:00"))
        late = select(Case.id).where(queries.overdue(at("12-24T10:00")))
        assert list(session.scalars(late)) == [case.id]
        actions.resume(session, case, actor="olga", now=at("11-30T10:00"))
    assert case.due_at == at("11-25T10:00")


def test_the_list_and_the_case_agree_on_what_is_late(database: Database, now: datetime) -> None:
    with database.begin() as session:
        cases = [case_of(session, now) for _count in range(3)]
        actions.wait(session, cases[1], actor="olga", reason="等", now=at("11-20T10:00"))
        actions.wait(session, cases[2], actor="olga", reason="等", now=at("11-26T10:00"))
        for moment in (at("11-26T10:00"), at("11-27T10:00")):
            listed = set(session.scalars(select(Case.id).where(queries.overdue(moment))))
            assert listed == {case.id for case in cases if queries.is_overdue(case, moment)}


def test_reopening_starts_new_clocks_and_keeps_the_old_ones(database: Database, now: datetime) -> None:
    with database.begin() as session:
        case = case_of(session, now)
        closed(session, case, at("11-26T09:00"))
        clocks.set_limits(
            session, "repair", "normal", Limits(Span(4, HOURS), Span(1, WORKDAYS)), actor="ada", now=now
        )
        actions.reopen(session, case, actor="sven", reason="又坏了", now=at("11-27T15:00"))
        kept = session.scalars(select(PastClock)).one()
        assert (kept.resolution_no, kept.started_at, kept.closed_at) == (1, now, at("11-26T09:00"))
        assert (kept.due_at, kept.responded_at) == (at("11-25T10:00"), at("11-26T09:00"))
        assert (case.reopened_at, case.responded_at) == (at("11-27T15:00"), None)
        assert (case.response_due_at, case.due_at) == (at("11-27T19:00"), at("11-30T15:00"))
        closed(session, case, at("11-28T10:00"))
        actions.reopen(
            session, case, actor="sven", reason="again", due_at=at("12-09T18:00"), now=at("11-30T09:00")
        )
        assert case.due_at == at("12-09T18:00")
        assert session.scalars(select(PastClock.resolution_no).order_by(PastClock.resolution_no)).all() == [
            1,
            2,
        ]


def test_another_severity_brings_its_limits_with_all_pauses(database: Database, now: datetime) -> None:
    with database.begin() as session:
        case = case_of(session, now)
        actions.wait(session, case, actor="olga", reason="等", now=at("11-18T11:00"))
        actions.resume(session, case, actor="olga", now=at("11-18T15:00"))
        facts = {name: getattr(case, name) for name in ("category", "service_type", "district", "channel")}
        to = Edit(
            kind="repair", title="暖气不热", description="", severity="urgent", due_at=case.due_at, **facts
        )
        actions.edit(session, case, to, version=case.version, actor="olga", now=at("11-18T16:00"))
        assert case.response_due_at == now + timedelta(hours=2)
        assert case.due_at == now + timedelta(hours=28)  # four hours stood still
        chosen = Edit(kind="repair", title="暖气不热", description="", severity="minor", due_at=now, **facts)
        actions.edit(session, case, chosen, version=case.version, actor="olga", now=at("11-18T17:00"))
    assert case.due_at == now  # chosen by hand, so kept


def test_a_pause_into_an_unknown_year_leaves_no_guess(database: Database) -> None:
    start = datetime.fromisoformat("2026-12-28T10:00:00+08:00")
    with database.begin() as session:
        case = case_of(session, start, severity="serious")
        assert case.due_at == datetime.fromisoformat("2026-12-31T10:00:00+08:00")
        actions.wait(session, case, actor="olga", reason="等", now=start + timedelta(hours=24))
        actions.resume(session, case, actor="olga", now=start + timedelta(hours=72))
    assert case.due_at is None


def test_a_severity_changed_while_a_pause_ends_keeps_the_pause(database: Database, now: datetime) -> None:
    with database.begin() as session:
        case = case_of(session, now)
        actions.wait(session, case, actor="olga", reason="等", now=at("11-18T11:00"))
    later, loaded, resumed = at("11-19T11:00"), Event(), Event()

    def resume() -> None:
        loaded.wait(10)
        with database.begin() as session:
            actions.resume(session, session.get_one(Case, case.id), actor="olga", now=later)
        resumed.set()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(resume)
        with database.begin() as session:
            mine = session.get_one(Case, case.id)
            facts = {
                name: getattr(mine, name) for name in ("category", "service_type", "district", "channel")
            }
            to = Edit(
                kind="repair",
                title="暖气不热",
                description="",
                severity="serious",
                due_at=mine.due_at,
                **facts,
            )
            loaded.set()
            resumed.wait(1)  # SQLite lets nobody else write meanwhile, so there it does not come
            actions.edit(session, mine, to, version=mine.version, actor="sven", now=later)
        other.result()
    with database.read() as session:
        assert session.get_one(Case, case.id).due_at == at(
            "11-24T10:00"
        )  # three days, and one that stood still
