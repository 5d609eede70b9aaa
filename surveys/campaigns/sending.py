"""One person of a wave, one step: ask, remind, and take over what became of it.

Each step locks its rows, decides anew from what holds now, and writes in the running transaction. It returns
the word under which the tick counts it, or None when another tick was faster. Who asks or reminds locks the
wave before the person, as pausing and ending do; so nobody waits for the other.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from core.contacts import governance, wishes
from core.contacts.queries import ContactCard
from core.contacts.routes import Route, route_to
from core.db import settings_of
from core.errors import TransitionError
from core.texts import mask_name
from surveys import actions as surveys
from surveys.campaigns.letters import INVITE, REMIND, first_message, write_message
from surveys.campaigns.lifecycle import RECIPIENTS
from surveys.campaigns.models import Recipient
from surveys.campaigns.policy import Terms
from surveys.campaigns.turns import Turn, in_turn
from surveys.links import link_in, url_for_token
from surveys.models import Invitation

SYSTEM = "system"
CATCH_UP = timedelta(minutes=5)  # after a pause or a night at most so much goes out at once


def ask(session: Session, recipient_id: int, now: datetime) -> str | None:
    """Ask one person, if everything that allows it still holds."""
    turn = in_turn(session, recipient_id, "planned", now)
    if turn is None:
        return None
    card = turn.card
    if now >= turn.wave.closes_at or card is None:
        return skip(session, turn.recipient, "gone" if now < turn.wave.closes_at else "too_late", now)
    if turn.wave.next_send_at > now:
        return None
    terms = turn.terms
    verdict = governance.may_ask(session, card.id, cap_days=terms.cap_days, now=now, exempt=terms.exempt)
    if verdict.reason == "busy":
        raise TransitionError  # somebody asks this household about something else just now: next time
    route = route_to(card, terms.channels)
    reason = verdict.reason or ("" if route else "no_contact")
    if reason == "dnc" and wishes.is_fresh(session, card.id, now):
        return _later(turn.recipient, now)
    if route is None or reason:
        channel = route.channel if route else "staff"
        governance.record_refusal(
            session, card.id, reason=reason, purpose="invitation", now=now, channel=channel
        )
        return skip(session, turn.recipient, reason, now)
    return _invite(session, turn, card, route, now=now)


def remind(session: Session, recipient_id: int, now: datetime) -> str | None:
    """Send the same link once more to who did not answer; late reminders are not made up for."""
    turn = in_turn(session, recipient_id, "sent", now)
    if turn is None or turn.card is None or turn.wave.next_send_at > now:
        return None
    recipient, terms, card = turn.recipient, turn.terms, turn.card
    invitation = session.get_one(Invitation, recipient.invitation_id)
    if recipient.reminders >= terms.reminders or invitation.state != "open" or now >= invitation.answer_by:
        return None
    verdict = governance.may_remind(session, card.id, asked_at=invitation.created_at, most=terms.reminders)
    if verdict.reason == "dnc" and wishes.is_fresh(session, card.id, now):
        return _later(recipient, now)
    message, route = first_message(session, recipient.id), route_to(card, terms.channels)
    link = link_in(session, message) if message else None
    if not verdict.allowed or link is None or route is None:
        recipient.due_at = invitation.answer_by  # the text was erased, or there is no way left
        return "not_reminded"
    write_message(session, turn, invitation, route, purpose=REMIND, link=link, now=now)
    _pace(turn, now)
    count = recipient.reminders + 1
    due_at = next_reminder(terms, count, now, invitation.answer_by)
    RECIPIENTS.move(
        session, recipient, "remind", actor=SYSTEM, now=now, changes={"reminders": count, "due_at": due_at}
    )
    return "reminded"


def next_reminder(terms: Terms, sent: int, since: datetime, answer_by: datetime) -> datetime:
    """Return when the next reminder is due, or the last moment to answer when there is none left."""
    if sent >= terms.reminders:
        return answer_by
    return min(answer_by, since + timedelta(days=terms.reminder_days))


def skip(session: Session, recipient: Recipient, reason: str, now: datetime, **changes: Any) -> str:
    """Ask this person no further, and keep why."""
    RECIPIENTS.move(
        session, recipient, "skip", actor=SYSTEM, now=now, reason=reason,
        changes={"reason": reason[:40], **changes},
    )  # fmt: skip
    return "skipped"


def _invite(session: Session, turn: Turn, card: ContactCard, route: Route, *, now: datetime) -> str:
    """Write the invitation, the message and the new state in one transaction."""
    recipient, wave = turn.recipient, turn.wave
    invitation, token = surveys.invite(
        session,
        version_id=wave.version_id,
        contact_id=card.id,
        stratum_id=recipient.stratum_id,
        handler="",
        reference="",
        about={"addressee": mask_name(card.name)},
        language=card.language,
        channel=route.channel,
        answer_by=now + timedelta(days=turn.terms.answer_days),
        now=now,
    )
    link = url_for_token(settings_of(session), token)
    write_message(session, turn, invitation, route, purpose=INVITE, link=link, now=now)
    _pace(turn, now)
    changes = {"invitation_id": invitation.id, "due_at": invitation.answer_by}
    RECIPIENTS.move(session, recipient, "send", actor=SYSTEM, now=now, changes=changes)
    return "invited"


def _later(recipient: Recipient, now: datetime) -> str:
    """Look again when it is certain that this person wants no contact."""
    recipient.due_at = now + wishes.TAKE_BACK
    return "later"


def _pace(turn: Turn, now: datetime) -> None:
    """Let the next message wait its turn: the wave's row is locked, so two ticks keep one pace."""
    earliest = max(turn.wave.next_send_at, now - CATCH_UP)
    turn.wave.next_send_at = earliest + timedelta(hours=1) / turn.terms.pace
