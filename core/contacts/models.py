"""People we may write to or call. What identifies them is sealed; ``uid`` binds the sealed values."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, UtcTime


def _uid() -> str:
    return uuid.uuid4().hex


class Contact(Base):
    """A customer."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=_uid)
    source: Mapped[str] = mapped_column(String(40), default="")
    name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_index: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    address_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    household_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    household_index: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    language: Mapped[str] = mapped_column(String(10), default="zh_Hans")
    do_not_contact: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    phones: Mapped[list["Phone"]] = relationship(order_by="Phone.position", cascade="all, delete-orphan")


class Phone(Base):
    """One number of a contact, in E.164 before sealing; a dead number is never dialled again."""

    __tablename__ = "phones"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=_uid)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    number_index: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    kind: Mapped[str] = mapped_column(String(10), default="mobile")  # mobile | landline
    dead: Mapped[bool] = mapped_column(default=False)


class ContactEvent(Base):
    """One contact made, refused or wished away: what frequency caps and refusals count."""

    __tablename__ = "contact_events"
    __table_args__ = (
        CheckConstraint("channel IN ('sms', 'email', 'phone', 'paper', 'web', 'staff')", name="channel"),
        Index("ix_contact_events_contact_at", "contact_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    channel: Mapped[str] = mapped_column(String(10))
    purpose: Mapped[str] = mapped_column(
        String(30)
    )  # invitation | reminder | callback | notice | not_asked | opt_out | opt_in
    outcome: Mapped[str] = mapped_column(String(30), default="")
    reason: Mapped[str] = mapped_column(String(200), default="")
