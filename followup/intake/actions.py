"""Registering what came over the public form: once for each form, a few a day for each telephone number."""

from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from core.contacts import actions as contacts
from core.contacts import phones, queries
from core.contacts.models import Phone
from core.db import settings_of
from core.errors import ConflictError
from core.installation import wait_for_turn
from followup.cases import actions as cases
from followup.cases import texts
from followup.cases.severity import suggested
from followup.intake.forms import Matter
from followup.intake.policy import subject_of
from followup.intake.stamps import Stamp
from followup.models import Case

SOURCE = contacts.UNPROVEN  # the source of a case that came over the form, and of its contact
CHANNEL = "web"
CUSTOMER = "customer"


class PhoneLimitError(ConflictError):
    """Enough matters came with this telephone number today; call us about further ones."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a form: registered now, or known before; perhaps with other words."""

    number: str
    created: bool
    differs: bool = False


def take(session: Session, matter: Matter, stamp: Stamp, *, language: str, now: datetime) -> Taken:
    """Register a matter, unless its form was sent before."""
    line = phones.normalise(matter.phone, settings_of(session).country).line
    index = queries.phone_index(session, line)
    wait_for_turn(session, f"intake:{index.hex()}")  # a second press, or a second form, waits for the first
    known = known_as(session, matter, stamp)
    if known is not None:
        return known
    most = settings_of(session).feedback_per_phone
    if most and _today(session, index, now) >= most:
        raise PhoneLimitError
    return Taken(_register(session, matter, stamp, language=language, now=now), created=True)


def known_as(session: Session, matter: Matter, stamp: Stamp) -> Taken | None:
    """Return what an earlier press of the same form registered."""
    case = session.scalar(select(Case).where(Case.source == SOURCE, Case.external_id == stamp.number))
    if case is None:
        return None
    same = (case.kind, texts.description(session, case)) == (matter.kind, matter.words)
    return Taken(case.number, created=False, differs=not same)


def _register(session: Session, matter: Matter, stamp: Stamp, *, language: str, now: datetime) -> str:
    # A contact of its own: who knows a neighbour's name and number must not complete the neighbour's address.
    district, address = _placed(session, matter)
    contact = contacts.save_contact(
        session, name=matter.name, phones=[matter.phone], email=matter.email, address=address,
        household=matter.household, language=language, source=SOURCE, now=now,
    )  # fmt: skip
    suggestion = suggested(session, kind=matter.kind, words=matter.words)
    case = cases.register(
        session, kind=matter.kind, title=subject_of(matter.words), description=matter.words,
        suggestion=suggestion, district=district, channel=CHANNEL,
        contact_id=contact.id, source=SOURCE, external_id=stamp.number, actor=CUSTOMER, now=now,
    )  # fmt: skip
    return case.number


def _placed(session: Session, matter: Matter) -> tuple[str, str]:
    """Return district and address: only a district that cases have already is one.

    It is kept in plain, and stands in filters, statistics and exports; anything else is sealed.
    """
    if matter.district and not session.scalar(select(exists().where(Case.district == matter.district))):
        return "", f"{matter.district} {matter.address}".strip()
    return matter.district, matter.address


def _today(session: Session, phone_index: bytes, now: datetime) -> int:
    """Count what came over the form with a number since midnight, over all processes."""
    zone = settings_of(session).zone
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    counted = (
        select(func.count(Case.id.distinct()))
        .join(Phone, Phone.contact_id == Case.contact_id)
        .where(Phone.number_index == phone_index, Case.source == SOURCE, Case.registered_at >= midnight)
    )
    return session.scalar(counted) or 0
