"""Reading cases: one loader that also asks who may see it, the list with its filters, the opened card."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlalchemy.orm import Session

from core.auth.models import User
from core.auth.roles import CASES as WORKERS
from core.auth.roles import Role
from core.contacts import phones
from core.contacts import queries as contacts
from core.contacts.models import Contact, Phone
from core.contacts.queries import ContactCard
from core.db import settings_of
from core.errors import InputError, NotFoundError
from core.i18n import _
from core.texts import clean_text
from followup.cases import texts
from followup.cases.categories import below
from followup.cases.lifecycle import OPEN, STATES
from followup.cases.models import CaseLink
from followup.cases.policy import KINDS, SEVERITIES
from followup.clocks.conditions import FILTERS, filtered
from followup.clocks.faces import Reading
from followup.clocks.policy import is_late
from followup.clocks.queries import reading
from followup.clocks.words import ClockLine, clock_of
from followup.models import Case

PAGE = 25


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking: decides which cases exist for them."""

    id: int
    role: str
    department: str = ""

    @property
    def may_read_texts(self) -> bool:
        return self.role in WORKERS


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list of cases is narrowed to; the same names stand in the URL."""

    state: str = ""
    kind: str = ""
    severity: str = ""
    department: str = ""
    district: str = ""
    handler: str = ""
    category: str = ""  # with all below it
    since: date | None = None
    until: date | None = None
    q: str = ""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of the list."""

    number: str
    title: str
    kind: str
    severity: str
    state: str
    department: str
    handler: str
    registered_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    clock: ClockLine | None


