"""The case machine: which steps there are, who may take them, what they leave behind."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import Database
from core.errors import ConflictError, InputError, TransitionError
from core.transitions import history
from followup.cases import actions, texts
from followup.cases.editing import Edit, StaleError
from followup.cases.lifecycle import CASES, ENDED, OPEN, STATES
from followup.cases.requests import DecidedError, request_reopen
from followup.models import Case, CaseNote, FollowUp, ReopenRequest
from tests.followup.factories import new_case, new_contact, new_rule, new_user


def registered(session: Session, now: datetime, **given: object) -> Case:
    values: dict[str, object] = {
        "kind": "complaint",
        "title": "暖气不热",
        "actor": "test",
        "now": now,
    } | given
    return actions.register(session, **values)  # type: ignore[arg-type]


def closed_case(session: Session, now: datetime, handler: str = "han") -> Case:
    user = new_user(session, handler, "officer", now=now)
    case = new_case(session, new_contact(session, now=now).id, handler_id=user.id, now=now)
    actions.close(session, case, result="已处理", close_reason="solved", actor="rita", actor_id=None, now=now)
    return case


def unhappy(session: Session, case: Case, now: datetime) -> ReopenRequest:
    follow_up = session.scalars(select(FollowUp).where(FollowUp.case_id == case.id)).one()
    request = request_reopen(session, case, follow_up, cause="dissatisfied", words="还是不热", now=now)
    assert request is not None
    return request


@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_reached_and_only_open_ones_end(state: str) -> None:
    assert state in {step.next for step in CASES.steps.values()} | {"registered"}
    assert ("cancel" in CASES.events(state)) == (state in OPEN)
    assert not CASES.events(state) or state not in ENDED


@pytest.mark.parametrize(
    ("state", "event", "facts", "sentence"),
    [
        ("registered", "assign", {}, "Name a handler or a department"),
        ("assigned", "return", {"why": " "}, "Say why"),
        ("in_progress", "request_closing", {"result": ""}, "Write what was done"),
        ("close_review", "approve", {"handler_id": 4, "actor_id": 4}, "ask somebody else"),
        ("close_review", "reject", {}, "Say why"),
        ("closed", "request_reopen", {"resolution_no": 1, "current_resolution_no": 2}, "earlier closing"),
        ("closed", "reopen", {}, "Say why"),
        ("reopen_requested", "decline", {}, "Say why"),
        ("in_progress", "cancel", {}, "Say why"),
        ("closed", "approve", {}, "not possible while the case is closed"),
        ("registered", "approve", {}, "not possible"),
    ],
)
def test_a_refused_step_says_why(state: str, event: str, facts: dict[str, object], sentence: str) -> None:
    with pytest.raises(TransitionError, match=sentence):
        CASES.next_state(state, event, facts)


def test_a_case_gets_a_number_of_its_local_day_and_a_limit_in_working_days(
    database: Database, now: datetime
) -> None:
    friday_night = datetime.fromisoformat("2026-11-20T23:30:00+08:00")
    with database.begin() as session:
        first, second = registered(session, friday_night), registered(session, friday_night)
        urgent = registered(session, friday_night, severity="urgent")
    assert [first.number, second.number] == ["20261120-0001", "20261120-0002"]
    assert first.due_at == datetime.fromisoformat("2026-11-27T18:00:00+08:00")  # five working days
    assert urgent.due_at == datetime.fromisoformat("2026-11-21T23:30:00+08:00")  # 24 hours


def test_a_case_is_registered_even_where_the_calendar_of_that_year_is_not_known(database: Database) -> None:
    with database.begin() as session:
        case = registered(session, datetime.fromisoformat("2031-03-03T10:00:00+08:00"))
    assert case.due_at is None


def test_texts_are_sealed_and_bound_to_their_case(database: Database, now: datetime) -> None:
    with database.begin() as session:
        case = registered(session, now, description="王小明家 13812345678")
        assert b"13812345678" not in (case.description_sealed or b"")
        assert texts.title(session, case) == "暖气不热"


@pytest.mark.parametrize(
    "given",
    [{"title": " \u202e "}, {"kind": "rant"}, {"severity": "worst"}],
    ids=["title", "kind", "severity"],
)
def test_an_unusable_case_is_refused(database: Database, now: datetime, given: dict[str, str]) -> None:
    with pytest.raises(InputError), database.begin() as session:
        registered(session, now, **given)


def test_the_whole_way_leaves_a_row_for_every_step(database: Database, now: datetime) -> None:
    with database.begin() as session:
        han = new_user(session, "han", "officer", now=now)
        case = registered(session, now)
        actions.assign(session, case, department="东城所", actor="d", now=now)
        actions.return_to_register(session, case, actor="d", reason="不归我们管", now=now)
        actions.assign(session, case, department="西城所", actor="d", now=now)
        actions.accept(session, case, actor="han", actor_id=han.id, now=now)
        assert case.handler_id == han.id  # whoever accepts a department's case handles it
        actions.wait(session, case, actor="han", reason="客户出差", now=now)
        actions.resume(session, case, actor="han", now=now)
        actions.request_closing(session, case, result="已修", close_reason="solved", actor="han", now=now)
        actions.reject_closing(session, case, actor="rita", reason="没有说明原因", now=now)
        actions.request_closing(session, case, result="已修好", close_reason="solved", actor="han", now=now)
        actions.approve_closing(session, case, actor="rita", actor_id=han.id + 1, now=now)
        moves = history(session, "case", [case.id])
    assert [m.event for m in moves] == [
        "register", "assign", "return", "assign", "accept", "wait", "resume", "request_closing", "reject",
        "request_closing", "approve",
    ]  # fmt: skip
    assert (case.state, case.resolution_no, case.closed_at) == ("closed", 1, now)
    assert moves[2].reason == "不归我们管"


def test_the_handler_cannot_approve_the_own_closing(database: Database, now: datetime) -> None:
    with database.begin() as session:
        han = new_user(session, "han", "officer", now=now)
        case = new_case(session, None, handler_id=han.id, now=now)
        actions.close(
            session, case, result="已修", close_reason="solved", actor="han", actor_id=han.id, now=now
        )
        assert case.state == "close_review"
        with pytest.raises(TransitionError, match="ask somebody else"):
            actions.approve_closing(session, case, actor="han", actor_id=han.id, now=now)
        actions.close(session, case, result="", close_reason="", actor="rita", actor_id=han.id + 1, now=now)
        assert case.state == "closed"  # another person's press on a case under review approves it


def test_somebody_else_closes_in_one_press(database: Database, now: datetime) -> None:
    with database.begin() as session:
        assert closed_case(session, now).state == "closed"


def test_a_case_that_nobody_owns_is_not_closed(database: Database, now: datetime) -> None:
    with pytest.raises(TransitionError, match="Name a handler"), database.begin() as session:
        actions.close(session, registered(session, now), result="x", close_reason="", actor="a", now=now)


def test_closing_plans_what_the_rule_asks_for_and_reopening_voids_it(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        new_rule(session, now=now)
        case = closed_case(session, now)
        follow_up = session.scalars(select(FollowUp)).one()
        assert (follow_up.case_id, follow_up.resolution_no, follow_up.state) == (case.id, 1, "planned")
        actions.reopen(session, case, actor="sven", reason="客户来电", now=now)
        session.refresh(follow_up)
        assert (case.state, follow_up.state) == ("reopened", "void")
        assert case.due_at is not None
        assert case.due_at > now


def test_a_dissatisfied_answer_asks_and_a_supervisor_agrees(database: Database, now: datetime) -> None:
    with database.begin() as session:
        new_rule(session, now=now)
        case = closed_case(session, now)
        request = unhappy(session, case, now)
        assert case.state == "reopen_requested"
        assert unhappy(session, case, now).id == request.id  # asked twice, kept once
        actions.accept_reopen(session, request, actor="sven", decision="返工", now=now)
        assert (case.state, request.state) == ("reopened", "accepted")
        actions.close(session, case, result="已返工", close_reason="solved", actor="rita", now=now)
        assert case.resolution_no == 2
        rules = session.scalars(select(FollowUp.resolution_no).order_by(FollowUp.id)).all()
        assert rules == [1, 2]


def test_a_declined_request_leaves_the_case_closed_and_needs_a_reason(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        new_rule(session, now=now)
        case = closed_case(session, now)
        request = unhappy(session, case, now)
        with pytest.raises(InputError, match="Say why"):
            actions.decline_reopen(session, request, actor="sven", decision=" ", now=now)
        actions.decline_reopen(session, request, actor="sven", decision="已解释", now=now)
        assert (case.state, request.state, request.decision) == ("closed", "declined", "已解释")
        with pytest.raises(DecidedError):
            actions.accept_reopen(session, request, actor="sven", now=now)


def test_an_answer_about_an_earlier_closing_asks_for_nothing(database: Database, now: datetime) -> None:
    with database.begin() as session:
        new_rule(session, now=now)
        case = closed_case(session, now)
        follow_up = session.scalars(select(FollowUp)).one()
        actions.reopen(session, case, actor="sven", reason="客户来电", now=now)
        actions.close(session, case, result="x", close_reason="solved", actor="rita", now=now)
        assert request_reopen(session, case, follow_up, cause="dissatisfied", words="", now=now) is None
        assert case.state == "closed"


def test_of_two_who_decide_at_once_one_is_told(database: Database, now: datetime) -> None:
    with database.begin() as session:
        new_rule(session, now=now)
        case_id = closed_case(session, now).id
    with database.begin() as session:
        stale = session.get_one(Case, case_id)
        session.expunge(stale)
    with database.begin() as session:
        actions.reopen(session, session.get_one(Case, case_id), actor="sven", reason="x", now=now)
    with database.begin() as session:
        session.add(stale)
        with pytest.raises(ConflictError):
            actions.reopen(session, stale, actor="ada", reason="y", now=now)


def test_a_merged_case_names_the_one_that_is_kept(database: Database, now: datetime) -> None:
    with database.begin() as session:
        one, two = registered(session, now), registered(session, now)
        with pytest.raises(InputError, match="into itself"):
            actions.merge(session, one, one, actor="a", now=now)
        actions.merge(session, one, two, actor="a", now=now)
        assert one.state == "merged"
        assert history(session, "case", [one.id])[-1].reason == two.number
        actions.cancel(session, two, actor="a", reason="重复", now=now)
        with pytest.raises(InputError, match="was ended"):
            actions.merge(session, registered(session, now), two, actor="a", now=now)


def change(case: Case, **given: object) -> Edit:
    values: dict[str, object] = {
        "kind": case.kind, "title": "暖气不热", "description": "", "severity": case.severity, "category": "",
        "service_type": "", "district": "", "channel": "phone", "due_at": case.due_at,
    }  # fmt: skip
    return Edit(**(values | given))  # type: ignore[arg-type]


def test_a_stale_edit_is_refused_and_an_empty_one_changes_nothing(database: Database, now: datetime) -> None:
    with database.begin() as session:
        case = registered(session, now)
        assert not actions.edit(session, case, change(case), version=1, actor="a", now=now)
        assert actions.edit(session, case, change(case, severity="urgent"), version=1, actor="a", now=now)
        assert (case.severity, case.version) == ("urgent", 2)
        with pytest.raises(StaleError):
            actions.edit(session, case, change(case, severity="minor"), version=1, actor="b", now=now)
        assert case.severity == "urgent"


def test_notes_are_sealed_and_an_empty_one_is_refused(database: Database, now: datetime) -> None:
    with database.begin() as session:
        case = registered(session, now)
        row = actions.add_note(session, case, words="客户说明天在家", actor="a", now=now)
        assert texts.note(session, session.get_one(CaseNote, row.id)) == "客户说明天在家"
        with pytest.raises(InputError, match="empty"):
            actions.add_note(session, case, words=" ", actor="a", now=now)


def test_a_case_may_have_been_registered_earlier_than_it_was_entered(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        case = registered(session, now, registered_at=now - timedelta(days=30))
    assert case.number.startswith("20261019-")
