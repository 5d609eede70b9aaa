"""The round of the clocks: limits that were missing, alerts, and telling people."""

from collections import Counter
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import Database
from core.rounds import each
from followup.cases.lifecycle import OPEN
from followup.clocks import alerting, keeping, telling
from followup.clocks.conditions import without_limit
from followup.models import Case

FILLED = 100  # missing limits looked at in one round


def watch(database: Database, *, now: datetime) -> dict[str, int]:
    """Compute what was missing, note what ran low or out, and tell those whom it concerns."""
    counts = Counter(fill_missing(database, now=now))
    with database.read() as session:
        if not alerting.due_alerts(session, now):
            return dict(counts)
    with database.begin() as session:
        noted = alerting.note(session, alerting.due_alerts(session, now), now)
        counts.update(due.level for due in noted)
        counts["told"] = telling.tell(session, noted, now)
    return {name: n for name, n in counts.items() if n}


def fill_missing(database: Database, *, now: datetime) -> dict[str, int]:
    """Give limits to the cases that got none because the days off of a year were not known."""
    with database.read() as session:
        wanted = select(Case).where(without_limit(), Case.paused_at.is_(None))
        cases = session.scalars(wanted.order_by(Case.registered_at, Case.id).limit(FILLED)).all()
        known = [case.id for case in cases if keeping.reckoned(session, case, case.kind, case.severity)[1]]
    return each(database, _fill, None, known, now)


def _fill(session: Session, case_id: int, now: datetime) -> str | None:
    case = session.get(Case, case_id, with_for_update=True)
    if case is None or case.state not in OPEN or case.due_at is not None or case.paused_at is not None:
        return None
    response, resolution = keeping.reckoned(session, case, case.kind, case.severity)
    case.due_at, case.response_due_at = resolution, case.response_due_at or response
    case.changed_at = now
    return "limits" if resolution else None
