"""Measures, the cases and items they answer, and what is told to the public."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class Measure(Base):
    """A short- or long-term action with a department, a due date and an expected effect.

    The effect is that the satisfied share of ``item_key`` moves by ``expected_points`` among the answers
    of ``scope``; ``control`` are answers that the measure does not reach, where there are such. ``also`` are
    items that it may move beside that one: nothing was expected of them beforehand.
    """

    __tablename__ = "measures"
    __table_args__ = (
        CheckConstraint("term IN ('short', 'long')", name="term"),
        CheckConstraint("state IN ('planned', 'under_way', 'done', 'dropped')", name="state"),
        Index("ix_measures_state_due_on", "state", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)  # 20261121-M003
    title: Mapped[str] = mapped_column(String(120))
    heard: Mapped[str] = mapped_column(String(1000))  # what people said; written by staff, names nobody
    action: Mapped[str] = mapped_column(String(2000))
    term: Mapped[str] = mapped_column(String(6))
    department: Mapped[str] = mapped_column(String(60), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    due_on: Mapped[date] = mapped_column(Date)
    starts_on: Mapped[date | None] = mapped_column(Date)  # from this local day on it is in force
    done_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10), default="planned")
    questionnaire: Mapped[str] = mapped_column(String(40), default="")
    item_key: Mapped[str] = mapped_column(String(40), default="")
    also: Mapped[list[str]] = mapped_column(JSON, default=list)
    expected_points: Mapped[float | None]
    scope: Mapped[dict[str, list[str]]] = mapped_column(JSON)  # dimension -> values that it reaches
    control: Mapped[dict[str, list[str]]] = mapped_column(JSON)  # dimension -> values to compare with
    version: Mapped[int] = mapped_column(default=1)
    form_key: Mapped[str | None] = mapped_column(String(40), unique=True)  # a form sent twice is one measure
    alert_id: Mapped[int | None]  # what it was planned for; alerts belong to the floor above
    published_at: Mapped[datetime | None] = mapped_column(UtcTime, index=True)
    # language -> {"said": …, "did": …, "effect": …}: exactly what /improvements shows
    published: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[str] = mapped_column(String(80))


class MeasureCase(Base):
    """A case that a measure answers."""

    __tablename__ = "measure_cases"

    measure_id: Mapped[int] = mapped_column(
        ForeignKey("measures.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    case_id: Mapped[int] = mapped_column(
        ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )


class MeasureNote(Base):
    """What somebody wrote down about the progress of a measure; steps of its state are transitions."""

    __tablename__ = "measure_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    measure_id: Mapped[int] = mapped_column(ForeignKey("measures.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(String(1000))
    at: Mapped[datetime] = mapped_column(UtcTime)
    by: Mapped[str] = mapped_column(String(80))
