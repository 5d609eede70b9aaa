"""The code table as an administrator has it: what was delivered, with the changes over it."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.errors import ConflictError
from core.i18n import _
from core.installation import wait_for_turn
from followup.callbacks.models import OutcomeTerms
from followup.callbacks.outcome_rules import check, stands_behind
from followup.callbacks.outcomes import DELIVERED, Effect, Outcome, Outcomes

CHANGEABLE = (
    "delay_minutes", "other_day_part", "next_workday", "next_workday_if_twice", "at_most",
    "again_for_complaints", "contacted", "eligible", "needs_note", "needs_confirmation", "place", "position",
)  # fmt: skip
_WORDS = {"True": "yes", "False": "no", "None": "not known"}


class ChangedMeanwhileError(ConflictError):
    """Somebody else changed this code meanwhile."""


def outcome_table(session: Session) -> Outcomes:
    """Return the table in force."""
    changed = changes(session)
    return {
        code: _changed(outcome, changed[code]) if code in changed else outcome
        for code, outcome in DELIVERED.items()
    }


def changes(session: Session) -> dict[str, OutcomeTerms]:
    """Return what administrators changed, by code."""
    return {row.code: row for row in session.scalars(select(OutcomeTerms))}


def change(
    session: Session, changed: Outcome, *, seen: str | None = None, actor: str, now: datetime
) -> dict[str, str]:
    """Let a code be so from now on, and return what that changed; calls that were made keep their meaning.

    ``seen`` is the state of the code that the administrator looked at, as ``last_changed`` returns it.
    """
    wait_for_turn(session, "outcome terms")
    row = session.get(OutcomeTerms, str(changed.code), populate_existing=True)
    if seen is not None and seen != last_changed(row):
        raise ChangedMeanwhileError(
            _("Somebody else changed this code meanwhile. Open it again and look at what it says now.")
        )
    before = outcome_table(session)
    check(changed, before)
    told = _differences(changed, before)
    if not told:
        return {}
    if changed == DELIVERED[changed.code]:
        session.delete(row)  # it is there: something differed, and what came with the program does not
    else:
        _write(session, row, changed, actor, now)
    session.flush()
    action = "outcome.restore" if changed == DELIVERED[changed.code] else "outcome.change"
    audit.record(session, actor=actor, action=action, subject=f"outcome:{changed.code}", now=now, **told)
    return told


def last_changed(row: OutcomeTerms | None) -> str:
    """Return a mark of when a code was changed last."""
    return row.changed_at.isoformat() if row else ""


def _changed(outcome: Outcome, row: OutcomeTerms) -> Outcome:
    values = {name: getattr(row, name) for name in CHANGEABLE}
    return replace(outcome, effect=Effect(row.effect), **values)


def _write(session: Session, row: OutcomeTerms | None, changed: Outcome, actor: str, now: datetime) -> None:
    row = row or OutcomeTerms(code=str(changed.code))
    for name in CHANGEABLE:
        setattr(row, name, getattr(changed, name))
    row.effect, row.changed_by, row.changed_at = str(changed.effect), actor, now
    session.add(row)


def _differences(new: Outcome, outcomes: Outcomes) -> dict[str, str]:
    """Return each thing that changes, with what it was and what it is."""
    old = outcomes[new.code]
    pairs = {name: (getattr(old, name), getattr(new, name)) for name in ("effect", *CHANGEABLE)}
    if old.position != new.position:  # the number alone tells nobody anything
        was, now = stands_behind(old, outcomes), stands_behind(new, {**outcomes, new.code: new})
        pairs["position"] = (f"behind {was}" if was else "first", f"behind {now}" if now else "first")
    return {name: f"{_said(a)} → {_said(b)}" for name, (a, b) in pairs.items() if a != b}


def _said(value: object) -> str:
    return _WORDS.get(str(value), str(value))
