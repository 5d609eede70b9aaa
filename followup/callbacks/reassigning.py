"""Giving callbacks that nobody has in hand to a named person, or back to everybody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.auth.models import User
from core.auth.roles import DESK
from core.calendar import CalendarError, load_calendar
from core.db import settings_of
from core.errors import InputError
from core.i18n import _
from core.logs import redact
from core.texts import clean_text
from followup.callbacks import lanes
from followup.callbacks.lifecycle import CALLBACKS, MOVABLE
from followup.callbacks.policy import APPOINTMENT, may_call
from followup.models import Callback, Case, FollowUp

REASON_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Reassigned:
    """What was given on, and which cases were not, each with the sentence why."""

    done: tuple[int, ...]
    refused: tuple[tuple[str, str], ...]


def reassign(
    session: Session, ids: Iterable[int], to: int | None, *, actor: str, reason: str, now: datetime
) -> Reassigned:
    """Give callbacks to one person, who has the first right to them, or to everybody (``to`` is None).

    The first right ends a quarter of an hour after the time of the call, as with every appointment; for a
    call that is ready already it begins now, or at the next permitted hour. Each callback is judged by
    itself: what cannot be given on stays as it is and is named.
    """
    wanted = sorted(set(ids))
    reason = redact(clean_text(reason, REASON_LIMIT))
    if not wanted:
        raise InputError(_("Mark the callbacks first."))
    if not reason:
        raise InputError(_("Say why; the audit trail keeps the reason."))
    person = _person(session, to) if to is not None else None
    locked = select(Callback).where(Callback.id.in_(wanted)).order_by(Callback.id).with_for_update()
    found = list(session.scalars(locked.execution_options(populate_existing=True)))
    able, opens = _able(session, wanted, person, now), _opens(session, now)
    done, refused = [], []
    for callback in found:
        problem = _problem(session, callback, person, able)
        if problem:
            refused.append((_number(session, callback), problem))
            continue
        before = callback.agent_id
        changes: dict[str, Any] = {"agent_id": to, "version": callback.version + 1}
        if to is not None and callback.state == "ready":
            changes["ready_at"] = now if callback.priority <= APPOINTMENT else opens
        CALLBACKS.move(session, callback, "reassign", actor=actor, now=now, reason=reason, changes=changes)
        done.append(callback.id)
        audit.record(
            session, actor=actor, action="callback.reassign", subject=f"callback:{callback.id}", now=now,
            was=before, to=to, reason=reason,
        )  # fmt: skip
    session.flush()
    return Reassigned(tuple(done), tuple(refused))


def _person(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None or not user.active or user.role not in DESK:
        raise InputError(_("Choose somebody who makes calls."))
    return user


def _able(session: Session, ids: list[int], person: User | None, now: datetime) -> set[int]:
    """Return which of the callbacks this person may make, as the queue decides it."""
    if person is None:
        return set(ids)
    wanted = select(Callback.id).where(Callback.id.in_(ids), lanes.for_agent(session, person.id, now))
    return set(session.scalars(wanted))


def _opens(session: Session, now: datetime) -> datetime:
    """Return when calls are permitted next; a promise is kept at any hour."""
    try:
        return load_calendar(session).next_open(now, settings_of(session).call_hours)
    except CalendarError:
        return now


def _problem(session: Session, callback: Callback, person: User | None, able: set[int]) -> str:
    if callback.state not in MOVABLE:
        return _("it is in somebody’s hands, with the supervisor, or ended")
    if person is None or callback.id in able:
        return ""
    names = lanes.names_of(session, person.id)
    if not may_call(callback.handler_id, person.id, callback.handler_name, names):
        return _("%(name)s handled the case", name=person.display_name)
    return _(
        "it asks for a department, skill or language that %(name)s does not have", name=person.display_name
    )


def _number(session: Session, callback: Callback) -> str:
    wanted = select(Case.number).join(FollowUp, FollowUp.case_id == Case.id)
    return session.scalar(wanted.where(FollowUp.id == callback.follow_up_id)) or ""
