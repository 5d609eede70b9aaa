"""Case, follow-up, callback and answer under whatever people, clocks and crashes do, against a small model.

``EXAMPLES=2000 python -m pytest tests/followup/test_stateful.py`` draws that many new examples on each
database; without it the same 50 are played, or 120 with ``LONG=1``. The invariants are those of the
design's state machines.
"""

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core import clock
from core.db import Database
from core.outbox import jobs as outbox
from followup.callbacks.outcomes import Code
from tests.followup.stateful import world
from tests.followup.stateful.stage import Stage
from tests.sizes import size

EXAMPLES = int(os.environ.get("EXAMPLES", "0"))
MOMENTS = (0, 1, 11, 70, 5 * 60, 24 * 60, 3 * 24 * 60, 9 * 24 * 60)  # minutes
ONE_OF = st.integers(0, 11)
SCORES = st.sampled_from([5, 4, 3, 2, 1])
SOLVED = st.sampled_from([True, True, False])
RARE = ("reopen", "handler_tries", "give_back", "decide_held", "decide_held", "stop", "forbid")


class Loop(RuleBasedStateMachine):
    """People and clocks in any order; what they do and what must hold stands in ``stateful/world.py``."""

    make: Callable[[], world.World]

    def __init__(self) -> None:
        super().__init__()
        self.world = type(self).make()

    @initialize(kind=st.sampled_from(["repair", "complaint"]))
    def begin(self, kind: str) -> None:
        self.ask(kind, 0, handled=False)

    @rule(kind=st.sampled_from(["repair", "repair", "complaint"]), who=ONE_OF, handled=st.booleans())
    @precondition(lambda self: len(self.world.cases) < 6)
    def ask(self, kind: str, who: int, handled: bool) -> None:
        self.world.register(kind, who, handled_by_agent=handled)
        self.world.close(-1)
        self.world.tick()
        if kind == "complaint":
            self.world.tick()  # the callback wakes

    @rule(which=ONE_OF)
    @precondition(lambda self: "open case" in self.world.seen)
    def close(self, which: int) -> None:
        self.world.close(which)

    @rule(which=ONE_OF, agree=st.booleans())
    @precondition(lambda self: "request" in self.world.seen)
    def decide(self, which: int, agree: bool) -> None:
        self.world.decide(which, agree=agree)

    @rule(minutes=st.sampled_from(MOMENTS), skew=st.sampled_from([0, 0, 0, -120, 120, -3600]))
    def tick(self, minutes: int, skew: int) -> None:
        self.world.now += timedelta(minutes=minutes)
        self.world.tick(timedelta(seconds=skew))

    @rule(minutes=st.sampled_from(MOMENTS), trouble=st.sampled_from(world.TROUBLES))
    def tick_in_trouble(self, minutes: int, trouble: str) -> None:
        self.world.now += timedelta(minutes=minutes)
        self.world.tick(trouble=trouble)

    @rule(which=ONE_OF, score=SCORES, resolved=SOLVED)
    @precondition(lambda self: self.world.links())
    def answer(self, which: int, score: int, resolved: bool) -> None:
        self.world.look(which)
        self.world.answer(which, score, resolved=resolved)

    @rule(agent=st.integers(0, 1))
    @precondition(lambda self: "ready" in self.world.seen)
    def pull(self, agent: int) -> None:
        self.world.pull(agent)

    @rule(agent=st.integers(0, 1), code=st.sampled_from(Code), score=SCORES, resolved=SOLVED)
    @precondition(lambda self: "in hand" in self.world.seen)
    def end_call(self, agent: int, code: Code, score: int, resolved: bool) -> None:
        if code in world.CODES:
            self.world.end_call(agent, code)
        else:
            self.world.complete(agent, score, resolved=resolved)

    @rule(
        agent=st.integers(0, 1),
        code=st.sampled_from([*world.CODES, Code.COMPLETE, Code.COMPLETE]),
        score=SCORES,
        minutes=st.sampled_from([0, 1, 4, 6]),
    )
    @precondition(lambda self: "ready" in self.world.seen)
    def call_and_think_better(self, agent: int, code: Code, score: int, minutes: int) -> None:
        self.pull(agent)
        self.end_call(agent, code, score, resolved=True)
        self.world.check()
        self.undo(agent, minutes, ticks=True)

    @rule(which=ONE_OF, minutes=st.sampled_from([0, 0, 1, 4, 6]), ticks=st.booleans())
    @precondition(lambda self: "undoable" in self.world.seen)
    def undo(self, which: int, minutes: int, ticks: bool) -> None:
        self.world.now += timedelta(minutes=minutes)
        if ticks:
            self.world.tick()
        self.world.undo(which)

    @rule(what=st.sampled_from(RARE), which=ONE_OF)
    def rarely(self, what: str, which: int) -> None:
        getattr(self.world, what)(which)

    @invariant()
    def holds(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        self.world.come_to_rest()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_whatever_happens_the_loop_keeps_its_promises(
    app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(app, database)

    def make() -> world.World:
        made = world.World(stage)
        monkeypatch.setattr(clock, "now", lambda: made.now)
        monkeypatch.setattr(outbox, "senders_for", lambda _settings: dict.fromkeys(world.CHANNELS, made))
        return made

    machine = type("Played", (Loop,), {"make": staticmethod(make)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES or size(50, long=120),
            derandomize=not EXAMPLES,
            stateful_step_count=20,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
