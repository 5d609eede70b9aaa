"""Imports of cases as batches: what came in with which file, until somebody acted on it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class ImportBatch(Base):
    """One file of cases on its way in. ``done`` counts the rows that are stored; the rest can go on.

    ``file_hash`` covers the file and how its columns and values are read.
    """

    __tablename__ = "import_batches"
    __table_args__ = (
        CheckConstraint("state IN ('running', 'done', 'undone', 'failed')", name="state"),
        Index("ix_import_batches_source_file_hash", "source", "file_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    file_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10))
    rows: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    upload_uid: Mapped[str | None] = mapped_column(String(32))  # where the file is kept until it is in
    left_out: Mapped[int] = mapped_column(default=0)  # rows with errors that somebody chose to do without
    failed_uid: Mapped[str | None] = mapped_column(String(32))  # where the file of those rows is kept
    actor: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    beat_at: Mapped[datetime] = mapped_column(UtcTime)  # of the last chunk: an old one means it was cut off
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ImportedCase(Base):
    """A case that a batch made or changed, with what it takes to undo that."""

    __tablename__ = "imported_cases"

    batch_id: Mapped[int] = mapped_column(
        ForeignKey("import_batches.id"), primary_key=True, autoincrement=False
    )
    case_id: Mapped[int] = mapped_column(
        ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    made: Mapped[bool]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # a row's old values; sealed ones as Base64
    changed_at: Mapped[datetime] = mapped_column(UtcTime)  # of the case after the import
    version: Mapped[int]  # of the case after the import: another one means that somebody acted on it


class ImportMapping(Base):
    """How the files of one source are read: columns and values, as the last import chose them."""

    __tablename__ = "import_mappings"

    source: Mapped[str] = mapped_column(String(40), primary_key=True)
    columns: Mapped[dict[str, str]] = mapped_column(JSON)  # heading -> our column
    values: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)  # our column -> found -> ours
    changed_by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
