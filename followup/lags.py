"""What is due in each job and waits: how many rows, and since when the oldest."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core import health
from core.health import Lag
from core.outbox.lifecycle import QUEUED
from core.outbox.models import Message
from followup.callbacks.lifecycle import IN_HAND
from followup.lifecycle import WAITING
from followup.models import Callback, FollowUp


def due_by_job(session: Session, now: datetime) -> list[Lag]:
    """Return the jobs of the tick that have something due, by the names the tick counts under."""
    asleep = Callback.state.in_(("waiting", "appointed"))
    looks = (
        _lag(session, "send", FollowUp.due_at, now, FollowUp.state == "planned"),
        _lag(session, "chase", FollowUp.due_at, now, FollowUp.state.in_(WAITING)),
        _lag(session, "lock", FollowUp.due_at, now, FollowUp.state == "answered"),
        _lag(session, "wake", Callback.ready_at, now, asleep),
        _lag(session, "settle_calls", Callback.settles_at, now, Callback.settles_at.is_not(None)),
        _lag(session, "leases", Callback.lease_until, now, Callback.state.in_(IN_HAND)),
        # The pace, the hours and the rest of a channel hold messages back: health judges these apart.
        _lag(session, "deliver", Message.due_at, now, Message.state == QUEUED, judged=False),
    )
    return [lag for lag in looks if lag is not None]


def _lag(
    session: Session,
    job: str,
    due: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    now: datetime,
    state: ColumnElement[bool],
    *,
    judged: bool = True,
) -> Lag | None:
    number, oldest = session.execute(select(func.count(), func.min(due)).where(state, due <= now)).one()
    return Lag(job, number, oldest, judged) if oldest is not None else None


health.watch(due_by_job)  # /readyz, the doctor and the page see it wherever the tick is known
