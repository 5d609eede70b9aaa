"""The demo that a visitor walks: at any hour, with something on every desk."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.db import Database
from core.periods import parse_period
from core.settings import Settings
from followup.callbacks import pausing, taking
from followup.callbacks.models import Skip
from followup.callbacks.policy import queue_reason
from followup.cases import actions, repeats
from followup.cases.categories import paths
from followup.cases.models import CaseLink
from followup.corrections.models import Correction
from followup.demo import around_the_clock, fill
from followup.jobs import tick
from followup.models import Callback, Case, FollowUp
from followup.quality.models import CallReview
from followup.quality.spotting import spotted

NIGHT = datetime(2026, 11, 21, 21, 4, tzinfo=UTC)  # Sunday, 05:04 in Shanghai


@pytest.fixture
def demo(migrated_settings: Settings) -> Iterator[Database]:
    """A small demo, filled on a Sunday before dawn."""
    database = Database(around_the_clock(migrated_settings))
    fill(database, now=NIGHT, small=True)
    yield database
    database.dispose()


def test_a_closed_case_is_asked_about_at_the_next_tick_even_at_night(demo: Database) -> None:
    with demo.begin() as session:
        case = session.scalars(select(Case).where(Case.state == "in_progress").order_by(Case.id)).first()
        assert case is not None
        actions.close(
            session,
            case,
            result="阀门已更换",
            close_reason="solved",
            actor="officer",
            actor_id=None,
            now=NIGHT,
        )
        number = case.id
    tick(demo, now=NIGHT + timedelta(seconds=30))
    with demo.read() as session:
        assert session.scalars(select(FollowUp.state).where(FollowUp.case_id == number)).all() == ["sent"]


def test_the_demo_fills_in_the_hours_of_an_office_that_is_closed(migrated_settings: Settings) -> None:
    """The first start does not know yet that this will be a demo: it fills with the usual hours."""
    database = Database(migrated_settings)
    assert fill(database, now=datetime(2026, 11, 22, 9, 38, tzinfo=UTC), small=True)["cases"]
    database.dispose()


def test_every_desk_has_something_to_do(demo: Database) -> None:
    with demo.read() as session:
        cases = session.scalars(select(Case)).all()
        states = [case.state for case in cases]
        assert (states.count("registered"), states.count("close_review")) == (2, 1)
        late = [c for c in cases if c.state == "in_progress" and c.due_at and c.due_at < NIGHT]
        assert len(late) == 1
        # Cases stand in the tree, and some come back.
        assert set(session.scalars(select(Case.category).distinct())) <= set(paths(session))
        again = session.scalars(select(CaseLink.case_id).where(CaseLink.kind == "repeat")).all()
        times = [times_of(session, case_id) for case_id in again]
        assert 2 <= len(again) <= 20
        assert max(times) == 3


def times_of(session: Session, case_id: int) -> int:
    matter = repeats.matter_of(session, session.get_one(Case, case_id))
    return len(repeats.earlier_than(session, matter)) + 1


def test_the_callback_desk_has_work_in_every_room(demo: Database) -> None:
    """Each reason of the queue, promises, a question, numbers to check, a pause, calls to look at."""
    tick(demo, now=NIGHT)
    with demo.read() as session:
        staff = {user.name: user.id for user in session.scalars(select(User).where(User.role == "agent"))}
        assert len(staff) == 3
        agent = staff["agent"]
        ids = [i for part in taking.most_urgent_first(session, agent, NIGHT) for i in session.scalars(part)]
        ready = [session.get_one(Callback, i) for i in ids]
        midnight = taking.end_of_day(session, NIGHT)
        why = [queue_reason(c.priority, c.deadline, c.attempts, end_of_day=midnight) for c in ready]
        assert set(why) == {"appointment", "recovery", "unhappy", "serious", "due_today", "retry", "oldest"}
        assert ready[0].agent_id == agent  # the promise of this very agent comes first
        promised = session.scalars(select(Callback.ready_at).where(Callback.state == "appointed")).all()
        assert any(NIGHT < at <= NIGHT + timedelta(hours=1) for at in promised)
        assert session.scalars(select(Callback).where(Callback.state == "held")).all()
        wrong = set(session.scalars(select(Correction.kind).where(Correction.state == "open")))
        assert wrong == {"wrong", "dead"}
        assert pausing.current(session, staff["agent3"]) is not None
        assert {skip.agent_id for skip in session.scalars(select(Skip))} == {staff["agent2"]}
        november = parse_period("2026-11")
        assert any(session.execute(spotted(session, s, november)).all() for s in ("short", "no_dial"))
        assert "waiting" in session.scalars(select(CallReview.state)).all()
