"""Passing a callback on to others, with the reason."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.errors import InputError
from core.i18n import _
from followup.callbacks.holding import release
from followup.callbacks.models import DeskChoice, Skip
from followup.callbacks.taking import Agent
from followup.callbacks.words import GIVE_BACK
from followup.models import Callback


@dataclass(frozen=True, slots=True)
class Passed:
    """How often somebody passed callbacks on, and for which reason."""

    agent: str
    reason: str
    times: int


def skip(session: Session, callback_id: int, agent: Agent, reason: str, now: datetime) -> Callback:
    """Give a callback back: its agent is not given it again that day, and an appointment is anybody's."""
    if reason not in reasons(session):
        raise InputError(_("Say why you pass this callback on: choose a reason of the list."))
    callback = release(session, callback_id, agent, reason=reason, now=now)
    session.add(Skip(callback_id=callback_id, agent_id=agent.id, reason=reason, at=now))
    session.flush()
    return callback


def reasons(session: Session) -> frozenset[str]:
    """Return the codes that may be given: those of the organisation, else those that are delivered."""
    own = select(DeskChoice.code).where(DeskChoice.kind == "skip", DeskChoice.active)
    return frozenset(session.scalars(own)) or frozenset(GIVE_BACK)


def passed_on(session: Session, *, since: datetime, until: datetime) -> list[Passed]:
    """Return who passed on how much and why, the most first."""
    times = func.count()
    wanted = select(User.display_name, Skip.reason, times).join(User, User.id == Skip.agent_id)
    wanted = wanted.where(Skip.at >= since, Skip.at < until).group_by(User.display_name, Skip.reason)
    rows = session.execute(wanted.order_by(times.desc(), User.display_name, Skip.reason))
    return [Passed(name, reason, n) for name, reason, n in rows]
