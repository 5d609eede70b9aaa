"""Who is given which callback, who is told that somebody else has it, and how the queue is read."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select, update

from core.auth.models import Skill, User
from core.db import Database
from core.errors import ConflictError, ForbiddenError, InputError
from followup.callbacks import actions, holding, skipping, taking
from followup.callbacks.holding import LeaseLostError
from followup.callbacks.models import DeskChoice, Pause, Skip
from followup.callbacks.outcomes import Code
from followup.callbacks.taking import Agent, OnPauseError, TakenError
from followup.jobs import tick, wake_callbacks
from followup.models import Attempt, Callback
from tests.followup import factories as make
from tests.followup.callbacks.test_actions import anna, end, in_call, pull, queued


def set_all(database: Database, **changes: object) -> None:
    """Change every callback."""
    with database.begin() as session:
        session.execute(update(Callback).values(**changes))


def able(database: Database, agent: Agent, **can: str) -> Agent:
    """Write down what an agent can do."""
    with database.begin() as session:
        session.add_all(Skill(user_id=agent.id, kind=kind, value=value) for kind, value in can.items())
    return agent


def left(database: Database, agent: Agent, now: datetime, at_most: int = 100) -> int:
    with database.read() as session:
        return taking.left_for(session, agent.id, now, at_most)


def test_the_order_is_promise_recovery_complaint_severity_deadline_retry_age(
    database: Database, now: datetime
) -> None:
    today, earlier = datetime.fromisoformat("2026-11-18T17:00+08:00"), now - timedelta(hours=1)
    later_today = today + timedelta(minutes=1)
    places: list[dict[str, object]] = [
        {"priority": 50}, {"priority": 50, "ready_at": earlier}, {"priority": 40}, {"deadline": later_today},
        {"deadline": today}, {"priority": 25}, {"priority": 20}, {"priority": 16}, {"priority": 10},
    ]  # fmt: skip
    queued(database, now, n=len(places))
    with database.begin() as session:
        for callback_id, place in enumerate(places, start=1):
            session.execute(update(Callback).where(Callback.id == callback_id).values(**place))
    agents = [anna(database, now, f"agent{n}") for n in range(len(places))]
    given = [pull(database, agent, now) for agent in agents]
    assert given == [9, 8, 7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("given", "priority"),
    [
        ({"kind": "complaint", "severity": "urgent"}, 18),
        ({"kind": "complaint"}, 20),
        ({"severity": "urgent"}, 24),
        ({}, 50),
    ],
)
def test_a_serious_matter_is_queued_further_ahead(
    database: Database, now: datetime, given: dict[str, object], priority: int
) -> None:
    queued(database, now, n=1, **given)
    with database.read() as session:
        assert make.only_callback(session).priority == priority


def test_who_handled_the_case_never_gets_it_also_where_only_the_name_says_so(
    database: Database, now: datetime
) -> None:
    queued(database, now)  # handled by 张师傅, who has no account there
    with database.begin() as session:
        handler = make.agent(session, "zhang", now=now)
        session.execute(update(User).where(User.id == handler.id).values(display_name="张师傅"))
    assert pull(database, handler, now) is None
    assert left(database, handler, now) == 0
    set_all(database, state="claimed", agent_id=handler.id)  # behind our back
    with pytest.raises(ForbiddenError, match="You handled this case"), database.begin() as session:
        holding.reveal(session, 1, handler, now=now)


@pytest.mark.parametrize(
    ("asked", "can"),
    [({"skill": "燃气"}, {"skill": "燃气"}), ({"language": "en"}, {"language": "en"})],
)
def test_a_call_waits_for_who_can_make_it_until_its_limit_has_passed(
    database: Database, now: datetime, asked: dict[str, str], can: dict[str, str]
) -> None:
    queued(database, now)
    set_all(database, **asked, deadline=now + timedelta(days=2))
    plain = anna(database, now)
    assert left(database, plain, now) == 1  # nobody can: it is everybody's, and waits for nobody
    mei = able(database, anna(database, now, "mei"), **can)
    assert (left(database, plain, now), left(database, mei, now)) == (0, 1)
    late = now + timedelta(days=2, minutes=1)
    assert left(database, plain, late) == 1
    with database.begin() as session:  # who has left the house is waited for no longer
        session.execute(update(User).where(User.id == mei.id).values(active=False))
    assert pull(database, plain, now) == 1


def test_a_call_that_asks_for_what_nobody_has_together_is_everybodys(
    database: Database, now: datetime
) -> None:
    queued(database, now)
    set_all(database, skill="燃气", language="en", deadline=now + timedelta(days=2))
    one = able(database, anna(database, now), skill="燃气")
    other = able(database, anna(database, now, "amir"), language="en")
    plain = anna(database, now, "otto")
    assert [left(database, each, now) for each in (one, other, plain)] == [1, 1, 1]
    both = able(database, anna(database, now, "mei"), skill="燃气", language="en")
    assert [left(database, each, now) for each in (one, other, plain, both)] == [0, 0, 0, 1]


def test_a_rule_and_the_customer_say_what_the_call_asks_for(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, make.by_phone(skill="燃气", agents="热线组"), now=now)
        contact = make.new_contact(session, now=now, language="en")
        make.closed_case(session, now=now, contact=contact)
    tick(database, now=now)
    with database.read() as session:
        queued = make.only_callback(session)
        found = (queued.skill, queued.department, queued.language, queued.handler_name)
    assert found == ("燃气", "热线组", "en", "张师傅")


def test_an_appointment_is_its_agents_for_a_quarter_of_an_hour(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    at = now + timedelta(hours=1)
    end(database, agent, callback_id, Code.APPT_FIXED, now, appointment=at)
    wake_callbacks(database, now=at)
    other = anna(database, now, "amir")
    assert left(database, other, at) == 0
    assert left(database, other, at + timedelta(minutes=14)) == 0
    assert left(database, other, at + timedelta(minutes=15)) == 1


def test_an_appointment_for_anyone_is_kept_by_whoever_is_free(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    at = now + timedelta(hours=1)
    with database.begin() as session:
        actions.record_outcome(
            session, callback_id, agent, Code.APPT_FIXED, appointment=at, anyone=True, now=now
        )
    wake_callbacks(database, now=at)
    assert pull(database, anna(database, now, "amir"), at) == callback_id


def test_a_callback_passed_on_goes_to_others_and_comes_back_the_next_day(
    database: Database, now: datetime
) -> None:
    queued(database, now)
    set_all(database, priority=10)  # at any hour
    agent, other = anna(database, now), anna(database, now, "amir")
    assert pull(database, agent, now) == 1
    with database.begin() as session:
        passed = skipping.skip(session, 1, agent, "known", now)
        assert (passed.state, passed.agent_id, passed.attempts) == ("ready", None, 0)
    assert pull(database, agent, now) is None
    evening, midnight = (datetime.fromisoformat(f"2026-11-1{day}+08:00") for day in ("8T23:59", "9T00:00"))
    assert (left(database, agent, evening), left(database, agent, midnight)) == (0, 1)
    assert pull(database, other, now) == 1
    with database.read() as session:
        found = skipping.passed_on(session, since=now, until=now + timedelta(days=1))
    assert found == [skipping.Passed("Anna", "known", 1)]


def test_a_reason_of_the_list_is_needed_to_pass_on(database: Database, now: datetime) -> None:
    queued(database, now)
    agent = anna(database, now)
    pull(database, agent, now)
    for reason in ("", "no desire"):
        with pytest.raises(InputError, match="choose a reason"), database.begin() as session:
            skipping.skip(session, 1, agent, reason, now)
    with database.begin() as session:  # from now on the organisation's own list holds
        session.add(DeskChoice(kind="skip", code="lunch", words={"zh_Hans": "午休"}))
    with pytest.raises(InputError, match="choose a reason"), database.begin() as session:
        skipping.skip(session, 1, agent, "known", now)
    with database.begin() as session:
        skipping.skip(session, 1, agent, "lunch", now)
        assert session.scalars(select(Skip.reason)).all() == ["lunch"]


def test_who_is_on_a_pause_is_given_nothing(database: Database, now: datetime) -> None:
    queued(database, now)
    agent = anna(database, now)
    with database.begin() as session:
        session.add(Pause(agent_id=agent.id, reason="lunch", began_at=now))
    with pytest.raises(OnPauseError, match="end it"):
        pull(database, agent, now)
    with database.begin() as session:
        session.execute(update(Pause).values(ended_at=now))
    assert pull(database, agent, now) == 1


def test_a_number_rings_three_times_a_day_and_undone_calls_do_not_count(
    database: Database, now: datetime
) -> None:
    queued(database, now)
    agent = anna(database, now)
    with database.begin() as session:
        waiting = make.only_callback(session)
        for n in range(1, 4):
            session.add(
                Attempt(callback_id=1, number=n, agent_id=agent.id, phone_index=waiting.phone_index,
                        ended_at=now, local_day=now.date(), outcome="NO_ANSWER")
            )  # fmt: skip
    assert pull(database, agent, now) is None
    with database.begin() as session:
        session.execute(update(Attempt).where(Attempt.number == 2).values(undone_at=now))
    assert pull(database, agent, now) == 1


def test_two_tabs_of_one_agent_hold_one_callback(database: Database, now: datetime) -> None:
    queued(database, now, n=4)
    agent = anna(database, now)
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _n: pull(database, agent, now), range(16)))
    assert len(set(given)) == 1
    assert given[0] is not None


def test_fifty_ask_for_one_callback_and_forty_nine_are_told_who_holds_it(
    database: Database, now: datetime
) -> None:
    queued(database, now)
    with database.begin() as session:
        agents = [make.agent(session, f"agent{n}", now=now) for n in range(50)]

    def try_it(agent: Agent) -> str:
        if pull(database, agent, now) == 1:
            return "mine"
        try:
            with database.begin() as session:
                holding.held(session, 1, agent, version=None, now=now)
        except LeaseLostError as error:
            return str(error)
        return "held by two"

    with ThreadPoolExecutor(50) as pool:
        said = list(pool.map(try_it, agents))
        winner = agents[said.index("mine")].name.title()
        again = list(pool.map(try_it, agents))  # now that the one who was faster has surely come home
    assert (said.count("mine"), said.count("held by two")) == (1, 0)
    assert again.count("mine") == 1
    assert sum(each.startswith(f"{winner} has been calling since") for each in again) == 49


def test_a_long_queue_is_counted_up_to_a_limit(database: Database, now: datetime) -> None:
    queued(database, now, n=3)
    agent = anna(database, now)
    assert (left(database, agent, now), left(database, agent, now, at_most=2)) == (3, 2)


def test_nobody_is_shown_the_table_to_be_given_nothing(database: Database, now: datetime) -> None:
    """What decides who may call stands in the indexes: also the agent for whom nothing fits costs little."""
    queued(database, now)
    agent = anna(database, now)
    able(database, anna(database, now, "mei"), skill="燃气", language="en")
    if database.engine.dialect.name != "sqlite":
        return  # PostgreSQL decides by the figures of a filled table; bench/desk.py measures both
    with database.read() as session:
        parts = list(taking.most_urgent_first(session, agent.id, now))
        for wanted, index in zip(parts, ("queue", "due", "queue"), strict=True):
            statement = wanted.limit(20).compile(database.engine, compile_kwargs={"literal_binds": True})
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")
            steps = [str(row[3]) for row in plan]
            assert steps[0].startswith(f"SEARCH callbacks USING COVERING INDEX ix_callbacks_{index} ")
            assert not any(step.startswith("SCAN") or "ORDER BY" in step for step in steps)


def test_who_asks_passes_by_what_others_are_taking(database: Database, now: datetime) -> None:
    """Thirty at once and thirty callbacks: everybody gets one, though all look at the same twenty first."""
    queued(database, now, n=30)
    with database.begin() as session:
        agents = [make.agent(session, f"agent{n}", now=now) for n in range(30)]
    with ThreadPoolExecutor(15) as pool:
        given = list(pool.map(lambda each: pull(database, each, now), agents))
    assert sorted(n for n in given if n is not None) == list(range(1, 31))


def test_the_first_free_of_a_few_is_not_looked_for_among_all(database: Database, now: datetime) -> None:
    queued(database, now, n=2)
    if database.engine.dialect.name != "sqlite":
        return
    asked = list[tuple[str, object]]()
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    assert pull(database, anna(database, now), now) == 1
    statement, given = next(each for each in asked if "ORDER BY CASE callbacks.id" in each[0])
    with database.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)  # type: ignore[arg-type]
        assert "INTEGER PRIMARY KEY" in str(plan.all()[0])


def test_a_callback_taken_by_name_is_refused_with_the_reason(database: Database, now: datetime) -> None:
    queued(database, now, n=2)
    agent, other = anna(database, now), anna(database, now, "amir")
    with database.begin() as session:
        assert taking.take(session, 2, agent, now=now).agent_id == agent.id
    with pytest.raises(TakenError, match="Anna holds this callback"), database.begin() as session:
        taking.take(session, 2, other, now=now)
    with pytest.raises(ConflictError, match="in your hands first"), database.begin() as session:
        taking.take(session, 1, agent, now=now)
    set_all(database, handler_name="Amir")
    with pytest.raises(ForbiddenError, match="You handled this case"), database.begin() as session:
        taking.take(session, 1, other, now=now)
