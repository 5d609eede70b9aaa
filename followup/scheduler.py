"""The clock that ticks. Due work is rows; this only asks every few seconds what is due.

Two schedulers at once are harmless, because each row is claimed. Nothing here runs inside ``create_app``:
a web process ticks only when ``huifang serve`` says so.
"""

import logging
import time
from datetime import UTC

from apscheduler.schedulers.background import BackgroundScheduler

from core import clock, health, stopping
from core.db import Database
from core.serving import stop_on_signals
from core.settings import Settings
from followup import jobs

log = logging.getLogger("huifang.scheduler")

JOB_DEFAULTS = {
    "coalesce": True,  # after a pause one round, not one for each that was missed
    "max_instances": 1,
    "misfire_grace_time": None,  # late is better than never; the default drops what is a second late
}


def start(database: Database, settings: Settings) -> BackgroundScheduler:
    """Start ticking in a thread of this process, the first time at once."""
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults=JOB_DEFAULTS)
    scheduler.add_job(
        tick_once,
        "interval",
        seconds=settings.tick_seconds,
        id="tick",
        replace_existing=True,
        next_run_time=clock.now(),
        args=[database],
    )
    scheduler.start()
    return scheduler


def tick_once(database: Database) -> dict[str, dict[str, int]]:
    """Do one round, and remember that it was finished."""
    if stopping.requested.is_set():
        return {}
    started = time.monotonic()
    done = jobs.tick(database, now=clock.now())
    with database.begin() as session:
        health.beat(session, clock.now())
    changed = {name: counts for name, counts in done.items() if counts}
    if changed:
        log.info("tick", extra={"jobs": changed, "seconds": round(time.monotonic() - started, 3)})
    return done


def run_forever(database: Database, settings: Settings) -> None:
    """Tick until SIGTERM or SIGINT; the round that runs is finished first."""
    stop_on_signals()
    scheduler = start(database, settings)
    try:
        stopping.requested.wait()
    except SystemExit:
        log.info("the scheduler stops after this round")
    finally:
        scheduler.shutdown(wait=True)
