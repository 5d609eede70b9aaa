"""What one job or a database that goes away does to the rest of a round."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core import clock, health, heartbeats
from core.db import Database
from followup import jobs, scheduler
from followup.models import FollowUp
from tests.followup import factories as make
from tests.followup.clocks.test_alerts import case_of, staffed


def test_a_job_that_fails_as_a_whole_does_not_stop_the_others(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member of staff whose address cannot be read any more: nobody is told, but customers are asked."""
    people = staffed(database, now)
    with database.begin() as session:
        case_of(session, now - timedelta(days=30), handler_id=people["han"])
        session.execute(text("UPDATE users SET email_sealed = :junk WHERE name = 'han'"), {"junk": b"junk"})
        make.new_rule(session, replace(make.ASK_ALL, channel="link"), now=now)
        make.closed_case(session, now=now)
    monkeypatch.setattr(clock, "now", lambda: now)
    done = scheduler.tick_once(database, began=now)
    assert (done["send"], done["clocks"]) == ({"invited": 1}, {"failed": 1})
    assert done["deliver"]  # further down in the round
    with database.read() as session:
        kept = heartbeats.recent_failures(session)
        assert [failure.job for failure in kept] == ["clocks"]
        assert list(heartbeats.stuck_since(session, now)) == ["clocks"]
    assert "lag" not in health.broken_parts(database, now=now)
    later = now + timedelta(minutes=database.settings.lag_minutes + 1)
    monkeypatch.setattr(clock, "now", lambda: later)
    scheduler.tick_once(database, began=now)
    assert "lag" in health.broken_parts(database, now=later)  # so somebody hears of it


@pytest.mark.postgres
def test_a_row_in_hand_when_the_database_goes_away_is_due_at_the_next_round(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.settings.database_url.startswith("sqlite"):
        pytest.skip("a file does not go away")
    with database.begin() as session:
        make.new_rule(session, now=now)
        for _n in range(2):
            make.closed_case(session, now=now)
    kill = "SELECT pg_terminate_backend(pg_backend_pid())"

    def cut_off(session: Session, follow_up_id: int, now: datetime) -> str | None:
        session.execute(text(kill))
        return None

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "send", cut_off)
        with pytest.raises(OperationalError):
            jobs.send_due(database, now=now)
    with database.read() as session:
        assert set(session.scalars(select(FollowUp.due_at))) == {now}
    assert jobs.send_due(database, now=now) == {"invited": 2}
