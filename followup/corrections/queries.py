"""The numbers that somebody has to check, with the customer and the case they belong to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select, true
from sqlalchemy.orm import Session

from core.contacts import queries as contacts
from core.contacts.models import Contact
from core.contacts.queries import ContactCard
from core.contacts.wishes import TAKE_BACK
from core.errors import NotFoundError
from core.i18n import _
from core.texts import mask_name, mask_phone
from followup.cases.queries import Viewer, visible_to
from followup.corrections.models import Correction
from followup.models import Attempt, Callback, Case, FollowUp
from followup.rules.queries import terms_of

PAGE = 50
VIEWS = ("open", "decided")
_FOR_NUMBER = ("dead_number", "wrong_number")


@dataclass(frozen=True, slots=True)
class Line:
    """One number on the list."""

    correction: Correction
    customer: str
    number: str
    case_number: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One number with all that helps to decide about it."""

    line: Line
    case: Case | None
    others: tuple[tuple[str, bool], ...]  # the customer's other numbers, masked; dead or not
    do_not_contact: bool
    can_ask_again: bool


def waiting(session: Session, now: datetime, viewer: Viewer | None = None) -> int:
    """Return how many numbers wait to be checked."""
    is_wanted = _is_open(now) & _is_for(viewer)
    return session.scalar(select(func.count()).select_from(Correction).where(is_wanted)) or 0


def listed(
    session: Session, view: str, *, page: int, now: datetime, viewer: Viewer | None = None
) -> tuple[list[Line], int]:
    """Return one page of the list, and how many there are: the oldest open, or the last decided first."""
    is_wanted = _is_open(now) if view == "open" else Correction.state.in_(("replaced", "removed", "right"))
    is_wanted &= _is_for(viewer)
    total = session.scalar(select(func.count()).select_from(Correction).where(is_wanted)) or 0
    wanted = select(Correction, Case).outerjoin(Callback, Callback.id == Correction.callback_id)
    wanted = wanted.outerjoin(FollowUp, FollowUp.id == Callback.follow_up_id)
    wanted = wanted.outerjoin(Case, Case.id == FollowUp.case_id).where(is_wanted)
    order = Correction.reported_at if view == "open" else Correction.decided_at.desc()
    skipped = min(max(page - 1, 0), max(total - 1, 0) // PAGE) * PAGE
    rows = session.execute(wanted.order_by(order, Correction.id).limit(PAGE).offset(skipped))
    return [_line(session, correction, case) for correction, case in rows.all()], total


def correction_of(session: Session, correction_id: int, viewer: Viewer | None = None) -> Correction:
    """Return one entry of the list, or raise ``NotFoundError``."""
    correction = session.scalar(select(Correction).where(Correction.id == correction_id, _is_for(viewer)))
    if correction is None or correction.state == "undone":
        raise NotFoundError(_("There is no such number to check; the list shows those that wait."))
    return correction


def sheet(session: Session, correction: Correction, *, revealed: bool, now: datetime) -> Sheet:
    """Open one entry; the number itself only where somebody just asked to see it."""
    card = contacts.card(session, correction.contact_id)
    case = session.scalar(
        select(Case)
        .join(FollowUp, FollowUp.case_id == Case.id)
        .join(Callback, Callback.follow_up_id == FollowUp.id)
        .where(Callback.id == correction.callback_id)
    )
    number = _number(card, correction)
    shown = number if revealed else _masked(number)
    name = card.name if revealed else mask_name(card.name)
    return Sheet(
        line=Line(correction, name, shown, case.number if case else ""),
        case=case,
        others=tuple(
            (phone.number if revealed else mask_phone(phone.number), phone.dead)
            for phone in card.phones
            if phone.id != correction.phone_id
        ),
        do_not_contact=card.do_not_contact,
        can_ask_again=ended_for_number(session, correction, now) is not None,
    )


def ended_for_number(
    session: Session, correction: Correction, now: datetime
) -> tuple[Callback, FollowUp] | None:
    """Return the call that ended for want of a number, while the case may still be asked about."""
    wanted = (
        select(Callback, FollowUp, Case)
        .join(FollowUp, FollowUp.id == Callback.follow_up_id)
        .join(Case, Case.id == FollowUp.case_id)
        .join(Contact, Contact.id == Callback.contact_id)
        .where(
            Callback.id == correction.callback_id,
            Contact.do_not_contact.is_(False),
            FollowUp.state == "closed_no_response",
            FollowUp.reason.in_(_FOR_NUMBER),
            Case.state == "closed",
            Case.resolution_no == FollowUp.resolution_no,
        )
    )
    row = session.execute(wanted).first()
    if row is None:
        return None
    callback, follow_up, case = row
    longest = timedelta(days=terms_of(session, follow_up.rule_version_id).max_age_days)
    return (callback, follow_up) if case.closed_at and now - case.closed_at <= longest else None


def _is_for(viewer: Viewer | None) -> ColumnElement[bool]:
    """Who may not see a case sees no number of its customer either."""
    if viewer is None:
        return true()
    seen = exists().where(
        Callback.id == Correction.callback_id,
        FollowUp.id == Callback.follow_up_id,
        Case.id == FollowUp.case_id,
        visible_to(viewer),
    )
    seen = seen.correlate(Correction)
    return or_(Correction.callback_id.is_(None), seen)


def _is_open(now: datetime) -> ColumnElement[bool]:
    """What an agent may still undo is not on the list yet, nor whose call has not come to its end yet."""
    unsettled = exists().where(Attempt.id == Correction.attempt_id, Attempt.before.is_not(None))
    return (Correction.state == "open") & (Correction.reported_at <= now - TAKE_BACK) & ~unsettled


def _line(session: Session, correction: Correction, case: Case | None) -> Line:
    card = contacts.card(session, correction.contact_id)
    number = _masked(_number(card, correction))
    return Line(correction, mask_name(card.name), number, case.number if case else "")


def _number(card: ContactCard, correction: Correction) -> str:
    return next((phone.number for phone in card.phones if phone.id == correction.phone_id), "")


def _masked(number: str) -> str:
    return mask_phone(number) if number else ""
