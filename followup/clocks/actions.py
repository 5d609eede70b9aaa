"""Noting the first answer to a customer, and changing the limits. Nothing here commits."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from core import audit
from core.errors import ConflictError, InputError
from core.i18n import _
from core.texts import clean_text
from followup.cases.editing import add_note
from followup.cases.lifecycle import CASES, OPEN
from followup.cases.policy import KINDS, SEVERITIES
from followup.clocks.models import TimeLimit
from followup.clocks.policy import ANSWERED_BY, EVERY_KIND, LONGEST, UNITS, WORKDAYS, Limits, Span
from followup.models import Case

FIRST_ANSWER = "first_answer"  # the event in the timeline; its reason is the channel


class AnsweredError(ConflictError):
    """The first answer to this customer was noted already."""


def answer(session: Session, case: Case, *, channel: str, words: str = "", actor: str, now: datetime) -> None:
    """Note that the customer was given a first answer; starting work alone is none."""
    if channel not in ANSWERED_BY:
        raise InputError(_("Choose from the list how the customer was answered."))
    session.flush()
    done = session.execute(
        update(Case)
        .where(Case.id == case.id, Case.responded_at.is_(None), Case.state.in_(OPEN))
        .values(responded_at=now, changed_at=now)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise AnsweredError(_("The first answer was noted already, or the case is closed."))
    session.refresh(case)
    CASES.note(session, case.id, FIRST_ANSWER, case.state, case.state, actor=actor, now=now, reason=channel)
    if clean_text(words):
        add_note(session, case, words=words, actor=actor, now=now)


def set_limits(
    session: Session, kind: str, severity: str, limits: Limits, *, actor: str, now: datetime
) -> TimeLimit:
    """Give a kind and severity limits of their own, for cases that are registered or reopened from now on."""
    _require_known(kind, severity)
    for span in (limits.response, limits.resolution):
        _require_usable(span)
    row = session.get(TimeLimit, (kind, severity)) or TimeLimit(kind=kind, severity=severity)
    row.response_amount, row.response_unit = limits.response.amount, limits.response.unit
    row.resolution_amount, row.resolution_unit = limits.resolution.amount, limits.resolution.unit
    row.changed_by, row.changed_at = actor, now
    session.add(row)
    session.flush()
    audit.record(
        session, actor=actor, action="limits.change", subject=_subject(kind, severity), now=now,
        response=_short(limits.response), resolution=_short(limits.resolution),
    )  # fmt: skip
    return row


def restore_limits(session: Session, kind: str, severity: str, *, actor: str, now: datetime) -> bool:
    """Let the limits of the severity, or those of the program, count again; False where they do already."""
    _require_known(kind, severity)
    row = session.get(TimeLimit, (kind, severity))
    if row is None:
        return False
    session.delete(row)
    session.flush()
    audit.record(session, actor=actor, action="limits.restore", subject=_subject(kind, severity), now=now)
    return True


def _require_known(kind: str, severity: str) -> None:
    if kind not in (EVERY_KIND, *KINDS) or severity not in SEVERITIES:
        raise InputError(_("Choose a kind and a severity from the list."))


def _require_usable(span: Span) -> None:
    if span.unit not in UNITS:
        raise InputError(_("Choose hours, working hours or working days."))
    if not 0 < span.amount <= LONGEST[span.unit]:
        longest = f"{LONGEST[span.unit]:g}"
        raise InputError(_("A limit is more than 0 and at most %(longest)s.", longest=longest))
    if span.unit == WORKDAYS and span.amount != int(span.amount):
        raise InputError(_("Working days are whole; for half a day write working hours."))


def _subject(kind: str, severity: str) -> str:
    return f"limits:{kind or 'every'}:{severity}"


def _short(span: Span) -> str:
    return f"{span.amount:g} {span.unit}"
