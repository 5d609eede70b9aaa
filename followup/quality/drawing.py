"""Drawing the sample of completed calls. Nothing here commits.

A keyed hash of the call's own number decides, so that nobody who calls can foresee it, and everybody who has
the key can check it afterwards. The newest call that was drawn tells how far the drawing has come.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.db import settings_of, vault_of
from followup.callbacks.outcomes import Code
from followup.models import Attempt, Callback, FollowUp
from followup.quality.lifecycle import REVIEWS
from followup.quality.models import CallReview
from followup.quality.policy import LOOK_BACK, SETTLED, is_drawn, lowest, weeks_to_close
from surveys.models import Response

BATCH = 2000
WITH_ANSWERS = (Code.COMPLETE, Code.PARTIAL)


def draw(session: Session, *, now: datetime) -> dict[str, int]:
    """Draw the calls whose time to be undone is over; then one of each agent's week without any."""
    percent = settings_of(session).review_percent
    if not percent:
        return {}
    found = session.execute(_settled(session, now)).all()
    drawn = sum(
        _put(session, row, "share", now) for row in found if is_drawn(hashed(session, row.uid), percent)
    )
    if len(found) < BATCH:  # else the week may still get one by the share
        drawn += sum(_close_week(session, *week, now=now) for week in weeks_to_close(_today(session, now)))
    return {"drawn": drawn} if drawn else {}


def hashed(session: Session, uid: str) -> int:
    """Return the keyed hash of a call as a number below 2**64."""
    return int.from_bytes(vault_of(session).blind_index(uid, "call.review")[:8], "big")


def with_answers() -> Select[*tuple[Any, ...]]:
    """Select calls that brought answers by phone which nobody changed since, with the answers."""
    wanted: Select[*tuple[Any, ...]] = select(
        Attempt.id, Attempt.uid, Attempt.agent_id, Response.id.label("response_id")
    )
    wanted = wanted.join(Callback, Callback.id == Attempt.callback_id)
    wanted = wanted.join(FollowUp, FollowUp.id == Callback.follow_up_id)
    wanted = wanted.join(Response, Response.id == FollowUp.response_id)
    wanted = wanted.where(Attempt.outcome.in_(WITH_ANSWERS), Attempt.undone_at.is_(None))
    return wanted.where(Response.mode == "phone", Response.revision == 1)


def _settled(session: Session, now: datetime) -> Select[*tuple[Any, ...]]:
    reached = select(func.max(Attempt.ended_at)).join(CallReview, CallReview.attempt_id == Attempt.id)
    since = max(session.scalar(reached) or now - LOOK_BACK, now - LOOK_BACK)
    wanted = with_answers().where(Attempt.ended_at > since, Attempt.ended_at <= now - SETTLED)
    return wanted.order_by(Attempt.ended_at, Attempt.id).limit(BATCH)


def _close_week(session: Session, first: date, last: date, *, now: datetime) -> int:
    """Draw the call with the smallest hash of each agent of whom none was drawn in a week that is over."""
    zone = settings_of(session).zone
    begin = datetime.combine(first, time(), tzinfo=zone)
    end = datetime.combine(last + timedelta(days=1), time(), tzinfo=zone)
    if end > now - SETTLED:
        return 0
    in_week: ColumnElement[bool] = (Attempt.ended_at >= begin) & (Attempt.ended_at < end)
    have = select(CallReview.agent_id).join(Attempt, Attempt.id == CallReview.attempt_id).where(in_week)
    called = select(Attempt.agent_id).where(in_week, Attempt.outcome.in_(WITH_ANSWERS)).distinct()
    without = set(session.scalars(called)) - set(session.scalars(have))
    if not without:  # nearly always: this is asked every round
        return 0
    found = session.execute(with_answers().where(in_week, Attempt.agent_id.in_(without))).all()
    calls: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in found:
        calls[row.agent_id].append(row)
    return sum(_put(session, _lowest(session, rows), "week", now) for rows in calls.values())


def _lowest(session: Session, rows: Sequence[Row[Any]]) -> Row[Any]:
    chosen = lowest(((row.id, row.uid) for row in rows), lambda uid: hashed(session, uid))
    return next(row for row in rows if row.id == chosen)


def _put(session: Session, row: Row[Any], why: str, now: datetime) -> int:
    """Write down a call that was drawn; the database holds that it is drawn once."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = {"attempt_id": row.id, "response_id": row.response_id, "agent_id": row.agent_id}
    statement = dialect.insert(CallReview).values(state="waiting", drawn_at=now, **values)
    new_id = session.execute(statement.on_conflict_do_nothing().returning(CallReview.id)).scalar_one_or_none()
    if new_id is None:
        return 0
    REVIEWS.note(session, new_id, "draw", "", "waiting", actor="system", now=now, reason=why)
    return 1


def _today(session: Session, now: datetime) -> date:
    return now.astimezone(settings_of(session).zone).date()
