"""Answers that came back on paper."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class PaperEntry(Base):
    """One returned sheet of paper: who typed it in, and whether a second person read the same."""

    __tablename__ = "paper_entries"
    __table_args__ = (
        CheckConstraint("state IN ('entered', 'to_check', 'agreed', 'differs', 'settled')", name="state"),
        UniqueConstraint("questionnaire_id", "serial"),
        Index("ix_paper_entries_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaires.id"))
    serial: Mapped[str] = mapped_column(String(40))  # what stands on the sheet
    response_id: Mapped[int | None] = mapped_column(ForeignKey("responses.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(String(12))
    entered_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcTime)
    checked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    checked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    second_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # for paper.second:<id>
    differing: Mapped[list[str]] = mapped_column(JSON, default=list)  # item keys
