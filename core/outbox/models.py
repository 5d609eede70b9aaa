"""The outbox: every message to be sent is a row, written with the fact that caused it."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class Message(Base):
    """One SMS, e-mail or notice. Address, subject and text are sealed; ``key`` makes it unique."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_messages_state_due_at", "state", "due_at"),
        Index("ix_messages_subject", "subject_type", "subject_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid.uuid4().hex)
    key: Mapped[str] = mapped_column(String(80))  # such as followup:17:invite:1, never twice
    channel: Mapped[str] = mapped_column(String(10))  # sms | email | notice
    purpose: Mapped[str] = mapped_column(String(30))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"), index=True)
    subject_type: Mapped[str] = mapped_column(String(20), default="")  # what it is about, such as follow_up
    subject_id: Mapped[int | None]
    to_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    title_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    body_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    language: Mapped[str] = mapped_column(String(10), default="zh_Hans")
    state: Mapped[str] = mapped_column(String(12), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    claimed_by: Mapped[str] = mapped_column(String(40), default="")
    claimed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    error: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
