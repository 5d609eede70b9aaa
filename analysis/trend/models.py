"""From which month on the limits of a run chart are computed anew, because a person says so."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class LimitMark(Base):
    """A recorded change: what came before this month makes no limits for what comes after.

    It is taken back, never deleted or changed; who did that, when and why stands in its transitions.
    """

    __tablename__ = "limit_marks"
    __table_args__ = (
        CheckConstraint("state IN ('valid', 'taken_back')", name="state"),
        Index(
            "uq_limit_marks_valid", "questionnaire", "item_key", "month", unique=True,
            sqlite_where=text("state = 'valid'"), postgresql_where=text("state = 'valid'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    questionnaire: Mapped[str] = mapped_column(String(40))
    item_key: Mapped[str] = mapped_column(String(40), default="")  # "" for every item
    month: Mapped[date] = mapped_column(Date)  # its first day
    note: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(10), default="valid")
    at: Mapped[datetime] = mapped_column(UtcTime)
    by: Mapped[str] = mapped_column(String(80))