@dataclass(frozen=True, slots=True)
class CasePage:
    """One page of the list, with the count of all."""

    rows: tuple[CaseRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class CaseCard:
    """A case with its texts opened."""

    id: int
    number: str
    title: str
    description: str
    result: str
    kind: str
    severity: str
    state: str
    handler: str
    contact: ContactCard | None


def case_for(session: Session, number: str, viewer: Viewer) -> Case:
    """Return the case of that number, if it exists for the viewer."""
    number = clean_text(number, 20)
    case = session.scalar(select(Case).where(Case.number == number, visible_to(viewer)))
    if case is None:
        raise NotFoundError(
            _("There is no case %(number)s, or it belongs to another department.", number=number)
        )
    return case


def is_visible(session: Session, case_id: int, viewer: Viewer) -> bool:
    """Tell whether the case exists for the viewer."""
    return session.scalar(select(Case.id).where(Case.id == case_id, visible_to(viewer))) is not None


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition under which a case exists for the viewer.

    Officers of a department see its cases, those in their own hands or registered by them, and those that
    nobody owns yet; officers without a department, supervisors, administrators and auditors see all.
    """
    if viewer.role in (Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR):
        return true()
    if viewer.role != Role.OFFICER:
        return false()
    if not viewer.department:
        return true()
    own = or_(Case.handler_id == viewer.id, Case.created_by == viewer.id)
    return or_(Case.department == viewer.department, Case.department == "", own)


def page_of(session: Session, viewer: Viewer, filters: Filters, *, page: int, now: datetime) -> CasePage:
    """Return one page of the cases that fit, the newest first."""
    wanted = _narrowed(session, select(Case).where(visible_to(viewer)), filters, now)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 1), pages)
    ordered = wanted.order_by(Case.registered_at.desc(), Case.id.desc())
    found = list(session.scalars(ordered.limit(PAGE).offset((page - 1) * PAGE)))
    names = _handler_names(session, {case.handler_id for case in found if case.handler_id})
    read = reading(session, now)
    rows = tuple(_row(session, case, viewer, names, read) for case in found)
    return CasePage(rows, total, page, pages)


def case_card(session: Session, case_id: int) -> CaseCard:
    """Open a case."""
    case = session.get(Case, case_id)
    if case is None:
        raise NotFoundError(_("There is no such case."))
    return CaseCard(
        id=case.id,
        number=case.number,
        title=texts.title(session, case),
        description=texts.description(session, case),
        result=texts.result(session, case),
        kind=case.kind,
        severity=case.severity,
        state=case.state,
        handler=handler_of(session, case),
        contact=contacts.card(session, case.contact_id) if case.contact_id else None,
    )


def handler_of(session: Session, case: Case) -> str:
    """Return the name of who handles the case, or an empty text."""
    if case.handler_id is None:
        return case.handler_name
    user = session.get(User, case.handler_id)
    return user.display_name if user else ""


def is_overdue(case: Case, now: datetime) -> bool:
    """Tell whether an open case is past its time limit."""
    return case.state in OPEN and is_late(case.due_at, None, case.paused_at or now)


def overdue(now: datetime) -> ColumnElement[bool]:
    """Return the same rule for lists."""
    stood_still = Case.paused_at.is_not(None) & (Case.due_at >= Case.paused_at)
    return Case.state.in_(OPEN) & (Case.due_at < now) & ~stood_still


def handlers(session: Session) -> list[User]:
    """Return the users to whom a case may be given."""
    wanted = select(User).where(User.active, User.role.in_([r.value for r in WORKERS]))
    return list(session.scalars(wanted.order_by(User.display_name)))


def names_of(session: Session, sign_ins: set[str]) -> dict[str, str]:
    """Return what to call those who sign in under these names."""
    found = session.execute(select(User.name, User.display_name).where(User.name.in_(sign_ins)))
    return {row.name: row.display_name for row in found}


def values_of(session: Session, column: str) -> list[str]:
    """Return the values in use, such as the departments, for filters and suggestions, in their order.

    Each is looked up as the next one after the last in the index: DISTINCT would read every case.
    """
    found = {"department": Case.department, "district": Case.district, "category": Case.category,
             "service_type": Case.service_type}[column]  # fmt: skip
    values = select(func.min(found).label("value")).where(found > "").cte("in_use", recursive=True)
    following = select(func.min(found)).where(found > values.c.value).correlate(values).scalar_subquery()
    values = values.union_all(select(following).where(values.c.value.is_not(None)))
    return list(session.scalars(select(values.c.value).where(values.c.value.is_not(None)).limit(200)))


def _row(session: Session, case: Case, viewer: Viewer, names: dict[int, str], read: Reading) -> CaseRow:
    return CaseRow(
        number=case.number,
        title=texts.title(session, case) if viewer.may_read_texts else "",
        kind=case.kind,
        severity=case.severity,
        state=case.state,
        department=case.department,
        handler=names.get(case.handler_id or 0, case.handler_name),
        registered_at=case.registered_at,
        due_at=case.due_at,
        closed_at=case.closed_at,
        clock=clock_of(case, read),
    )


def _handler_names(session: Session, ids: set[int]) -> dict[int, str]:
    found = session.execute(select(User.id, User.display_name).where(User.id.in_(ids)))
    return {row.id: row.display_name for row in found}


def _narrowed(session: Session, wanted: Select[Case], filters: Filters, now: datetime) -> Select[Case]:
    if filters.state:
        wanted = wanted.where(_state_condition(filters.state, now))
    for name, allowed in (("kind", KINDS), ("severity", SEVERITIES)):
        value = getattr(filters, name)
        if value and value not in allowed:
            raise InputError(_("%(value)s is not in the list; choose one of the filters.", value=value[:40]))
        wanted = wanted.where(getattr(Case, name) == value) if value else wanted
    for name in ("department", "district"):
        value = getattr(filters, name)
        wanted = wanted.where(getattr(Case, name) == value) if value else wanted
    if filters.category:
        wanted = wanted.where(below(filters.category))
    if filters.handler:
        wanted = wanted.where(_handler_condition(filters.handler))
    zone = settings_of(session).zone
    if filters.since:
        wanted = wanted.where(Case.registered_at >= _midnight(filters.since, zone))
    if filters.until:
        wanted = wanted.where(Case.registered_at < _midnight(filters.until + timedelta(days=1), zone))
    return wanted.where(_search_condition(session, filters.q)) if filters.q else wanted


def _state_condition(state: str, now: datetime) -> ColumnElement[bool]:
    if state == "open":
        return Case.state.in_(OPEN)
    if state == "overdue":
        return overdue(now)
    if state == "repeat":
        return Case.id.in_(select(CaseLink.case_id).where(CaseLink.kind == "repeat"))
    if state in FILTERS:
        return filtered(state)
    if state not in STATES:
        raise InputError(_("%(value)s is not in the list; choose one of the filters.", value=state[:40]))
    return Case.state == state


def _handler_condition(handler: str) -> ColumnElement[bool]:
    """``7`` is a user, ``-`` is nobody, anything else a name without an account."""
    if handler == "-":
        return Case.handler_id.is_(None) & (Case.handler_name == "")
    if handler.isascii() and handler.isdigit():
        return Case.handler_id == int(handler[:9])
    return Case.handler_name == handler


def _search_condition(session: Session, text: str) -> ColumnElement[bool]:
    """Number (or its beginning), external number, phone in any spelling, or household number."""
    words = clean_text(text, 80)
    found = [
        Case.number.startswith(words, autoescape=True),
        Case.external_id == words,
    ]
    household = contacts.household_index(session, words)
    if household is not None:
        found.append(Case.contact_id.in_(select(Contact.id).where(Contact.household_index == household)))
    try:
        line = phones.normalise(words, settings_of(session).country).line
    except InputError:  # not a number; the others may still find it
        return or_(*found)
    numbers = select(Phone.contact_id).where(Phone.number_index == contacts.phone_index(session, line))
    return or_(*found, Case.contact_id.in_(numbers))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
