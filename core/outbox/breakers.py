"""Whether a channel may be used now: its breaker and its pace, kept in the database for all processes.

After ``THRESHOLD`` failures of the server in a row the channel is open: nothing is sent for a while that
grows with each opening. Then one message is let through; its outcome closes the channel or opens it again.
What is wrong with a single message is none of this.
"""

import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.outbox.models import ChannelState

THRESHOLD = 3  # failures in a row
FIRST_OPENING = timedelta(minutes=1)
LONGEST_OPENING = timedelta(minutes=30)
PROBE = timedelta(minutes=10)  # longer than any conversation: then the process that tried has died
BURST = timedelta(seconds=30)  # what the pace lets through at once after a rest
CLOSED, OPEN, HALF_OPEN = "closed", "open", "half_open"

States = Mapping[str, ChannelState]


def open_for(openings: int, channel: str) -> timedelta:
    """Return how long the n-th opening in a row lasts: doubling, at most half an hour, +-20 %."""
    wait = min(FIRST_OPENING * 2.0 ** min(openings - 1, 10), LONGEST_OPENING)
    share = zlib.crc32(f"{channel}:{openings}".encode()) / 0xFFFFFFFF
    return wait * (0.8 + 0.4 * share)


def phase(state: ChannelState | None, now: datetime) -> str:
    """Return whether the channel is closed (works), open (rests) or half open (one message may try)."""
    if state is None or state.open_until is None:
        return CLOSED
    return OPEN if now < state.open_until else HALF_OPEN


def may_try(state: ChannelState | None, now: datetime, pace: int) -> bool:
    """Tell whether a message of this channel is worth looking for."""
    if state is None:
        return True
    if pace and not _is_slot_free(state.slot_at, now, pace):
        return False
    where = phase(state, now)
    if where == HALF_OPEN:
        return state.probe_until is None or state.probe_until <= now
    return where == CLOSED


def states(session: Session) -> dict[str, ChannelState]:
    """Return how each channel fares that ever had a failure or a pace."""
    rows = session.scalars(select(ChannelState).execution_options(populate_existing=True))
    return {row.channel: row for row in rows}


def admit(session: Session, channel: str, state: ChannelState | None, now: datetime, pace: int) -> bool:
    """Take the turn of one message; False when another process was faster."""
    if phase(state, now) == HALF_OPEN and not _change(
        session,
        channel,
        ChannelState.open_until <= now,
        or_(ChannelState.probe_until.is_(None), ChannelState.probe_until <= now),
        probe_until=now + PROBE,
    ):
        return False
    return not pace or _take_slot(session, channel, now, pace)


def _is_slot_free(slot_at: datetime | None, now: datetime, pace: int) -> bool:
    """Tell whether the channel's clock is no further ahead than a burst allows."""
    return slot_at is None or slot_at - now <= max(BURST - timedelta(minutes=1) / pace, timedelta(0))


def _take_slot(session: Session, channel: str, now: datetime, pace: int) -> bool:
    """Move the channel's clock on by one message; who comes at the same moment waits here."""
    _make_sure(session, channel, now)
    state = session.get_one(ChannelState, channel, with_for_update=True, populate_existing=True)
    if not _is_slot_free(state.slot_at, now, pace):
        return False
    state.slot_at = max(state.slot_at or now, now) + timedelta(minutes=1) / pace
    return True


def note_success(session: Session, channel: str, now: datetime) -> None:
    """The server took a message, or answered about it: the channel works."""
    fresh = {"failures": 0, "openings": 0, "open_until": None, "probe_until": None, "error": ""}
    marks = or_(ChannelState.failures > 0, ChannelState.open_until.is_not(None))
    _change(session, channel, marks, **fresh, changed_at=now)


def note_failure(
    session: Session, channel: str, now: datetime, words: str, wait: timedelta = timedelta(0)
) -> bool:
    """Count a failure of the server; True when the channel is open from now on."""
    _make_sure(session, channel, now)
    state = session.get_one(ChannelState, channel, with_for_update=True, populate_existing=True)
    state.failures += 1
    state.error, state.changed_at, state.probe_until = words[:300], now, None
    if state.open_until is not None and now < state.open_until:
        return True  # a message that was on its way already
    if state.failures < THRESHOLD and not wait:
        return False
    state.openings += 1
    state.open_until = now + max(open_for(state.openings, channel), wait)
    return True


def try_now(session: Session, channel: str, now: datetime) -> bool:
    """Let one message through at once; False when the channel is not open."""
    return _change(session, channel, ChannelState.open_until > now, open_until=now, probe_until=None)


def _change(session: Session, channel: str, *where: ColumnElement[bool], **values: object) -> bool:
    statement = update(ChannelState).where(ChannelState.channel == channel, *where).values(**values)
    statement = statement.execution_options(synchronize_session=False)
    changed: int = session.execute(statement).rowcount  # type: ignore[attr-defined] # a cursor result has one
    return changed == 1


def _make_sure(session: Session, channel: str, now: datetime) -> None:
    """Make the row of a channel where there is none yet."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(ChannelState).values(
        channel=channel, failures=0, openings=0, error="", changed_at=now
    )
    session.execute(row.on_conflict_do_nothing(index_elements=["channel"]))
