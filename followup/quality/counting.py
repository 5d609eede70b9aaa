"""How many calls show each signal. Counting all of them reads every call of the period; a page needs one.

So the count of the signal that is shown is always fresh, and those beside it are kept for a minute.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db import cache_of
from core.periods import Period
from followup.quality.comparing import Standing, standing_out
from followup.quality.models import SignalCheck
from followup.quality.signals import OF_AGENTS, OF_CALLS, SIGNALS
from followup.quality.spotting import spotted

KEPT = timedelta(minutes=1)
_KEY = "counts of signals"


@dataclass(frozen=True, slots=True)
class Count:
    """How many calls show a signal, and how many of them somebody looked at."""

    signal: str
    open: int
    checked: int


@dataclass(frozen=True, slots=True)
class Counted:
    """All counts, and in what agents stand out as far as the chosen signal is about that."""

    counts: list[Count]
    standing: list[Standing]


_Kept = dict[str, tuple[datetime, dict[str, Count]]]  # period -> when, and each signal


def counted(session: Session, period: Period, signal: str, now: datetime) -> Counted:
    """Return the counts of a period: that of ``signal`` as it is now, the others at most a minute old."""
    kept: _Kept = cache_of(session).get(_KEY, {})
    kept = {name: each for name, each in kept.items() if timedelta(0) <= now - each[0] < KEPT}
    at, known = kept.get(period.name, (now, {}))
    wanted = (signal,) if known else SIGNALS
    standing = standing_out(session, period) if not set(OF_AGENTS).isdisjoint(wanted) else []
    known = known | {each.signal: each for each in counts(session, period, standing, wanted)}
    cache_of(session)[_KEY] = kept | {period.name: (at, known)}
    return Counted([known[each] for each in SIGNALS], standing)


def counts(
    session: Session, period: Period, standing: Iterable[Standing], signals: Iterable[str] = SIGNALS
) -> list[Count]:
    """Count for each signal what is open and what was checked."""
    wanted = set(signals)
    found = [_of_calls(session, period, each) for each in OF_CALLS if each in wanted]
    return found + _of_agents(session, [*standing], [each for each in OF_AGENTS if each in wanted])


def _of_calls(session: Session, period: Period, signal: str) -> Count:
    calls = spotted(session, signal, period).subquery()
    wanted = select(func.count(), func.count(SignalCheck.attempt_id)).select_from(calls)
    mark = (SignalCheck.attempt_id == calls.c.attempt_id) & (SignalCheck.signal == signal)
    every, checked = session.execute(wanted.outerjoin(SignalCheck, mark)).one()
    return Count(signal, every - checked, checked)


def _of_agents(session: Session, standing: list[Standing], signals: list[str]) -> list[Count]:
    marks = select(SignalCheck.attempt_id, SignalCheck.signal)
    marks = marks.where(SignalCheck.attempt_id.in_([one.attempt_id for one in standing]))
    checked = {(row[0], row[1]) for row in session.execute(marks)} if standing else set()
    found = []
    for signal in signals:
        done = [(one.attempt_id, signal) in checked for one in standing if one.signal == signal]
        found.append(Count(signal, len(done) - sum(done), sum(done)))
    return found
