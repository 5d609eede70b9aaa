"""Questionnaires on paper: which sheets were printed, and what came back."""

from datetime import datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class PaperRun(Base):
    """Sheets that got their numbers together: printed here, or one that was printed elsewhere.

    A number alone leads to the version that stands on the sheet.
    """

    __tablename__ = "paper_runs"
    __table_args__ = (CheckConstraint("sheets > 0", name="sheets"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), index=True)
    first: Mapped[int] = mapped_column(unique=True)  # number of the first sheet, without its check digit
    sheets: Mapped[int]
    language: Mapped[str] = mapped_column(String(10))
    open_link_id: Mapped[int | None] = mapped_column(ForeignKey("open_links.id"))  # whose QR code they show
    size: Mapped[int] = mapped_column(SmallInteger)  # of the type, in points
    instructions: Mapped[str] = mapped_column(String(600), default="")  # where and how to return the sheet
    elsewhere: Mapped[bool] = mapped_column(default=False)
    printed_at: Mapped[datetime] = mapped_column(UtcTime)
    printed_by: Mapped[str] = mapped_column(String(80))


class PaperEntry(Base):
    """One returned sheet of paper: who typed it in, and whether a second person read the same.

    Of an anonymous questionnaire there is no response here and no time finer than the day.
    """

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
    second_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # for paper.second:<id>, until settled
    compared: Mapped[list[str]] = mapped_column(
        JSON, default=list
    )  # keys of the items both persons looked at
    differing: Mapped[list[str]] = mapped_column(JSON, default=list)  # those they read differently
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    decisions: Mapped[dict[str, str]] = mapped_column(
        JSON, default=dict
    )  # item key -> first | second | other
