"""Calls that a second person looks at: the random sample, and marks on the list of signals."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


def _uid() -> str:
    return uuid.uuid4().hex


class CallReview(Base):
    """One completed call that was drawn for a second listen or a second call by another person."""

    __tablename__ = "call_reviews"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'in_hand', 'agrees', 'differs', 'not_possible', 'lapsed')", name="state"
        ),
        Index("ix_call_reviews_state_drawn_at", "state", "drawn_at"),
        Index("ix_call_reviews_agent_id_done_at", "agent_id", "done_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=_uid)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id", ondelete="CASCADE"), unique=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("responses.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("users.id"))  # whose call it was
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    way: Mapped[str] = mapped_column(String(10), default="")  # listen | call
    drawn_at: Mapped[datetime] = mapped_column(UtcTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)
    # {item_key: [value of the call, value of the second person]}, scores and missing codes only
    marks: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    note_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # review.note:<uid>


class SignalCheck(Base):
    """Somebody looked at a call that stood out. A finding is words of a person, never a verdict by rule."""

    __tablename__ = "signal_checks"
    __table_args__ = (
        PrimaryKeyConstraint("attempt_id", "signal"),
        CheckConstraint("finding IN ('fine', 'talk', 'mistake')", name="finding"),
    )

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id", ondelete="CASCADE"))
    signal: Mapped[str] = mapped_column(String(20))
    uid: Mapped[str] = mapped_column(String(32), default=_uid)
    finding: Mapped[str] = mapped_column(String(10))
    checked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    checked_at: Mapped[datetime] = mapped_column(UtcTime)
    note_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # signal.note:<uid>
