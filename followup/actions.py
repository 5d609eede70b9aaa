"""From closing to answer: planning follow-ups, voiding them, and what an answer leads to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.contacts.actions import set_do_not_contact
from core.contacts.wishes import TAKE_BACK
from core.db import settings_of
from core.outbox import actions as outbox
from followup.callbacks.outcomes import Code
from followup.callbacks.queueing import cancel_calls
from followup.cases.requests import request_reopen, said_anew, withdraw_request
from followup.hooks import Answer, tell_answered, tell_taken_back
from followup.lifecycle import FOLLOW_UPS, OPEN
from followup.locking import hold
from followup.models import Case, FollowUp
from followup.planning import plan_closings
from surveys import actions as surveys
from surveys import hooks
from surveys.answering import Recorded
from surveys.taking_back import take_back

SYSTEM = "system"
_OF_INVITATION = select(FollowUp.id).where(FollowUp.invitation_id == bindparam("link"))


def plan(session: Session, case: Case, *, now: datetime) -> list[FollowUp]:
    """Plan what the rules owe this closing; called in the transaction that closes the case.

    After a remedy the customer is asked again by phone, whatever the sample says; otherwise the first
    active rule that fits plans one follow-up. Planned twice, the second time finds the first.
    """
    return plan_many(session, [case], now=now)


def plan_many(session: Session, cases: Sequence[Case], *, now: datetime | None = None) -> list[FollowUp]:
    """Plan many closings with few statements; without ``now`` each at the moment it was closed."""
    return plan_closings(session, cases, now)


def hold_open(session: Session, case: Case) -> list[FollowUp]:
    """Lock what is open about a case; who is about to change the case does so first, as answers do."""
    return hold(session, (FollowUp.case_id == case.id) & FollowUp.state.in_(OPEN))


def void_open(session: Session, case: Case, *, actor: str, now: datetime, reason: str) -> list[FollowUp]:
    """Make void what is not answered yet: messages not sent, links and calls not finished.

    Where the calls or the clock of the rule ended before, the link may still be out: it is taken back too.
    """
    found = hold_open(session, case)
    for follow_up in found:
        FOLLOW_UPS.move(
            session, follow_up, "void", actor=actor, now=now, reason=reason, changes={"reason": reason[:40]}
        )
        _stop_asking(session, follow_up, actor=actor, now=now, reason=reason, code=Code.VOID_REOPENED)
    outlived = select(FollowUp.invitation_id).where(
        FollowUp.case_id == case.id, FollowUp.state.in_(FOLLOW_UPS.sources("answer"))
    )
    for invitation_id in session.scalars(outlived.order_by(FollowUp.id)).all():
        if invitation_id:
            surveys.withdraw(session, invitation_id, actor=actor, now=now, reason=reason)
    return found


def answer_arrived(session: Session, answered: hooks.Answered, now: datetime) -> None:
    """Listen to an answer by link: the follow-up is answered, an open call is cancelled."""
    follow_up = _by_invitation(session, answered.invitation_id)
    if follow_up is None:
        return
    if follow_up.state in FOLLOW_UPS.sources("answer"):
        _conclude(session, follow_up, answered.response_id, now)
        outbox.cancel(session, "follow_up", follow_up.id, actor=SYSTEM, now=now, reason="answered")
        cancel_calls(
            session, follow_up, actor=SYSTEM, now=now, reason="answered by link", code=Code.SELF_DONE
        )
    tell_answered(session, Answer(follow_up, answered.mode, answered.summary.overall, answered.first), now)
    _ask_for_remedy(session, follow_up, answered.summary, now)


def complete_by_phone(
    session: Session,
    follow_up: FollowUp,
    recorded: Recorded,
    *,
    actor: str,
    reason: str = "",
    words: str = "",
    now: datetime,
) -> None:
    """Take the answers of a finished call; the link, where one is out, is spent.

    ``reason`` and ``words`` are what the agent asked about poor answers, besides what the items say.
    """
    _conclude(session, follow_up, recorded.response_id, now, actor=actor)
    outbox.cancel(session, "follow_up", follow_up.id, actor=actor, now=now, reason="answered by phone")
    if follow_up.invitation_id:
        surveys.withdraw(session, follow_up.invitation_id, actor=actor, now=now, reason="answered by phone")
    tell_answered(session, Answer(follow_up, "phone", recorded.summary.overall, first=True), now)
    said = "\n".join(part for part in (recorded.summary.words, words) if part)
    _ask_for_remedy(session, follow_up, replace(recorded.summary, words=said), now, reason=reason)


def take_back_answer(session: Session, follow_up: FollowUp, *, actor: str, now: datetime) -> dict[str, Any]:
    """Undo a finished call: its answer counts nowhere, and the question is in the call queue again.

    Return a copy of the answer. A request to reopen that a person decided about raises ``DecidedError``.
    """
    response_id, was_remedy = follow_up.response_id, follow_up.state == "remedy"
    if was_remedy:
        withdraw_request(session, follow_up, actor=actor, now=now)
    changes = {"response_id": None, "due_at": now, "reason": ""}
    FOLLOW_UPS.move(session, follow_up, "undo", actor=actor, now=now, changes=changes)
    tell_taken_back(session, follow_up, now)
    return (take_back(session, response_id) if response_id else None) or {}


def give_up(session: Session, follow_up: FollowUp, *, actor: str, now: datetime, reason: str) -> None:
    """Close a follow-up whose calls ended without an answer; it never counts as satisfied."""
    FOLLOW_UPS.move(
        session, follow_up, "give_up", actor=actor, now=now, reason=reason, changes={"reason": reason[:40]}
    )


def opted_out(session: Session, event: hooks.OptedOut, now: datetime) -> None:
    """Listen to "no more such invitations": what is open for this customer ends, and nothing new begins."""
    if event.contact_id is not None:
        set_do_not_contact(
            session, event.contact_id, actor="customer", channel="web", reason="by link", now=now
        )
        stop_contact(session, event.contact_id, actor="customer", now=now)


def stop_contact(session: Session, contact_id: int, *, actor: str, now: datetime) -> int:
    """End what is open for a customer who wants no more contact."""
    found = hold(session, (FollowUp.contact_id == contact_id) & FollowUp.state.in_(OPEN))
    for follow_up in found:
        FOLLOW_UPS.move(session, follow_up, "opt_out", actor=actor, now=now, changes={"reason": "opted_out"})
        _stop_asking(session, follow_up, actor=actor, now=now, reason="opted_out", code=Code.DO_NOT_CONTACT)
    return len(found)


def listen() -> None:
    """Hear about answers and opt-outs; pressing twice changes nothing."""
    if answer_arrived not in hooks.answered:
        hooks.answered.append(answer_arrived)
    if opted_out not in hooks.opted_out:
        hooks.opted_out.append(opted_out)


def lock(session: Session, follow_up: FollowUp, *, now: datetime) -> None:
    """Make an answer final: neither link nor desk changes it from now on."""
    FOLLOW_UPS.move(session, follow_up, "lock", actor=SYSTEM, now=now)


def _conclude(
    session: Session, follow_up: FollowUp, response_id: int, now: datetime, actor: str = "customer"
) -> None:
    locks_at = now + max(timedelta(hours=settings_of(session).amend_hours), TAKE_BACK)
    changes = {"response_id": response_id, "due_at": locks_at, "reason": ""}
    FOLLOW_UPS.move(session, follow_up, "answer", actor=actor, now=now, changes=changes)


def _ask_for_remedy(
    session: Session, follow_up: FollowUp, summary: hooks.Summary, now: datetime, *, reason: str = ""
) -> None:
    """Ask that the case be opened again; an amended answer adds its words, and no second request."""
    both = summary.dissatisfied and summary.unresolved
    cause = "both" if both else "dissatisfied" if summary.dissatisfied else "unresolved"
    is_poor = summary.dissatisfied or summary.unresolved
    if follow_up.state == "remedy":
        said_anew(session, follow_up, cause=cause if is_poor else None, words=summary.words)
    if follow_up.state != "answered" or not is_poor:
        return
    FOLLOW_UPS.move(
        session, follow_up, "complain", actor=SYSTEM, now=now, reason=cause,
        dissatisfied=summary.dissatisfied, unresolved=summary.unresolved,
    )  # fmt: skip
    case = session.get_one(Case, follow_up.case_id, populate_existing=True)
    request_reopen(session, case, follow_up, cause=cause, reason=reason, words=summary.words, now=now)


def _stop_asking(
    session: Session, follow_up: FollowUp, *, actor: str, now: datetime, reason: str, code: Code
) -> None:
    outbox.cancel(session, "follow_up", follow_up.id, actor=actor, now=now, reason=reason)
    if follow_up.invitation_id:
        surveys.withdraw(session, follow_up.invitation_id, actor=actor, now=now, reason=reason)
    cancel_calls(session, follow_up, actor=actor, now=now, reason=reason, code=code)


def _by_invitation(session: Session, invitation_id: int) -> FollowUp | None:
    """Ask with a statement built once, and load the row only if there is one."""
    found = session.connection().execute(_OF_INVITATION, {"link": invitation_id}).scalar()
    if found is None:
        return None
    return session.get(FollowUp, found, with_for_update=True, populate_existing=True)
