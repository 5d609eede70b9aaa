"""What a file says anew about a case that is here already.

An empty cell says nothing, and what is closed here stays closed: the other system may lag behind.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from core.contacts import actions as contacts
from core.contacts import phones, queries
from core.contacts.models import Contact
from core.db import settings_of
from followup.cases import actions, texts
from followup.cases.editing import Edit, changed_fields, edit
from followup.cases.imports.parsing import ParsedCase
from followup.cases.lifecycle import OPEN
from followup.cases.policy import TEXT_LIMIT
from followup.models import Case


@dataclass(frozen=True, slots=True)
class Changes:
    """What one row would change."""

    case: Case
    row: ParsedCase
    fields: list[str]
    owner: bool
    contact: bool
    result: bool
    closes: bool

    @property
    def any(self) -> bool:
        return bool(self.fields) or self.owner or self.contact or self.result or self.closes


def warm(session: Session, cases: Iterable[Case]) -> None:
    """Load the contacts of some cases in two statements."""
    ids = [case.contact_id for case in cases if case.contact_id]
    if ids:
        session.scalars(
            select(Contact).where(Contact.id.in_(ids)).options(selectinload(Contact.phones))
        ).all()


def changes_to(session: Session, case: Case, row: ParsedCase, handlers: Mapping[str, int]) -> Changes:
    """Compare a row with the case."""
    is_open = case.state in OPEN
    closes = row.is_closed and is_open
    result = bool(row["result"]) and texts.result(session, case) != row["result"]
    return Changes(
        case=case,
        row=row,
        fields=changed_fields(session, case, _edit(session, case, row)),
        owner=is_open
        and _owner(case, row, handlers) != (case.handler_id, case.handler_name, case.department),
        contact=row.has_contact and _contact_differs(session, case, row),
        result=result and case.resolution_no <= 1 and not closes,  # later results were written here
        closes=closes and case.resolution_no == 0,
    )


def apply(
    session: Session, changes: Changes, *, handlers: Mapping[str, int], actor: str, now: datetime
) -> None:
    """Write what a row changes."""
    case, row = changes.case, changes.row
    if changes.contact:
        case.contact_id = contacts.find_or_save(
            session, name=row["name"], phones=row.phones, email=row["email"], address=row["address"],
            household=row["household"], language=row["language"] or "zh_Hans", source=case.source, now=now,
        ).id  # fmt: skip
    if changes.result:
        case.result_sealed = texts.seal(session, row["result"], f"case.result:{case.uid}", TEXT_LIMIT)
    if changes.owner:
        case.handler_id, case.handler_name, case.department = _owner(case, row, handlers)
    session.flush()
    if changes.fields:
        edit(session, case, _edit(session, case, row), version=case.version, actor=actor, now=now)
    if changes.closes:
        actions.close(
            session, case, result=row["result"] or case.source, close_reason=row["close_reason"],
            actor=actor, now=row.times["closed_at"], outside=case.source,
        )  # fmt: skip
    case.changed_at = now  # what is changed later tells that somebody acted on it
    session.flush()


def _edit(session: Session, case: Case, row: ParsedCase) -> Edit:
    return Edit(
        kind=row["kind"],
        title=row["title"],
        description=row["description"] or texts.description(session, case),
        severity=row["severity"] or case.severity,
        category=row["category"] or case.category,
        service_type=row["service_type"] or case.service_type,
        district=row["district"] or case.district,
        channel=row["channel"] or case.channel,
        due_at=row.times.get("due_at", case.due_at),
    )


def _owner(case: Case, row: ParsedCase, handlers: Mapping[str, int]) -> tuple[int | None, str, str]:
    department = row["department"] or case.department
    if not row["handler"]:
        return case.handler_id, case.handler_name, department
    user_id = handlers.get(row["handler"].casefold())
    return (user_id, "", department) if user_id else (None, row["handler"], department)


def _contact_differs(session: Session, case: Case, row: ParsedCase) -> bool:
    """Tell whether the row knows something that the contact does not hold yet."""
    if case.contact_id is None:
        return True
    card = queries.card(session, case.contact_id)
    if row["name"] and card.name and row["name"] != card.name:
        return True
    country = settings_of(session).country
    held = {phones.normalise(phone.number, country).line for phone in card.phones}
    if any(phones.normalise(number, country).line not in held for number in row.phones):
        return True
    return any(
        row[column] and not getattr(card, column) for column in ("name", "email", "address", "household")
    )
