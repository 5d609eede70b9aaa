"""Saved definitions of reports, and each report that was made."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class ReportDefinition(Base):
    """What is reported, how often and to whom."""

    __tablename__ = "report_definitions"
    __table_args__ = (CheckConstraint("every IN ('month', 'quarter', 'half', 'year')", name="every"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80), unique=True)
    questionnaire: Mapped[str] = mapped_column(String(40))
    every: Mapped[str] = mapped_column(String(8))
    compared_with: Mapped[str] = mapped_column(String(8))  # year | previous
    query: Mapped[dict[str, Any]] = mapped_column(JSON)  # items, filters, breakdown, what is held constant
    language: Mapped[str] = mapped_column(String(10), default="zh_Hans")
    readers: Mapped[list[int]] = mapped_column(JSON)  # ids of users who are told
    active: Mapped[bool] = mapped_column(default=True)
    next_due: Mapped[datetime | None] = mapped_column(UtcTime, index=True)  # of the oldest that is owed
    try_at: Mapped[datetime | None] = mapped_column(UtcTime)  # after a failure: not before
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
    changed_by: Mapped[str] = mapped_column(String(80))


class ReportRun(Base):
    """One report: its query, the fingerprint of the data it rests on, and the figures it said.

    A report that was sent keeps its figures; made again, it says whether the data have changed since.
    """

    __tablename__ = "report_runs"
    __table_args__ = (
        UniqueConstraint("definition_id", "period"),  # the calendar makes each once
        Index("ix_report_runs_made_at", "made_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: uuid.uuid4().hex)
    definition_id: Mapped[int | None] = mapped_column(ForeignKey("report_definitions.id"))
    title: Mapped[str] = mapped_column(String(80))
    period: Mapped[str] = mapped_column(String(60))
    query: Mapped[dict[str, Any]] = mapped_column(JSON)  # the whole question, as the address of the page
    language: Mapped[str] = mapped_column(String(10))
    fingerprint: Mapped[str] = mapped_column(String(64))  # of the counts that the figures rest on
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)  # all of them, as the documents show them
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    made_by: Mapped[str] = mapped_column(String(80))
