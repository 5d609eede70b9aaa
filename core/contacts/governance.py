"""Whether a person may be asked now: the one place that decides, for every feature and every channel.

What counts is what reached the person and the household: invitations, reminders and calls, by whichever
channel and for whichever purpose. A household is the same contact under another name: the same household
number 户号, the same living telephone number, the same e-mail address.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from core.calendar import CalendarError, load_calendar
from core.contacts import queries
from core.contacts.actions import note_contact
from core.contacts.models import Contact, ContactEvent, Phone
from core.db import settings_of
from core.i18n import _

REASONS = ("dnc", "cap", "cap_household", "no_contact", "busy")
WRITTEN = frozenset({"sms", "email"})  # what the hours for messages hold back

_MINE, _THEIRS = aliased(Phone), aliased(Phone)
_BY_PHONE = (  # built once: every question that is asked looks here
    select(_THEIRS.contact_id)
    .join(_MINE, _MINE.number_index == _THEIRS.number_index)
    .where(_MINE.contact_id == bindparam("contact"), _MINE.dead.is_(False), _THEIRS.dead.is_(False))
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a person may be asked; if not, why, when somebody was asked last, and when it is possible."""

    allowed: bool
    reason: str = ""  # one of REASONS, or nothing
    last_at: datetime | None = None
    until: datetime | None = None
    circle: frozenset[int] = field(default=frozenset(), compare=False)  # for whom the cap was looked at


@dataclass(frozen=True, slots=True)
class _Circle:
    """Who is reached when a contact is: at the same numbers and addresses, and in the same household."""

    contact: Contact
    same_address: frozenset[int]
    household: frozenset[int]

    @property
    def everybody(self) -> frozenset[int]:
        return self.same_address | self.household | {self.contact.id}


def may_ask(
    session: Session,
    contact_id: int,
    *,
    cap_days: int,
    now: datetime,
    exempt: bool = False,
    hold: bool = True,
) -> Verdict:
    """Decide whether a person may be asked now; who may is held until the transaction ends.

    ``exempt`` asks past the frequency cap (after a remedy, for a reminder); a wish to be left alone always
    holds. Without ``hold`` this only looks, for a page that says who would be asked. "busy" means that
    another process is asking this household: look again later.
    """
    circle = _circle_of(session, contact_id)
    reason = _barred(session, circle)
    if circle is None or reason:
        return Verdict(False, reason)
    if exempt or cap_days <= 0:
        return Verdict(True)
    if hold and not queries.hold(session, circle.everybody):
        return Verdict(False, "busy")
    return _within_cap(session, circle, timedelta(days=cap_days), now)


def may_remind(session: Session, contact_id: int, *, asked_at: datetime, most: int) -> Verdict:
    """Decide whether a person who did not answer may be reminded: exempt from the cap, but not endless."""
    circle = _circle_of(session, contact_id)
    reason = _barred(session, circle)
    if reason:
        return Verdict(False, reason)
    sent = queries.contacted_since(session, contact_id, asked_at, ("reminder",))
    return Verdict(True) if sent < most else Verdict(False, "cap", asked_at)


def record_refusal(
    session: Session, contact_id: int, *, reason: str, purpose: str, now: datetime, channel: str = "staff"
) -> None:
    """Note for the ledger that a person was not asked for this purpose, and why."""
    note_contact(
        session, contact_id, channel=channel, purpose="not_asked", now=now, outcome=purpose, reason=reason
    )


def next_allowed(session: Session, channel: str, now: datetime) -> datetime:
    """Return the first moment from ``now`` on at which this channel may be used: outside the quiet hours.

    Messages go out on every day, calls on working days; paper and pages know no hours.
    """
    settings = settings_of(session)
    if channel in WRITTEN:
        return load_calendar(session).next_open(now, settings.message_hours, workdays_only=False)
    if channel != "phone":
        return now
    try:
        return load_calendar(session).next_open(now, settings.call_hours)
    except CalendarError:  # next year's days off are not published yet: who calls looks again then
        return now


def said(reason: str) -> str:
    """Say why somebody is not asked."""
    sentences = {
        "": _("May be asked."),
        "dnc": _("Wants no contact."),
        "cap": _("Was asked a short time ago."),
        "cap_household": _("Somebody of the same household was asked a short time ago."),
        "no_contact": _("There is no number, e-mail or address to reach this person."),
        "busy": _("Is being asked about something else at this very moment."),
    }
    return sentences.get(reason, reason)


def circle(session: Session, contact_id: int) -> frozenset[int]:
    """Return everybody who is reached when this contact is, the contact among them."""
    found = _circle_of(session, contact_id)
    return found.everybody if found else frozenset()


def _circle_of(session: Session, contact_id: int) -> _Circle | None:
    contact = session.get(Contact, contact_id)
    if contact is None:
        return None
    same_address = set(session.scalars(_BY_PHONE, {"contact": contact_id}))
    if contact.email_index is not None:
        same_address |= _ids(session, Contact.email_index == contact.email_index)
    household = set[int]()
    if contact.household_index is not None:
        household = _ids(session, Contact.household_index == contact.household_index)
    return _Circle(contact, frozenset(same_address), frozenset(household))


def _ids(session: Session, condition: ColumnElement[bool]) -> set[int]:
    return set(session.scalars(select(Contact.id).where(condition)))


def _barred(session: Session, circle: _Circle | None) -> str:
    """Return what forbids every question, whenever the last one was."""
    if circle is None or not _is_reachable(circle.contact):
        return "no_contact"
    reached = circle.same_address | {circle.contact.id}
    wish = select(Contact.id).where(Contact.id.in_(reached), Contact.do_not_contact.is_(True)).limit(1)
    return "" if session.scalar(wish) is None else "dnc"


def _is_reachable(contact: Contact) -> bool:
    alive = any(not phone.dead for phone in contact.phones)
    return alive or contact.email_sealed is not None or contact.address_sealed is not None


def _within_cap(session: Session, circle: _Circle, cap: timedelta, now: datetime) -> Verdict:
    """Refuse while the last question to anybody of the circle is younger than the cap."""
    own = _last_asked(session, {circle.contact.id})
    others = _last_asked(session, circle.everybody - {circle.contact.id})
    last = max((at for at in (own, others) if at is not None), default=None)
    if last is None or last <= now - cap:
        return Verdict(True, last_at=last, circle=circle.everybody)
    is_own = own is not None and own > now - cap
    return Verdict(False, "cap" if is_own else "cap_household", last, last + cap)


def _last_asked(session: Session, contact_ids: Collection[int]) -> datetime | None:
    wanted = select(func.max(ContactEvent.at)).where(
        ContactEvent.contact_id.in_(contact_ids), ContactEvent.purpose.in_(queries.ASKING)
    )
    return session.scalar(wanted) if contact_ids else None
