"""Who ticks is seen: signs of life, counts, failures, and clocks that differ."""

from datetime import datetime, timedelta

import pytest

from core import health, heartbeats, rounds, stopping
from core.db import Database
from core.doctor import BAD, OK, examine
from core.errors import InputError
from core.heartbeats import Round, beat
from core.rounds import Failure


def doctor(database: Database, now: datetime) -> dict[str, str]:
    """The state of each finding."""
    return {f.name: f.state for f in examine(database, now=now)}


def test_a_process_sums_up_what_it_did_since_it_started(database: Database, now: datetime) -> None:
    with database.begin() as session:
        done = {"send": {"invited": 3}, "lock": {}}
        beat(session, "a", started_at=now, now=now, made=Round(0.5, done))
        more = {"send": {"invited": 2, "skipped": 1}, "lock": {"locked": 4}}
        beat(session, "a", started_at=now, now=now + timedelta(seconds=30), made=Round(1.5, more))
    with database.read() as session:
        (row,) = heartbeats.processes(session)
        assert (row.started_at, row.beat_at) == (now, now + timedelta(seconds=30))
        assert row.round_seconds == 1.5
        assert row.jobs["done"] == {"send": {"invited": 5, "skipped": 1}, "lock": {"locked": 4}}


def test_the_last_of_several_processes_counts_and_old_ones_are_forgotten(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        beat(session, "old", started_at=now, now=now - timedelta(hours=25))
        beat(session, "a", started_at=now, now=now - timedelta(hours=3))
        beat(session, "b", started_at=now, now=now)
    with database.read() as session:
        assert [row.name for row in heartbeats.processes(session)] == ["b", "a"]
        assert heartbeats.last_beat(session) == now
    assert health.broken_parts(database, now=now + timedelta(minutes=1)) == []


def test_what_failed_is_kept_with_its_reason_and_nothing_of_its_content(
    database: Database, now: datetime
) -> None:
    def step(_session: object, row_id: int, _now: datetime) -> str | None:
        if row_id == 1:
            raise InputError("the number 13812345678 is no number")
        if row_id == 2:
            raise ValueError("王小明 wrote this")
        return "done"

    with rounds.noted_failures() as failures:
        assert rounds.each(database, step, None, [1, 2, 3], now) == {"failed": 2, "done": 1}
    with database.begin() as session:
        beat(session, "a", started_at=now, now=now, made=Round(failures=failures))
        beat(session, "b", started_at=now, now=now, made=Round())
    with database.read() as session:
        found = heartbeats.recent_failures(session)
    assert {(f.job, f.row, f.reason, f.at) for f in found} == {
        ("step", 1, "InputError: the number *** is no number", now),
        ("step", 2, "ValueError", now),
    }


def test_only_the_latest_failures_are_kept(database: Database, now: datetime) -> None:
    failures = [Failure("send", n, "ValueError", now + timedelta(seconds=n)) for n in range(30)]
    with database.begin() as session:
        beat(session, "a", started_at=now, now=now, made=Round(failures=failures))
    with database.read() as session:
        assert [f.row for f in heartbeats.recent_failures(session)] == list(range(29, 9, -1))


def test_a_beat_from_the_future_is_noticed_until_the_process_is_struck_off(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        beat(session, "right", started_at=now, now=now)
        beat(session, "ahead", started_at=now, now=now + timedelta(minutes=30))
    assert health.broken_parts(database, now=now) == ["clock"]
    assert doctor(database, now)["clock"] == BAD
    with database.begin() as session:
        assert heartbeats.forget(session, "ahead")
    assert health.broken_parts(database, now=now) == []
    assert doctor(database, now)["clock"] == OK


@pytest.mark.parametrize(("skew", "broken"), [(59.0, []), (61.0, ["clock"]), (-61.0, ["clock"])])
def test_a_process_more_than_a_minute_off_the_database_is_an_alarm(
    database: Database, now: datetime, skew: float, broken: list[str]
) -> None:
    with database.begin() as session:
        beat(session, "a", started_at=now, now=now, made=Round(skew=skew))
    assert health.broken_parts(database, now=now + timedelta(seconds=30)) == broken


def test_the_database_has_a_clock_only_where_it_is_a_server(database: Database) -> None:
    with database.read() as session:
        found = heartbeats.database_time(session)
    assert (found is None) == database.settings.is_sqlite


def test_a_round_ends_at_the_row_in_hand_when_it_is_asked_to_stop(database: Database, now: datetime) -> None:
    def step(_session: object, row_id: int, _now: datetime) -> str | None:
        if row_id == 2:
            stopping.requested.set()
        return "done"

    try:
        assert rounds.each(database, step, None, [1, 2, 3, 4], now) == {"done": 2}
    finally:
        stopping.requested.clear()


def test_a_long_round_gives_signs_of_life(database: Database, now: datetime) -> None:
    pulses: list[int] = []

    def step(_session: object, row_id: int, _now: datetime) -> str | None:
        return "done"

    with rounds.noted_failures(lambda: pulses.append(1)):
        rounds.each(database, step, None, [1, 2, 3], now)
    rounds.each(database, step, None, [4], now)
    assert len(pulses) == 3


def test_a_sign_of_life_keeps_what_was_counted(database: Database, now: datetime) -> None:
    with database.begin() as session:
        beat(session, "a", started_at=now, now=now, made=Round(2.0, {"send": {"invited": 3}}))
        heartbeats.touch(session, "a", started_at=now, now=now + timedelta(minutes=3))
        heartbeats.touch(session, "b", started_at=now, now=now + timedelta(minutes=4))
    with database.read() as session:
        second, first = heartbeats.processes(session)
    assert (first.beat_at, first.round_seconds) == (now + timedelta(minutes=3), 2.0)
    assert first.jobs["done"] == {"send": {"invited": 3}}
    assert second.name == "b"
