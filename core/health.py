"""What has to work: the database, its schema, the scheduler, the outbox."""

from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core import schema
from core.calendar import Calendar
from core.db import Database, is_alive, settings_of
from core.installation import recall, remember
from core.outbox import queries as outbox

HEARTBEAT = "scheduler:heartbeat"
MISSED_TICKS = 6  # so many silent ticks in a row, and at least two minutes, mean that nobody ticks
LONGEST_OVERDUE = timedelta(hours=2)  # longer than the longest wait between two attempts


def beat(session: Session, now: datetime) -> None:
    """Remember that a scheduler finished a round."""
    remember(session, HEARTBEAT, now.isoformat())


def last_beat(session: Session) -> datetime | None:
    """Return when a scheduler last finished a round."""
    text = recall(session, HEARTBEAT)
    return datetime.fromisoformat(text) if text else None


def is_silent(beat_at: datetime | None, now: datetime, tick_seconds: int) -> bool:
    """Tell whether a scheduler that worked has gone quiet; one that never ran is no failure."""
    limit = max(timedelta(seconds=MISSED_TICKS * tick_seconds), timedelta(minutes=2))
    return beat_at is not None and now - beat_at > limit


def is_overdue(session: Session, now: datetime) -> bool:
    """Tell whether a message has waited longer than any retry explains; the night does not count."""
    settings = settings_of(session)
    calendar, since = Calendar(settings.country, settings.zone), now - LONGEST_OVERDUE
    for moment in (now, since):
        if not calendar.is_open(moment, settings.message_hours, workdays_only=False):
            return False
    return outbox.oldest_due(session, since) is not None


def resting_channels(database: Database, *, now: datetime) -> list[str]:
    """Return the channels whose server fails; what waits for them is sent later, so nothing is broken."""
    with database.read() as session:
        return [one.channel for one in outbox.troubled_channels(session, now) if one.phase != "closed"]


def broken_parts(database: Database, *, now: datetime) -> list[str]:
    """Return the names of the parts that do not work."""
    try:
        is_alive(database)
        if not schema.is_current(database):
            return ["schema"]
        with database.read() as session:
            silent = is_silent(last_beat(session), now, database.settings.tick_seconds)
            overdue = is_overdue(session, now)
    except SQLAlchemyError:
        return ["database"]
    return [name for name, broken in (("scheduler", silent), ("outbox", overdue)) if broken]
