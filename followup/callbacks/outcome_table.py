"""The code table as an administrator has it: what was delivered, with the changes over it."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.callbacks.models import OutcomeTerms
from followup.callbacks.outcomes import DELIVERED, Effect, Outcome, Outcomes

CHANGEABLE = (
    "delay_minutes", "other_day_part", "next_workday", "next_workday_if_twice", "at_most",
    "again_for_complaints", "contacted", "eligible", "needs_note", "needs_confirmation", "place", "position",
)  # fmt: skip


def outcome_table(session: Session) -> Outcomes:
    """Return the table in force."""
    changed = {row.code: row for row in session.scalars(select(OutcomeTerms))}
    return {
        code: _changed(outcome, changed[code]) if code in changed else outcome
        for code, outcome in DELIVERED.items()
    }


def _changed(outcome: Outcome, row: OutcomeTerms) -> Outcome:
    values = {name: getattr(row, name) for name in CHANGEABLE}
    return replace(outcome, effect=Effect(row.effect), **values)
