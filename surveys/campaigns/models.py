"""Campaigns: a questionnaire sent to a list or a sample, once or every quarter or half year."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class Campaign(Base):
    """What is asked, of whom, how often and how: ``terms`` as in ``surveys/campaigns/policy.py``."""

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'running', 'paused', 'ended')", name="state"),
        Index("ix_campaigns_state_next_wave_at", "state", "next_wave_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaires.id"))
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12), default="draft")
    next_wave_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[str] = mapped_column(String(80))


class Member(Base):
    """One person of a campaign's own list, from a file."""

    __tablename__ = "campaign_members"

    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id"), primary_key=True, autoincrement=False
    )
    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    stratum_id: Mapped[int] = mapped_column(ForeignKey("strata.id"))


class Wave(Base):
    """One round of a campaign: the sample that was drawn, with the seed that draws it again."""

    __tablename__ = "waves"
    __table_args__ = (
        CheckConstraint("state IN ('running', 'paused', 'closed')", name="state"),
        UniqueConstraint("campaign_id", "number"),
        Index("ix_waves_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    number: Mapped[int]
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"))
    seed: Mapped[int] = mapped_column(BigInteger)
    population: Mapped[int]  # people on the list before sampling
    state: Mapped[str] = mapped_column(String(12), default="running")
    starts_at: Mapped[datetime] = mapped_column(UtcTime)
    next_send_at: Mapped[datetime] = mapped_column(UtcTime)  # before then its pace lets no message go out
    closes_at: Mapped[datetime] = mapped_column(UtcTime)  # after that nobody is asked any more
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class Recipient(Base):
    """One person of one wave, and what became of asking: asked, or not asked and why."""

    __tablename__ = "recipients"
    __table_args__ = (
        CheckConstraint(
            "state IN ('planned', 'sending', 'sent', 'answered', 'skipped', 'failed', 'expired', 'stopped')",
            name="state",
        ),
        UniqueConstraint("wave_id", "contact_id"),
        Index("ix_recipients_state_due_at", "state", "due_at"),
        Index("ix_recipients_wave_id_state", "wave_id", "state", "id"),  # who is next, how many are where
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"), index=True)
    stratum_id: Mapped[int] = mapped_column(ForeignKey("strata.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id"), index=True)
    state: Mapped[str] = mapped_column(String(12), default="planned")
    reason: Mapped[str] = mapped_column(String(40), default="")
    reminders: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
