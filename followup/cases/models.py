"""What the register keeps beside the cases: the tree of categories, rules for the severity, links, files."""

import uuid
from datetime import datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class Category(Base):
    """One node of the tree of categories; a case carries the whole path, such as ``供暖/温度不达标``."""

    __tablename__ = "categories"
    __table_args__ = (UniqueConstraint("path"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"), index=True)
    name: Mapped[str] = mapped_column(String(30))
    path: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class SeverityRule(Base):
    """Suggests a severity: the first rule whose conditions all hold wins. An empty condition holds."""

    __tablename__ = "severity_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(12), default="")
    category: Mapped[str] = mapped_column(String(60), default="")  # a path, with all below it
    words: Mapped[list[str]] = mapped_column(JSON, default=list)  # any of them in subject or description
    severity: Mapped[str] = mapped_column(String(12))
    active: Mapped[bool] = mapped_column(default=True)


class CaseLink(Base):
    """Two cases that belong together; ``case_id`` is the later one."""

    __tablename__ = "case_links"
    __table_args__ = (
        CheckConstraint("kind IN ('duplicate', 'repeat', 'related')", name="kind"),
        UniqueConstraint("case_id", "other_id"),
        Index("ix_case_links_other_id", "other_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcTime)


class Attachment(Base):
    """A file of a case. Name and content are sealed; the content is Base64 before sealing."""

    __tablename__ = "attachments"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid.uuid4().hex, unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    name_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # attachment.name:<uid>
    content_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # attachment.content:<uid>
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int]
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcTime)
