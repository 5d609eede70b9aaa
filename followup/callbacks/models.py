"""What the desk is set up with, and what agents do besides calling: skipping, pausing."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class OutcomeTerms(Base):
    """What an administrator made of one code of the outcome table; codes without a row are as delivered."""

    __tablename__ = "outcome_terms"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    effect: Mapped[str] = mapped_column(String(12))
    delay_minutes: Mapped[int]
    other_day_part: Mapped[bool]
    next_workday: Mapped[bool]
    next_workday_if_twice: Mapped[bool]
    at_most: Mapped[int]  # how often one callback may end a call so; 0 sets no limit of its own
    again_for_complaints: Mapped[bool]
    contacted: Mapped[bool]
    eligible: Mapped[bool | None]
    needs_note: Mapped[bool]
    needs_confirmation: Mapped[bool]
    place: Mapped[str] = mapped_column(String(5))  # first | more | off
    position: Mapped[int]
    changed_by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[datetime] = mapped_column(UtcTime)


class Skip(Base):
    """An agent passed a callback on, with the reason; the same agent is not given it again that day."""

    __tablename__ = "callback_skips"
    __table_args__ = (Index("ix_callback_skips_agent_id_at", "agent_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    callback_id: Mapped[int] = mapped_column(ForeignKey("callbacks.id", ondelete="CASCADE"), index=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcTime)


class Pause(Base):
    """Time in which an agent does not call; open until it is ended."""

    __tablename__ = "pauses"
    __table_args__ = (
        Index("ix_pauses_agent_id_began_at", "agent_id", "began_at"),
        Index(
            "ux_pauses_open",
            "agent_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(40))
    began_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class DeskChoice(Base):
    """One line of a list that the organisation keeps: phrases for the note, reasons of dissatisfaction,
    reasons to skip and to pause. Used codes are switched off, never deleted.
    """

    __tablename__ = "desk_choices"
    __table_args__ = (
        UniqueConstraint("kind", "code"),
        CheckConstraint("kind IN ('phrase', 'reason', 'skip', 'pause')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(40))
    words: Mapped[dict[str, Any]] = mapped_column(JSON)  # language -> text
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
