"""What the page Today shows of the clocks."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.auth.roles import LEADS
from core.i18n import _
from followup.cases.queries import Viewer
from followup.clocks import words
from followup.clocks.alerts import alerts_for
from followup.clocks.figures import DEFINITION, answered_on_time, closed_on_time

LOOKED_BACK = timedelta(days=30)


def for_today(session: Session, viewer: Viewer, now: datetime) -> dict[str, object]:
    """Return the alerts, the cases without a limit, and for supervisors how much was in time."""
    figures: list[tuple[str, object]] = []
    if viewer.role in LEADS:
        span = (now - LOOKED_BACK, now)
        figures = [
            (_("cases closed in time"), closed_on_time(session, viewer, *span)),
            (_("first answers in time"), answered_on_time(session, viewer, *span)),
        ]
    return {
        "clocks": alerts_for(session, viewer, now),
        "clock_words": words,
        "on_time": figures,
        "on_time_definition": DEFINITION,
    }
