"""What has to work: the database, its schema, the scheduler, its clock, what is due, the outbox."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core import schema
from core.calendar import Calendar
from core.db import Database, is_alive, settings_of
from core.heartbeats import clocks_apart, last_beat, stuck_since
from core.outbox import queries as outbox

MISSED_TICKS = 6  # so many silent ticks in a row, and at least two minutes, mean that nobody ticks
LONGEST_OVERDUE = timedelta(hours=2)  # longer than the longest wait between two attempts


@dataclass(frozen=True, slots=True)
class Lag:
    """What one job has not done yet although it is due: how many rows, and since when the oldest.

    What is not ``judged`` is only shown: something else decides when it is done.
    """

    job: str
    waiting: int
    oldest: datetime
    judged: bool = True


Look = Callable[[Session, datetime], list[Lag]]
_looks: list[Look] = []


@dataclass(frozen=True, slots=True)
class Readiness:
    """What ``/readyz`` says: the broken parts, the age of the last round and of what waits in each job."""

    broken: list[str]
    figures: dict[str, Any] = field(default_factory=dict)


def watch(look: Look) -> None:
    """Let the jobs of a feature be watched: what is due longer than the settings allow is broken."""
    if look not in _looks:
        _looks.append(look)


def lags(session: Session, now: datetime) -> list[Lag]:
    """Return what is due in every job that is watched, the longest first."""
    found = [lag for look in _looks for lag in look(session, now)]
    return sorted(found, key=lambda lag: (lag.oldest, lag.job))


def is_late(lag: Lag, now: datetime, lag_minutes: int) -> bool:
    """Tell whether a job is further behind than the settings allow."""
    return lag.judged and now - lag.oldest > timedelta(minutes=lag_minutes)


def is_silent(beat_at: datetime | None, now: datetime, tick_seconds: int) -> bool:
    """Tell whether a scheduler that worked has gone quiet; one that never ran is no failure."""
    limit = max(timedelta(seconds=MISSED_TICKS * tick_seconds), timedelta(minutes=2))
    return beat_at is not None and now - beat_at > limit


def is_overdue(session: Session, now: datetime) -> bool:
    """Tell whether a message has waited longer than any retry explains.

    The night does not count, nor does a channel that works off its queue as fast as its pace allows, nor what
    another system has not taken yet: that is its trouble, and an import tells it much at once.
    """
    settings = settings_of(session)
    calendar, since = Calendar(settings.country, settings.zone), now - LONGEST_OVERDUE
    for moment in (now, since):
        if not calendar.is_open(moment, settings.message_hours, workdays_only=False):
            return False
    busy = outbox.channels_at_pace(session, now)
    return outbox.oldest_due(session, since, but=[*busy, "event"]) is not None


def resting_channels(database: Database, *, now: datetime) -> list[str]:
    """Return the channels whose server fails; what waits for them is sent later, so nothing is broken."""
    with database.read() as session:
        return [one.channel for one in outbox.troubled_channels(session, now) if one.phase != "closed"]


def broken_parts(database: Database, *, now: datetime) -> list[str]:
    """Return the names of the parts that do not work."""
    return readiness(database, now=now).broken


def readiness(database: Database, *, now: datetime) -> Readiness:
    """Look at every part."""
    try:
        is_alive(database)
        if not schema.is_current(database):
            return Readiness(["schema"])
        with database.read() as session:
            return _readiness(session, now)
    except SQLAlchemyError:
        return Readiness(["database"])


def _readiness(session: Session, now: datetime) -> Readiness:
    settings, beat_at, waiting = settings_of(session), last_beat(session), lags(session, now)
    limit = timedelta(minutes=settings.lag_minutes)  # what is late but moves is being caught up with
    parts = {
        "scheduler": is_silent(beat_at, now, settings.tick_seconds),
        "clock": bool(clocks_apart(session, now)),
        "lag": any(now - since > limit for since in stuck_since(session, now).values()),
        "outbox": is_overdue(session, now),
    }
    broken = [name for name, is_broken in parts.items() if is_broken]
    beat_age = int((now - beat_at).total_seconds()) if beat_at else None
    ages = {lag.job: int((now - lag.oldest).total_seconds()) for lag in waiting}
    return Readiness(broken, {"beat_age": beat_age, "lag": ages})
