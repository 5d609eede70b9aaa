"""What others want to hear about a case, in the same transaction: closings, answers, wishes to reopen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from followup.models import Case, FollowUp, ReopenRequest


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be told of an answer: never words."""

    follow_up: FollowUp
    mode: str
    overall: int | None
    first: bool  # False when an earlier answer was amended


closed: list[Callable[[Session, Sequence[Case], datetime], None]] = []
taken_back: list[Callable[[Session, FollowUp, datetime], None]] = []
answered: list[Callable[[Session, Answer, datetime], None]] = []
reopen_requested: list[Callable[[Session, Case, ReopenRequest, datetime], None]] = []


def tell_closed(session: Session, cases: Sequence[Case], now: datetime) -> None:
    """Say that cases were closed, each at its own time, which in an import lies before ``now``."""
    for listener in closed:
        listener(session, cases, now)


def tell_answered(session: Session, answer: Answer, now: datetime) -> None:
    """Say that a customer answered a follow-up, or amended the answer."""
    for listener in answered:
        listener(session, answer, now)


def tell_taken_back(session: Session, follow_up: FollowUp, now: datetime) -> None:
    """Say that the answer to a follow-up was entered by mistake and does not count."""
    for listener in taken_back:
        listener(session, follow_up, now)


def tell_reopen_requested(session: Session, case: Case, request: ReopenRequest, now: datetime) -> None:
    """Say that an answer asks for the case to be opened again."""
    for listener in reopen_requested:
        listener(session, case, request, now)
