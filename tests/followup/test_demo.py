"""The demo that a visitor walks: at any hour, with something on every desk."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import Database
from core.settings import Settings
from followup.cases import actions, repeats
from followup.cases.categories import paths
from followup.cases.models import CaseLink
from followup.demo import around_the_clock, fill
from followup.jobs import tick
from followup.models import Case, FollowUp

NIGHT = datetime(2026, 11, 21, 21, 4, tzinfo=UTC)  # Sunday, 05:04 in Shanghai


@pytest.fixture
def demo(sqlite_settings: Settings, migrated_file: Path) -> Iterator[Database]:
    """A small demo, filled on a Sunday before dawn."""
    shutil.copyfile(migrated_file, sqlite_settings.data_dir / "huifang.db")
    database = Database(around_the_clock(sqlite_settings))
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
