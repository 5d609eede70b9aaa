"""The figures of calls that were really made: through the desk, the undo, the link and the settling."""

from datetime import datetime, timedelta

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from core.db import Database
from core.periods import parse_period
from followup.callbacks import actions, holding, undoing
from followup.callbacks.outcomes import Code
from followup.callbacks.taking import Agent
from followup.figures.groups import By
from followup.figures.rates import Dispositions, Measure
from followup.figures.reporting import Group, report
from followup.models import Attempt, Callback, FollowUp
from surveys import answering
from surveys.queries import load_version
from tests.followup.callbacks.test_actions import anna, end, pull, queued, settled
from tests.followup.test_planning import GOOD


def call(database: Database, agent: Agent, now: datetime) -> int:
    """Take the next callback and show its number."""
    callback_id = pull(database, agent, now)
    assert callback_id is not None
    with database.begin() as session:
        holding.reveal(session, callback_id, agent, now=now)
    return callback_id


def answer(database: Database, agent: Agent, callback_id: int, now: datetime) -> None:
    """Record a whole interview."""
    with database.begin() as session:
        wanted = select(FollowUp).join(Callback, Callback.follow_up_id == FollowUp.id)
        follow_up = session.scalars(wanted.where(Callback.id == callback_id)).one()
        version = load_version(session, follow_up.version_id)
        answers, problems = answering.parse_form(version, MultiDict(GOOD), mode="phone")
        assert not problems
        actions.complete(session, callback_id, agent, answers, language="zh_Hans", now=now)


def figures(database: Database, by: By = By.NOTHING) -> Group:
    with database.read() as session:
        return report(session, parse_period("2026-11"), by).whole


def counts(measure: Measure) -> tuple[float | None, float | None]:
    return measure.x, measure.n


def test_calls_of_a_morning(database: Database, now: datetime) -> None:
    """Four customers: one answers, one refuses, one is not there, one answers after an undone slip."""
    queued(database, now, n=4)
    agent = anna(database, now)
    first = call(database, agent, now)
    answer(database, agent, first, now + timedelta(seconds=90))
    second = call(database, agent, now + timedelta(seconds=120))  # half a minute after the outcome
    end(database, agent, second, Code.REFUSED_HARD, now + timedelta(seconds=150), note="不愿意")
    third = call(database, agent, now + timedelta(seconds=200))
    end(database, agent, third, Code.NO_ANSWER, now + timedelta(seconds=230))
    fourth = call(database, agent, now + timedelta(seconds=300))
    end(database, agent, fourth, Code.NO_ANSWER, now + timedelta(seconds=310))
    with database.begin() as session:
        slip = session.scalars(select(Attempt).where(Attempt.callback_id == fourth)).one()
        undoing.undo(session, slip.id, agent, now=now + timedelta(seconds=320))
    answer(database, agent, fourth, now + timedelta(seconds=400))
    settled(database, now + timedelta(seconds=400))

    found = figures(database)
    assert counts(found.measure("attempted")) == (3, 4)
    assert counts(found.measure("reached")) == (3, 4)
    assert counts(found.measure("phone_reached")) == (3, 4)
    assert counts(found.measure("first_try")) == (2, 3)  # the slip is no call
    assert counts(found.measure("connected")) == (3, 4)
    assert counts(found.measure("calls_per_complete")) == (4, 2)
    assert found.work.dispositions["phone"] == Dispositions(complete=2, refusal=1)
    assert found.work.dispositions["all"] == found.work.dispositions["phone"]
    assert found.work.waiting == {"phone": 1, "link": 0, "neither": 0, "all": 1}
    assert counts(found.measure("rr1", "phone")) == (2, 3)
    assert counts(found.measure("closed")) == (4, 4)
    talk, wait = found.measure("talk"), found.measure("wrap_up")
    assert (talk.n, talk.low, talk.value) == (3, 60, 90)  # 30, 90 and the 100 of the fourth, slip and all
    assert (wait.n, wait.value) == (3, 50)  # 30, 50 and 70 seconds
    assert figures(database, By.AGENT).measure("connected") == found.measure("connected")
