"""One follow-up, one step: ask the customer, and take over what became of the message.

Each step looks at one row that is due, decides anew from what holds now, and writes in the running
transaction. It returns the word under which the tick counts it, or None when another tick was faster.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.contacts import governance, wishes
from core.contacts.routes import route_to
from core.db import settings_of
from core.outbox.models import Message
from core.texts import mask_name
from followup.chasing import call, next_step_at
from followup.invitations import first_message, write_message
from followup.lifecycle import FOLLOW_UPS
from followup.matters import LATER, SYSTEM, Matter, due_matter
from followup.models import FollowUp
from followup.refusals import by_link, may_change, why_not
from followup.rules.policy import channels_after
from surveys import actions as surveys
from surveys.lifecycle import may_answer
from surveys.links import link_in, url_for_token
from surveys.models import Invitation


def send(session: Session, follow_up_id: int, now: datetime) -> str | None:
    """Ask the customer, if everything that allows it still holds."""
    matter = due_matter(session, follow_up_id, ("planned",), now)
    if matter is None:
        return None
    follow_up, case = matter.follow_up, matter.case
    if case.resolution_no != follow_up.resolution_no or case.state not in {"closed", "reopen_requested"}:
        return _end(session, follow_up, "void", "reopened", now)
    if case.state == "reopen_requested":  # somebody is deciding; ask when the case stays closed
        follow_up.due_at = now + LATER
        return "later"
    if may_change(session, matter, now):
        follow_up.due_at = now + wishes.TAKE_BACK
        return "later"
    reason = why_not(session, matter, now)
    if reason:
        _note_refusal(session, matter, reason, now)
        return _end(session, follow_up, "skip", reason, now)
    return _invite(session, matter, now) if by_link(matter) else call(session, matter, now)


def _note_refusal(session: Session, matter: Matter, reason: str, now: datetime) -> None:
    """Let the ledger of the customer say why nobody asked."""
    if matter.card is None or reason not in governance.REASONS:
        return  # what the sample or the age of the case decides says nothing about the person
    route = route_to(matter.card, matter.terms.written) if by_link(matter) else None
    channel = route.channel if route else "phone"
    governance.record_refusal(
        session, matter.card.id, reason=reason, purpose="invitation", now=now, channel=channel
    )


def settle(session: Session, follow_up_id: int, now: datetime) -> str | None:
    """Take over what became of the message that carries the link."""
    matter = due_matter(session, follow_up_id, ("sending",), None)
    message = first_message(session, matter.follow_up) if matter else None
    if matter is None or message is None:
        return None
    if message.state in {"sent", "uncertain"}:
        return _was_sent(session, matter, message, now)
    if message.state == "failed":
        return undeliverable(session, matter, now)
    if message.state == "cancelled":
        reason = "undeliverable" if matter.may_contact else "dnc"
        return _end(session, matter.follow_up, "skip", reason, now)
    return None


def write_after_calls(session: Session, follow_up_id: int, now: datetime) -> bool:
    """Send a link to a customer whom no call reached, where the rule says so and nothing forbids it."""
    matter = due_matter(session, follow_up_id, ("call_queued",), None)
    if matter is None or matter.terms.channel != "phone_then_link" or not matter.may_contact:
        return False
    is_closed = matter.case.state == "closed" and matter.case.resolution_no == matter.follow_up.resolution_no
    if not is_closed or matter.follow_up.invitation_id or not route_to(matter.card, matter.terms.written):
        return False
    _invite(session, matter, now, event="write")
    return True


def _invite(session: Session, matter: Matter, now: datetime, event: str = "send") -> str:
    """Write the invitation, the message and the new state in one transaction."""
    card, case, follow_up = matter.card, matter.case, matter.follow_up
    route = route_to(card, matter.terms.written)
    assert route is not None
    assert card is not None
    settings = settings_of(session)
    asked_on = case.registered_at.astimezone(settings.zone).date()  # the day the customer remembers
    invitation, token = surveys.invite(
        session,
        version_id=follow_up.version_id,
        contact_id=follow_up.contact_id,
        stratum_id=follow_up.stratum_id,
        handler=follow_up.handler_name,
        reference=case.number,
        about={"addressee": mask_name(card.name), "on": asked_on.isoformat(), "kind": case.kind},
        language=card.language,
        channel=route.channel,
        answer_by=now + timedelta(days=matter.terms.answer_days),
        now=now,
    )
    link = url_for_token(settings, token)
    write_message(session, matter, invitation, purpose="invitation", link=link, now=now)
    changes = {"invitation_id": invitation.id, "due_at": invitation.answer_by}
    FOLLOW_UPS.move(session, follow_up, event, actor=SYSTEM, now=now, changes=changes)
    return "invited"


def _fall_back(session: Session, matter: Matter, now: datetime) -> bool:
    """Send the same link by the next channel of the rule that reaches the customer, each channel once."""
    follow_up, message = matter.follow_up, first_message(session, matter.follow_up)
    invitation = session.get(Invitation, follow_up.invitation_id) if follow_up.invitation_id else None
    link = link_in(session, message) if message else None
    if invitation is None or not link or not matter.may_contact:
        return False
    route = route_to(matter.card, channels_after(matter.terms.written, invitation.channel))
    if route is None or not may_answer(invitation.state, invitation.answer_by, now):
        return False
    invitation.channel = route.channel
    write_message(session, matter, invitation, purpose="invitation", link=link, now=now, fallen_back=True)
    changes = {"due_at": invitation.answer_by}
    FOLLOW_UPS.move(
        session, follow_up, "fall_back", actor=SYSTEM, now=now, reason=route.channel, changes=changes
    )
    return True


def _end(session: Session, follow_up: FollowUp, event: str, reason: str, now: datetime) -> str:
    FOLLOW_UPS.move(
        session, follow_up, event, actor=SYSTEM, now=now, reason=reason, changes={"reason": reason}
    )
    if follow_up.invitation_id:
        surveys.withdraw(session, follow_up.invitation_id, actor=SYSTEM, now=now, reason=reason)
    return follow_up.state


def _was_sent(session: Session, matter: Matter, message: Message, now: datetime) -> str:
    """Start the clock of reminder and phone; what may have been sent counts as sent."""
    invitation = session.get_one(Invitation, matter.follow_up.invitation_id)
    due_at = next_step_at(session, matter.terms, message.sent_at or now, invitation.answer_by, reminded=False)
    reason = "uncertain" if message.state == "uncertain" else ""
    changes = {"due_at": due_at}
    FOLLOW_UPS.move(session, matter.follow_up, "sent", actor=SYSTEM, now=now, reason=reason, changes=changes)
    return "sent"


def undeliverable(session: Session, matter: Matter, now: datetime) -> str:
    """The message cannot reach the customer: the next channel of the rule, and after the last one a call at
    once where the rule allows calls.
    """
    if may_change(session, matter, now):
        return "later"
    if _fall_back(session, matter, now):
        return "fell_back"
    if matter.terms.channel == "link_then_phone" and matter.has_phone and matter.may_contact:
        return call(session, matter, now)
    changes = {"reason": "undeliverable"}
    FOLLOW_UPS.move(session, matter.follow_up, "expire", actor=SYSTEM, now=now, changes=changes)
    return "expired"
