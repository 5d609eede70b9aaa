"""The outbox: every message to be sent is a row, written with the fact that caused it."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class Message(Base):
    """One SMS, e-mail or notice. Address, subject and text are sealed; ``key`` makes it unique."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("key"),
        # With the id, because after an import or a rest thousands are due at one moment: none are sorted.
        Index("ix_messages_state_due_at", "state", "due_at", "id"),
        Index("ix_messages_subject", "subject_type", "subject_id"),
        Index("ix_messages_uid", "uid", unique=True),  # by which a provider's receipt names it
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid.uuid4().hex)
    key: Mapped[str] = mapped_column(String(80))  # such as followup:17:invite:1, never twice
    channel: Mapped[str] = mapped_column(String(10))  # sms | email | webhook | notice | chat
    purpose: Mapped[str] = mapped_column(String(30))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"), index=True)
    subject_type: Mapped[str] = mapped_column(String(20), default="")  # what it is about, such as follow_up
    subject_id: Mapped[int | None]
    to_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    title_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    body_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    template: Mapped[str] = mapped_column(String(40), default="")  # whose words these are, such as invite_sms
    values_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # for a provider that fills in its own
    language: Mapped[str] = mapped_column(String(10), default="zh_Hans")
    state: Mapped[str] = mapped_column(String(12), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    claimed_by: Mapped[str] = mapped_column(String(40), default="")
    claimed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    provider_id: Mapped[str] = mapped_column(String(80), default="")  # what the provider calls it
    receipt_state: Mapped[str] = mapped_column(
        String(12), default=""
    )  # delivered | undelivered | nothing yet
    receipt_at: Mapped[datetime | None] = mapped_column(UtcTime)
    error: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class ChannelState(Base):
    """How a channel fares, for all processes together: its breaker and its pace."""

    __tablename__ = "channel_states"

    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)  # of the server, one after the other
    openings: Mapped[int] = mapped_column(default=0)  # one after the other, without a success in between
    open_until: Mapped[datetime | None] = mapped_column(UtcTime)  # until then nothing is sent
    probe_until: Mapped[datetime | None] = mapped_column(UtcTime)  # one message is on its way to try
    slot_at: Mapped[datetime | None] = mapped_column(UtcTime)  # when the pace allows the next message
    error: Mapped[str] = mapped_column(String(300), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcTime)


class MessageTemplate(Base):
    """What an administrator changed about the words of one message in one language."""

    __tablename__ = "message_templates"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    language: Mapped[str] = mapped_column(String(10), primary_key=True)
    subject: Mapped[str | None] = mapped_column(Text)  # None: the original
    body: Mapped[str | None] = mapped_column(Text)
    provider_code: Mapped[str] = mapped_column(String(40), default="")  # the provider's name for them
    revision: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_by: Mapped[str] = mapped_column(String(80))
