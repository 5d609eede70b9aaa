"""Counting tries while somebody signs in: the two never wait for each other for ever."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from core.auth import throttle
from core.db import Database


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
