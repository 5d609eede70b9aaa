"""Writing contacts: what identifies a person is sealed before it reaches the database."""

import re
import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from core import audit
from core.contacts import phones, queries
from core.contacts.models import Contact, ContactEvent, Phone
from core.db import settings_of, vault_of
from core.errors import InputError, NotFoundError
from core.i18n import _
from core.texts import clean_text

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LANGUAGES = ("zh_Hans", "en")
UNPROVEN = "feedback"  # the source of contacts that anybody may have typed, in anybody's name


def save_contact(
    session: Session,
    *,
    name: str = "",
    phones: Sequence[str] = (),
    email: str = "",
    address: str = "",
    household: str = "",
    language: str = "zh_Hans",
    source: str = "",
    now: datetime,
) -> Contact:
    """Save a new contact; a number that asked to be left alone stays left alone under any name."""
    contact = build(
        session, name=name, phones=phones, email=email, address=address, household=household,
        language=language, source=source, now=now,
    )  # fmt: skip
    session.add(contact)
    contact.do_not_contact = bool(_sharing(session, contact, do_not_contact=True))
    session.flush()
    return contact


def build(
    session: Session,
    *,
    name: str = "",
    phones: Sequence[str] = (),
    email: str = "",
    address: str = "",
    household: str = "",
    language: str = "zh_Hans",
    source: str = "",
    now: datetime,
) -> Contact:
    """Make a contact with everything sealed; it is not saved yet."""
    if language not in _LANGUAGES:
        raise InputError(f"The language of a contact is zh_Hans or en, not {language[:20]!r}.")
    contact = Contact(uid=uuid.uuid4().hex, source=source, language=language, created_at=now)
    _fill(session, contact, name=name, email=email, address=address, household=household)
    _add_numbers(session, contact, phones)
    return contact


def find_or_save(
    session: Session,
    *,
    name: str = "",
    phones: Sequence[str] = (),
    email: str = "",
    address: str = "",
    household: str = "",
    language: str = "zh_Hans",
    source: str = "",
    now: datetime,
) -> Contact:
    """Reuse the contact of the same name with this household or number, completed; else save a new one.

    One that came over a public form is never reused: its e-mail address may be a stranger's.
    """
    contact = _known(session, clean_text(name), phones, household)
    if contact is None:
        return save_contact(
            session, name=name, phones=phones, email=email, address=address,
            household=household, language=language, source=source, now=now,
        )  # fmt: skip
    given = {"name": name, "email": email, "address": address, "household": household}
    _fill(session, contact, **{k: v for k, v in given.items() if getattr(contact, f"{k}_sealed") is None})
    _add_numbers(session, contact, phones)
    session.flush()
    if not contact.do_not_contact and _sharing(session, contact, do_not_contact=True):
        contact.do_not_contact = True  # a number that was added asked to be left alone
        session.flush()
    return contact


def set_do_not_contact(
    session: Session, contact_id: int, *, actor: str, channel: str, reason: str, now: datetime
) -> list[int]:
    """Never write to or call this contact again, nor anybody else at the same numbers or address.

    Return for whom this is new.
    """
    contact = queries.get(session, contact_id)
    silenced = [
        each
        for each in [contact, *_sharing(session, contact, do_not_contact=False)]
        if not each.do_not_contact
    ]
    for each in silenced:
        each.do_not_contact = True
    ids = [each.id for each in silenced]
    for each_id in dict.fromkeys([contact_id, *ids]):
        note_contact(session, each_id, channel=channel, purpose="opt_out", now=now, reason=reason)
    audit.record(
        session,
        actor=actor,
        action="contact.do_not_contact",
        subject=f"contact:{contact_id}",
        now=now,
        channel=channel,
    )
    return ids


def lift_do_not_contact(session: Session, contact_id: int, *, actor: str, reason: str, now: datetime) -> int:
    """Take a wish to be left alone back, for everybody at the same numbers; return for how many people.

    Whoever shares a number has to be freed too: one of them left behind would silence the number still.
    """
    contact = queries.get(session, contact_id)
    freed = [
        each for each in [contact, *_sharing(session, contact, do_not_contact=True)] if each.do_not_contact
    ]
    return _free(session, contact_id, freed, actor=actor, reason=reason, now=now)


def take_wish_back(
    session: Session, contact_id: int, silenced: Sequence[int], *, actor: str, now: datetime
) -> int:
    """Free those again whom a wish silenced that was entered by mistake, and nobody else."""
    wanted = select(Contact).where(Contact.id.in_(silenced), Contact.do_not_contact).order_by(Contact.id)
    freed = session.scalars(wanted.execution_options(populate_existing=True)).all()
    return _free(session, contact_id, freed, actor=actor, reason="undone", now=now)


def _free(
    session: Session, contact_id: int, freed: Sequence[Contact], *, actor: str, reason: str, now: datetime
) -> int:
    for each in freed:
        each.do_not_contact = False
        note_contact(session, each.id, channel="staff", purpose="opt_in", now=now, reason=reason)
    if freed:
        audit.record(
            session,
            actor=actor,
            action="contact.may_be_contacted",
            subject=f"contact:{contact_id}",
            now=now,
            people=len(freed),
        )
    return len(freed)


