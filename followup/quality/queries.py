"""Reading the calls that a second person looks at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from core.auth.models import User
from core.contacts import queries as contacts
from core.db import vault_of
from core.errors import NotFoundError
from core.i18n import _
from core.texts import mask_phone
from core.transitions import Transition
from followup.callbacks.queries import name_of
from followup.models import Attempt, Callback, Case, FollowUp
from followup.quality.calling import why_not_call_again
from followup.quality.lifecycle import DONE, REVIEWS
from followup.quality.models import CallReview
from followup.quality.reviewing import Reviewer, version_of, waiting_for
from surveys.queries import LoadedVersion

LATELY = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """What there is to do for one person."""

    count: int
    in_hand: int | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One call in the hands of who looks at it again. What was answered is not among it."""

    review: CallReview
    version: LoadedVersion
    case_number: str
    caller: str
    began_at: datetime | None
    ended_at: datetime
    customer: str
    number: str
    is_revealed: bool
    why_not: str | None  # why the customer cannot be called again, as a code


@dataclass(frozen=True, slots=True)
class Line:
    """One call that was looked at again."""

    id: int
    state: str
    way: str
    done_at: datetime
    ended_at: datetime
    caller: str
    reviewer: str


@dataclass(frozen=True, slots=True)
class Result:
    """The same with both answers side by side."""

    line: Line
    version: LoadedVersion
    marks: dict[str, Sequence[int]]
    note: str
    reason: str


def waiting(session: Session, reviewer: Reviewer) -> Waiting:
    """Count what waits for this person, and find what is in these hands."""
    mine = select(CallReview.id, CallReview.lease_until)
    mine = mine.where(CallReview.state == "in_hand", CallReview.reviewer_id == reviewer.id)
    held = session.execute(mine.order_by(CallReview.id).limit(1)).first()
    count = session.scalar(select(func.count()).select_from(waiting_for(reviewer).subquery())) or 0
    return Waiting(count, held[0] if held else None, held[1] if held else None)


def sheet(session: Session, review: CallReview, *, now: datetime) -> Sheet:
    """Open one call for who holds it."""
    attempt = session.get_one(Attempt, review.attempt_id)
    callback = session.get_one(Callback, attempt.callback_id)
    case = session.get_one(Case, session.get_one(FollowUp, callback.follow_up_id).case_id)
    card = contacts.card(session, callback.contact_id) if callback.contact_id else None
    is_revealed = review.way == "call"
    number = next((p.number for p in card.phones if p.id == attempt.phone_id), "") if card else ""
    return Sheet(
        review=review,
        version=version_of(session, review),
        case_number=case.number,
        caller=session.get_one(User, attempt.agent_id).display_name,
        began_at=attempt.started_at,
        ended_at=attempt.ended_at,
        customer=name_of(card, is_revealed),
        number=number if is_revealed else mask_phone(number),
        is_revealed=is_revealed,
        why_not=None if is_revealed else why_not_call_again(session, attempt, callback, now=now),
    )


def lately(session: Session, *, reviewer_id: int | None = None) -> list[Line]:
    """Return the calls that were looked at last, of everybody or by one person."""
    wanted = _lines().order_by(CallReview.done_at.desc(), CallReview.id.desc()).limit(LATELY)
    if reviewer_id is not None:
        wanted = wanted.where(CallReview.reviewer_id == reviewer_id)
    return [_line(*row) for row in session.execute(wanted)]


def result(session: Session, review_id: int, *, reviewer_id: int | None = None) -> Result:
    """Return one call that was looked at again; with ``reviewer_id`` only to the one who did."""
    row = session.execute(_lines().where(CallReview.id == review_id)).first()
    if row is None or reviewer_id not in {None, row[0].reviewer_id}:
        raise NotFoundError(_("There is no such call that was looked at again."))
    review = row[0]
    sealed = review.note_sealed
    why = select(Transition.reason).where(
        Transition.machine == REVIEWS.name,
        Transition.subject_id == review_id,
        Transition.event == "impossible",
    )
    return Result(
        line=_line(*row),
        version=version_of(session, review),
        marks=review.marks or {},
        note=vault_of(session).open(sealed, f"review.note:{review.uid}") if sealed else "",
        reason=session.scalar(why) or "",
    )


def _lines() -> Select[*tuple[Any, ...]]:
    caller, reviewer = aliased(User), aliased(User)
    wanted: Select[*tuple[Any, ...]] = select(
        CallReview, Attempt.ended_at, caller.display_name, reviewer.display_name
    )
    wanted = wanted.join(Attempt, Attempt.id == CallReview.attempt_id)
    wanted = wanted.join(caller, caller.id == CallReview.agent_id)
    wanted = wanted.join(reviewer, reviewer.id == CallReview.reviewer_id)
    return wanted.where(CallReview.state.in_(DONE))


def _line(review: CallReview, ended_at: datetime, caller: str, reviewer: str) -> Line:
    assert review.done_at is not None
    return Line(review.id, review.state, review.way, review.done_at, ended_at, caller, reviewer)
