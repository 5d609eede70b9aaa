"""Conditions on cases by their clocks, for lists and jobs."""

from sqlalchemy import ColumnElement, exists

from followup.cases.lifecycle import OPEN
from followup.clocks.models import CaseAlert
from followup.models import Case

WARNING, BREACH, ESCALATED = "warning", "breach", "escalated"
DECISION = "decision"
FILTERS = ("warned", "escalated", "no_limit")  # groups of the list of cases, beside single states


def noted_as(clock: str, level: str) -> ColumnElement[bool]:
    """Return the condition that a clock of the present closing was noted at this level."""
    return exists().where(
        CaseAlert.case_id == Case.id,
        CaseAlert.resolution_no == Case.resolution_no,
        CaseAlert.clock == clock,
        CaseAlert.level == level,
    )


def without_limit() -> ColumnElement[bool]:
    """Return the condition that a case has no limit, which only an unknown calendar makes."""
    return Case.state.in_(OPEN) & Case.due_at.is_(None)


def filtered(name: str) -> ColumnElement[bool]:
    """Return the condition of one of ``FILTERS``."""
    if name == "no_limit":
        return without_limit()
    level = WARNING if name == "warned" else ESCALATED
    either = noted_as("response", level) & Case.responded_at.is_(None)
    return Case.state.in_(OPEN) & (either | noted_as("resolution", level))
