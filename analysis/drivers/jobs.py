"""Keeping the moment table up to date: closed months only, a few in each round."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from itertools import islice
from typing import Any
from zlib import crc32

from sqlalchemy.orm import Session

from analysis.drivers import freshness
from analysis.periods import ONE_DAY
from analysis.recounting import closed_months
from core.db import Database
from core.rounds import each_prepared
from surveys.queries import load_version

AT_MOST = 6  # months of a version that one round adds up
Due = tuple[int, date]  # version, month


def keep_moments(database: Database, *, now: datetime) -> dict[str, int]:
    """Add up anew what was written since; what is not kept is added up when somebody looks."""
    with database.read() as session:
        today = now.astimezone(database.settings.zone).date()
        found = list(islice(due(session, today=today, now=now), AT_MOST))

    counts = Counter[str]()
    for place, (version_id, month) in enumerate(found):
        add_up = partial(_added_up, database, version_id, month)
        counts.update(each_prepared(database, add_up, keep_month, place, now))
    return dict(counts)


def keep_month(session: Session, rows: list[dict[str, Any]], _now: datetime) -> str | None:
    """Write what a month adds up to."""
    from analysis.drivers import moments  # noqa: PLC0415 # NumPy, and only where there is work

    return "kept" if moments.store(session, rows) else None


def _added_up(database: Database, version_id: int, month: date) -> list[dict[str, Any]]:
    from analysis.drivers import moments  # noqa: PLC0415 # see above

    with database.read() as session:
        return moments.rows_of(session, load_version(session, version_id), month)


def due(session: Session, *, today: date, now: datetime) -> Iterator[Due]:
    """Find months that are over and not up to date.

    Of the older months each round looks at one, drawn by the minute: an answer is seldom changed after a
    month, and looking at all of them would cost more than adding up the one.
    """
    months = list(closed_months(session, today))
    for month in [*months[:2], *_drawn(months[2:], now)]:
        kept = freshness.kept(session, month, month + ONE_DAY)
        states = freshness.written(session, month, month + ONE_DAY)
        for version_id in sorted({key[0] for key, state in states.items() if kept.get(key) != state}):
            yield version_id, month


def _drawn(months: list[date], now: datetime) -> list[date]:
    minute = int(now.timestamp() // 60)
    return [months[crc32(str(minute).encode()) % len(months)]] if months else []
