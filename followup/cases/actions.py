"""What people do with a case. Every change of state goes through ``CASES.move``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.i18n import _
from core.texts import clean_text
from followup import actions as follow_ups
from followup.cases import linking, repeats, texts
from followup.cases.editing import Edit, add_note, edit
from followup.cases.lifecycle import CASES, TO_CLOSING
from followup.cases.policy import REASON_LIMIT, TEXT_LIMIT
from followup.cases.registering import register, require
from followup.cases.requests import decide, open_requests, request_reopen
from followup.clocks import keeping
from followup.hooks import tell_closed
from followup.locking import hold
from followup.models import Case, FollowUp, ReopenRequest

__all__ = [
    "Edit",
    "accept",
    "accept_reopen",
    "add_note",
    "approve_closing",
    "assign",
    "cancel",
    "close",
    "decline_reopen",
    "edit",
    "merge",
    "register",
    "reject_closing",
    "reopen",
    "request_closing",
    "request_reopen",
    "resume",
    "return_to_register",
    "wait",
]


def assign(
    session: Session,
    case: Case,
    *,
    handler_id: int | None = None,
    handler_name: str = "",
    department: str = "",
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Give the case to a user, to a named handler without an account, or to a department."""
    owner: dict[str, Any] = {
        "handler_id": handler_id,
        "handler_name": clean_text(handler_name, 80),
        "department": clean_text(department, 60) or case.department,
    }
    _move(session, case, "assign", actor=actor, now=now, reason=reason, changes=owner, **owner)


def return_to_register(session: Session, case: Case, *, actor: str, reason: str, now: datetime) -> None:
    """Send the case back to the dispatcher: it is not ours."""
    nobody = {"handler_id": None, "handler_name": ""}
    _move(session, case, "return", actor=actor, now=now, reason=reason, changes=nobody)


def accept(session: Session, case: Case, *, actor: str, actor_id: int | None = None, now: datetime) -> None:
    """Start work; where only a department was named, whoever accepts becomes the handler."""
    nobody_yet = case.handler_id is None and not case.handler_name
    changes = {"handler_id": actor_id} if nobody_yet and actor_id is not None else {}
    _move(session, case, "accept", actor=actor, now=now, changes=changes)


def wait(session: Session, case: Case, *, actor: str, reason: str, now: datetime) -> None:
    """Wait for the customer."""
    _move(session, case, "wait", actor=actor, now=now, reason=reason)


def resume(session: Session, case: Case, *, actor: str, now: datetime) -> None:
    """Go on after the customer was heard."""
    _move(session, case, "resume", actor=actor, now=now)


def request_closing(
    session: Session, case: Case, *, result: str, close_reason: str, actor: str, now: datetime
) -> None:
    """Say what was done and ask a reviewer to close the case."""
    changes = {
        "result_sealed": texts.seal(session, result, f"case.result:{case.uid}", TEXT_LIMIT),
        "close_reason": clean_text(close_reason, 40),
    }
    _move(session, case, "request_closing", actor=actor, now=now, changes=changes, result=clean_text(result))


def approve_closing(
    session: Session, case: Case, *, actor: str, actor_id: int | None = None, now: datetime
) -> None:
    """Close the case, count the closing, and plan what the rules owe the customer."""
    changes = {"closed_at": now, "resolution_no": case.resolution_no + 1}
    _move(session, case, "approve", actor=actor, now=now, changes=changes,
          actor_id=actor_id, handler_id=case.handler_id)  # fmt: skip
    follow_ups.plan(session, case, now=now)
    tell_closed(session, [case], now)


def reject_closing(session: Session, case: Case, *, actor: str, reason: str, now: datetime) -> None:
    """Send the case back: more has to be done."""
    _move(session, case, "reject", actor=actor, now=now, reason=reason)


