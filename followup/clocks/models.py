"""The time limits of cases, and what was warned about."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class TimeLimit(Base):
    """How long a case of one kind and severity may take. ``kind`` "" stands for every kind."""

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


class CaseAlert(Base):
    """A clock of one closing of a case that ran low or out: noted once, told once."""

    __tablename__ = "case_alerts"
    __table_args__ = (
        CheckConstraint("clock IN ('response', 'resolution')", name="clock"),
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
