"""Who is told about clocks that ran low or out: one message a person and round, whatever has come up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.addresses import email_of
from core.auth.models import User
from core.auth.roles import Role
from core.db import settings_of
from core.i18n import DEFAULT, LANGUAGES, said_moment
from core.outbox import messages
from core.outbox.actions import enqueue
from followup.clocks.alerting import Due
from followup.clocks.conditions import BREACH, DECISION, ESCALATED, WARNING
from followup.models import Case

PURPOSE = "notice"  # may leave at any hour: it goes to staff
TEMPLATE = "notice_email"
SHOWN = 30  # cases of one kind in one message; the list has them all


@dataclass(frozen=True, slots=True)
class Staff:
    """Those who may be told, by what they are."""

    people: Mapping[int, User]

    def of(self, role: Role, department: str | None = None) -> list[int]:
        """Return the people of a role, of one department or of all."""
        return [
            user.id
            for user in self.people.values()
            if user.role == role and (department is None or user.department == department)
        ]

    def supervisors(self, department: str) -> list[int]:
        """Return who decides about a department: its own supervisors and those of the whole house."""
        own = self.of(Role.SUPERVISOR, "") + (self.of(Role.SUPERVISOR, department) if department else [])
        return own or self.of(Role.SUPERVISOR) or self.of(Role.ADMIN)


@dataclass(slots=True)
class _Letter:
    """What one person is told."""

    parts: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(len(lines) for lines in self.parts.values())


def told(due: Due, case: Case, staff: Staff) -> list[int]:
    """Return whom a clock that ran low or out concerns; where nobody is there, the supervisors."""
    handler = [case.handler_id] if case.handler_id and case.handler_id in staff.people else []
    department = staff.of(Role.OFFICER, case.department) if case.department else []
    leads = staff.of(Role.SUPERVISOR, case.department) if case.department else []
    if due.level == ESCALATED or due.clock == DECISION:
        found = staff.supervisors(case.department)
    elif due.level == BREACH:
        found = [*handler, *leads] or department
    else:
        found = handler or department
    return list(dict.fromkeys(found or staff.supervisors(case.department)))


def tell(session: Session, noted: Sequence[Due], now: datetime) -> int:
    """Queue one message for everybody whom something concerns; return how many messages those are."""
    if not noted:
        return 0
    active = session.scalars(select(User).where(User.active).order_by(User.id))
    staff = Staff({user.id: user for user in active})
    wanted = sorted({due.case_id for due in noted})
    cases: dict[int, Case] = {}
    for start in range(0, len(wanted), 500):
        found = session.scalars(select(Case).where(Case.id.in_(wanted[start : start + 500])))
        cases |= {case.id: case for case in found}
    letters: dict[int, _Letter] = {}
    for due in noted:
        case = cases[due.case_id]
        part = DECISION if due.clock == DECISION else due.level
        for person in told(due, case, staff):
            letters.setdefault(person, _Letter()).parts.setdefault(part, []).append((due.due_at, case.number))
    for person, letter in letters.items():
        _queue(session, staff.people[person], letter, noted, now)
    return len(letters)


def _queue(session: Session, user: User, letter: _Letter, noted: Iterable[Due], now: datetime) -> None:
    settings = settings_of(session)
    language = user.language if user.language in LANGUAGES else DEFAULT
    values = {
        part: _lines(letter.parts.get(part, []), language, settings.zone, now)
        for part in (ESCALATED, BREACH, WARNING, DECISION)
    }
    values |= {
        "count": str(letter.count),
        "link": f"{settings.public_url.rstrip('/')}/",
        "organisation": settings.organisation_en if language == "en" else settings.organisation_zh,
    }
    subject, body = messages.render(TEMPLATE, language, session, **values)
    address = email_of(session, user)
    first = min(noted, key=lambda due: (due.case_id, due.resolution_no, due.clock, due.level))
    until = int(first.due_at.timestamp())  # SQLite gives the id of a case that vanished to another one
    enqueue(
        session,
        key=f"clocks:{user.id}:{first.case_id}:{first.resolution_no}:{first.clock}:{first.level}:{until}",
        channel="email" if address else "notice",
        purpose=PURPOSE,
        to=address or user.name,
        title=subject,
        body=body,
        language=language,
        contact_id=None,
        due_at=now,
        now=now,
    )


def _lines(found: list[tuple[datetime, str]], language: str, zone: ZoneInfo, now: datetime) -> str:
    """Say number and limit of each case, the oldest limit first."""
    lines = [f"{number} · {said_moment(due_at, language, zone, now)}" for due_at, number in sorted(found)]
    return "\n".join([*lines[:SHOWN], *(["…"] if len(lines) > SHOWN else [])])
