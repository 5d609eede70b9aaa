"""What ``huifang doctor`` and ``/readyz`` say about limits that nobody can compute yet."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core import health
from core.db import Database
from core.findings import BAD, OK, Finding
from core.health import Lag
from followup.clocks.alerts import unknown_years
from followup.clocks.conditions import without_limit
from followup.models import Case

JOB = "limits"  # as the tick counts what it fills in


def findings(database: Database, *, now: datetime) -> list[Finding]:
    """Say how many cases have no limit; nothing where the database cannot be asked, which others say."""
    try:
        with database.read() as session:
            missing, years = _missing(session)[0], unknown_years(session, now)
    except SQLAlchemyError:
        return []
    if not missing:
        return [Finding(JOB, OK, "Every open case has a time limit.")]
    which = " and ".join(str(year) for year in years) or "a later year"
    words = f"The days off of {which} are not known: {missing} cases have no limit"
    return [Finding(JOB, BAD, f"{words}; take them over with: huifang calendar import FILE")]


def waiting(session: Session, _now: datetime) -> list[Lag]:
    """Return the cases without a limit as work that waits; a machine that lacks a list is not broken."""
    number, oldest = _missing(session)
    return [Lag(JOB, number, oldest, judged=False)] if oldest is not None else []


def _missing(session: Session) -> tuple[int, datetime | None]:
    row = session.execute(select(func.count(), func.min(Case.registered_at)).where(without_limit())).one()
    return row[0], row[1]


health.watch(waiting)
