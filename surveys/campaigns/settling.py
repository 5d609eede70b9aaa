"""After the link went out: delivered or not, answered, stopped or expired; and the wave that is over."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from core.contacts import wishes
from core.contacts.models import Contact
from core.outbox import actions as outbox
from core.outbox.models import Message
from surveys import actions as surveys
from surveys.anonymity import day_only
from surveys.campaigns.audiences import terms_of
from surveys.campaigns.letters import HELD, SUBJECT, first_message
from surveys.campaigns.lifecycle import ASKED, CAMPAIGNS, RECIPIENTS, UNDER_WAY, WAVES
from surveys.campaigns.models import Campaign, Recipient, Wave
from surveys.campaigns.sending import SYSTEM, next_reminder, skip
from surveys.lifecycle import may_answer
from surveys.models import Invitation, Partial
from surveys.queries import load_version

ANSWERED = frozenset({"answered", "locked"})


def settle(session: Session, recipient_id: int, now: datetime) -> str | None:
    """Take over what became of one invitation and its message."""
    wanted = select(Recipient).where(Recipient.id == recipient_id, Recipient.invitation_id.is_not(None))
    recipient = session.scalar(wanted.with_for_update(skip_locked=True))
    if recipient is None:
        return None
    invitation = session.get_one(Invitation, recipient.invitation_id)
    if invitation.state in ANSWERED:
        return _answered(session, recipient, invitation, now)
    if recipient.state not in ASKED:
        return None
    if invitation.state == "opted_out" or _wants_no_contact(session, recipient, now):
        own = invitation.state == "opted_out"
        return _stop(session, recipient, invitation, "opted_out" if own else "dnc", now)
    if invitation.state != "open":
        return _expire(session, recipient, "withdrawn", now)
    return _of_the_message(session, recipient, invitation, now)


def close(session: Session, wave_id: int, now: datetime) -> str | None:
    """Close a wave in which nobody is under way; a campaign without a next one is over."""
    wave = session.scalar(select(Wave).where(Wave.id == wave_id, Wave.state == "running").with_for_update())
    open_rows = exists().where(Recipient.wave_id == wave_id, Recipient.state.in_(UNDER_WAY))
    if wave is None or session.scalar(select(open_rows)):
        return None
    WAVES.move(session, wave, "close", actor=SYSTEM, now=now)
    others = exists().where(Wave.campaign_id == wave.campaign_id, Wave.state != "closed")
    campaign = session.get_one(Campaign, wave.campaign_id, with_for_update=True)
    if campaign.next_wave_at is None and campaign.state == "running" and not session.scalar(select(others)):
        CAMPAIGNS.move(session, campaign, "end", actor=SYSTEM, now=now, reason="all rounds are over")
    return "closed"


def why_not_deliver(session: Session, message: Message, now: datetime) -> str | None:
    """Look again at the moment of sending; None when the message may go out, or waits behind a pause."""
    recipient = session.get(Recipient, message.subject_id) if message.subject_id else None
    if recipient is None:
        return "gone"
    if recipient.state not in ASKED:
        return f"the recipient is {recipient.state}"
    wave = session.get_one(Wave, recipient.wave_id)
    if wave.state == "closed":
        return "ended"
    if wave.state == "paused":  # it was in the sending when the pause began, and is to be tried again
        message.due_at = HELD
        return None
    invitation = session.get(Invitation, recipient.invitation_id) if recipient.invitation_id else None
    if invitation is None or not may_answer(invitation.state, invitation.answer_by, now):
        return "too_late"  # answered, or days without a mail server
    return _why_not_contact(session, message, recipient, now)


def _why_not_contact(session: Session, message: Message, recipient: Recipient, now: datetime) -> str | None:
    contact = session.get(Contact, recipient.contact_id) if recipient.contact_id else None
    if contact is None or not contact.do_not_contact:
        return None if contact else "dnc"
    if wishes.is_fresh(session, contact.id, now):  # the wish may still be taken back
        message.due_at = now + wishes.TAKE_BACK
        return None
    return "dnc"


def _answered(session: Session, recipient: Recipient, invitation: Invitation, now: datetime) -> str | None:
    """Participation is known; of an anonymous questionnaire only by the day."""
    if recipient.state not in RECIPIENTS.sources("answer"):
        return None
    anonymous = load_version(session, invitation.version_id).definition.anonymous
    _take_back(session, recipient, "answered", now)
    at = day_only(session, now) if anonymous else now
    RECIPIENTS.move(session, recipient, "answer", actor=SYSTEM, now=at, changes={"reason": ""})
    return "answered"


def _stop(session: Session, recipient: Recipient, invitation: Invitation, reason: str, now: datetime) -> str:
    _take_back(session, recipient, reason, now)
    changes = {"reason": reason, "due_at": invitation.answer_by}
    RECIPIENTS.move(session, recipient, "stop", actor=SYSTEM, now=now, reason=reason, changes=changes)
    return "stopped"


def _expire(session: Session, recipient: Recipient, reason: str, now: datetime) -> str:
    _take_back(session, recipient, reason, now)
    RECIPIENTS.move(
        session, recipient, "expire", actor=SYSTEM, now=now, reason=reason, changes={"reason": reason}
    )
    return "expired"


def _of_the_message(
    session: Session, recipient: Recipient, invitation: Invitation, now: datetime
) -> str | None:
    """Go by what became of the message, until the last day to answer has passed."""
    over = now >= invitation.answer_by
    if recipient.state == "sent":
        return _expire(session, recipient, _how_far(session, invitation), now) if over else None
    message = first_message(session, recipient.id)
    if message and message.state in {"sent", "uncertain"}:
        return _was_sent(session, recipient, invitation, message, now=now)
    if message and message.state == "failed":
        changes = {"reason": "undeliverable", "due_at": invitation.answer_by}
        RECIPIENTS.move(session, recipient, "fail", actor=SYSTEM, now=now, changes=changes)
        return "failed"
    if over or message is None or message.state == "cancelled":  # over: days without a mail server
        return _not_sent(session, recipient, invitation, "too_late" if over else "taken_back", now=now)
    return None


def _was_sent(
    session: Session, recipient: Recipient, invitation: Invitation, message: Message, *, now: datetime
) -> str:
    """Start the clock of the reminders; what may have been sent counts as sent."""
    terms = terms_of(session.get_one(Campaign, session.get_one(Wave, recipient.wave_id).campaign_id))
    due_at = next_reminder(terms, 0, message.sent_at or now, invitation.answer_by)
    changes = {"reason": "uncertain" if message.state == "uncertain" else "", "due_at": due_at}
    RECIPIENTS.move(session, recipient, "sent", actor=SYSTEM, now=now, changes=changes)
    return "sent"


def _not_sent(
    session: Session, recipient: Recipient, invitation: Invitation, reason: str, *, now: datetime
) -> str:
    _take_back(session, recipient, reason, now)
    surveys.withdraw(session, invitation.id, actor=SYSTEM, now=now, reason=reason)
    ended = session.get_one(Wave, recipient.wave_id).state == "closed"
    return skip(session, recipient, "ended" if ended else reason, now, due_at=invitation.answer_by)


def _how_far(session: Session, invitation: Invitation) -> str:
    """Tell a part that was saved and never sent from no answer at all, before what was saved is forgotten."""
    return "no_answer" if session.get(Partial, invitation.id) is None else "saved"


def _wants_no_contact(session: Session, recipient: Recipient, now: datetime) -> bool:
    contact = session.get(Contact, recipient.contact_id) if recipient.contact_id else None
    return contact is not None and contact.do_not_contact and not wishes.is_fresh(session, contact.id, now)


def _take_back(session: Session, recipient: Recipient, reason: str, now: datetime) -> None:
    """Cancel what is still queued for this person."""
    outbox.cancel(session, SUBJECT, recipient.id, actor=SYSTEM, now=now, reason=reason)
