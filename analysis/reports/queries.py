"""Reading definitions and runs, and the question that a definition asks about a period."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis import asking
from analysis.asking import Asked
from analysis.periods import Period
from analysis.reports import policy
from analysis.reports.models import ReportDefinition, ReportRun
from analysis.texts import N_
from core.auth.models import User
from core.auth.routes import ROUTES
from core.db import settings_of
from core.errors import NotFoundError
from core.seasons.queries import seasons

PAGE = 50
_NONE = N_("There is no such report.")


def definitions(session: Session) -> list[ReportDefinition]:
    """Return all definitions by their title."""
    return list(session.scalars(select(ReportDefinition).order_by(ReportDefinition.title)))


def definition(session: Session, number: int, *, lock: bool = False) -> ReportDefinition:
    """Return one definition."""
    wanted = select(ReportDefinition).where(ReportDefinition.id == number)
    found = session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFoundError(_NONE)
    return found


def run(session: Session, uid: str) -> ReportRun:
    """Return one report that was made."""
    found = session.scalar(select(ReportRun).where(ReportRun.uid == uid))
    if found is None:
        raise NotFoundError(_NONE)
    return found


def runs(session: Session, page: int) -> tuple[Sequence[Any], int]:
    """Return a page of the reports that were made, the latest first, without their figures; and how many."""
    columns = (ReportRun.uid, ReportRun.title, ReportRun.period, ReportRun.query, ReportRun.language,
               ReportRun.made_at, ReportRun.made_by)  # fmt: skip
    wanted = select(*columns).order_by(ReportRun.made_at.desc(), ReportRun.id.desc())
    total = session.scalar(select(func.count()).select_from(ReportRun)) or 0
    return session.execute(wanted.limit(PAGE).offset(PAGE * (page - 1))).all(), total


def owed(session: Session, found: ReportDefinition, now: datetime) -> list[Period]:
    """Return the periods that are due and have no report yet, the oldest first."""
    if not found.active or found.next_due is None or found.next_due > now:
        return []
    settings = settings_of(session)
    periods = policy.owed(found.every, found.next_due, now, settings.report_days, settings.zone)
    made = set(session.scalars(select(ReportRun.period).where(ReportRun.definition_id == found.id)))
    return [period for period in periods if period.name not in made]


def asked_of(session: Session, query: Mapping[str, Any], questionnaire: str, after: Period) -> Asked:
    """Return the question that stands in a query as it was kept; ``after`` where it names no period."""
    given = {name: [value] if isinstance(value, str) else list(value) for name, value in query.items()}
    return asking.read(given, questionnaire=questionnaire, after=after, seasons=seasons(session))


def asked_about(session: Session, found: ReportDefinition, period: Period) -> Asked:
    """Return what a definition asks about a period."""
    before = policy.compared(period, found.compared_with)
    query = {**found.query, "after": period.name, "before": before.name}
    return asked_of(session, query, found.questionnaire, period)


def possible_readers(session: Session) -> list[User]:
    """Return those who may see a report, by name."""
    wanted = select(User).where(User.active, User.role.in_(sorted(ROUTES["reports.run"])))
    return list(session.scalars(wanted.order_by(User.display_name, User.name)))


def readers(session: Session, found: ReportDefinition) -> list[User]:
    """Return whom a report is sent to: of those who were chosen, who may still see it."""
    return [user for user in possible_readers(session) if user.id in found.readers]
