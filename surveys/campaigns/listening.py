"""What campaigns hear about: a new link in the place of theirs, a message that did not arrive."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.contacts import queries as contacts
from core.contacts.routes import route_to
from core.outbox import actions as outbox
from core.outbox import hooks as outbox_hooks
from core.outbox.models import Message
from surveys import hooks
from surveys.campaigns.audiences import terms_of
from surveys.campaigns.letters import INVITE, SUBJECT, first_message, write_message
from surveys.campaigns.lifecycle import ASKED, RECIPIENTS
from surveys.campaigns.models import Campaign, Recipient, Wave
from surveys.campaigns.turns import Turn
from surveys.models import Invitation


def replaced(session: Session, event: hooks.Replaced, actor: str, now: datetime) -> bool:
    """Send the new link, if a running wave sent the old one; what waits with the old one is taken back."""
    wanted = select(Recipient).where(Recipient.invitation_id == event.old_id).with_for_update()
    recipient = session.scalar(wanted)
    wave = session.get(Wave, recipient.wave_id) if recipient else None
    if recipient is None or wave is None or wave.state != "running" or recipient.contact_id is None:
        return False
    new, card = session.get_one(Invitation, event.invitation_id), contacts.card(session, recipient.contact_id)
    route = route_to(card, (new.channel,))
    if route is None or recipient.state not in RECIPIENTS.sources("send_new"):
        return False
    outbox.cancel(session, SUBJECT, recipient.id, actor=actor, now=now, reason="replaced by a new link")
    turn = Turn(recipient, wave, terms_of(session.get_one(Campaign, wave.campaign_id)), card)
    write_message(session, turn, new, route, purpose=INVITE, link=event.link, now=now)
    changes = {"invitation_id": new.id, "due_at": new.answer_by, "reason": ""}
    RECIPIENTS.move(session, recipient, "send_new", actor=actor, now=now, changes=changes)
    return True


def undelivered(session: Session, message: Message, now: datetime) -> None:
    """Take note that an invitation did not arrive, as the provider reports it.

    A reminder that did not arrive changes nothing: the invitation before it did.
    """
    if message.subject_type != SUBJECT or message.purpose != INVITE or not message.subject_id:
        return
    wanted = select(Recipient).where(Recipient.id == message.subject_id, Recipient.state.in_(ASKED))
    recipient = session.scalar(wanted.with_for_update())
    latest = first_message(session, message.subject_id)
    if recipient is None or latest is None or latest.id != message.id:
        return
    RECIPIENTS.move(session, recipient, "fail", actor="outbox", now=now, changes={"reason": "undeliverable"})


def listen() -> None:
    """Hear about both; pressing twice changes nothing."""
    if replaced not in hooks.replaced:
        hooks.replaced.append(replaced)
    if undelivered not in outbox_hooks.undelivered:
        outbox_hooks.undelivered.append(undelivered)
