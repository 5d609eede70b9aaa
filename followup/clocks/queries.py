"""Reading the time limits in force."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendar import load_calendar
from core.db import settings_of
from followup.clocks.faces import Reading
from followup.clocks.models import TimeLimit
from followup.clocks.policy import Limits, Span, Table


def limit_table(session: Session) -> Table:
    """Return what this organisation changed about the limits."""
    return {(row.kind, row.severity): limits_in(row) for row in session.scalars(select(TimeLimit))}


def limits_in(row: TimeLimit) -> Limits:
    """Return the limits that a row holds."""
    return Limits(
        Span(row.response_amount, row.response_unit), Span(row.resolution_amount, row.resolution_unit)
    )


def reading(session: Session, now: datetime) -> Reading:
    """Return what is needed to read the clocks of a page of cases."""
    return Reading(load_calendar(session), limit_table(session), now, settings_of(session).warn_percent)
