"""Looking at a call again: taking it, listening or calling, scoring blind. Nothing here commits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from core import audit
from core.auth.models import User
from core.db import vault_of
from core.errors import ConflictError, InputError, NotFoundError
from core.i18n import _
from core.installation import wait_for_turn
from core.rounds import BATCH
from core.texts import clean_text
from followup.models import Attempt, Callback
from followup.quality.lifecycle import REVIEWS
from followup.quality.models import CallReview
from followup.quality.policy import (
    LEASE,
    REASONS,
    WAITS,
    WAYS,
    Marks,
    comparable,
    compare,
    is_same,
    may_review,
)
from surveys import answering
from surveys.models import Response
from surveys.parsing import Given
from surveys.queries import LoadedVersion, load_version

NOTE_LIMIT = 1000
ROUNDS = 5  # of looking again, when somebody else was faster


class ReviewLostError(ConflictError):
    """This call is not in your hands any more; take the next one."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who looks at a call again."""

    id: int
    name: str
    display_name: str = ""

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.name, self.display_name} - {""})


def reviewer_of(session: Session, user_id: int) -> Reviewer:
    """Return a member of staff as the one who looks."""
    user = session.get_one(User, user_id)
    return Reviewer(user.id, user.name, user.display_name)


def for_reviewer(reviewer: Reviewer) -> ColumnElement[bool]:
    """Say in SQL what ``policy.may_review`` says: not the own calls, nor those about the own cases."""
    return and_(
        CallReview.agent_id != reviewer.id,
        or_(Callback.handler_id.is_(None), Callback.handler_id != reviewer.id),
        or_(Callback.handler_name == "", Callback.handler_name.not_in(reviewer.names)),
    )


def waiting_for(reviewer: Reviewer) -> Select[int]:
    """Select the calls that wait for this person, the one drawn first first."""
    wanted = select(CallReview.id).join(Attempt, Attempt.id == CallReview.attempt_id)
    wanted = wanted.join(Callback, Callback.id == Attempt.callback_id)
    wanted = wanted.where(CallReview.state == "waiting", for_reviewer(reviewer))
    return wanted.order_by(CallReview.drawn_at, CallReview.id)


def take_next(session: Session, reviewer: Reviewer, *, now: datetime) -> CallReview | None:
    """Give this person the call that has waited longest, or the one that is in these hands already."""
    wait_for_turn(session, f"next review of {reviewer.id}")  # pressed twice
    mine = select(CallReview).where(CallReview.state == "in_hand", CallReview.reviewer_id == reviewer.id)
    held_now = session.scalars(mine.order_by(CallReview.id).limit(1)).first()
    if held_now is not None:
        return held_now
    for _round in range(ROUNDS):
        found = session.scalar(waiting_for(reviewer).limit(1))
        if found is None:
            return None
        changes = {"reviewer_id": reviewer.id, "lease_until": now + LEASE, "way": ""}
        if REVIEWS.claim(session, CallReview, found, "take", actor=reviewer.name, now=now, changes=changes):
            return session.get_one(CallReview, found, populate_existing=True)
    return None


def held(session: Session, review_id: int, reviewer: Reviewer) -> CallReview:
    """Return a call, locked, that this person has in hand. Of others, nobody learns that they were drawn."""
    wanted = select(CallReview).where(CallReview.id == review_id).with_for_update()
    review = session.scalar(wanted.execution_options(populate_existing=True))
    if review is None or review.reviewer_id != reviewer.id:
        raise NotFoundError(_("There is no such call in your hands; take the next one from the list."))
    if review.state != "in_hand":
        raise ReviewLostError(_("This call is not in your hands any more; take the next one."))
    attempt = session.get_one(Attempt, review.attempt_id)
    callback = session.get_one(Callback, attempt.callback_id)
    if not may_review(
        reviewer.id,
        reviewer.names,
        agent_id=attempt.agent_id,
        handler_id=callback.handler_id,
        handler_name=callback.handler_name,
    ):
        raise NotFoundError(_("There is no such call in your hands; take the next one from the list."))
    return review


