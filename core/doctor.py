"""What ``huifang doctor`` looks at. Each finding is a sentence that says how to mend what is wrong."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from core import health, schema
from core.calendar import is_published, load_calendar
from core.db import Database, is_alive
from core.errors import HuifangError
from core.findings import BAD, OK, WARN, Finding
from core.heartbeats import clocks_apart, last_beat, stuck_since
from core.outbox import queries as outbox
from core.outbox.examining import look_at_channels, look_at_servers
from core.settings import Settings

__all__ = ["BAD", "OK", "WARN", "Finding", "examine", "has_wal_fix", "of_error"]

FIXED_IN = (3, 51, 3)  # the WAL-reset race; also mended in the branches below
BACKPORTS: dict[tuple[int, ...], int] = {(3, 44): 6, (3, 50): 7}
FREE_BYTES = 500 * 1024 * 1024


def examine(database: Database, *, now: datetime) -> list[Finding]:
    """Look at everything below the analysis; what needs a working database is left out without one."""
    settings = database.settings
    findings = [_settings(settings), _disk(settings)]
    if settings.is_sqlite:
        findings.append(_sqlite())
    try:
        is_alive(database)
        if settings.is_sqlite:
            schema.make_ready(database)
        current = schema.is_current(database)
    except SQLAlchemyError as error:
        cause = type(getattr(error, "orig", None) or error).__name__
        return [*findings, Finding("database", BAD, f"{_where(settings)} does not answer ({cause}).")]
    findings.append(Finding("database", OK, f"{_where(settings)} answers."))
    if not current:
        words = "The schema is not the one of this program; run: huifang db upgrade"
        return [*findings, Finding("schema", BAD, words)]
    findings.append(Finding("schema", OK, "The schema is the one of this program."))
    return [*findings, *_contents(database, now), *look_at_servers(settings)]


def has_wal_fix(version: tuple[int, ...]) -> bool:
    """Tell whether an SQLite release has the fix of the WAL-reset race."""
    backport = BACKPORTS.get(version[:2])
    return version >= FIXED_IN or (backport is not None and version[2] >= backport)


def _contents(database: Database, now: datetime) -> Iterator[Finding]:
    with database.read() as session:
        calendar = load_calendar(session)
        year = now.astimezone(database.settings.zone).year
        known = {y: is_published(calendar.country, y) or y in calendar.declared for y in (year, year + 1)}
        yield from (_calendar(y, is_known, y == year, now) for y, is_known in known.items())
        yield _scheduler(last_beat(session), now, database.settings.tick_seconds)
        yield _clocks(clocks_apart(session, now))
        yield _lag(health.lags(session, now), now, database.settings.lag_minutes)
        yield from _stuck(stuck_since(session, now), now, database.settings.lag_minutes)
        yield _outbox(outbox.counts(session), health.is_overdue(session, now))
        yield from look_at_channels(session, now)


def _settings(settings: Settings) -> Finding:
    local = settings.public_url.startswith(("http://localhost", "http://127.0.0.1", "http://[::1]"))
    if not settings.https and not local:
        words = f"HUIFANG_PUBLIC_URL is {settings.public_url}: links in messages should begin with https://."
        return Finding("settings", WARN, words)
    return Finding("settings", OK, f"The settings are in order; links begin with {settings.public_url}.")


def _disk(settings: Settings) -> Finding:
    folder = settings.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    state = OK if free >= FREE_BYTES else WARN
    return Finding("disk", state, f"{free // (1024 * 1024)} MB are free in {folder}.")


def _sqlite() -> Finding:
    from pysqlite3 import dbapi2  # noqa: PLC0415 # only where the database is SQLite

    version = dbapi2.sqlite_version
    if has_wal_fix(tuple(dbapi2.sqlite_version_info)):
        return Finding("sqlite", OK, f"SQLite {version} has the fix of the WAL-reset race.")
    words = f"SQLite {version} can damage its database (WAL-reset race); install pysqlite3 0.6.1 or later."
    return Finding("sqlite", BAD, words)


def _calendar(year: int, is_known: bool, is_present: bool, now: datetime) -> Finding:
    name = f"calendar {year}"
    if is_known:
        return Finding(name, OK, f"The days off and the make-up workdays of {year} are known.")
    late = is_present or (now.month, now.day) >= (12, 15)
    words = f"The days off of {year} are not known; take them over with: huifang calendar import FILE"
    return Finding(name, BAD if late else WARN, words)


def _scheduler(beat: datetime | None, now: datetime, tick_seconds: int) -> Finding:
    if beat is None:
        return Finding("scheduler", WARN, "No scheduler has run yet; start: huifang serve")
    if health.is_silent(beat, now, tick_seconds):
        words = f"No scheduler has ticked since {beat:%Y-%m-%d %H:%M} UTC; start: huifang scheduler"
        return Finding("scheduler", BAD, words)
    return Finding(
        "scheduler", OK, f"The last round ended {max(int((now - beat).total_seconds()), 0)} s ago."
    )


def _clocks(apart: timedelta) -> Finding:
    if not apart:
        return Finding("clock", OK, "The clocks of the schedulers and of the database agree.")
    words = f"Clocks differ by {int(apart.total_seconds())} s; let a time service set those of all machines."
    return Finding("clock", BAD, words)


def _lag(waiting: Sequence[health.Lag], now: datetime, lag_minutes: int) -> Finding:
    if not waiting:
        return Finding("lag", OK, "Nothing that is due waits.")
    late = [lag for lag in waiting if health.is_late(lag, now, lag_minutes)]
    oldest = (late or waiting)[0]
    minutes, rows = int((now - oldest.oldest).total_seconds()) // 60, sum(lag.waiting for lag in waiting)
    words = f"{rows} rows are due, the oldest of the job {oldest.job!r} for {minutes} min"
    if late:
        return Finding("lag", WARN, f"{words}; the page /admin/scheduler says what fails.")
    return Finding("lag", OK, f"{words}.")


def _stuck(since: Mapping[str, datetime], now: datetime, lag_minutes: int) -> Iterator[Finding]:
    for job, at in since.items():
        if now - at > timedelta(minutes=lag_minutes):
            words = f"Nothing that is due has moved since {at:%Y-%m-%d %H:%M} UTC; read the scheduler's log."
            yield Finding(f"job {job}", BAD, words)


def _outbox(counts: dict[str, int], is_overdue: bool) -> Finding:
    words = ", ".join(f"{n} {state}" for state, n in counts.items())
    if is_overdue:
        return Finding("outbox", BAD, f"Messages have been due for hours: {words}.")
    if counts["uncertain"] or counts["failed"]:
        return Finding("outbox", WARN, f"Messages wait for a decision on the outbox page: {words}.")
    return Finding("outbox", OK, f"Messages: {words}.")


def _where(settings: Settings) -> str:
    url = make_url(settings.database_url)
    if settings.is_sqlite:
        return f"The SQLite database {url.database}"
    return f"The PostgreSQL database {url.database} at {url.host or 'the local socket'}"


def of_error(name: str, error: HuifangError) -> Finding:
    """Return the finding for something that could not even be tried."""
    return Finding(name, BAD, str(error))
