"""Alerts, and what is not watched."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class Alert(Base):
    """One figure of one group that left its limits in one period: found once, told once."""

    __tablename__ = "alerts"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('satisfaction', 'volume', 'response_rate', 'overdue', 'collection')", name="kind"
        ),
        CheckConstraint("direction IN ('up', 'down')", name="direction"),
        CheckConstraint("state IN ('open', 'acknowledged', 'explained', 'dismissed')", name="state"),
        UniqueConstraint("key"),
        Index("ix_alerts_state_found_at", "state", "found_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200))  # kind, questionnaire, item, group and period: never twice
    kind: Mapped[str] = mapped_column(String(15))
    direction: Mapped[str] = mapped_column(String(4))
    questionnaire: Mapped[str] = mapped_column(String(40), default="")
    item_key: Mapped[str] = mapped_column(String(40), default="")
    dimension: Mapped[str] = mapped_column(String(15), default="")  # "" for everybody
    group: Mapped[str] = mapped_column(String(60), default="")
    start: Mapped[date] = mapped_column(Date)
    end: Mapped[date] = mapped_column(Date)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)  # value, limits, n and rule as they were found
    state: Mapped[str] = mapped_column(String(12), default="open")
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    cause: Mapped[str] = mapped_column(String(15), default="")  # coded, of what was explained
    explanation: Mapped[str] = mapped_column(String(1000), default="")
    found_at: Mapped[datetime] = mapped_column(UtcTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcTime)
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    under: Mapped[int | None] = mapped_column(ForeignKey("alerts.id"), index=True)  # told as part of that one


class Unwatched(Base):
    """A kind of alert, or one group of it, that somebody switched off, with the reason."""

    __tablename__ = "unwatched"
    __table_args__ = (UniqueConstraint("kind", "dimension", "group"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(15))
    dimension: Mapped[str] = mapped_column(String(15), default="")
    group: Mapped[str] = mapped_column(String(60), default="")  # "" for all of them
    reason: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime] = mapped_column(UtcTime)
    by: Mapped[str] = mapped_column(String(80))


class AlertRound(Base):
    """One closed period: once it was looked at, it is never looked at again.

    The row ``clock`` is none: it says when somebody last ticked.
    """

    __tablename__ = "alert_rounds"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)  # such as 2026-W46, 2026-W45:replies
    looked: Mapped[int] = mapped_column(default=0)  # how many figures of groups were judged
    found: Mapped[int] = mapped_column(default=0)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)  # when it was first found to be over
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)
