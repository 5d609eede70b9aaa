"""The clock that ticks: its signs of life, what waits, clocks that are set back, stopping, its page."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import clock, health, heartbeats
from core.calendar import Calendar
from core.db import Database
from core.doctor import BAD, OK, WARN, examine
from core.heartbeats import Round, beat
from core.rounds import Failure
from followup import scheduler
from followup.jobs import tick
from followup.lags import due_by_job
from followup.models import FollowUp
from followup.views_scheduler import JOB_NAMES
from tests.followup import factories as make


def due_follow_up(database: Database, now: datetime) -> None:
    """A closed case whose question is due."""
    with database.begin() as session:
        make.new_rule(session, now=now)
        make.closed_case(session, now=now)


def test_each_round_leaves_a_sign_of_life_with_what_it_did(database: Database, now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        due_follow_up(database, now)
        assert scheduler.tick_once(database)["send"] == {"invited": 1}
    with database.read() as session:
        (row,) = heartbeats.processes(session)
    assert row.beat_at == now
    assert row.jobs["done"]["send"] == {"invited": 1}
    assert row.name.count(":") == 2


def test_a_round_that_catches_up_beats_between_its_rows(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "PULSE", 0.0)
    due_follow_up(database, now)
    beats: list[datetime] = []
    touch = heartbeats.touch

    def noted(session: Session, name: str, *, started_at: datetime, now: datetime) -> None:
        beats.append(now)
        touch(session, name, started_at=started_at, now=now)

    monkeypatch.setattr(heartbeats, "touch", noted)
    with time_machine.travel(now, tick=False):
        scheduler.tick_once(database)
    assert beats
    assert set(beats) == {now}


def test_a_row_that_fails_is_named_and_the_others_go_on(database: Database, now: datetime) -> None:
    due_follow_up(database, now)
    with database.begin() as session:
        broken = make.closed_case(session, now=now)
        wanted = update(FollowUp).where(FollowUp.case_id == broken.id).values(handler_name="x" * 80)
        session.execute(wanted)
        session.execute(update(type(broken)).where(type(broken).id == broken.id).values(kind="praise"))
        broken_id = session.scalars(select(FollowUp.id).where(FollowUp.case_id == broken.id)).one()
        contact = make.new_contact(session, now=now)
        contact.name_sealed = b"not sealed by us"
        session.execute(update(FollowUp).where(FollowUp.id == broken_id).values(contact_id=contact.id))
    with time_machine.travel(now, tick=False):
        assert scheduler.tick_once(database)["send"] == {"invited": 1, "failed": 1}
    with database.read() as session:
        (failure,) = heartbeats.recent_failures(session)
    assert (failure.job, failure.row) == ("send", broken_id)


def test_what_is_due_and_waits_is_counted_with_its_age(database: Database, now: datetime) -> None:
    due_follow_up(database, now)
    late = now + timedelta(minutes=90)
    with database.read() as session:
        assert due_by_job(session, now - timedelta(seconds=1)) == []
        (lag,) = due_by_job(session, late)
    assert (lag.job, lag.waiting, lag.oldest) == ("send", 1, now)
    assert {f.name: f.state for f in examine(database, now=late)}["lag"] == WARN
    tick(database, now=late)
    assert {f.name: f.state for f in examine(database, now=late)}["lag"] == OK


def test_a_job_that_moves_nothing_of_what_is_due_is_named(database: Database, now: datetime) -> None:
    """Old closings that come in by a file are late at once; that is no fault while they are worked off."""

    def beats(at: datetime, *stuck: str, name: str = "a") -> None:
        with database.begin() as session:
            beat(session, name, started_at=now, now=at, made=Round(stuck=stuck))

    due_follow_up(database, now - timedelta(days=3))
    assert health.broken_parts(database, now=now) == []
    for minutes in range(0, 62, 2):
        beats(now + timedelta(minutes=minutes), "send")
        assert health.broken_parts(database, now=now + timedelta(minutes=minutes)) == []
    late = now + timedelta(minutes=62)
    beats(late, "send")
    assert health.broken_parts(database, now=late) == ["lag"]
    assert {f.name: f.state for f in examine(database, now=late)}["job send"] == BAD
    beats(late, name="another")  # this one moved something
    assert health.broken_parts(database, now=late) == []
    beats(late, "send", name="another")
    assert health.broken_parts(database, now=late) == []  # since just now


def test_a_round_says_in_which_jobs_nothing_moved(database: Database, now: datetime) -> None:
    due_follow_up(database, now)
    with time_machine.travel(now, tick=False):
        scheduler.tick_once(database)
    with database.read() as session:
        assert heartbeats.processes(session)[0].jobs["stuck"] == {}


def test_readyz_says_how_late_each_job_is(
    database: Database, client_for: Callable[[str], FlaskClient]
) -> None:
    moment = clock.now()
    due_follow_up(database, moment - timedelta(minutes=10))
    with database.begin() as session:
        beat(session, "a", started_at=moment, now=moment - timedelta(seconds=20))
    found = client_for("ada").get("/readyz").json
    assert found is not None
    assert found["status"] == "ok"
    assert 600 <= found["lag"]["send"] < 700
    assert 20 <= found["beat_age"] < 60


def test_a_clock_that_is_set_back_does_not_stop_the_ticking() -> None:
    """An hour back, and a plain scheduler would be silent for an hour."""
    rounds = threading.Semaphore(0)
    with time_machine.travel(datetime(2026, 11, 18, 2, 0, tzinfo=UTC)) as traveller:
        ticking = scheduler.ticking(rounds.release, timedelta(seconds=0.2), clock.now())
        assert rounds.acquire(timeout=5)
        for jump in (timedelta(hours=-1), timedelta(hours=5), timedelta(days=-2)):
            traveller.shift(jump)
            time.sleep(0.1)  # a round may have been under way
            while rounds.acquire(blocking=False):
                pass
            assert rounds.acquire(timeout=5)
        ticking.shutdown(wait=True)


def test_stopping_waits_for_the_round_but_not_forever() -> None:
    left: list[int] = []
    hanging, began = threading.Event(), threading.Event()

    def hang() -> None:
        began.set()
        hanging.wait(10)

    ticking = scheduler.ticking(hang, timedelta(minutes=1), clock.now())
    assert began.wait(5)
    scheduler.stop(ticking, within=0.1, leave=left.append)
    assert left == [0]
    hanging.set()
    quick = scheduler.ticking(began.set, timedelta(minutes=1), clock.now())
    scheduler.stop(quick, within=5, leave=left.append)
    assert left == [0]


@pytest.mark.parametrize(
    ("day", "expected"),
    [  # 09:30 in Berlin, on the days around the change to winter time and to summer time
        (datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 24, 7, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 25, 8, 30, tzinfo=UTC)),
        (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 28, 8, 30, tzinfo=UTC)),
        (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 29, 7, 30, tzinfo=UTC)),
    ],
)
def test_hours_follow_the_local_clock_through_summer_time(day: datetime, expected: datetime) -> None:
    berlin = Calendar("DE", ZoneInfo("Europe/Berlin"))
    assert berlin.next_open(day, "09:30-18:00", workdays_only=False) == expected


def test_the_page_shows_who_ticks_what_waits_and_what_failed(
    database: Database, client_for: Callable[[str], FlaskClient], csrf: Callable[[FlaskClient, str], str]
) -> None:
    moment = clock.now()
    ada = client_for("ada")
    assert "No scheduler has run yet" in ada.get("/admin/scheduler/?lang=en").text
    due_follow_up(database, moment - timedelta(minutes=100))
    with database.begin() as session:
        made = Round(0.25, {"send": {"invited": 7}}, [Failure("send", 42, "LookupError", moment)])
        beat(session, "web1:99:1", started_at=moment, now=moment - timedelta(hours=1), made=made)
        beat(session, "web2:98:1", started_at=moment, now=moment)
    text = ada.get("/admin/scheduler/?lang=en").text
    for words in ("web1", "web2", "LookupError", "Ask customers 7", "Late", "Silent"):
        assert words in text
    token = csrf(ada, "/admin/scheduler/")
    answer = ada.post("/admin/scheduler/forget", data={"csrf_token": token, "name": "web1:99:1"})
    assert answer.status_code == 303
    with database.read() as session:
        assert [row.name for row in heartbeats.processes(session)] == ["web2:98:1"]
    assert ada.post("/admin/scheduler/forget", data={"csrf_token": token, "name": "x"}).status_code == 404


def test_every_job_of_the_tick_has_a_name_for_people(database: Database, now: datetime) -> None:
    assert set(tick(database, now=now)) <= set(JOB_NAMES)


@pytest.mark.parametrize(("name", "status"), [("sven", 200), ("aldo", 200), ("anna", 403)])
def test_who_may_look_at_the_scheduler(
    client_for: Callable[[str], FlaskClient], name: str, status: int
) -> None:
    assert client_for(name).get("/admin/scheduler/").status_code == status
