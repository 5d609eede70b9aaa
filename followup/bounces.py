"""An invitation that did not reach the customer, as the provider reports it: then the phone, at once."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.outbox import hooks
from core.outbox.models import Message
from followup.invitations import first_message
from followup.lifecycle import WAITING
from followup.matters import due_matter
from followup.models import FollowUp
from followup.sending import undeliverable


def invitation_bounced(session: Session, message: Message, now: datetime) -> None:
    """Listen to reports: a customer whose invitation did not arrive is called, if the rule allows calls.

    A reminder that did not arrive changes nothing: the invitation before it did.
    """
    if message.subject_type != "follow_up" or message.purpose != "invitation" or not message.subject_id:
        return
    # Wait for a tick that works on it; the step below passes over what is locked.
    session.execute(select(FollowUp.id).where(FollowUp.id == message.subject_id).with_for_update())
    matter = due_matter(session, message.subject_id, ("sending", *WAITING), None)
    if matter is None or matter.case.state != "closed":
        return
    latest = first_message(session, matter.follow_up)
    if latest is not None and latest.id == message.id:  # and not one whose link was replaced meanwhile
        undeliverable(session, matter, now)


def listen() -> None:
    """Hear about invitations that did not arrive; pressing twice changes nothing."""
    if invitation_bounced not in hooks.undelivered:
        hooks.undelivered.append(invitation_bounced)
