"""A callback in an agent's hand: keeping it, giving it back, showing the number."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.auth.models import User
from core.contacts.models import Contact, Phone
from core.contacts.reveals import require_reveal
from core.db import vault_of
from core.errors import ConflictError, ForbiddenError, NotFoundError
from core.i18n import _
from core.logs import redact
from core.texts import clean_text
from followup.callbacks.lifecycle import CALLBACKS, IN_HAND
from followup.callbacks.own_fields import is_older
from followup.callbacks.taking import Agent, claim, in_hand_of, is_for, lease_end
from followup.callbacks.watching import TAKING, Past, happenings, said_clock, since, standing
from followup.models import Callback


class LeaseLostError(ConflictError):
    """This callback is not in your hands any more."""


def held(
    session: Session,
    callback_id: int,
    agent: Agent,
    *,
    version: int | None,
    now: datetime,
    gently: bool = False,
) -> Callback:
    """Return the callback locked and in this agent's hands, or raise the error that says whose it is.

    Who lost it may go on where nobody recorded anything since the page with this ``version`` was shown: it
    is taken up again from the queue, and from somebody who has it and has not called yet. ``gently`` is for
    signs of life, which take up only what ran out: not what was given back, nor what somebody else has.
    """
    wanted = select(Callback).where(Callback.id == callback_id).with_for_update()
    callback = session.scalar(wanted.execution_options(populate_existing=True))
    if callback is None:
        raise NotFoundError(_("There is no such callback; the queue shows what is there."))
    if not is_for(session, callback, agent):
        raise ForbiddenError(_("You handled this case, so somebody else has to ask the customer."))
    is_mine = callback.state in IN_HAND and callback.agent_id == agent.id
    if is_mine and (version is None or callback.version <= version):
        return callback
    happened = happenings(session, callback_id)
    past = since(happened, callback.version, version) if version is not None else None
    if past is not None and past.is_untouched(agent):
        if is_mine:
            return callback
        if past.ran_out() if gently else callback.state in ("ready", "claimed"):
            return _take_up(session, callback, agent, past, now)
    raise _lost(session, callback, agent, version, now)


def _take_up(session: Session, callback: Callback, agent: Agent, past: Past, now: datetime) -> Callback:
    other = in_hand_of(session, agent.id)
    if other is not None:
        raise LeaseLostError(
            _("You have another callback in your hands: finish it, then send this one again.")
        )
    if callback.state == "claimed":
        _give_back(session, callback, actor=agent.name, reason="who had called goes on", now=now)
    if not claim(session, callback.id, agent, now=now):
        raise LeaseLostError(_("The customer is in another call just now; try again in a few minutes."))
    session.refresh(callback)
    if past.has_dialled(agent):
        CALLBACKS.move(session, callback, "take_up", actor=agent.name, now=now, reason="lease taken up again")
    return callback


def _lost(
    session: Session, callback: Callback, agent: Agent, version: int | None, now: datetime
) -> LeaseLostError:
    try:
        found = standing(session, callback.id, agent, version=version, now=now)
    except ForbiddenError:  # it never was in these hands
        return LeaseLostError(whose(session, callback, now=now))
    return LeaseLostError(found.message or whose(session, callback, now=now))


def whose(session: Session, callback: Callback, *, now: datetime) -> str:
    """Say why a callback is not in the hands of somebody who opens it."""
    if callback.state in IN_HAND:
        holder = session.get(User, callback.agent_id) if callback.agent_id else None
        taken = next((each for each in happenings(session, callback.id) if each.event in TAKING), None)
        when = said_clock(session, taken.at if taken else now, now)
        return _(
            "%(name)s has been calling since %(when)s.", name=holder.display_name if holder else "", when=when
        )
    if callback.state == "cancelled" and callback.outcome == "SELF_DONE":
        return _("The customer has answered by link in the meantime; no call is needed any more.")
    if callback.state == "cancelled":
        return _("This callback was cancelled: the case was reopened, or the customer wants no contact.")
    if callback.state == "done":
        return _("This callback was finished in the meantime.")
    return _("This callback is in nobody’s hands; the queue gives it to whoever is next.")


def keep(
    session: Session,
    callback_id: int,
    agent: Agent,
    draft: Mapping[str, str] | None,
    *,
    version: int | None = None,
    gently: bool = True,
    now: datetime,
) -> datetime:
    """Extend the lease, and keep what was typed so far; return until when."""
    callback = held(session, callback_id, agent, version=version, now=now, gently=gently)
    callback.lease_until = lease_end(session, now)
    if draft is not None and not is_older(draft, draft_of(session, callback)):
        callback.draft_sealed = _sealed_draft(session, callback_id, draft)
    session.flush()
    return callback.lease_until


def release(session: Session, callback_id: int, agent: Agent, *, reason: str, now: datetime) -> Callback:
    """Give a callback back with a reason; it counts as no attempt."""
    callback = held(session, callback_id, agent, version=None, now=now)
    _give_back(session, callback, actor=agent.name, reason=reason, now=now)
    return callback


def take_away(session: Session, callback_id: int, *, actor: str, reason: str, now: datetime) -> Callback:
    """Let a supervisor release what somebody else holds; the audit trail says so."""
    wanted = select(Callback).where(Callback.id == callback_id).with_for_update()
    callback = session.scalar(wanted.execution_options(populate_existing=True))
    if callback is None or callback.state not in IN_HAND:
        raise ConflictError(_("Nobody holds this callback any more."))
    holder, reason = callback.agent_id, redact(clean_text(reason, 200))
    _give_back(session, callback, actor=actor, reason=reason, now=now)
    audit.record(
        session, actor=actor, action="callback.take_away", subject=f"callback:{callback_id}", now=now,
        holder=holder, reason=reason,
    )  # fmt: skip
    return callback


def reveal(session: Session, callback_id: int, agent: Agent, *, now: datetime) -> Callback:
    """Show the number and start the call; who looked at which number is kept."""
    callback = held(session, callback_id, agent, version=None, now=now)
    if callback.state == "in_call":
        return callback
    _require_wanted(session, callback)
    require_reveal(session, agent.name, now)
    lease = {"lease_until": lease_end(session, now)}
    CALLBACKS.move(session, callback, "dial", actor=agent.name, now=now, changes=lease)
    audit.record(
        session, actor=agent.name, action="callback.reveal", subject=f"callback:{callback_id}", now=now,
        phone=callback.phone_id, contact=callback.contact_id,
    )  # fmt: skip
    return callback


def _require_wanted(session: Session, callback: Callback) -> None:
    """Look again at the moment of dialling: never a dead number, never who asked to be left alone."""
    wanted = select(Phone.id).join(Contact, Contact.id == Phone.contact_id)
    wanted = wanted.where(
        Phone.id == callback.phone_id, Phone.dead.is_(False), Contact.do_not_contact.is_(False)
    )
    if session.scalar(wanted) is None:
        raise ConflictError(
            _("The customer wants no contact any more, or the number is wrong: give the callback back.")
        )


def draft_of(session: Session, callback: Callback) -> dict[str, str]:
    """Open what was typed and not saved yet."""
    if callback.draft_sealed is None:
        return {}
    opened = json.loads(vault_of(session).open(callback.draft_sealed, f"callback.draft:{callback.id}"))
    return {str(name): str(value) for name, value in opened.items()}


def _give_back(session: Session, callback: Callback, *, actor: str, reason: str, now: datetime) -> None:
    changes = {"agent_id": None, "lease_until": None, "version": callback.version + 1}
    CALLBACKS.move(session, callback, "release", actor=actor, now=now, reason=reason, changes=changes)


def _sealed_draft(session: Session, callback_id: int, draft: Mapping[str, str]) -> bytes:
    return vault_of(session).seal(
        json.dumps(dict(draft), ensure_ascii=False), f"callback.draft:{callback_id}"
    )
