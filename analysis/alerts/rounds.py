"""Which closed periods have not been looked at, and looking at them.

A period is closed when it is over and its answers are final: they may be amended for some hours, and a
morning's head start is given to what is typed in late. What changes after that changes no alert.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.alerts import actions, finding, reading
from analysis.alerts.finding import Look
from analysis.alerts.models import AlertRound
from analysis.alerts.policy import MONTH, WEEK
from analysis.alerts.reading import REPLY_DAYS, week_of
from core.db import Database, settings_of
from core.periods import Period, parse_period, previous
from core.rounds import each_prepared
from core.settings import Settings

MORNING = timedelta(hours=6)  # after the answers are final: with 24 hours to amend, Tuesday at six
LOOKED_BACK = 2  # closed weeks that a round makes up for when nobody ticked


@dataclass(frozen=True, slots=True)
class Due:
    """One closed period to look at."""

    name: str
    period: Period
    grain: str
    replies: bool = False


def due(session: Session, now: datetime) -> list[Due]:
    """Return the closed periods that nobody looked at and in which something happened."""
    settings = settings_of(session)
    closed = list(_closed(settings, now))
    names = [one.name for one in closed]
    done = set(session.scalars(select(AlertRound.name).where(AlertRound.name.in_(names))))
    return [one for one in closed if one.name not in done and _happened(session, one.period)]


def watch(database: Database, *, now: datetime) -> dict[str, int]:
    """Look at each closed period once, and tell what was found once; two processes at once do no harm.

    One that cannot be looked at stops no other.
    """
    with database.read() as session:
        waiting = due(session, now)
    counts = Counter[str]()
    for place, one in enumerate(waiting):
        counts.update(_watch_one(database, place, one, now))
    return {name: n for name, n in counts.items() if n}


def _watch_one(database: Database, place: int, one: Due, now: datetime) -> dict[str, int]:
    """Look outside of any transaction, then keep all in one."""
    counts = Counter[str]()

    def keep_alerts(session: Session, looked: Look, at: datetime) -> None:
        new = actions.keep_round(session, one.name, looked, at)
        if new is not None:
            counts.update(looked=looked.looked, found=new)

    failed = each_prepared(database, partial(_look, database, one, now), keep_alerts, place, now)
    return {**counts, **failed}


def _look(database: Database, one: Due, now: datetime) -> Look:
    with database.read() as session:
        zone = settings_of(session).zone
        if one.replies:
            return finding.look_at_replies(session, one.period, zone, now)
        return finding.look(session, one.period, one.grain, zone, now)


def final_at(settings: Settings, day: date) -> datetime:
    """Return when what ended before a local day is final."""
    return datetime.combine(day, time(), settings.zone) + timedelta(hours=settings.amend_hours) + MORNING


def _closed(settings: Settings, now: datetime) -> Iterator[Due]:
    """Yield the last closed weeks and the last closed month, the oldest first."""
    weeks = _until(week_of(_day(settings, now)), settings, now)
    yield from (Due(week.name, week, WEEK) for week in weeks)
    month = parse_period(f"{_day(settings, now):%Y-%m}")
    yield from (Due(one.name, one, MONTH) for one in _until(month, settings, now)[-1:])
    earlier = now - timedelta(days=REPLY_DAYS)
    weeks = _until(week_of(_day(settings, earlier)), settings, earlier)
    yield from (Due(f"{week.name}:replies", week, WEEK, replies=True) for week in weeks)


def _until(present: Period, settings: Settings, now: datetime) -> list[Period]:
    found = [previous(present)]
    while len(found) <= LOOKED_BACK:
        found.append(previous(found[-1]))
    return [one for one in found[::-1] if final_at(settings, one.end) <= now][-LOOKED_BACK:]


def _day(settings: Settings, now: datetime) -> date:
    return now.astimezone(settings.zone).date()


def _happened(session: Session, period: Period) -> bool:
    zone = settings_of(session).zone
    start, end = (datetime.combine(day, time(), zone) for day in (period.start, period.end))
    return reading.anything_happened(session, start, end, period.start, period.end)
