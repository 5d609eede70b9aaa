"""Callbacks that wait or were left: waking them in permitted hours, giving back what an agent lost."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.calendar import load_calendar
from core.db import settings_of
from followup.callbacks.lifecycle import CALLBACKS, ENDED, IN_HAND
from followup.callbacks.noting import KEPT_WITHIN
from followup.callbacks.watching import RAN_OUT
from followup.models import Callback

SYSTEM = "system"


def expired(session: Session, *, now: datetime, limit: int) -> Sequence[int]:
    """Return the callbacks whose lease ran out."""
    wanted = select(Callback.id).where(Callback.state.in_(IN_HAND), Callback.lease_until <= now)
    return session.scalars(wanted.order_by(Callback.lease_until).limit(limit)).all()


def sleeping(session: Session, *, now: datetime, limit: int) -> Sequence[int]:
    """Return the callbacks whose time has come."""
    wanted = select(Callback.id).where(Callback.state.in_(("waiting", "appointed")), Callback.ready_at <= now)
    return session.scalars(wanted.order_by(Callback.ready_at).limit(limit)).all()


def release_expired(session: Session, callback_id: int, now: datetime) -> str | None:
    """Give a callback back; no attempt is counted, what was typed stays with it."""
    wanted = select(Callback).where(
        Callback.id == callback_id, Callback.state.in_(IN_HAND), Callback.lease_until <= now
    )
    callback = session.scalar(wanted.with_for_update(skip_locked=True))
    if callback is None:
        return None
    changes = {"agent_id": None, "lease_until": None, "version": callback.version + 1}
    CALLBACKS.move(session, callback, "release", actor=SYSTEM, now=now, reason=RAN_OUT, changes=changes)
    return "released"


def wake(session: Session, callback_id: int, now: datetime) -> str | None:
    """Make a callback ready, or move it to the next permitted hour. A promise is kept at any hour.

    An appointment keeps its agent for a quarter of an hour; after that anybody may call.
    """
    wanted = select(Callback).where(
        Callback.id == callback_id,
        Callback.state.in_(("waiting", "appointed")),
        Callback.ready_at <= now,
    )
    callback = session.scalar(wanted.with_for_update(skip_locked=True))
    if callback is None:
        return None
    if callback.state == "waiting":
        opens = load_calendar(session).next_open(now, settings_of(session).call_hours)
        if opens > now:
            callback.ready_at = opens
            return "later"
    CALLBACKS.move(session, callback, "wake", actor=SYSTEM, now=now)
    return "ready"


def drafts_to_forget(session: Session, *, now: datetime, limit: int) -> Sequence[int]:
    """Return the callbacks that ended by themselves, once their draft can be kept as a note no more."""
    wanted = select(Callback.id).where(
        Callback.draft_sealed.is_not(None), Callback.ended_at <= now - KEPT_WITHIN
    )
    return session.scalars(wanted.limit(limit)).all()


def forget_draft(session: Session, callback_id: int, now: datetime) -> str | None:
    """Forget what was typed for a call that is over."""
    over = (Callback.id == callback_id) & Callback.state.in_(ENDED) & (Callback.ended_at <= now - KEPT_WITHIN)
    done: Any = session.execute(update(Callback).where(over).values(draft_sealed=None))
    return "forgotten" if done.rowcount else None