def note_contact(
    session: Session,
    contact_id: int,
    *,
    channel: str,
    purpose: str,
    now: datetime,
    outcome: str = "",
    reason: str = "",
) -> None:
    """Remember that we turned to a contact, or what the contact wished."""
    session.add(
        ContactEvent(
            contact_id=contact_id,
            at=now,
            channel=channel,
            purpose=purpose,
            outcome=outcome,
            reason=clean_text(reason, 200),
        )
    )
    session.flush()


def add_number(session: Session, contact_id: int, text: str) -> Phone:
    """Give a contact one more number; one that asked to be left alone silences the contact as well."""
    contact = queries.get(session, contact_id)
    count = len(contact.phones)
    _add_numbers(session, contact, [text])
    if len(contact.phones) == count:
        raise InputError(_("The customer has this number already; enter another one."))
    session.flush()
    contact.do_not_contact = contact.do_not_contact or bool(_sharing(session, contact, do_not_contact=True))
    return contact.phones[-1]


def remove_number(session: Session, contact_id: int, phone_id: int) -> None:
    """Take a number off a contact."""
    contact = queries.get(session, contact_id)
    contact.phones = [phone for phone in contact.phones if phone.id != phone_id]
    session.flush()


def mark_number_dead(session: Session, phone_id: int) -> None:
    """Never dial a number again: it is out of service, or it belongs to somebody else."""
    _set_dead(session, phone_id, dead=True)


def revive_number(session: Session, phone_id: int) -> None:
    """Dial a number again: it turned out to be right."""
    _set_dead(session, phone_id, dead=False)


def _set_dead(session: Session, phone_id: int, *, dead: bool) -> None:
    done = session.execute(update(Phone).where(Phone.id == phone_id).values(dead=dead))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFoundError(f"There is no phone number with the id {phone_id}.")


def _fill(session: Session, contact: Contact, **given: str) -> None:
    """Seal the given values into the contact, with their blind indexes."""
    vault = vault_of(session)
    for field, text in given.items():
        value = checked_email(text) if field == "email" else clean_text(text, 200)
        if not value:
            continue
        setattr(contact, f"{field}_sealed", vault.seal(value, f"contact.{field}:{contact.uid}"))
        if field == "email":
            contact.email_index = vault.blind_index(value.lower(), "email")
        elif field == "household":
            contact.household_index = queries.household_index(session, value)


def checked_email(text: str) -> str:
    """Return an e-mail address without white space, or raise ``InputError``; an empty one stays empty."""
    address = text.strip()
    if address and not (len(address) <= 254 and _EMAIL.fullmatch(address)):
        raise InputError(
            _("“%(text)s” is not an e-mail address; write one such as name@example.org.", text=address[:60])
        )
    return address


def _add_numbers(session: Session, contact: Contact, texts: Sequence[str]) -> None:
    """Add the numbers the contact does not have yet, in the given order."""
    vault, region = vault_of(session), settings_of(session).country
    known = {phone.number_index for phone in contact.phones}
    for text in texts:
        if not text.strip():
            continue
        number = phones.normalise(text, region)
        index = queries.phone_index(session, number.line)
        if index in known:
            continue
        known.add(index)
        uid = uuid.uuid4().hex
        sealed = vault.seal(number.stored, f"phone.number:{uid}")
        contact.phones.append(
            Phone(
                uid=uid,
                number_sealed=sealed,
                number_index=index,
                kind=number.kind,
                position=len(contact.phones),
            )
        )


def _known(session: Session, name: str, texts: Sequence[str], household: str) -> Contact | None:
    """Find the contact with this household or one of these numbers whose name does not speak against it."""
    ids = queries.find_by_household(session, household)
    for text in texts:
        if text.strip():
            ids += queries.find_by_phone(session, text)
    for contact_id in dict.fromkeys(ids):
        contact = queries.get(session, contact_id)
        if contact.source == UNPROVEN:
            continue
        other = queries.opened(session, contact, "name")
        if not name or not other or name == other:
            return contact
    return None


def _sharing(session: Session, contact: Contact, *, do_not_contact: bool) -> list[Contact]:
    """Return the other contacts who can be reached at one of this contact's numbers or its e-mail address."""
    numbers = [phone.number_index for phone in contact.phones]
    at_numbers = Contact.id.in_(select(Phone.contact_id).where(Phone.number_index.in_(numbers)))
    at_address = Contact.email_index == contact.email_index
    places: list[ColumnElement[bool]] = [at_numbers] * bool(numbers) + [at_address] * (
        contact.email_index is not None
    )
    wanted = select(Contact).where(Contact.do_not_contact.is_(do_not_contact), Contact.uid != contact.uid)
    # One question for each index: together, PostgreSQL would read every contact.
    found = {each.id: each for place in places for each in session.scalars(wanted.where(place))}
    return [found[key] for key in sorted(found)]