def version_of(session: Session, review: CallReview) -> LoadedVersion:
    """Return the questions of a call that two people can compare."""
    return comparable(load_version(session, session.get_one(Response, review.response_id).version_id))


def settle(
    session: Session,
    review_id: int,
    reviewer: Reviewer,
    answers: Mapping[str, Given],
    *,
    way: str,
    note: str = "",
    now: datetime,
) -> CallReview:
    """Compare what the second person heard with what the call stored; only marks are kept, no rating."""
    review = held(session, review_id, reviewer)
    if way not in WAYS:
        raise InputError(_("Say whether you listened to the recording or called the customer."))
    if way == "call" and review.way != "call":
        raise InputError(_("Show the number and call before you say that you called."))
    response, version = session.get_one(Response, review.response_id), version_of(session, review)
    if response.revision != 1:
        raise InputError(
            _("The customer changed the answers since that call; choose that as the reason further down.")
        )
    marks = compare(version, answering.stored_answers(session, version, review.response_id), answers)
    if not marks:
        raise InputError(_("Score at least one question, or say why it is not possible."))
    _finish(session, review, reviewer, "agree" if is_same(marks) else "differ", now=now, way=way, marks=marks,
            note=note)  # fmt: skip
    return review


def give_up(
    session: Session, review_id: int, reviewer: Reviewer, *, reason: str, note: str = "", now: datetime
) -> CallReview:
    """Say why a call cannot be looked at again; it leaves the denominator of the agreement."""
    review = held(session, review_id, reviewer)
    if reason not in REASONS:
        raise InputError(_("Choose why this call cannot be compared."))
    _finish(session, review, reviewer, "impossible", now=now, way=review.way, note=note, reason=reason)
    return review


def give_back(session: Session, review_id: int, reviewer: Reviewer, *, now: datetime) -> None:
    """Put a call back on the list for somebody else."""
    review = held(session, review_id, reviewer)
    _release(session, review, actor=reviewer.name, now=now)


def release_expired(session: Session, review_id: int, now: datetime) -> str | None:
    """Put a call back on the list that was taken and not finished in its time."""
    review = session.get(CallReview, review_id, with_for_update=True)
    if review is None or review.state != "in_hand" or review.lease_until is None or review.lease_until > now:
        return None
    _release(session, review, actor="system", now=now)
    return "released"


def lapse(session: Session, *, now: datetime) -> dict[str, int]:
    """End the wait of calls that nobody looked at in four weeks; the figures count them apart."""
    wanted = select(CallReview.id).where(CallReview.state == "waiting", CallReview.drawn_at <= now - WAITS)
    ids = session.scalars(wanted.order_by(CallReview.drawn_at).limit(BATCH)).all()
    n = sum(
        REVIEWS.claim(session, CallReview, each, "lapse", actor="system", now=now, changes={"done_at": now})
        for each in ids
    )
    return {"lapsed": n} if n else {}


def _release(session: Session, review: CallReview, *, actor: str, now: datetime) -> None:
    changes = {"reviewer_id": None, "lease_until": None, "way": ""}
    REVIEWS.move(session, review, "release", actor=actor, now=now, changes=changes)


def _finish(
    session: Session,
    review: CallReview,
    reviewer: Reviewer,
    event: str,
    *,
    now: datetime,
    way: str,
    note: str,
    marks: Marks | None = None,
    reason: str = "",
) -> None:
    words = clean_text(note, NOTE_LIMIT)
    sealed = vault_of(session).seal(words, f"review.note:{review.uid}") if words else None
    changes = {"done_at": now, "lease_until": None, "way": way, "marks": marks, "note_sealed": sealed}
    REVIEWS.move(session, review, event, actor=reviewer.name, now=now, reason=reason, changes=changes)
    audit.record(
        session, actor=reviewer.name, action="review.done", subject=f"review:{review.id}", now=now,
        state=review.state, way=way, reason=reason,
    )  # fmt: skip
