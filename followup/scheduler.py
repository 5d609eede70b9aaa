"""The clock that ticks. Due work is rows; this only asks every few seconds what is due.

Any number of schedulers at once are harmless, because each row is claimed. Nothing here runs inside
``create_app``: a web process ticks only when ``huifang serve`` says so.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from apscheduler.job import Job
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from core import clock, health, heartbeats, stopping
from core.db import Database
from core.rounds import WHOLE, noted_failures
from core.serving import stop_on_signals
from core.settings import Settings
from followup import jobs

log = logging.getLogger("huifang.scheduler")

JOB_DEFAULTS = {
    "coalesce": True,  # after a pause one round, not one for each that was missed
    "max_instances": 1,
    "misfire_grace_time": None,  # late is better than never; the default drops what is a second late
}
PULSE = 10.0  # seconds between two signs of life in a long round
STOP_WITHIN = 25.0  # seconds; service managers kill after thirty


class SteadyStore(MemoryJobStore):
    """Keeps ticking when the clock is set back: a job would wait until the clock has caught up again."""

    def __init__(self, tick: timedelta) -> None:
        super().__init__()
        self._tick = tick

    def get_due_jobs(self, now: datetime) -> list[Job]:
        """Return what is due; what lies further ahead than one tick is due now."""
        for job in self.get_all_jobs():
            if job.next_run_time is not None and job.next_run_time - now > 2 * self._tick:
                log.warning("the clock was set back by about %s", job.next_run_time - now)
                job.modify(next_run_time=now)
        due: list[Job] = super().get_due_jobs(now)
        return due


class SteadyScheduler(BackgroundScheduler):
    """Looks at its jobs at least once a tick, by a clock that nobody sets."""

    def __init__(self, tick: timedelta) -> None:
        stores = {"default": SteadyStore(tick)}
        super().__init__(timezone=UTC, job_defaults=JOB_DEFAULTS, jobstores=stores)
        self._tick = tick

    def _process_jobs(self) -> float:
        """Do not sleep until a moment that a clock set back meanwhile made far away."""
        wait: float | None = super()._process_jobs()
        seconds = self._tick.total_seconds()
        return seconds if wait is None else min(wait, seconds)


def start(database: Database, settings: Settings) -> BackgroundScheduler:
    """Start ticking in a thread of this process, the first time at once."""
    began = clock.now()
    return ticking(partial(tick_once, database, began=began), timedelta(seconds=settings.tick_seconds), began)


def ticking(work: Callable[[], object], tick: timedelta, first: datetime) -> BackgroundScheduler:
    """Start doing ``work`` at ``first`` and then once a tick."""
    scheduler = SteadyScheduler(tick)
    scheduler.add_job(
        work,
        "interval",
        name="tick",
        seconds=tick.total_seconds(),
        id="tick",
        replace_existing=True,
        next_run_time=first,
    )
    scheduler.start()
    return scheduler


def tick_once(database: Database, *, began: datetime | None = None) -> dict[str, dict[str, int]]:
    """Do one round, and remember that it was finished and what failed in it."""
    if stopping.requested.is_set():
        return {}
    now, zero = clock.now(), time.monotonic()
    began = began or now
    with noted_failures(_Pulse(database, began)) as failures:
        done = jobs.tick(database, now=now)
    seconds = round(time.monotonic() - zero, 3)
    with database.begin() as session:
        waiting = health.lags(session, now)
        stuck = [lag.job for lag in waiting if lag.judged and not done.get(lag.job)]
        stuck += [failure.job for failure in failures if failure.row == WHOLE]
        skew = _skew(heartbeats.database_time(session))
        made = heartbeats.Round(seconds, done, failures, skew, stuck)
        name = heartbeats.process_name(began)
        heartbeats.beat(session, name, started_at=began, now=clock.now(), made=made)
    changed = {name: counts for name, counts in done.items() if counts}
    if changed:
        log.info("tick", extra={"jobs": changed, "seconds": seconds})
    return done


class _Pulse:
    """Gives a sign of life every few seconds of a long round, such as one that catches up."""

    def __init__(self, database: Database, began: datetime) -> None:
        self._database = database
        self._began = began
        self._last = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._last < PULSE:
            return
        self._last, name = time.monotonic(), heartbeats.process_name(self._began)
        with self._database.begin() as session:
            heartbeats.touch(session, name, started_at=self._began, now=clock.now())


def _skew(database_now: datetime | None) -> float:
    """Return by how many seconds this process's clock is ahead of the database's."""
    return (clock.now() - database_now).total_seconds() if database_now else 0.0


def run_forever(database: Database, settings: Settings) -> None:
    """Tick until SIGTERM or SIGINT; the round that runs finishes what it has begun."""
    stop_on_signals()
    scheduler = start(database, settings)
    try:
        stopping.requested.wait()
    except SystemExit:
        log.info("the scheduler stops after what it has begun")
    finally:
        stop(scheduler)


def stop(scheduler: BackgroundScheduler, within: float = STOP_WITHIN, leave: Any = os._exit) -> None:
    """Wait for the row in hand, but not forever: what a server holds up is left behind.

    A message that was being handed over then is parked as "may have been sent", as after a crash.
    """
    waiting = threading.Thread(target=scheduler.shutdown, kwargs={"wait": True}, daemon=True)
    waiting.start()
    waiting.join(within)
    if waiting.is_alive():
        log.warning("a round did not end within %s s and is left behind", within)
        logging.shutdown()
        leave(0)  # a plain exit would wait for the thread that hangs
