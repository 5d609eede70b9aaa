"""Pauses of agents: who is on one is given no callback."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.errors import ConflictError, InputError
from core.i18n import _
from followup.callbacks import choices
from followup.callbacks.models import Pause
from followup.callbacks.taking import in_hand_of, wait_for_tabs


def current(session: Session, agent_id: int) -> Pause | None:
    """Return the pause an agent is on."""
    return session.scalar(select(Pause).where(Pause.agent_id == agent_id, Pause.ended_at.is_(None)))


def begin(session: Session, agent_id: int, reason: str, *, now: datetime) -> Pause:
    """Begin a pause with its reason; pressed twice it is one."""
    if reason not in {choice.code for choice in choices.active(session, "pause")}:
        raise InputError(_("Say why you pause: choose a reason of the list."))
    wait_for_tabs(session, agent_id)
    if in_hand_of(session, agent_id) is not None:
        raise ConflictError(_("Finish the callback in your hands first, or give it back."))
    pause = Pause(agent_id=agent_id, reason=reason, began_at=now)
    try:
        with session.begin_nested():
            session.add(pause)
    except IntegrityError:  # the database holds: one open pause per agent
        return session.scalars(
            select(Pause).where(Pause.agent_id == agent_id, Pause.ended_at.is_(None))
        ).one()
    return pause


def end(session: Session, agent_id: int, *, now: datetime) -> Pause | None:
    """End the pause an agent is on; None when there is none any more."""
    pause = current(session, agent_id)
    if pause is not None:
        pause.ended_at = now
        session.flush()
    return pause
