"""The seasons of an organisation."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class Season(Base):
    """A part of the year with a name; where it ends before it begins, it ends in the next year.

    ``name`` is what people type after the year in which it begins: ``2025供暖季``.
    """

    __tablename__ = "seasons"
    __table_args__ = (
        CheckConstraint("first_month BETWEEN 1 AND 12 AND last_month BETWEEN 1 AND 12", name="months"),
        CheckConstraint("first_day BETWEEN 1 AND 31 AND last_day BETWEEN 1 AND 31", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    titles: Mapped[dict[str, str]] = mapped_column(JSON)  # language -> what the season is called
    first_month: Mapped[int] = mapped_column(SmallInteger)
    first_day: Mapped[int] = mapped_column(SmallInteger)
    last_month: Mapped[int] = mapped_column(SmallInteger)  # the last day belongs to the season
    last_day: Mapped[int] = mapped_column(SmallInteger)
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
    changed_by: Mapped[str] = mapped_column(String(80))
