"""The time limits of cases, what was warned about, and the clocks of earlier closings."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class TimeLimit(Base):
    """How long a case of one kind and severity may take, where an organisation chose its own limits.

    ``kind`` "" stands for every kind; what has no row here has the limits of ``policy.DEFAULTS``.
    """

    __tablename__ = "time_limits"
    __table_args__ = (
        CheckConstraint("response_unit IN ('hours', 'working_hours', 'workdays')", name="response_unit"),
        CheckConstraint("resolution_unit IN ('hours', 'working_hours', 'workdays')", name="resolution_unit"),
    )

    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    severity: Mapped[str] = mapped_column(String(12), primary_key=True)
    response_amount: Mapped[float]
    response_unit: Mapped[str] = mapped_column(String(15))
    resolution_amount: Mapped[float]
    resolution_unit: Mapped[str] = mapped_column(String(15))
    changed_by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[datetime] = mapped_column(UtcTime)


class CaseAlert(Base):
    """A clock of one closing of a case that ran low or out: noted once, told once."""

    __tablename__ = "case_alerts"
    __table_args__ = (
        CheckConstraint("clock IN ('response', 'resolution', 'decision')", name="clock"),
        CheckConstraint("level IN ('warning', 'breach', 'escalated')", name="level"),
        UniqueConstraint("case_id", "resolution_no", "clock", "level"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    resolution_no: Mapped[int]
    clock: Mapped[str] = mapped_column(String(12))
    level: Mapped[str] = mapped_column(String(12))
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    seen_at: Mapped[datetime | None] = mapped_column(UtcTime)


class PastClock(Base):
    """The clocks of an earlier closing, written at reopening; the case has the present ones."""

    __tablename__ = "past_clocks"

    case_id: Mapped[int] = mapped_column(
        ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    resolution_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    response_due_at: Mapped[datetime | None] = mapped_column(UtcTime)
    responded_at: Mapped[datetime | None] = mapped_column(UtcTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_at: Mapped[datetime] = mapped_column(UtcTime)
