"""Finding the calls that are worth a look: one query for each signal, over any number of calls."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Select,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from core.auth.models import User
from core.contacts.models import Phone
from core.db import settings_of
from core.periods import Period
from followup.callbacks.outcomes import Code
from followup.models import Attempt, Callback, FollowUp
from followup.quality.drawing import WITH_ANSWERS
from followup.quality.policy import STEPS
from followup.quality.signals import LEAST_ANSWERS, NOT_REACHED, READ_ALOUD, RING, SHARED, SHORT
from surveys.models import Answer, Item

Found = Select[*tuple[Any, ...]]  # attempt_id, amount, of


def spotted(session: Session, signal: str, period: Period) -> Found:
    """Select the calls of a period that show this signal, with the number that made them."""
    return _QUERIES[signal](session, period)


def bounds(session: Session, period: Period) -> tuple[datetime, datetime]:
    """Return the moments at which a period of local days begins and ends."""
    zone = settings_of(session).zone
    begin = datetime.combine(period.start, time(), tzinfo=zone)
    return begin, datetime.combine(period.end, time(), tzinfo=zone)


def in_period(session: Session, period: Period) -> ColumnElement[bool]:
    """Select the calls of a period, by the index over their ends."""
    begin, end = bounds(session, period)
    return (Attempt.ended_at >= begin) & (Attempt.ended_at < end)


def lasted(session: Session) -> ColumnElement[float]:
    """Return the seconds from showing the number to the outcome; null where no number was shown."""
    if session.get_bind().dialect.name == "sqlite":
        days = func.julianday(Attempt.ended_at) - func.julianday(Attempt.started_at)
        return cast(func.round(days * 86_400, 3), Float)
    return cast(extract("epoch", Attempt.ended_at - Attempt.started_at), Float)


def _calls(session: Session, period: Period, amount: Any, of: Any = None) -> Found:
    wanted: Found = select(
        Attempt.id.label("attempt_id"),
        cast(amount, Float).label("amount"),
        cast(literal(0) if of is None else of, Integer).label("of"),
    )
    return wanted.where(in_period(session, period), Attempt.undone_at.is_(None))


def _short(session: Session, period: Period) -> Found:
    seconds = lasted(session)
    wanted = _calls(session, period, seconds).where(Attempt.outcome == Code.COMPLETE)
    return wanted.where(Attempt.started_at.is_not(None), seconds < SHORT)


def _rushed(session: Session, period: Period) -> Found:
    """Few calls are that fast at all: only theirs are the answers looked at."""
    per_version = select(func.count().label("n")).select_from(Item).group_by(Item.version_id).subquery()
    most = select(func.max(per_version.c.n)).scalar_subquery()
    seconds, answered = lasted(session), func.count(Answer.item_id)
    score = Answer.value.label("score")
    is_step = Item.kind.in_(STEPS)
    wanted = _calls(session, period, seconds, answered).where(Attempt.outcome == Code.COMPLETE)
    wanted = wanted.join(Callback, Callback.id == Attempt.callback_id)
    wanted = wanted.join(FollowUp, FollowUp.id == Callback.follow_up_id)
    wanted = wanted.join(Answer, Answer.response_id == FollowUp.response_id)
    wanted = wanted.join(Item, Item.id == Answer.item_id)
    wanted = wanted.where(
        Attempt.started_at.is_not(None), seconds < READ_ALOUD * func.coalesce(most, 0), Answer.value >= 0
    )
    steps = func.count(score).filter(is_step)
    lowest, highest = func.min(score).filter(is_step), func.max(score).filter(is_step)
    wanted = wanted.group_by(Attempt.id, Attempt.started_at, Attempt.ended_at)
    return wanted.having(steps >= LEAST_ANSWERS, lowest == highest, seconds < READ_ALOUD * answered)


def _no_dial(session: Session, period: Period) -> Found:
    seconds = lasted(session)
    wanted = _calls(session, period, seconds).where(Attempt.outcome.in_(NOT_REACHED))
    return wanted.where(or_(Attempt.started_at.is_(None), seconds < RING))


def _own_case(session: Session, period: Period) -> Found:
    wanted = _calls(session, period, literal(0)).join(Callback, Callback.id == Attempt.callback_id)
    wanted = wanted.join(User, User.id == Attempt.agent_id)
    by_name = (Callback.handler_name != "") & Callback.handler_name.in_((User.name, User.display_name))
    return wanted.where(or_(Callback.handler_id == Attempt.agent_id, by_name))


def _shared_number(session: Session, period: Period) -> Found:
    customers = func.count(Phone.contact_id.distinct())
    shared = select(Phone.number_index, customers.label("customers")).group_by(Phone.number_index)
    shared_by = shared.having(customers >= SHARED).subquery()
    wanted = _calls(session, period, shared_by.c.customers).where(Attempt.outcome.in_(WITH_ANSWERS))
    return wanted.join(shared_by, shared_by.c.number_index == Attempt.phone_index)


_QUERIES: dict[str, Callable[[Session, Period], Found]] = {
    "short": _short,
    "rushed": _rushed,
    "no_dial": _no_dial,
    "own_case": _own_case,
    "shared_number": _shared_number,
}
