"""Calling a customer a second time to look at the call of a colleague. Nothing here commits."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import audit
from core.calendar import CalendarError, load_calendar
from core.contacts import queries as contacts
from core.contacts.actions import note_contact
from core.contacts.models import ContactEvent
from core.contacts.reveals import require_reveal
from core.db import settings_of
from core.errors import ForbiddenError
from followup.callbacks.lifecycle import IN_HAND
from followup.models import Attempt, Callback, Case, FollowUp
from followup.quality import words
from followup.quality.models import CallReview
from followup.quality.policy import why_not_call
from followup.quality.reviewing import Reviewer, held

ONE_DAY = timedelta(days=1)
SECOND_CALL = "quality"  # the purpose in the contact ledger: no question that counts for the survey


def reveal(session: Session, review_id: int, reviewer: Reviewer, *, now: datetime) -> CallReview:
    """Show the number for a second call; it counts for the day's cap and for the customer's 24 hours."""
    review = held(session, review_id, reviewer)
    if review.way == "call":
        return review
    attempt = session.get_one(Attempt, review.attempt_id)
    callback = session.get_one(Callback, attempt.callback_id)
    why_not = why_not_call_again(session, attempt, callback, now=now)
    if why_not:
        raise ForbiddenError(str(words.WHY_NOT_CALL[why_not]))
    require_reveal(session, reviewer.name, now)
    review.way = "call"
    assert callback.contact_id is not None
    note_contact(session, callback.contact_id, channel="phone", purpose=SECOND_CALL, now=now)
    audit.record(
        session, actor=reviewer.name, action="callback.reveal", subject=f"callback:{callback.id}", now=now,
        phone=attempt.phone_id, contact=callback.contact_id, review=review.id,
    )  # fmt: skip
    return review


def why_not_call_again(
    session: Session, attempt: Attempt, callback: Callback, *, now: datetime
) -> str | None:
    """Return why the customer of this call cannot be called a second time now, as a code."""
    follow_up = session.get_one(FollowUp, callback.follow_up_id)
    case = session.get_one(Case, follow_up.case_id)
    card = contacts.card(session, callback.contact_id) if callback.contact_id else None
    return why_not_call(
        is_closed=case.state == "closed" and case.resolution_no == follow_up.resolution_no,
        wants_contact=card is not None and not card.do_not_contact,
        has_number=any(p.id == attempt.phone_id and not p.dead for p in (card.phones if card else ())),
        is_open=_is_open(session, now),
        rang=_rang(session, attempt, callback, now),
        at_most=settings_of(session).calls_per_number,
        ended_at=attempt.ended_at,
        now=now,
    )


def _is_open(session: Session, now: datetime) -> bool:
    try:
        return load_calendar(session).is_open(now, settings_of(session).call_hours)
    except CalendarError:  # whether people work today is not known
        return False


def _rang(session: Session, attempt: Attempt, callback: Callback, now: datetime) -> int:
    """Count how often the number rang in 24 hours, second calls too; one in somebody's hand is too many."""
    calls = select(func.count()).where(
        Attempt.phone_index == attempt.phone_index,
        Attempt.ended_at > now - ONE_DAY,
        Attempt.undone_at.is_(None),
    )
    again = select(func.count()).where(
        ContactEvent.contact_id == callback.contact_id,
        ContactEvent.at > now - ONE_DAY,
        ContactEvent.purpose == SECOND_CALL,
    )
    in_hand = select(func.count()).where(
        Callback.phone_index == attempt.phone_index, Callback.state.in_(IN_HAND)
    )
    if session.scalar(in_hand):
        return settings_of(session).calls_per_number
    return (session.scalar(calls) or 0) + (session.scalar(again) or 0)
