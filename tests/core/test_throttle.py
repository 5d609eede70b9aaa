"""Counting tries while somebody signs in: the two never wait for each other for ever."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.auth import throttle
from core.auth.models import LoginFailure
from core.db import Database
from followup import jobs


def test_a_sign_in_and_a_try_at_the_same_moment_do_not_block_each_other(
    database: Database, now: datetime
) -> None:
    def signs_in() -> None:
        with database.begin() as session:
            throttle.give_back(session, "anna", "192.0.2.1", now=now)

    with database.begin() as session:
        assert throttle.take_turn(session, "anna", "192.0.2.1", now=now) is None
    with ThreadPoolExecutor(1) as pool:
        with database.begin() as session:
            assert throttle.take_turn(session, "amir", "192.0.2.1", now=now) is None
            signing_in = pool.submit(signs_in)
            time.sleep(0.3)
            assert throttle.take_turn(session, "anna", "192.0.2.1", now=now) is None
        signing_in.result()


def test_old_tries_are_forgotten_and_waits_that_run_are_not(database: Database, now: datetime) -> None:
    long_ago = now - throttle.FORGET_AFTER - timedelta(hours=1)
    with database.begin() as session:
        for n in range(5):
            throttle.count_try(session, "progress", f"20261118-{n:04d}", 5, now=long_ago)
        for _guess in range(7):
            throttle.take_turn(session, "anna", "192.0.2.1", now=now)
    assert throttle.forget_old(database, now=now) == {"forgotten": 5}
    assert throttle.forget_old(database, now=now) == {}
    with database.begin() as session:
        assert session.scalar(select(func.count()).select_from(LoginFailure)) == 2
        assert throttle.take_turn(session, "anna", "192.0.2.1", now=now) is not None


def test_the_tick_forgets_old_tries(database: Database, now: datetime) -> None:
    with database.begin() as session:
        throttle.count_try(session, "progress", "20261118-0001", 5, now=now - timedelta(days=2))
    assert jobs.tick(database, now=now)["tries"] == {"forgotten": 1}


def test_a_clock_that_is_set_back_holds_nobody_up_for_long(database: Database, now: datetime) -> None:
    with database.begin() as session:
        for _guess in range(throttle.FREE_PER_ACCOUNT):
            throttle.take_turn(session, "anna", "192.0.2.1", now=now + timedelta(days=300))
        wait = throttle.take_turn(session, "anna", "192.0.2.1", now=now)
        assert wait is None or wait <= throttle.LONGEST_WAIT
