"""The forecast: by hand, by its law of conservation, and against a small world in the database."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import ceil, isclose

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core import clock
from core.db import Database
from followup.callbacks import forecasting
from followup.callbacks.forecast import Assumed, Due, Experience, WorkDay, forecast
from followup.jobs import tick
from followup.models import Attempt, Callback, FollowUp
from followup.rules import actions as rules
from tests import people as staff
from tests.followup import factories as make

START = datetime.fromisoformat("2026-11-18T10:00+08:00")  # a Wednesday
WED, THU, FRI, SAT, SUN, MON = (date(2026, 11, 18) + timedelta(days=n) for n in range(6))
WEEK = [
    WorkDay(WED, 450), WorkDay(THU, 450), WorkDay(FRI, 450), WorkDay(SAT, None), WorkDay(SUN, None),
    WorkDay(MON, 450),
]  # fmt: skip


def past(share: float, calls: float, seconds: float) -> Experience:
    return Experience(Assumed(share, 99, False), Assumed(calls, 99, False), Assumed(seconds, 99, False))


def test_a_small_week_by_hand() -> None:
    due = Due(
        waiting={(date(2026, 11, 17), 0): 3, (WED, 1): 10, (FRI, 4): 2},  # one late; ten were tried once
        planned={THU: 20},
        links={SAT: 8},  # nobody calls on a Saturday
    )
    found = forecast(WEEK, due, past(share=0.5, calls=2.0, seconds=180))
    # Wednesday: 3 + 10 first calls. Thursday: 20, and the second calls of the three. Friday: 2, and 20.
    # Monday: half of 8, and nothing of Friday, whose two were called four times. Later: their second calls.
    assert [load.calls for load in found.loads] == [13, 23, 22, 0, 0, 4]
    assert found.calls_later == 4
    assert [load.waiting for load in found.loads] == [13, 0, 2, 0, 0, 0]
    assert [(load.planned, load.links) for load in found.loads][1::4] == [(20, 0), (0, 8)]
    assert found.hours == pytest.approx(62 * 3 / 60)
    assert [load.agents for load in found.loads] == [1, 1, 1, None, None, 1]
    many = forecast(WEEK, Due({(WED, 0): 300}, {}, {}), past(share=0.5, calls=1.0, seconds=180))
    assert many.loads[0].agents == 2  # 900 minutes in 450


days_of = st.lists(st.one_of(st.none(), st.integers(0, 600)), min_size=1, max_size=20)
counts = st.dictionaries(st.integers(-5, 25), st.integers(0, 500), max_size=8)


@given(days_of, counts, counts, counts, st.floats(0, 1), st.floats(1, 6), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_no_call_is_lost_and_none_falls_on_a_day_off(
    minutes: list[int | None], waiting: dict[int, int], planned: dict[int, int], links: dict[int, int],
    share: float, calls: float, made: int,
) -> None:  # fmt: skip
    days = [WorkDay(WED + timedelta(days=n), each) for n, each in enumerate(minutes)]
    on = [{WED + timedelta(days=n): k for n, k in each.items()} for each in (waiting, planned, links)]
    due = Due({(day, made): n for day, n in on[0].items()}, on[1], on[2])
    found = forecast(days, due, past(share, calls, 200))
    first = sum(on[0].values()) * max(1.0, calls - made)
    expected = first + (sum(on[1].values()) + sum(on[2].values()) * share) * calls
    assert isclose(found.calls + found.calls_later, expected, rel_tol=1e-9, abs_tol=1e-6)
    assert all(load.calls == 0 for load in found.loads if not load.day.is_open)
    assert isclose(found.hours, found.calls * 200 / 3600, rel_tol=1e-9, abs_tol=1e-9)
    for load in found.loads:
        if load.day.minutes:
            assert load.agents == ceil(round(load.seconds / 60 / load.day.minutes, 6))


def test_the_days_ahead_end_with_the_tenth_working_day(database: Database) -> None:
    with database.read() as session:
        days, unknown = forecasting.next_days(session, START)
        assert unknown is None
        assert [each.day for each in days if each.is_open][-1] == date(2026, 12, 1)
        assert days[0].minutes == 90 + 300  # of 09:00-11:30 and 14:30-19:30, from 10:00
        assert days[1].minutes == 150 + 300
        assert [each.minutes for each in days[3:5]] == [None, None]
        evening = forecasting.next_days(session, START + timedelta(hours=11))[0]
        assert evening[0].minutes == 0
        days, unknown = forecasting.next_days(session, START + timedelta(days=40))
        assert unknown == 2027
        assert days[-1].day == date(2026, 12, 31)


def test_what_comes_to_the_phone_is_found_by_its_day(database: Database) -> None:
    with database.begin() as session:
        rule = make.new_rule(session, make.by_phone(), now=START)
        for _n in range(3):
            make.closed_case(session, now=START)
        rules.switch(session, rule.id, active=False, actor="test", now=START)
        terms = replace(make.ASK_ALL, channel="link_then_phone", phone_after_workdays=2)
        make.new_rule(session, terms, now=START, name="links")
        for _n in range(4):
            make.closed_case(session, now=START)
        by_link = session.scalars(select(FollowUp).where(FollowUp.rule_id != rule.id)).all()
        for follow_up, state in zip(by_link, ("planned", "sent", "reminded", "answered"), strict=True):
            follow_up.state = state
        on_phone = session.scalars(select(FollowUp).where(FollowUp.rule_id == rule.id)).all()
        for n, follow_up in enumerate(on_phone[1:]):
            session.add(
                Callback(
                    follow_up_id=follow_up.id,
                    state=("ready", "held")[n],
                    attempts=n,
                    ready_at=START - timedelta(days=1),
                    created_at=START,
                )
            )
            follow_up.state = "call_queued"
    with database.read() as session:
        due = forecasting.due(session, date(2026, 12, 2), now=START)
        assert due.waiting == Counter({(WED, 0): 1})  # late is today's; what is held is nobody's call
        assert due.planned == Counter({WED: 1})
        assert due.links == Counter({FRI: 1, THU: 1, WED: 1})  # two days on, one after the reminder, today


def test_experience_is_stated_with_its_n_or_as_an_assumption(database: Database) -> None:
    with database.begin() as session:
        anna = make.agent(session, "anna", now=START)
        make.new_rule(session, make.by_phone(), now=START)
        for _n in range(2):
            make.closed_case(session, now=START)
    tick(database, now=START)
    with database.read() as session:
        few = forecasting.experience(session, START)
        assert [each.is_fallback for each in (few.unanswered, few.calls, few.seconds)] == [True] * 3
    with database.begin() as session:
        callback = session.scalars(select(Callback)).first()
        assert callback is not None
        for n in range(31):  # a call of 100 seconds every 160
            at = START - timedelta(hours=1) + timedelta(seconds=160 * n)
            session.add(
                Attempt(
                    callback_id=callback.id,
                    number=n,
                    agent_id=anna.id,
                    started_at=at,
                    ended_at=at + timedelta(seconds=100),
                    local_day=WED,
                    outcome="NO_ANSWER",
                )
            )
    with database.read() as session:
        seconds = forecasting.experience(session, START + timedelta(hours=1)).seconds
        assert (seconds.value, seconds.n, seconds.is_fallback) == (160.0, 31, False)


def test_the_page_says_what_it_counts(
    app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: START)
    staff.sven(database)
    with database.begin() as session:
        make.new_rule(session, make.by_phone(), now=START)
        for _n in range(5):
            make.closed_case(session, now=START)
    tick(database, now=START)
    sven = staff.sign_in(app.test_client(), "sven")
    page = sven.get("/callbacks/board/forecast").get_data(as_text=True)
    assert "About 9 calls, 0.6 hours" in page  # 5 × 1.8 calls of 4 minutes
    assert page.count("day off") == 4
    assert page.count("assumed") == 3
    monkeypatch.setattr(clock, "now", lambda: START + timedelta(days=40))
    sven = staff.sign_in(app.test_client(), "sven")
    assert "The days off of 2027 are not known" in sven.get("/callbacks/board/forecast").get_data(
        as_text=True
    )
