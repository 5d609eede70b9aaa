"""Reading contacts."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.contacts import phones
from core.contacts.models import Contact, ContactEvent, Phone
from core.db import settings_of, vault_of
from core.errors import NotFoundError

ASKING = ("invitation", "reminder", "callback")  # what frequency caps count


@dataclass(frozen=True, slots=True)
class PhoneCard:
    """One number, as it is dialled."""

    id: int
    number: str
    kind: str
    dead: bool


@dataclass(frozen=True, slots=True)
class ContactCard:
    """A contact with everything opened."""

    id: int
    name: str
    phones: tuple[PhoneCard, ...]
    email: str
    address: str
    household: str
    language: str
    do_not_contact: bool


def get(session: Session, contact_id: int) -> Contact:
    """Return a contact, or raise ``NotFoundError``."""
    contact = session.get(Contact, contact_id)
    if contact is None:
        raise NotFoundError(f"There is no contact with the number {contact_id}.")
    return contact


def card(session: Session, contact_id: int) -> ContactCard:
    """Open a contact's sealed values."""
    contact = get(session, contact_id)
    return ContactCard(
        id=contact.id,
        name=opened(session, contact, "name"),
        phones=tuple(_phone_card(session, phone) for phone in contact.phones),
        email=opened(session, contact, "email"),
        address=opened(session, contact, "address"),
        household=opened(session, contact, "household"),
        language=contact.language,
        do_not_contact=contact.do_not_contact,
    )


def hold(session: Session, contact_ids: Collection[int]) -> bool:
    """Lock contacts for who counts and then adds to what they got; False while somebody else does."""
    wanted = select(Contact.id).where(Contact.id.in_(contact_ids)).order_by(Contact.id)
    held = session.scalars(wanted.with_for_update(skip_locked=True, key_share=True)).all()
    return len(held) == len(set(contact_ids))


def opened(session: Session, contact: Contact, field: str) -> str:
    """Open one sealed value of a contact, such as its ``name``."""
    sealed: bytes | None = getattr(contact, f"{field}_sealed")
    return vault_of(session).open(sealed, f"contact.{field}:{contact.uid}") if sealed else ""


def contacted_since(
    session: Session, contact_id: int, since: datetime, purposes: Collection[str] = ASKING
) -> int:
    """Count how often we turned to a contact since a moment, over all channels together."""
    counted = select(func.count()).where(
        ContactEvent.contact_id == contact_id, ContactEvent.at >= since, ContactEvent.purpose.in_(purposes)
    )
    return session.scalar(counted) or 0


def find_by_phone(session: Session, text: str) -> list[int]:
    """Return the contacts that have a number, in any spelling of it; raise ``InputError`` if it is none."""
    line = phones.normalise(text, settings_of(session).country).line
    found = select(Phone.contact_id).where(Phone.number_index == phone_index(session, line))
    return list(session.scalars(found.distinct().order_by(Phone.contact_id)))


def find_by_household(session: Session, text: str) -> list[int]:
    """Return the contacts of a household number 户号."""
    wanted = household_index(session, text)
    if wanted is None:
        return []
    return list(
        session.scalars(select(Contact.id).where(Contact.household_index == wanted).order_by(Contact.id))
    )


def phone_index(session: Session, line: str) -> bytes:
    """Return the blind index of a number in E.164."""
    return vault_of(session).blind_index(line, "phone")


def household_index(session: Session, text: str) -> bytes | None:
    """Return the blind index of a household number; width, case, spaces and hyphens do not matter.

    None for what people write where there is none, such as 无, N/A, - or 000: it would make strangers one
    household. A number has a digit that is not zero, be it 三 or 3.
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    if not any(unicodedata.numeric(character, 0) > 0 for character in plain):
        return None
    return vault_of(session).blind_index("".join(c for c in plain if c.isalnum()), "household")


def _phone_card(session: Session, phone: Phone) -> PhoneCard:
    stored = vault_of(session).open(phone.number_sealed, f"phone.number:{phone.uid}")
    return PhoneCard(phone.id, phones.shown(stored, settings_of(session).country), phone.kind, phone.dead)
