"""Undoing a call with answers: what it asked for, its link, who heard of it, and two at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from core.contacts.models import Phone
from core.db import Database
from core.errors import ConflictError, HuifangError, TransitionError
from core.outbox.models import Message
from followup.api import webhooks
from followup.callbacks import before, holding, supervising, taking
from followup.callbacks.outcomes import Code
from followup.callbacks.undoing import UndoError
from followup.cases import actions as cases
from followup.cases.timeline import timeline
from followup.cases.timeline_words import entry_label
from followup.jobs import send_due, settle_calls, tick, wake_callbacks
from followup.models import Attempt, Case, FollowUp, ReopenRequest, Rule
from surveys import tallies
from surveys.models import Answer, Invitation, Response
from tests.followup import factories as make
from tests.followup.callbacks.test_actions import anna, end, fill, in_call, pull, settled, state
from tests.followup.callbacks.test_undo import SOON, last_attempt, undo, with_link_out
from tests.followup.test_planning import BAD, GOOD, answer_by_link


def test_undone_answers_count_nowhere_and_are_kept_sealed(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    fill(database, agent, callback_id, GOOD, now)
    undo(database, agent, now + SOON)
    assert state(database) == ("in_call", "", "call_queued")
    with database.read() as session:
        for model in (Response, Answer):
            assert session.scalar(select(func.count()).select_from(model)) == 0
        assert tallies.recount(session) == {}
        attempt = session.scalars(select(Attempt)).one()
        assert before.kept_with(session, attempt)["answers"]["answers"]["overall"]["value"] == 5
        assert b"overall" not in (attempt.taken_back_sealed or b"")
    fill(database, agent, callback_id, BAD, now + SOON)
    assert state(database) == ("done", "COMPLETE", "remedy")
    settled(database, now + SOON)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 1
        assert tallies.recount(session) == {}


def test_the_request_to_reopen_is_withdrawn_and_comes_again(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    fill(database, agent, callback_id, BAD, now)
    undo(database, agent, now + SOON)
    with database.read() as session:
        assert session.scalars(select(ReopenRequest.state)).all() == ["withdrawn"]
        assert session.scalars(select(Case.state)).all() == ["closed"]
    fill(database, agent, callback_id, BAD, now + SOON)
    with database.read() as session:
        assert session.scalars(select(ReopenRequest.state)).all() == ["open"]
        assert session.scalars(select(Case.state)).all() == ["reopen_requested"]


@pytest.mark.parametrize("agree", [True, False])
def test_answers_stand_once_the_supervisor_has_decided(
    database: Database, now: datetime, agree: bool
) -> None:
    agent, callback_id = in_call(database, now)
    fill(database, agent, callback_id, BAD, now)
    with database.begin() as session:
        request = session.scalars(select(ReopenRequest)).one()
        if agree:
            cases.accept_reopen(session, request, actor="sven", now=now)
        else:
            cases.decline_reopen(session, request, actor="sven", decision="no", now=now)
    with pytest.raises(UndoError, match="reopened" if agree else "decided"):
        undo(database, agent, now + SOON)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 1


def test_the_link_that_the_call_spent_lives_again(database: Database, now: datetime) -> None:
    agent, callback_id, token, later = with_link_out(database, now)
    fill(database, agent, callback_id, GOOD, later)
    with pytest.raises((ConflictError, TransitionError)):
        answer_by_link(database, token, BAD, later)
    undo(database, agent, later + SOON)
    answer_by_link(database, token, BAD, later + SOON)
    assert state(database) == ("cancelled", "SELF_DONE", "remedy")
    with database.read() as session:
        assert session.scalars(select(Response.mode)).all() == ["web"]


def test_a_link_whose_time_is_over_stays_closed(database: Database, now: datetime) -> None:
    agent, callback_id, _token, later = with_link_out(database, now)
    with database.begin() as session:
        session.scalars(select(Invitation)).one().answer_by = later + timedelta(minutes=1)
    fill(database, agent, callback_id, GOOD, later)
    undo(database, agent, later + SOON)
    with database.read() as session:
        assert session.scalars(select(Invitation.state)).all() == ["withdrawn"]


def test_what_the_customer_answered_by_link_meanwhile_stands(database: Database, now: datetime) -> None:
    agent, callback_id, token, later = with_link_out(database, now)
    end(database, agent, callback_id, Code.REFUSED_HARD, later, note="没空")
    answer_by_link(database, token, GOOD, later + SOON)
    with pytest.raises(UndoError, match="by link"):
        undo(database, agent, later + SOON)
    settled(database, later)
    assert state(database) == ("done", "REFUSED_HARD", "answered")


def test_other_systems_hear_of_a_call_when_it_can_be_undone_no_more(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        webhooks.add(
            session, name="crm", url="https://example.org/hook", actor="ada", now=now,
            events=["case.answered", "case.reopen_requested"],
        )  # fmt: skip
    agent, callback_id = in_call(database, now)
    fill(database, agent, callback_id, BAD, now)
    waiting = select(Message.state, Message.due_at).where(Message.purpose == "webhook").order_by(Message.id)
    with database.read() as session:
        assert session.execute(waiting).all() == [("queued", now + timedelta(minutes=5))] * 2
    undo(database, agent, now + SOON)
    fill(database, agent, callback_id, GOOD, now + SOON)
    with database.read() as session:
        assert [row.state for row in session.execute(waiting)] == ["cancelled", "cancelled", "queued"]


def test_a_second_outcome_settles_the_first(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact = make.new_contact(session, now=now, phones=["13911110000", "13911110001"])
    agent, callback_id = in_call(database, now, contact=contact)
    end(database, agent, callback_id, Code.WRONG_NUMBER, now)
    first = last_attempt(database)
    assert pull(database, agent, now) == callback_id
    with database.begin() as session:
        holding.reveal(session, callback_id, agent, now=now)
    end(database, agent, callback_id, Code.NO_ANSWER, now + SOON)
    with pytest.raises(UndoError):
        undo(database, agent, now + SOON, first)
    undo(database, agent, now + SOON)
    with database.read() as session:
        assert session.scalars(select(Phone.dead).order_by(Phone.position)).all() == [True, False]


@pytest.mark.parametrize("rival", ["settle", "claim", "decide"])
def test_of_undo_and_a_rival_at_once_one_wins(database: Database, now: datetime, rival: str) -> None:
    """Ten times at once; whoever comes second is told, and nothing stands half."""
    with database.begin() as session:
        contact = make.new_contact(session, now=now, phones=["13911110000", "13911110001"])
    agent, callback_id = in_call(database, now, contact=contact)
    other, moment = anna(database, now, "amir"), now
    for _n in range(6):
        code = {"settle": Code.REFUSED_HARD, "claim": Code.BUSY, "decide": Code.SUPERVISOR}[rival]
        end(database, agent, callback_id, code, moment, note="x")
        attempt_id = last_attempt(database)
        if rival == "claim":
            with database.begin() as session:
                make.only_callback(session).ready_at = moment
            wake_callbacks(database, now=moment)

        def press_undo(moment: datetime = moment, attempt_id: int = attempt_id) -> str:
            try:
                undo(database, agent, moment + timedelta(minutes=4, seconds=59), attempt_id)
            except HuifangError:
                return ""
            return "undo"

        def press_rival(moment: datetime = moment) -> str:
            try:
                if rival == "settle":
                    return "rival" if settle_calls(database, now=moment + timedelta(minutes=5)) else ""
                with database.begin() as session:
                    if rival == "claim":
                        won = taking.claim(session, callback_id, other, now=moment)
                        return "rival" if won else ""
                    supervising.decide_held(
                        session, callback_id, resume=True, actor="sven", reason="", now=moment
                    )
            except HuifangError:
                return ""
            return "rival"

        with ThreadPoolExecutor(2) as pool:
            pressed = [pool.submit(press_undo), pool.submit(press_rival)]
            winners = [each.result() for each in pressed if each.result()]
        assert len(winners) == 1, winners
        with database.read() as session:
            callback = make.only_callback(session)
            undone = session.get_one(Attempt, attempt_id).undone_at
        assert (undone is not None) == (winners == ["undo"])
        assert (callback.state == "in_call" and callback.agent_id == agent.id) == (winners == ["undo"])
        if winners != ["undo"]:
            return
        moment += timedelta(minutes=1)


def test_the_case_says_what_was_undone_and_by_whom(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    fill(database, agent, callback_id, BAD, now)
    undo(database, agent, now + SOON)
    with database.read() as session:
        entries = timeline(session, session.scalars(select(Case)).one())
    [call] = [each for each in entries if each.machine == "attempt"]
    assert (call.undone_by, call.outcome) == ("anna", "COMPLETE")
    told = {(each.machine, each.kind) for each in entries}
    assert {("callback", "undo"), ("follow_up", "undo"), ("case", "withdraw")} <= told
    assert not any(entry_label(each) == "Staff note" for each in entries if each.machine != "note")


def test_of_undo_and_a_decision_about_reopening_at_once_one_wins(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    fill(database, agent, callback_id, BAD, now)
    attempt_id = last_attempt(database)

    def press_undo() -> str:
        try:
            undo(database, agent, now + SOON, attempt_id)
        except HuifangError:
            return ""
        return "undo"

    def press_accept() -> str:
        try:
            with database.begin() as session:
                request = session.scalars(select(ReopenRequest)).one()
                cases.accept_reopen(session, request, actor="sven", now=now + SOON)
        except HuifangError:
            return ""
        return "accept"

    with ThreadPoolExecutor(2) as pool:
        winners = [each.result() for each in (pool.submit(press_undo), pool.submit(press_accept))]
    assert sorted(winners) in (["", "accept"], ["", "undo"])
    with database.read() as session:
        case, request = (
            session.scalars(select(Case.state)).one(),
            session.scalars(select(ReopenRequest.state)).one(),
        )
        answers = session.scalar(select(func.count()).select_from(Response))
    expected = ("closed", "withdrawn", 0) if "undo" in winners else ("reopened", "accepted", 1)
    assert (case, request, answers) == expected


@pytest.mark.parametrize("is_undone", [True, False])
def test_a_message_to_who_wants_no_contact_waits_until_that_is_certain(
    database: Database, now: datetime, is_undone: bool
) -> None:
    """A link to the wife at the same number is queued when the husband says on the phone: never again."""
    night = now.replace(hour=23)  # seven in the morning in Shanghai, before messages may go out
    with database.begin() as session:
        husband = make.new_contact(session, now=now, phones=["13911112222"])
        wife = make.new_contact(session, now=now, name="李静", phones=["13911112222"])
    agent, callback_id = in_call(database, now, contact=husband)
    with database.begin() as session:
        make.new_rule(session, replace(make.ASK_ALL, kinds=("complaint",)), now=now, name="links")
        session.execute(update(Rule).where(Rule.name == "links").values(position=-1))
        make.closed_case(session, now=now, contact=wife, kind="complaint")
        send_due_later = session.scalars(select(FollowUp).where(FollowUp.contact_id == wife.id)).one()
    send_due(database, now=night)
    with database.begin() as session:
        assert session.scalars(select(Message.state)).all() == ["queued"]
        session.execute(update(Message).values(due_at=now))
    end(database, agent, callback_id, Code.DO_NOT_CONTACT, now)
    tick(database, now=now + SOON)
    state_of = select(Message.state)
    with database.read() as session:
        assert session.scalars(state_of).all() == ["queued"]
    if is_undone:
        undo(database, agent, now + SOON)
    tick(database, now=now + timedelta(minutes=10))
    with database.read() as session:
        assert session.scalars(state_of).all() == ["sent" if is_undone else "cancelled"]
        wanted = session.get_one(FollowUp, send_due_later.id).state
    assert wanted == ("sent" if is_undone else "closed_no_response")
