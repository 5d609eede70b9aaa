"""Which closed periods have not been looked at, and looking at them.

A period is closed when it is over and its answers are final: they may be amended for some hours, and a
morning's head start is given to what is typed in late. What changes after that changes no alert.

A clock that jumps days ahead would close a week too early. After a day without a tick nobody can tell whether
the machine stood still or the clock jumped, so what is over by the new time waits for some hours.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
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
from analysis.trend.limits import FEWEST
from core.db import Database, settings_of
from core.periods import Period, parse_period, previous
from core.rounds import each_prepared
from core.settings import Settings

MORNING = timedelta(hours=6)  # after the answers are final: with 24 hours to amend, Tuesday at six
CLOCK = "clock"  # the row that says when somebody last ticked
HOURLY = timedelta(hours=1)  # how often that is written down
GAP = timedelta(days=1)  # after so long without a tick the clock is not believed at once
SET_RIGHT = timedelta(hours=6)  # for whoever sees that it is wrong
LOOKED_BACK = 2  # closed weeks that a round makes up for when nobody ticked


@dataclass(frozen=True, slots=True)
class Due:
    """One closed period to look at."""

    name: str
    period: Period
    grain: str
    replies: bool = False


def due(session: Session, now: datetime) -> list[Due]:
    """Return the closed periods that nobody looked at and that are part of a course: it has a before."""
    settings = settings_of(session)
    closed = list(_closed(settings, now))
    names = [one.name for one in closed]
    wanted = select(AlertRound.name).where(AlertRound.name.in_(names), AlertRound.done_at.is_not(None))
    done = set(session.scalars(wanted))
    return [one for one in closed if one.name not in done and _happened(session, one)]


def ready(session: Session, waiting: Sequence[Due], now: datetime) -> list[Due]:
    """Return what is looked at now, and remember what has to wait because the clock may be wrong."""
    clock, names = session.get(AlertRound, CLOCK), [one.name for one in waiting]
    rows = session.scalars(select(AlertRound).where(AlertRound.name.in_(names)))
    seen = {row.name: row.seen_at for row in rows}
    is_steady = clock is None or timedelta() <= now - clock.seen_at <= GAP
    found = [
        one
        for one in waiting
        if (is_steady and one.name not in seen)
        or (one.name in seen and timedelta() <= now - seen[one.name] - SET_RIGHT)
    ]
    for one in waiting:
        if one not in found and not seen.get(one.name, now + GAP) <= now:
            actions.remember(session, one.name, now)
    if clock is None or not timedelta() <= now - clock.seen_at < HOURLY:
        actions.remember(session, CLOCK, now)
    return found


def watch(database: Database, *, now: datetime) -> dict[str, int]:
    """Look at each closed period once, and tell what was found once; two processes at once do no harm.

    One that cannot be looked at stops no other.
    """
    with database.read() as session:
        waiting = due(session, now)
        clock = session.get(AlertRound, CLOCK)
    if waiting or clock is None or not timedelta() <= now - clock.seen_at < HOURLY:
        with database.begin() as session:
            waiting = ready(session, waiting, now)
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


def _happened(session: Session, one: Due) -> bool:
    """Say whether anything happened in a period or in those before it: silence after them is news too."""
    zone, slots = settings_of(session).zone, finding.slots_until(one.period, one.grain)[-1 - FEWEST :]
    return reading.anything_happened(session, reading.Span(slots, zone))
