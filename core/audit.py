"""The append-only audit trail: who changed what and when, each entry chained to the one before."""

import hmac
import json
from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import DDL, Index, LargeBinary, String, Text, event, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, UtcTime, vault_of

_LOCK = 7_214_001  # one number for the chain, so that parallel writers keep one order on PostgreSQL


class AuditEntry(Base):
    """One recorded act. The database refuses to change or delete it."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_actor_at", "actor", "at"),)  # what one person did in a day

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(80), index=True)
    detail: Mapped[str] = mapped_column(Text)
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))


SQLITE_GUARDS = [
    f"CREATE TRIGGER audit_no_{verb} BEFORE {verb.upper()} ON audit_entries "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    for verb in ("update", "delete")
]
POSTGRES_GUARDS = [
    (
        "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger AS $$ "
        "BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$ LANGUAGE plpgsql"
    ),
    (
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    ),
]
for _statement in SQLITE_GUARDS:
    event.listen(AuditEntry.__table__, "after_create", DDL(_statement).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]
for _statement in POSTGRES_GUARDS:
    event.listen(AuditEntry.__table__, "after_create", DDL(_statement).execute_if(dialect="postgresql"))  # type: ignore[no-untyped-call]


def record(
    session: Session, *, actor: str, action: str, subject: str, now: datetime, **detail: Any
) -> AuditEntry:
    """Write one entry in the running transaction."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = session.execute(
        select(AuditEntry.seq, AuditEntry.mac).order_by(AuditEntry.seq.desc()).limit(1)
    ).first()
    entry = AuditEntry(
        seq=(last.seq if last else 0) + 1,
        at=now,
        actor=actor,
        action=action,
        subject=subject,
        detail=json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str),
    )
    entry.mac = _mac(vault_of(session).chain_key, last.mac if last else b"", entry)
    session.add(entry)
    session.flush()
    return entry


def count(session: Session) -> int:
    """Return how many entries there are."""
    return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def first_broken(session: Session) -> int | None:
    """Return the number of the first entry that does not fit the chain, or None when all do."""
    key, previous, expected = vault_of(session).chain_key, b"", 1
    wanted = select(AuditEntry).order_by(AuditEntry.seq).execution_options(yield_per=500)
    with closing(session.scalars(wanted)) as entries:
        for entry in entries:
            if entry.seq != expected or not hmac.compare_digest(entry.mac, _mac(key, previous, entry)):
                return expected
            previous, expected = entry.mac, expected + 1
    return None


def _mac(key: bytes, previous: bytes, entry: AuditEntry) -> bytes:
    facts = [entry.seq, entry.at.isoformat(), entry.actor, entry.action, entry.subject, entry.detail]
    return hmac.digest(key, previous + json.dumps(facts, ensure_ascii=False).encode(), "sha256")
