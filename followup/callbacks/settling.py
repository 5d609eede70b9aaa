"""What an outcome leads to that cannot be taken back: done when it can be undone no more.

An outcome counts at once, and what protects the customer holds at once. Ending the follow-up, writing a link,
leading other callbacks to another number, closing a stranger's link: that waits five minutes.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.contacts import queries as contacts
from core.contacts import wishes
from core.contacts.models import Contact
from core.db import vault_of
from followup import actions as follow_ups
from followup.callbacks.before import UNDO, forget
from followup.callbacks.ending import cancel
from followup.callbacks.outcomes import Code
from followup.callbacks.queueing import next_phone
from followup.invitations import first_message
from followup.lifecycle import OPEN
from followup.locking import hold
from followup.models import Attempt, Callback, FollowUp
from followup.sending import write_after_calls
from surveys import actions as surveys

_UNREACHED = frozenset({Code.MAX_ATTEMPTS, Code.DEAD_NUMBER, Code.WRONG_NUMBER})
_NUMBER = frozenset({Code.DEAD_NUMBER, Code.WRONG_NUMBER})


def due(session: Session, *, now: datetime, limit: int) -> Sequence[int]:
    """Return the callbacks whose last outcome can be undone no more."""
    wanted = select(Callback.id).where(Callback.settles_at <= now)
    return session.scalars(wanted.order_by(Callback.settles_at).limit(limit)).all()


def settle_call(session: Session, callback_id: int, now: datetime) -> str | None:
    """Do what the last outcome of one callback leads to."""
    lock_in_order(session, callback_id)
    wanted = select(Callback).where(Callback.id == callback_id, Callback.settles_at <= now)
    callback = session.scalar(
        wanted.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    )
    return settle_now(session, callback, now) if callback is not None else None


def lock_in_order(session: Session, callback_id: int, *besides: int) -> None:
    """Lock all that an outcome may reach, in the order in which everybody locks; see locking.py.

    That is the call with its link, and what its last outcome leads to where that waits to be settled: the
    other calls to a wrong number, everything open of who wants no contact.
    """
    if session.get_bind().dialect.name == "sqlite":
        return  # one writer at a time: nobody waits for two locks
    own = select(Callback.follow_up_id).where(Callback.id.in_((callback_id, *besides)))
    hold(session, FollowUp.id.in_({*session.scalars(own), *_reached(session, callback_id)}))


def _reached(session: Session, callback_id: int) -> Sequence[int]:
    unsettled = select(Attempt.outcome, Attempt.phone_id, Callback.contact_id)
    unsettled = unsettled.join(Callback, Callback.id == Attempt.callback_id).where(
        Attempt.callback_id == callback_id,
        Attempt.before.is_not(None),
        Attempt.outcome.in_((*_NUMBER, Code.DO_NOT_CONTACT)),
    )
    found: list[int] = []
    for outcome, phone_id, contact_id in session.execute(unsettled):
        mine = select(FollowUp.id).where(FollowUp.contact_id == contact_id, FollowUp.state.in_(OPEN))
        if outcome in _NUMBER:
            mine = mine.join(Callback, Callback.follow_up_id == FollowUp.id)
            mine = mine.where(Callback.phone_id == phone_id)
        found += session.scalars(mine)
    return found


def settle_now(session: Session, callback: Callback, now: datetime) -> str | None:
    """Do it without waiting: somebody goes on with the callback, so that nothing is undone any more."""
    wanted = select(Attempt).where(Attempt.callback_id == callback.id, Attempt.before.is_not(None))
    standing = session.scalars(wanted.where(Attempt.undone_at.is_(None)).order_by(Attempt.id)).all()
    if any(_waits_for_wish(session, callback, attempt, now) for attempt in standing):
        callback.settles_at = now + UNDO
        return "later"
    callback.settles_at = None
    for attempt in standing:
        user = session.get(User, attempt.agent_id)
        _do(session, callback, attempt, user.name if user else "", now)
        forget(attempt)
    session.flush()
    return "settled"


def _waits_for_wish(session: Session, callback: Callback, attempt: Attempt, now: datetime) -> bool:
    """Tell whether a wish for no contact, said in another call, may still be taken back."""
    own = attempt.outcome == Code.DO_NOT_CONTACT
    return not own and callback.state == "done" and wishes.is_fresh(session, callback.contact_id, now)


def _do(session: Session, callback: Callback, attempt: Attempt, actor: str, now: datetime) -> None:
    if attempt.outcome in _NUMBER:
        _redirect_others(session, callback, attempt.phone_id, actor=actor, now=now)
    if attempt.outcome == Code.WRONG_NUMBER:
        _revoke_link(session, callback, attempt.phone_id, actor=actor, now=now)
    if callback.state == "done" and callback.outcome:
        end_calls(session, callback, Code(callback.outcome), actor=actor, now=now)
    if attempt.outcome == Code.DO_NOT_CONTACT and callback.contact_id and _is_silent(session, callback):
        follow_ups.stop_contact(session, callback.contact_id, actor=actor, now=now)


def _is_silent(session: Session, callback: Callback) -> bool:
    """Tell whether the customer still wants no contact: staff may have heard otherwise meanwhile."""
    wanted = select(Contact.do_not_contact).where(Contact.id == callback.contact_id)
    return bool(session.scalar(wanted))


def end_calls(session: Session, callback: Callback, code: Code, *, actor: str, now: datetime) -> None:
    """No call brought an answer: a link where the rule goes on so and nobody refused, else the end."""
    follow_up = session.get_one(FollowUp, callback.follow_up_id, populate_existing=True)
    if follow_up.state != "call_queued":
        return  # answered by phone, by link meanwhile, or void
    refused = select(Attempt.id).where(
        Attempt.callback_id == callback.id,
        Attempt.outcome == Code.REFUSED_SOFT,
        Attempt.undone_at.is_(None),
    )
    may_write = code in _UNREACHED and session.scalar(refused.limit(1)) is None
    if not (may_write and write_after_calls(session, callback.follow_up_id, now)):
        follow_ups.give_up(session, follow_up, actor=actor, now=now, reason=code.lower())


def _redirect_others(
    session: Session, callback: Callback, phone_id: int | None, *, actor: str, now: datetime
) -> None:
    """Lead the other callbacks to this number to another one, or end them."""
    if phone_id is None:
        return
    wanted = select(Callback).where(
        Callback.contact_id == callback.contact_id,  # by its index; a number belongs to one customer
        Callback.phone_id == phone_id,
        Callback.id != callback.id,
        Callback.state.in_(("waiting", "ready", "appointed", "held")),
    )
    other = next_phone(session, callback.contact_id)
    for each in session.scalars(wanted.order_by(Callback.id).with_for_update()).all():
        if other is not None:
            each.phone_id, each.phone_index = other.id, other.number_index
            continue
        cancel(session, each, Code.DEAD_NUMBER, actor=actor, now=now, reason="dead number")
        end_calls(session, each, Code.DEAD_NUMBER, actor=actor, now=now)


def _revoke_link(
    session: Session, callback: Callback, phone_id: int | None, *, actor: str, now: datetime
) -> None:
    """Close the link that a stranger got by SMS at this number."""
    follow_up = session.get_one(FollowUp, callback.follow_up_id, populate_existing=True)
    message = first_message(session, follow_up)
    if message is None or follow_up.invitation_id is None or message.channel != "sms":
        return
    to = vault_of(session).open(message.to_sealed, f"message.to:{message.uid}")
    phones = contacts.card(session, callback.contact_id).phones if callback.contact_id else ()
    if any(phone.id == phone_id and phone.number == to for phone in phones):
        surveys.revoke(session, follow_up.invitation_id, actor=actor, now=now, reason="wrong number")
