"""The ledger of one contact: who it is, masked, and every contact made, refused or wished away."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.contacts import governance, queries
from core.contacts.models import ContactEvent
from core.contacts.queries import ASKING, ContactCard
from core.outbox.queries import masked
from core.texts import mask_name, mask_phone

PAGE = 50


@dataclass(frozen=True, slots=True)
class Masked:
    """A contact as far as it takes to recognise it."""

    id: int
    name: str
    phones: tuple[tuple[str, bool], ...]  # number, whether it is dead
    email: str
    household: str
    do_not_contact: bool
    last_asked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """One page of a contact's ledger."""

    contact: Masked
    household: tuple[Masked, ...]  # who else is reached when this contact is
    events: tuple[ContactEvent, ...]
    count: int
    page: int
    pages: int


def ledger(session: Session, contact_id: int, page: int = 1) -> Ledger:
    """Return what is known of the contacts with one person, the newest first."""
    card = queries.card(session, contact_id)
    of_contact = ContactEvent.contact_id == contact_id
    count = session.scalar(select(func.count()).select_from(ContactEvent).where(of_contact)) or 0
    pages = max(1, -(-count // PAGE))
    page = min(max(1, page), pages)
    wanted = select(ContactEvent).where(of_contact).order_by(ContactEvent.at.desc(), ContactEvent.id.desc())
    others = sorted(governance.circle(session, contact_id) - {contact_id})
    return Ledger(
        contact=_masked(session, card),
        household=tuple(_masked(session, queries.card(session, other)) for other in others[:PAGE]),
        events=tuple(session.scalars(wanted.limit(PAGE).offset(PAGE * (page - 1)))),
        count=count,
        page=page,
        pages=pages,
    )


def _masked(session: Session, card: ContactCard) -> Masked:
    asked = select(func.max(ContactEvent.at)).where(
        ContactEvent.contact_id == card.id, ContactEvent.purpose.in_(ASKING)
    )
    return Masked(
        id=card.id,
        name=mask_name(card.name),
        phones=tuple((mask_phone(phone.number), phone.dead) for phone in card.phones),
        email=masked(card.email, "email") if card.email else "",
        household=mask_phone(card.household) if card.household else "",
        do_not_contact=card.do_not_contact,
        last_asked=session.scalar(asked),
    )
