"""Two processes of two hundred agents each take a thousand callbacks; one of them is killed on the way."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from bench.calls import fill_up_to
from core.auth.models import User
from core.auth.roles import Role
from core.db import Database
from core.settings import Settings
from core.transitions import Transition
from followup.callbacks.lifecycle import CALLBACKS, IN_HAND
from followup.jobs import release_leases
from followup.models import Attempt, Callback
from tests.chaos.house import ROOT, environment, wait_until

TASKS, PHONES, AGENTS = 1000, 850, 200
MORNING = datetime.fromisoformat("2026-11-18T10:00+08:00")


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_killed_agents_lose_nothing_and_no_phone_rings_in_two_hands(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    _stock(database)
    journal, later = tmp_path / "journal", MORNING + timedelta(minutes=16)
    with _working(settings, journal, {"east": MORNING, "west": MORNING}) as process:
        wait_until(lambda: _said(journal)["done"] >= TASKS // 4, "a quarter of the calls")
        os.kill(process["east"].pid, signal.SIGKILL)
        assert process["west"].wait(120) == 0
    with database.read() as session:
        left = session.scalars(select(User.name).join(Callback, Callback.agent_id == User.id)
                               .where(Callback.state.in_(IN_HAND))).all()  # fmt: skip
    assert left, "nobody was killed with a callback in hand"
    assert all(name.startswith("east") for name in left)
    release_leases(database, now=MORNING + timedelta(minutes=14))
    assert _in_hand(database) == len(left), "a lease holds for a quarter of an hour"
    release_leases(database, now=later)
    assert _in_hand(database) == 0
    with _working(settings, journal, {"west": later}) as process:
        assert process["west"].wait(120) == 0
    _judge(database, journal)


def _stock(database: Database) -> None:
    """Callbacks of which some ring at the same phone, and the agents of two houses."""
    fill_up_to(database, TASKS, MORNING)
    people = [
        User(name=f"{house}{n}", display_name=f"{house}{n}", role=Role.AGENT, password_hash="none",
             created_at=MORNING)
        for house in ("east", "west") for n in range(AGENTS)
    ]  # fmt: skip
    with database.begin() as session:
        session.add_all(people)
        phones = {
            row.id: row.phone_index for row in session.execute(select(Callback.id, Callback.phone_index))
        }
        for n in range(PHONES + 1, TASKS + 1):
            shared = update(Callback).where(Callback.id == n)
            session.execute(shared.values(phone_id=n - PHONES, phone_index=phones[n - PHONES]))


@contextmanager
def _working(
    settings: Settings, journal: Path, houses: dict[str, datetime]
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Start the agents of these houses, once; whatever happens, none is left running."""
    env = environment(settings)
    running = {
        name: subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.claimer", name, at.isoformat(), str(journal)],
            cwd=ROOT,
            env=env,
        )
        for name, at in houses.items()
    }
    try:
        yield running
    finally:
        for process in running.values():
            process.kill()
            process.wait(20)


def _said(journal: Path) -> Counter[str]:
    """What the processes have written down, by its first word."""
    lines = journal.read_text("utf-8").splitlines() if journal.exists() else []
    return Counter(line.partition(" ")[0] for line in lines)


def _in_hand(database: Database) -> int:
    with database.read() as session:
        held = select(func.count()).select_from(Callback).where(Callback.state.in_(IN_HAND))
        return session.scalar(held) or 0


def _judge(database: Database, journal: Path) -> None:
    """Every task was finished by one agent, each phone was in one hand, what was acknowledged is there."""
    lines = [line.split(" ", 2) for line in journal.read_text("utf-8").splitlines() if line != "ready"]
    assert [line for line in lines if line[0] == "wrong"] == []
    with database.read() as session:
        assert set(session.scalars(select(Callback.state))) == {"done"}
        ended = session.execute(
            select(Attempt.callback_id, User.name).join(User, User.id == Attempt.agent_id)
        ).all()
        steps = session.execute(
            select(Transition.event, Transition.subject_id, Transition.actor, Callback.phone_index)
            .join(Callback, Callback.id == Transition.subject_id)
            .where(Transition.machine == CALLBACKS.name)
            .order_by(Transition.id)
        ).all()
    assert len({callback_id for callback_id, _name in ended}) == len(ended) == TASKS
    assert {(int(n), who) for word, n, who in lines if word == "done"} <= {tuple(row) for row in ended}
    claims = {(row.subject_id, row.actor) for row in steps if row.event == "claim"}
    assert {(int(n), who) for word, n, who in lines if word == "took"} <= claims
    ringing: dict[bytes | None, int] = {}
    for event, callback_id, _actor, phone in steps:
        if event == "claim":
            assert phone not in ringing, "a phone was in two hands"
            ringing[phone] = callback_id
        elif event in {"finish", "release"}:
            assert ringing.pop(phone) == callback_id
    assert ringing == {}
