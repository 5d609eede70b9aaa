"""Reopen requests: a dissatisfied or unresolved answer asks, a person decides."""

import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import ConflictError
from core.i18n import _
from core.logs import redact
from core.texts import clean_text
from followup.cases import texts
from followup.cases.lifecycle import CASES
from followup.cases.policy import REASON_LIMIT, TEXT_LIMIT
from followup.hooks import tell_reopen_requested
from followup.models import Case, FollowUp, ReopenRequest


class DecidedError(ConflictError):
    """Somebody decided about this reopen request already."""


def request_reopen(
    session: Session,
    case: Case,
    follow_up: FollowUp,
    *,
    cause: str,
    reason: str = "",
    words: str = "",
    now: datetime,
) -> ReopenRequest | None:
    """Ask that the case be opened again; None when the answer is about an earlier closing."""
    known = session.scalar(select(ReopenRequest).where(ReopenRequest.follow_up_id == follow_up.id))
    if known is not None and known.state != "withdrawn":
        return known
    if follow_up.resolution_no != case.resolution_no or case.state not in ("closed", "reopen_requested"):
        return None
    request = known or ReopenRequest(uid=uuid.uuid4().hex, follow_up_id=follow_up.id)
    request.case_id, request.resolution_no = case.id, case.resolution_no
    request.cause, request.reason, request.state, request.created_at = cause, reason, "open", now
    request.words_sealed = texts.seal(session, words, f"reopen.words:{request.uid}", TEXT_LIMIT)
    request.decided_at = None
    session.add(request)
    session.flush()
    if case.state == "closed":
        facts = {"resolution_no": follow_up.resolution_no, "current_resolution_no": case.resolution_no}
        changes = {"changed_at": now}
        CASES.move(
            session, case, "request_reopen", actor="system", now=now, reason=cause, changes=changes, **facts
        )
    tell_reopen_requested(session, case, request, now)
    return request


def said_anew(session: Session, follow_up: FollowUp, *, cause: str | None, words: str) -> None:
    """Put what the customer says now into a request that waits; a better rating leaves the decision open."""
    request = session.scalar(
        select(ReopenRequest)
        .where(ReopenRequest.follow_up_id == follow_up.id, ReopenRequest.state == "open")
        .with_for_update()
    )
    if request is None:
        return
    request.cause = cause or request.cause
    request.words_sealed = texts.seal(session, words, f"reopen.words:{request.uid}", TEXT_LIMIT)
    session.flush()


def withdraw_request(session: Session, follow_up: FollowUp, *, actor: str, now: datetime) -> None:
    """Take a request back because the answer that asked was entered by mistake; the case stays closed.

    Raises
    ------
    DecidedError
        When somebody decided about it already.
    """
    wanted = select(ReopenRequest).where(ReopenRequest.follow_up_id == follow_up.id)
    request = session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if request is None:
        return  # the answer was about an earlier closing
    decide(session, request, "withdrawn", actor_id=None, decision="", now=now)
    case = session.get_one(Case, request.case_id, populate_existing=True)
    if case.state == "reopen_requested" and not open_requests(session, case):
        CASES.move(session, case, "withdraw", actor=actor, now=now, changes={"changed_at": now})


def open_requests(session: Session, case: Case) -> list[ReopenRequest]:
    """Return the undecided requests of a case."""
    wanted = select(ReopenRequest).where(ReopenRequest.case_id == case.id, ReopenRequest.state == "open")
    return list(session.scalars(wanted.order_by(ReopenRequest.id)))


def decide(
    session: Session,
    request: ReopenRequest,
    state: str,
    *,
    actor_id: int | None,
    decision: str,
    now: datetime,
) -> None:
    """Write the decision, unless somebody was faster."""
    session.flush()
    done = session.execute(
        update(ReopenRequest)
        .where(ReopenRequest.id == request.id, ReopenRequest.state == "open")
        .values(
            state=state,
            decision=redact(clean_text(decision, REASON_LIMIT)),
            decided_by=actor_id,
            decided_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise DecidedError(_("Somebody decided about this reopen request already."))
    session.refresh(request)
