"""A personal link that takes the place of another: the follow-up goes on with it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import ConflictError, InputError
from core.i18n import _
from core.outbox import actions as outbox
from followup.chasing import next_step_at
from followup.invitations import write_message
from followup.lifecycle import OPEN, WAITING
from followup.matters import Matter, due_matter
from followup.models import FollowUp
from surveys import hooks
from surveys.models import Invitation


class FollowUpOverError(ConflictError):
    """The follow-up of this link is over, so no new link goes out for it."""


def link_replaced(session: Session, event: hooks.Replaced, actor: str, now: datetime) -> bool:
    """Send the new link of a follow-up, and let its clock begin anew; False when the link was no follow-up's.

    What was still to be sent with the old link is taken back. Called with the old invitation locked, as an
    answer by link does, so that the two never wait for each other.
    """
    found = session.scalar(select(FollowUp.id).where(FollowUp.invitation_id == event.old_id))
    if found is None:
        return False
    matter = due_matter(session, found, OPEN, None)
    if matter is None or not _is_current(matter):
        raise FollowUpOverError(
            _("The follow-up of this link is over, or its case is open again: no new link goes out for it.")
        )
    follow_up = matter.follow_up
    outbox.cancel(session, "follow_up", follow_up.id, actor=actor, now=now, reason="replaced by a new link")
    invitation = session.get_one(Invitation, event.invitation_id)
    message = write_message(
        session, matter, invitation, purpose="invitation", link=event.link, now=now, instead=True
    )
    if message is None:
        raise InputError(_("This customer has neither a mobile number nor an e-mail address any more."))
    invitation.channel = message.channel
    follow_up.invitation_id = invitation.id
    if follow_up.state in WAITING:
        follow_up.due_at = next_step_at(
            session, matter.terms, now, invitation.answer_by, reminded=follow_up.state == "reminded"
        )
    session.flush()
    return True


def listen() -> None:
    """Hear about replaced links; called twice, it changes nothing."""
    if link_replaced not in hooks.replaced:
        hooks.replaced.append(link_replaced)


def _is_current(matter: Matter) -> bool:
    """Tell whether the case still stands as it did when the customer was asked."""
    return matter.case.state == "closed" and matter.case.resolution_no == matter.follow_up.resolution_no
