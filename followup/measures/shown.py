"""What other pages show of measures: Today what is owed, a case those that answer it."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.auth.routes import ROUTES
from core.db import settings_of
from followup.cases.queries import Viewer
from followup.measures import queries, words
from followup.models import Case

_READERS = ROUTES["measures.index"]


def for_today(session: Session, viewer: Viewer, now: datetime) -> dict[str, object]:
    """Return the measures that want something from the viewer."""
    today = now.astimezone(settings_of(session).zone).date()
    lines = queries.due(session, viewer, today)
    return {"measures_due": [(line, line.is_overdue(today)) for line in lines]}


def for_case(session: Session, case: Case, viewer: Viewer) -> dict[str, object]:
    """Return the measures that answer a case, and whether the viewer may plan one for it."""
    return {
        "measures": queries.of_case(session, case.id, viewer) if viewer.role in _READERS else [],
        "measure_words": words,
        "may_plan_measure": viewer.role in ROUTES["measures.new"],
    }
