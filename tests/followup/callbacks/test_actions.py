"""The callback through its hands: who gets it, who keeps it, how it ends."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from werkzeug.datastructures import MultiDict

from core.contacts import queries as contacts
from core.contacts.models import Phone
from core.db import Database
from core.errors import ForbiddenError
from followup import actions as follow_ups
from followup.callbacks import actions, holding, queries, taking
from followup.callbacks.holding import LeaseLostError
from followup.callbacks.outcomes import Code
from followup.callbacks.taking import Agent
from followup.jobs import settle_calls, tick, wake_callbacks
from followup.models import Attempt, Callback, Case, FollowUp, ReopenRequest
from surveys import answering
from surveys.models import Response
from surveys.queries import load_version
from tests.followup import factories as make
from tests.followup.test_planning import BAD, GOOD

follow_ups.listen()


def queued(database: Database, now: datetime, n: int = 1, **given: object) -> None:
    """``n`` callbacks that are ready now."""
    with database.begin() as session:
        make.new_rule(session, make.by_phone(), now=now)
        for _n in range(n):
            make.closed_case(session, now=now, **given)
    tick(database, now=now)
    wake_callbacks(database, now=now)


def anna(database: Database, now: datetime, name: str = "anna") -> Agent:
    """An agent."""
    with database.begin() as session:
        return make.agent(session, name, now=now)


def pull(database: Database, agent: Agent, now: datetime) -> int | None:
    """Press next."""
    with database.begin() as session:
        callback = taking.pull_next(session, agent, now=now)
        return callback.id if callback else None


def in_call(database: Database, now: datetime, **given: object) -> tuple[Agent, int]:
    """One callback in the hands of anna, with the number shown."""
    queued(database, now, **given)
    agent = anna(database, now)
    callback_id = pull(database, agent, now)
    assert callback_id is not None
    with database.begin() as session:
        holding.reveal(session, callback_id, agent, now=now)
    return agent, callback_id


def end(
    database: Database, agent: Agent, callback_id: int, code: Code, now: datetime, **given: object
) -> None:
    """Press an outcome."""
    with database.begin() as session:
        actions.record_outcome(session, callback_id, agent, code, now=now, **given)  # type: ignore[arg-type]


def settled(database: Database, now: datetime) -> None:
    """Five minutes later nothing can be undone any more."""
    settle_calls(database, now=now + timedelta(minutes=5))


def fill(database: Database, agent: Agent, callback_id: int, given: dict[str, str], now: datetime) -> int:
    """Save the questionnaire."""
    with database.begin() as session:
        follow_up = make.only_follow_up(session)
        version = load_version(session, follow_up.version_id)
        answers, problems = answering.parse_form(version, MultiDict(given), mode="phone")
        assert not problems
        return actions.complete(session, callback_id, agent, answers, language="zh_Hans", now=now)


def state(database: Database) -> tuple[str, str, str]:
    """State and outcome of the callback, state of the follow-up."""
    with database.read() as session:
        callback = make.only_callback(session)
        return callback.state, callback.outcome, make.only_follow_up(session).state


def test_a_call_with_answers_ends_as_one_response_by_phone(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    response_id = fill(database, agent, callback_id, GOOD, now + timedelta(minutes=2))
    assert state(database) == ("done", "COMPLETE", "answered")
    with database.read() as session:
        response = session.scalars(select(Response)).one()
        assert (response.id, response.mode, response.entered_by) == (response_id, "phone", agent.id)
        assert (response.handler, response.seconds) == ("张师傅", 120)
        attempt = session.scalars(select(Attempt)).one()
        assert (attempt.number, attempt.outcome, attempt.day_part) == (1, "COMPLETE", "morning")
        assert contacts.contacted_since(session, response_contact(database), now) == 1


def response_contact(database: Database) -> int:
    """The contact of the one follow-up."""
    with database.read() as session:
        contact_id = make.only_follow_up(session).contact_id
        assert contact_id is not None
        return contact_id


def test_a_poor_answer_by_phone_asks_for_reopening(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    fill(database, agent, callback_id, BAD, now)
    assert state(database) == ("done", "COMPLETE", "remedy")
    with database.read() as session:
        assert session.scalars(select(ReopenRequest.cause)).one() == "both"
        assert session.scalars(select(Case.state)).one() == "reopen_requested"


def test_answers_are_saved_once(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    fill(database, agent, callback_id, GOOD, now)
    with pytest.raises(LeaseLostError, match=r"finished|already"):
        fill(database, agent, callback_id, GOOD, now)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 1


def test_the_handler_of_the_case_never_gets_it_and_cannot_record_it(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        make.new_rule(session, make.by_phone(), now=now)
        handler = make.agent(session, "amir", now=now)
        make.closed_case(session, now=now, handler_id=handler.id)
    tick(database, now=now)
    wake_callbacks(database, now=now)
    assert pull(database, handler, now) is None
    with database.begin() as session:  # even with the callback put into the handler's hands behind our back
        session.execute(update(Callback).values(state="in_call", agent_id=handler.id))
    with pytest.raises(ForbiddenError, match="somebody else"):
        fill(database, handler, 1, GOOD, now)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 0


def test_nobody_is_called_outside_the_permitted_hours(database: Database, now: datetime) -> None:
    queued(database, now)
    agent = anna(database, now)
    assert pull(database, agent, now + timedelta(hours=2)) is None  # noon
    assert pull(database, agent, now + timedelta(days=3)) is None  # Saturday
    assert pull(database, agent, now + timedelta(hours=5)) is not None


def test_a_promise_is_kept_also_outside_the_hours(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    noon = now + timedelta(hours=2, minutes=30)
    end(database, agent, callback_id, Code.APPT_FIXED, now, appointment=noon)
    assert state(database)[0] == "appointed"
    other = anna(database, now, "amir")
    wake_callbacks(database, now=noon)
    assert pull(database, other, noon) is None  # the appointment is with anna
    assert pull(database, other, noon + timedelta(minutes=15)) == callback_id  # who is not there


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"priority": 10}, "promised"),
        ({"priority": 20}, "unhappy"),
        ({"deadline": datetime.fromisoformat("2026-11-18T17:00+08:00")}, "due today"),
        ({"priority": 40}, "retry"),
        ({"ready_at": datetime.fromisoformat("2026-11-18T09:00+08:00")}, "oldest"),
    ],
)
def test_the_most_urgent_is_next(
    database: Database, now: datetime, changes: dict[str, object], first: str
) -> None:
    queued(database, now, n=3)
    with database.begin() as session:
        session.execute(update(Callback).where(Callback.id == 3).values(**changes))
    assert pull(database, anna(database, now), now) == 3, first


def test_pressing_next_twice_gives_the_same_callback(database: Database, now: datetime) -> None:
    queued(database, now, n=2)
    agent = anna(database, now)
    assert pull(database, agent, now) == pull(database, agent, now)


def test_fifty_presses_at_once_and_one_agent_gets_it(database: Database, now: datetime) -> None:
    queued(database, now)
    with database.begin() as session:
        agents = [make.agent(session, f"agent{n}", now=now) for n in range(50)]
    with ThreadPoolExecutor(16) as pool:
        given = list(pool.map(lambda each: pull(database, each, now), agents))
    assert [g for g in given if g is not None] == [1]


def test_many_presses_at_once_share_the_queue_and_no_phone(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, make.by_phone(), now=now)
        shared = make.new_contact(session, now=now)
        for n in range(20):
            make.closed_case(session, now=now, **({"contact": shared} if n % 4 == 0 else {}))
        agents = [make.agent(session, f"agent{n}", now=now) for n in range(24)]
    tick(database, now=now)
    wake_callbacks(database, now=now)
    with ThreadPoolExecutor(12) as pool:
        given = [g for g in pool.map(lambda each: pull(database, each, now), agents) if g is not None]
    assert len(given) == len(set(given)) == 16  # 15 customers, and one of the five tasks of the shared phone
    with database.read() as session:
        held = select(Callback.phone_index).where(Callback.state == "claimed")
        phones = session.scalars(held).all()
        assert len(phones) == len(set(phones)) == 16


def test_a_number_rings_three_times_a_day_at_most(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, make.by_phone(max_attempts=9), now=now)
        contact = make.new_contact(session, now=now)
        for _n in range(4):
            make.closed_case(session, now=now, contact=contact)
    tick(database, now=now)
    wake_callbacks(database, now=now)
    agent = anna(database, now)
    for _n in range(3):
        callback_id = pull(database, agent, now)
        assert callback_id is not None
        with database.begin() as session:
            holding.reveal(session, callback_id, agent, now=now)
        end(database, agent, callback_id, Code.NO_ANSWER, now)
    assert pull(database, agent, now) is None


def test_no_answer_comes_back_in_another_part_of_the_day(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    end(database, agent, callback_id, Code.NO_ANSWER, now)
    assert state(database) == ("waiting", "", "call_queued")
    assert pull(database, agent, now + timedelta(hours=1)) is None
    afternoon = now + timedelta(hours=4, minutes=30)
    wake_callbacks(database, now=afternoon)
    assert pull(database, agent, afternoon) == callback_id


def test_three_times_nobody_and_it_ends_without_an_answer(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    moment = now
    for _n in range(2):
        end(database, agent, callback_id, Code.NO_ANSWER, moment)
        with database.read() as session:
            moment = make.only_callback(session).ready_at
        wake_callbacks(database, now=moment)
        assert pull(database, agent, moment) == callback_id
        with database.begin() as session:
            holding.reveal(session, callback_id, agent, now=moment)
    end(database, agent, callback_id, Code.NO_ANSWER, moment)
    assert state(database) == ("done", "MAX_ATTEMPTS", "call_queued")
    settled(database, moment)
    assert state(database) == ("done", "MAX_ATTEMPTS", "closed_no_response")
    with database.read() as session:
        tries = session.scalars(select(Attempt).order_by(Attempt.number)).all()
        assert len({t.day_part for t in tries}) >= 2
        assert len({t.local_day for t in tries}) >= 2


def test_a_wrong_number_is_never_dialled_again(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact = make.new_contact(session, now=now, phones=["13911110000", "13911110001"])
    agent, callback_id = in_call(database, now, contact=contact)
    end(database, agent, callback_id, Code.WRONG_NUMBER, now)
    with database.read() as session:
        assert session.scalars(select(Phone.dead).order_by(Phone.position)).all() == [True, False]
    assert pull(database, agent, now) == callback_id
    with database.begin() as session:
        callback = holding.reveal(session, callback_id, agent, now=now)
        assert queries.desk(session, callback, now=now).number == "13911110001"
    end(database, agent, callback_id, Code.DEAD_NUMBER, now)
    settled(database, now)
    assert state(database) == ("done", "DEAD_NUMBER", "closed_no_response")


def test_who_wants_no_contact_is_left_alone_everywhere(database: Database, now: datetime) -> None:
    with database.begin() as session:
        contact = make.new_contact(session, now=now)
    agent, callback_id = in_call(database, now, n=2, contact=contact)
    end(database, agent, callback_id, Code.DO_NOT_CONTACT, now)
    assert pull(database, agent, now) is None  # at once
    settled(database, now)
    with database.read() as session:
        assert sorted(session.scalars(select(Callback.state))) == ["cancelled", "done"]
        assert contacts.get(session, contact.id).do_not_contact
        assert set(session.scalars(select(FollowUp.state))) == {"closed_no_response"}
