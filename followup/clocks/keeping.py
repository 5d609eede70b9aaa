"""The clocks of a case as its steps set, stop, start and renew them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendar import Calendar, CalendarError, load_calendar
from core.transitions import history
from followup.clocks.limits import for_case
from followup.clocks.models import CaseAlert, PastClock
from followup.clocks.policy import Span, due_after_pause, limits_of
from followup.clocks.queries import limit_table
from followup.models import Case

WAITING = "waiting_customer"
STARTS_AGAIN = ("reopen", "agree")


def limits(
    session: Session, kind: str, severity: str, at: datetime
) -> tuple[datetime | None, datetime | None]:
    """Return the limits of a case whose clocks start at a moment: of the first answer, and of closing."""
    return for_case(kind, severity, at, load_calendar(session), limit_table(session))


def first(
    session: Session, kind: str, severity: str, at: datetime, due_at: datetime | None
) -> dict[str, datetime | None]:
    """Return the clocks of a case that is registered, as columns; ``due_at`` was chosen by a person."""
    response, resolution = limits(session, kind, severity, at)
    return {"response_due_at": response, "due_at": due_at or resolution}


def started_at(case: Case) -> datetime:
    """Return since when the present clocks of a case run."""
    return case.reopened_at or case.registered_at


def on_step(session: Session, case: Case, event: str, given: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return what a step does to the clocks of its case, as columns; ``given`` are those it sets itself."""
    if event == "wait":  # whom we wait for was asked, so has heard from us
        return {"paused_at": now, "responded_at": case.responded_at or now}
    if case.state == WAITING:
        return {"paused_at": None} | _resumed(session, case, now)
    if event == "approve":
        return {"responded_at": case.responded_at or now}
    if event in STARTS_AGAIN:
        return _renewed(session, case, given, now)
    return {}


def _resumed(session: Session, case: Case, now: datetime) -> dict[str, Any]:
    """Move the limit by the time that passed; where that reaches into an unknown year, it is unknown too."""
    # Locked, for somebody may give the case another severity just now.
    session.refresh(case, ("kind", "severity", "due_at"), with_for_update=True)
    if case.due_at is None or case.paused_at is None:
        return {}
    span = limits_of(case.kind, case.severity, limit_table(session)).resolution
    try:
        due_at = due_after_pause(case.due_at, case.paused_at, now, span, load_calendar(session))
    except CalendarError:
        return {"due_at": None}
    return {"due_at": due_at}


def _renewed(session: Session, case: Case, given: dict[str, Any], now: datetime) -> dict[str, Any]:
    response, resolution = limits(session, case.kind, case.severity, now)
    return {
        "reopened_at": now,
        "response_due_at": response,
        "responded_at": None,
        "due_at": given.get("due_at") or resolution,
        "paused_at": None,
    }


def past_clock(case: Case, event: str) -> PastClock | None:
    """Return what is kept of the clocks of a closing that did not hold, where ``event`` starts new ones."""
    if event not in STARTS_AGAIN or case.closed_at is None:
        return None
    return PastClock(
        case_id=case.id, resolution_no=case.resolution_no, started_at=started_at(case),
        response_due_at=case.response_due_at, responded_at=case.responded_at, due_at=case.due_at,
        closed_at=case.closed_at,
    )  # fmt: skip


def reckoned(
    session: Session, case: Case, kind: str, severity: str
) -> tuple[datetime | None, datetime | None]:
    """Return the limits of a case as its kind and severity and all its pauses make them."""
    calendar, table = load_calendar(session), limit_table(session)
    response, resolution = for_case(kind, severity, started_at(case), calendar, table)
    if resolution is None:
        return response, None
    span = limits_of(kind, severity, table).resolution
    try:
        return response, _with_pauses(resolution, pauses(session, case), span, calendar)
    except CalendarError:
        return response, None


def _with_pauses(
    due_at: datetime, stops: Iterable[tuple[datetime, datetime]], span: Span, calendar: Calendar
) -> datetime:
    for paused_at, resumed_at in stops:
        due_at = due_after_pause(due_at, paused_at, resumed_at, span, calendar)
    return due_at


def pauses(session: Session, case: Case) -> list[tuple[datetime, datetime]]:
    """Return when the present clocks of a case stood still; a pause that lasts is not among them."""
    found, since = [], None
    for move in history(session, "case", [case.id]):
        if move.at < started_at(case):
            continue
        if move.new == WAITING:
            since = since or move.at
        elif since is not None and move.old == WAITING:
            found.append((since, move.at))
            since = None
    return found


def forget_alerts(session: Session, case: Case, now: datetime) -> list[str]:
    """Strike what was noted of a limit that moved ahead of ``now``, so that its new end is alarmed about.

    Return what was struck, for the audit trail.
    """
    ends = {"response": case.response_due_at, "resolution": case.due_at}
    ahead = {clock: end for clock, end in ends.items() if end is None or end > now}
    wanted = select(CaseAlert).where(
        CaseAlert.case_id == case.id,
        CaseAlert.resolution_no == case.resolution_no,
        CaseAlert.clock.in_(ahead),
    )
    found = [row for row in session.scalars(wanted.order_by(CaseAlert.id)) if row.due_at != ahead[row.clock]]
    for row in found:
        session.delete(row)
    session.flush()
    return [f"{row.clock} {row.level}" for row in found]
