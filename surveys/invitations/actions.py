"""Taking a personal link back, and putting a new one in its place that goes out by the same channel."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core import audit
from core.contacts import governance
from core.crypto import new_token, token_hash
from core.db import settings_of
from core.errors import ConflictError, InputError, NotFoundError
from core.i18n import _
from surveys import actions, hooks
from surveys.hooks import Replaced
from surveys.links import url_for_token
from surveys.models import Invitation


class EndedError(ConflictError):
    """This link takes no answers any more, so it cannot be taken back or replaced."""


def revoke(session: Session, invitation_id: int, *, actor: str, reason: str, now: datetime) -> None:
    """Take back a link that nobody answered; who opens it learns nothing from it any more."""
    _get(session, invitation_id)
    if not actions.revoke(session, invitation_id, actor=actor, now=now, reason=reason):
        raise EndedError(_ended())
    _record(session, invitation_id, "revoke", actor=actor, now=now)


def replace(session: Session, invitation_id: int, *, actor: str, reason: str, now: datetime) -> Invitation:
    """Close a link and send a new one in its place, by the channel of the old one.

    Whoever sent the old link sends the new one, so that reminders, calls and answers go on from there; and
    the person counts as asked once. A link that nobody claims cannot be replaced.

    Raises
    ------
    EndedError
        When the old link takes no answers any more.
    InputError
        When the person must not or cannot be written to, or nobody sends links like this one.
    """
    old = _get(session, invitation_id)
    if not actions.replace(session, invitation_id, actor=actor, now=now, reason=reason):
        raise EndedError(_ended())
    _refuse_unless_reachable(session, old, now)
    new, token = _twin(session, old, now)
    event = Replaced(old.id, new.id, url_for_token(settings_of(session), token))
    if not any(listener(session, event, actor, now) for listener in hooks.replaced):
        raise InputError(
            _("Nobody sends this link on: it did not go out by SMS or e-mail. Revoke it, and ask anew.")
        )
    _record(session, invitation_id, "replace", actor=actor, now=now, by=new.id)
    return new


def _ended() -> str:
    return _("This link takes no answers any more, so it can be neither taken back nor replaced.")


def _get(session: Session, invitation_id: int) -> Invitation:
    found = session.get(Invitation, invitation_id)
    if found is None:
        raise NotFoundError
    return found


def _refuse_unless_reachable(session: Session, old: Invitation, now: datetime) -> None:
    verdict = governance.may_ask(session, old.contact_id or 0, cap_days=0, now=now, exempt=True)
    if not verdict.allowed:
        raise InputError(governance.said(verdict.reason))


def _twin(session: Session, old: Invitation, now: datetime) -> tuple[Invitation, str]:
    """Make the same invitation with a new token; it is not counted a second time as sent."""
    token = new_token()
    until = now + timedelta(days=settings_of(session).answer_days)
    kept = ("version_id", "contact_id", "stratum_id", "handler", "reference", "about", "language", "channel")
    new = Invitation(
        token_hash=token_hash(token),
        state="open",
        answer_by=max(old.answer_by, until),
        created_at=now,
        **{name: getattr(old, name) for name in kept},
    )
    session.add(new)
    session.flush()
    return new, token


def _record(
    session: Session, invitation_id: int, what: str, *, actor: str, now: datetime, **details: object
) -> None:
    audit.record(
        session,
        actor=actor,
        action=f"invitation.{what}",
        subject=f"invitation:{invitation_id}",
        now=now,
        **details,
    )
