"""The calls that were made: reading them, and writing one more."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendar import load_calendar
from core.contacts.actions import note_contact
from core.db import vault_of
from core.texts import clean_text
from core.transitions import Transition
from followup.callbacks.lifecycle import CALLBACKS
from followup.callbacks.outcomes import Outcome
from followup.callbacks.policy import Try
from followup.callbacks.taking import Agent
from followup.models import Attempt, Callback

NOTE_LIMIT = 1000


def tries(session: Session, callback: Callback) -> list[Try]:
    """Return the attempts so far that count, the first one first."""
    wanted = select(Attempt).where(Attempt.callback_id == callback.id, Attempt.undone_at.is_(None))
    return [
        Try(a.local_day, a.day_part, a.outcome, a.phone_id, a.result, a.contacted)
        for a in session.scalars(wanted.order_by(Attempt.number, Attempt.id))
    ]


def last_at(session: Session, callback: Callback, event: str) -> datetime | None:
    """Return when something last happened to a callback: ``claim`` took it, ``dial`` showed the number."""
    wanted = select(Transition.at).where(
        Transition.machine == CALLBACKS.name, Transition.subject_id == callback.id, Transition.event == event
    )
    return session.scalar(wanted.order_by(Transition.id.desc()).limit(1))


def this_try(session: Session, callback: Callback, outcome: Outcome, now: datetime) -> Try:
    """Return the call that ends now, as the rules look at it."""
    calendar = load_calendar(session)
    local_day, part = now.astimezone(calendar.zone).date(), calendar.day_part(now)
    return Try(local_day, part, outcome.code, callback.phone_id, outcome.counts_as, outcome.contacted)


def write_attempt(
    session: Session,
    callback: Callback,
    agent: Agent,
    outcome: Outcome,
    *,
    note: str,
    before: dict[str, Any] | None = None,
    now: datetime,
) -> Attempt:
    """Write down how a call ended, with what its code means today.

    ``before`` is how the callback stood, for an outcome that can be undone.
    """
    this = this_try(session, callback, outcome, now)
    uid, words = uuid.uuid4().hex, clean_text(note, NOTE_LIMIT)
    attempt = Attempt(
        uid=uid,
        callback_id=callback.id,
        number=callback.attempts + 1,
        agent_id=agent.id,
        phone_id=callback.phone_id,
        phone_index=callback.phone_index,
        started_at=last_at(session, callback, "dial"),
        ended_at=now,
        local_day=this.local_day,
        day_part=this.day_part,
        outcome=outcome.code,
        connected=outcome.connected,
        contacted=outcome.contacted,
        result=outcome.counts_as,
        before=before,
        note_sealed=vault_of(session).seal(words, f"attempt.note:{uid}") if words else None,
    )
    session.add(attempt)
    callback.attempts += 1
    session.flush()
    if callback.contact_id:
        note_contact(
            session, callback.contact_id, channel="phone", purpose="callback", now=now, outcome=outcome.code
        )
    return attempt


def seconds(session: Session, callback: Callback, now: datetime) -> int | None:
    """Return how long the call has lasted since the number was shown."""
    began = last_at(session, callback, "dial")
    return int((now - began) / timedelta(seconds=1)) if began else None
