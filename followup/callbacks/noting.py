"""A call that ended by itself: what the agent had typed until then can be kept with it, once."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import vault_of
from core.errors import ConflictError, InputError, NotFoundError
from core.i18n import _
from core.texts import clean_text
from followup.callbacks.attempts import NOTE_LIMIT
from followup.callbacks.taking import Agent
from followup.models import Attempt, Callback

KEPT_WITHIN = timedelta(hours=1)


def keep_note(session: Session, callback_id: int, agent: Agent, words: str, *, now: datetime) -> Attempt:
    """Keep words with the agent's own call that a cancellation ended less than an hour ago."""
    callback = session.get(Callback, callback_id, with_for_update=True, populate_existing=True)
    if callback is None:
        raise NotFoundError(_("There is no such callback; the queue shows what is there."))
    attempt = session.scalar(
        select(Attempt).where(
            Attempt.callback_id == callback_id,
            Attempt.agent_id == agent.id,
            Attempt.ended_at == callback.ended_at,
            Attempt.undone_at.is_(None),
        )
    )
    if callback.state != "cancelled" or attempt is None or now - attempt.ended_at > KEPT_WITHIN:
        raise ConflictError(_("A note can be kept for an hour with a call of yours that ended by itself."))
    if attempt.note_sealed is not None:
        raise ConflictError(_("A note is kept with this call already."))
    kept = clean_text(words, NOTE_LIMIT)
    if not kept:
        raise InputError(_("There is nothing typed that could be kept."))
    attempt.note_sealed = vault_of(session).seal(kept, f"attempt.note:{attempt.uid}")
    callback.draft_sealed = None
    session.flush()
    return attempt
