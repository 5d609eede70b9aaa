"""Whose turn it is in a wave, with everything the next step looks at, locked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.contacts import queries as contacts
from core.contacts.queries import ContactCard
from surveys.campaigns.audiences import terms_of
from surveys.campaigns.models import Campaign, Recipient, Wave
from surveys.campaigns.policy import Terms


@dataclass(frozen=True, slots=True)
class Turn:
    """The person whose turn it is, with everything the next step looks at."""

    recipient: Recipient
    wave: Wave
    terms: Terms
    card: ContactCard | None


def in_turn(session: Session, recipient_id: int, state: str, now: datetime) -> Turn | None:
    """Lock the wave and then the person; None when it is not their turn, or in other hands."""
    place = session.get(Recipient, recipient_id)
    if place is None:
        return None
    wave = session.scalar(
        select(Wave).where(Wave.id == place.wave_id, Wave.state == "running").with_for_update()
    )
    if wave is None:
        return None
    wanted = select(Recipient).where(
        Recipient.id == recipient_id, Recipient.state == state, Recipient.due_at <= now
    )
    wanted = wanted.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    recipient = session.scalar(wanted)
    if recipient is None:
        return None
    campaign = session.get_one(Campaign, wave.campaign_id)
    card = contacts.card(session, recipient.contact_id) if recipient.contact_id else None
    return Turn(recipient, wave, terms_of(campaign), card)
