"""Which processes tick, when each last did, and what failed in its rounds."""

import os
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, UtcTime
from core.rounds import Failure

GONE_AFTER = timedelta(days=1)  # a process that has been silent for so long is forgotten
LIVES = timedelta(minutes=10)  # who gave a sign within it is alive
MOST_FAILURES = 20
CLOCKS_DIFFER = timedelta(seconds=60)  # more than this between two clocks is an alarm

Counts = Mapping[str, Mapping[str, int]]  # job -> word -> how many rows


class Heartbeat(Base):
    """The last sign of life of one process that ticks, and what its last round took."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)  # host:pid:start
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    beat_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    round_seconds: Mapped[float] = mapped_column(default=0.0)
    jobs: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


@dataclass(frozen=True, slots=True)
class Round:
    """What a process says of one round; ``skew`` is its clock against the database's, in seconds.

    ``stuck`` are the jobs that have something due and moved nothing.
    """

    seconds: float = 0.0
    done: Counts = field(default_factory=dict)
    failures: Sequence[Failure] = ()
    skew: float = 0.0
    stuck: Sequence[str] = ()


def process_name(started_at: datetime) -> str:
    """Return the name of this process: host, process number, start."""
    host = socket.gethostname().partition(".")[0][:30]
    return f"{host}:{os.getpid()}:{started_at.timestamp():.0f}"


def beat(
    session: Session, name: str, *, started_at: datetime, now: datetime, made: Round | None = None
) -> None:
    """Remember that a process finished a round; those that fell silent long ago are forgotten."""
    made = made or Round()
    row = session.get(Heartbeat, name)
    if row is None:
        session.execute(delete(Heartbeat).where(Heartbeat.beat_at < now - GONE_AFTER))
        row = Heartbeat(name=name, started_at=started_at, beat_at=now, jobs={})
        session.add(row)
    before = row.jobs
    failed = [_kept(failure) for failure in reversed(made.failures)] + before.get("failed", [])
    row.beat_at, row.round_seconds = now, made.seconds
    row.jobs = {
        "done": _summed(before.get("done", {}), made.done),
        "failed": failed[:MOST_FAILURES],
        "skew": round(made.skew, 1),
        "stuck": {job: before.get("stuck", {}).get(job, now.isoformat()) for job in made.stuck},
    }


def touch(session: Session, name: str, *, started_at: datetime, now: datetime) -> None:
    """Give a sign of life in the middle of a long round."""
    row = session.get(Heartbeat, name)
    if row is None:
        beat(session, name, started_at=started_at, now=now)
    else:
        row.beat_at = now


def processes(session: Session) -> list[Heartbeat]:
    """Return the processes that ticked within a day, the liveliest first."""
    return list(session.scalars(select(Heartbeat).order_by(Heartbeat.beat_at.desc(), Heartbeat.name)))


def last_beat(session: Session) -> datetime | None:
    """Return when a process last finished a round."""
    return session.scalar(select(func.max(Heartbeat.beat_at)))


def recent_failures(session: Session) -> list[Failure]:
    """Return what failed lately in any process, the latest first."""
    found = [
        Failure(each["job"], each["row"], each["reason"], datetime.fromisoformat(each["at"]))
        for row in processes(session)
        for each in row.jobs.get("failed", [])
    ]
    return sorted(found, key=lambda failure: failure.at, reverse=True)[:MOST_FAILURES]


def clocks_apart(session: Session, now: datetime) -> timedelta:
    """Return by how much clocks differ: a process ahead of ``now``, or one that is off the database's time.

    Small differences are none.
    """
    worst = timedelta(0)
    for row in processes(session):
        ahead, skew = row.beat_at - now, timedelta(seconds=abs(row.jobs.get("skew", 0.0)))
        worst = max(worst, ahead, skew if _lives(row, now) else timedelta(0))
    return worst if worst > CLOCKS_DIFFER else timedelta(0)


def stuck_since(session: Session, now: datetime) -> dict[str, datetime]:
    """Return the jobs in which no living process moves what is due, and since when that has been so."""
    living = [row.jobs.get("stuck", {}) for row in processes(session) if _lives(row, now)]
    jobs = set.intersection(*map(set, living)) if living else set()
    return {job: max(datetime.fromisoformat(each[job]) for each in living) for job in sorted(jobs)}


def database_time(session: Session) -> datetime | None:
    """Return what the database's server takes for now; SQLite has no clock of its own."""
    if session.get_bind().dialect.name != "postgresql":
        return None
    found: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(UTC)


def forget(session: Session, name: str) -> bool:
    """Strike a process off the list, such as one whose clock was wrong."""
    row = session.get(Heartbeat, name)
    if row is not None:
        session.delete(row)
    return row is not None


def _lives(row: Heartbeat, now: datetime) -> bool:
    return now - row.beat_at < LIVES


def _kept(failure: Failure) -> dict[str, Any]:
    return asdict(failure) | {"at": failure.at.isoformat()}


def _summed(before: Counts, now: Counts) -> dict[str, dict[str, int]]:
    jobs = [*before, *(job for job in now if job not in before)]
    sums = {job: Counter(before.get(job, {})) + Counter(now.get(job, {})) for job in jobs}
    return {job: dict(counts) for job, counts in sums.items() if counts}
