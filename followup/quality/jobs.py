"""The part of the tick that draws calls for a second look, and frees those that somebody left lying."""

from datetime import datetime

from sqlalchemy import select

from core.db import Database
from core.rounds import BATCH, each
from followup.quality import drawing, reviewing
from followup.quality.models import CallReview


def draw_reviews(database: Database, *, now: datetime) -> dict[str, int]:
    """Draw calls of which the outcome stands, take back what was not finished, end what waited too long."""
    with database.read() as session:
        wanted = select(CallReview.id).where(CallReview.state == "in_hand", CallReview.lease_until <= now)
        ids = session.scalars(wanted.limit(BATCH)).all()
    counts = each(database, reviewing.release_expired, CallReview, ids, now, due="lease_until")
    with database.begin() as session:
        return counts | reviewing.lapse(session, now=now) | drawing.draw(session, now=now)
