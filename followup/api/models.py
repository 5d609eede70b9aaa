"""Keys, calls and events of other systems, and where we tell them what happened."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class ApiKey(Base):
    """The key of another system. Only its hash is kept; ``prefix`` tells keys apart in lists and logs."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    source: Mapped[str] = mapped_column(String(40))  # whose cases it may write
    prefix: Mapped[str] = mapped_column(String(8))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ApiCall(Base):
    """What was answered to an Idempotency-Key: the same call again gets the same answer."""

    __tablename__ = "api_calls"
    __table_args__ = (UniqueConstraint("api_key_id", "key"), Index("ix_api_calls_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    api_key_id: Mapped[int] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(80))
    request_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    status: Mapped[int]
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcTime)


class SourceEvent(Base):
    """One event that another system told about a case, with its time there: late ones change nothing."""

    __tablename__ = "source_events"
    __table_args__ = (
        UniqueConstraint("source", "event_id"),
        Index("ix_source_events_case_id_at_source", "case_id", "at_source"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(40))
    event_id: Mapped[str] = mapped_column(String(80))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))  # closed | reopened | cancelled | changed
    at_source: Mapped[datetime] = mapped_column(UtcTime)
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    fields: Mapped[list[str]] = mapped_column(JSON, default=list)  # what a "changed" one names
    effect: Mapped[str] = mapped_column(String(20))  # applied | late | nothing
    # What it says in words, source_event.words:<source>:<event_id>: a reopening told later may make it count.
    words_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class Webhook(Base):
    """Where another system wants to be told. Address and secret are sealed."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    url_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # webhook.url:<uid>
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # webhook.secret:<uid>
    events: Mapped[list[str]] = mapped_column(JSON)  # case.closed | case.answered | case.reopen_requested
    active: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
