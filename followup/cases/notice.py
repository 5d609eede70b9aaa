"""The notice of the result that is printed for the customer of a closed case."""

from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date
from sqlalchemy.orm import Session

from core import audit
from core.db import settings_of
from core.errors import InputError
from core.i18n import _
from core.texts import mask_phone
from followup.cases import queries
from followup.cases.lifecycle import CASES, CLOSED
from followup.models import Case

_DATE = {"zh_Hans": "y年M月d日", "en": "d MMMM y"}


class NotClosedError(InputError):
    """There is no notice of this case now."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Everything that stands on the sheet."""

    number: str
    resolution_no: int
    kind: str
    close_reason: str
    department: str
    handler: str
    name: str
    phone: str
    household: str
    address: str
    language: str  # the customer's
    title: str
    description: str
    result: str
    registered_at: datetime
    closed_at: datetime


def notice_of(session: Session, case: Case) -> Notice:
    """Return the notice of the last closing; a case that is open has none."""
    if not may_print(case) or case.closed_at is None:
        raise NotClosedError(_("The notice can be printed once the case is closed."))
    card = queries.case_card(session, case.id)
    contact = card.contact
    phones = [phone.number for phone in contact.phones if not phone.dead] if contact else []
    return Notice(
        number=case.number,
        resolution_no=case.resolution_no,
        kind=case.kind,
        close_reason=case.close_reason,
        department=case.department,
        handler=card.handler,
        name=contact.name if contact else "",
        phone=mask_phone(phones[0]) if phones else "",  # the sheet may be left at a door
        household=contact.household if contact else "",
        address=contact.address if contact else "",
        language=contact.language if contact else "zh_Hans",
        title=card.title,
        description=card.description,
        result=card.result,
        registered_at=case.registered_at,
        closed_at=case.closed_at,
    )


def may_print(case: Case) -> bool:
    """Tell whether the case has a result to give notice of."""
    return case.state in CLOSED and case.resolution_no > 0


def record_print(session: Session, case: Case, *, language: str, actor: str, now: datetime) -> None:
    """Remember that somebody printed the notice."""
    audit.record(
        session, actor=actor, action="case.notice_printed", subject=f"case:{case.number}", now=now,
        closing=case.resolution_no, language=language,
    )  # fmt: skip
    CASES.note(session, case.id, "notice_printed", case.state, case.state, actor=actor, now=now)


def said_date(session: Session, at: datetime, language: str) -> str:
    """Say a day as letters do, always with the year: 2026年11月18日, 18 November 2026."""
    return format_date(at.astimezone(settings_of(session).zone), _DATE[language], locale=language)