def close(
    session: Session,
    case: Case,
    *,
    result: str,
    close_reason: str,
    actor: str,
    actor_id: int | None = None,
    outside: str = "",
    now: datetime,
) -> None:
    """Walk from any open state to closed in one press; the handler's own press stops at the review.

    ``outside`` names the system that closed the case, for an import of a case that nobody here owned.
    """
    owner: dict[str, Any] = {
        "handler_id": case.handler_id,
        "handler_name": case.handler_name or outside,
        "department": case.department,
    }
    for event in TO_CLOSING.get(case.state, ()):
        _move(session, case, event, actor=actor, now=now, **owner)
    if case.state != "close_review":
        request_closing(session, case, result=result, close_reason=close_reason, actor=actor, now=now)
    if case.handler_id is None or case.handler_id != actor_id:
        approve_closing(session, case, actor=actor, actor_id=actor_id, now=now)


def reopen(
    session: Session,
    case: Case,
    *,
    actor: str,
    reason: str,
    due_at: datetime | None = None,
    now: datetime,
) -> None:
    """Open a closed case again by a supervisor's own decision; what was not answered yet is void."""
    follow_ups.hold_open(session, case)
    _move(session, case, "reopen", actor=actor, now=now, reason=reason, changes={"due_at": due_at})
    follow_ups.void_open(session, case, actor=actor, now=now, reason="reopened")


def accept_reopen(
    session: Session,
    request: ReopenRequest,
    *,
    actor: str,
    actor_id: int | None = None,
    decision: str = "",
    due_at: datetime | None = None,
    now: datetime,
) -> None:
    """Agree with the customer: the case opens again with a new limit."""
    case = session.get_one(Case, request.case_id)
    hold(session, FollowUp.case_id == case.id)  # also the answered one whose undo takes the request back
    decide(session, request, "accepted", actor_id=actor_id, decision=decision, now=now)
    for other in open_requests(session, case):  # the same closing, asked by another rule
        decide(session, other, "accepted", actor_id=actor_id, decision=decision, now=now)
    _move(session, case, "agree", actor=actor, now=now, reason=decision, changes={"due_at": due_at},
          resolution_no=request.resolution_no, current_resolution_no=case.resolution_no)  # fmt: skip
    follow_ups.void_open(session, case, actor=actor, now=now, reason="reopened")


def decline_reopen(
    session: Session,
    request: ReopenRequest,
    *,
    actor: str,
    actor_id: int | None = None,
    decision: str,
    now: datetime,
) -> None:
    """Leave the case closed, and say why."""
    require(clean_text(decision) != "", _("Say why the request is declined; the reason is kept."))
    case = session.get_one(Case, request.case_id)
    hold(session, FollowUp.case_id == case.id)
    decide(session, request, "declined", actor_id=actor_id, decision=decision, now=now)
    if case.state == "reopen_requested" and not open_requests(session, case):
        _move(session, case, "decline", actor=actor, now=now, reason=decision)


def cancel(session: Session, case: Case, *, actor: str, reason: str, now: datetime) -> None:
    """End a case that should not have been registered."""
    follow_ups.hold_open(session, case)
    _move(session, case, "cancel", actor=actor, now=now, reason=reason)
    follow_ups.void_open(session, case, actor=actor, now=now, reason="cancelled")
    repeats.settle(session, [case], now=now)


def merge(session: Session, case: Case, into: Case, *, actor: str, now: datetime) -> None:
    """End a case that is the same matter as another one."""
    require(case.id != into.id, _("A case cannot be merged into itself; give the number of the other one."))
    follow_ups.hold_open(session, case)
    linking.hold(session, case, into)  # else two could be merged into each other, and nobody has the matter
    require(into.state not in ("cancelled", "merged"), _("The other case was ended; give one that is kept."))
    linking.note_merge(session, case, into, actor=actor, now=now)
    _move(session, case, "merge", actor=actor, now=now, reason=into.number)
    follow_ups.void_open(session, case, actor=actor, now=now, reason="merged")
    repeats.settle(session, [case], now=now)


def _move(
    session: Session,
    case: Case,
    event: str,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
    changes: Mapping[str, Any] | None = None,
    **facts: Any,
) -> None:
    why = clean_text(reason, REASON_LIMIT)
    given = dict(changes or {})
    values = given | keeping.on_step(session, case, event, given, now) | {"changed_at": now}
    past = keeping.past_clock(case, event)
    CASES.move(session, case, event, actor=actor, now=now, reason=why, changes=values, why=why, **facts)
    if past is not None:
        session.add(past)
