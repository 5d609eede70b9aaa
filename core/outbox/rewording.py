"""Changing the words of a message, and taking back the original. Nothing here commits."""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core import audit
from core.errors import ConflictError
from core.outbox import messages
from core.outbox.messages import Source
from core.outbox.models import MessageTemplate


class RewordedError(ConflictError):
    """Somebody else changed these words in the meantime."""


def change(
    session: Session,
    name: str,
    language: str,
    words: Source,
    *,
    provider_code: str,
    revision: int,
    actor: str,
    now: datetime,
) -> None:
    """Let these words be sent from now on; ``revision`` is the one that the editor saw.

    What is queued already stays as it was written.
    """
    row = _locked(session, name, language, now)
    if row.revision != revision:
        raise RewordedError
    is_original = words == tidy(messages.original(name, language))
    row.subject, row.body = (None, None) if is_original else (words.subject, words.body)
    row.provider_code = provider_code
    _touch(session, row, "template.change", actor=actor, now=now)


def restore(session: Session, name: str, language: str, *, actor: str, now: datetime) -> bool:
    """Send the original words again; False when they are sent already."""
    row = _locked(session, name, language, now)
    if row.body is None:
        return False
    row.subject, row.body = None, None
    _touch(session, row, "template.restore", actor=actor, now=now)
    return True


def revision_of(session: Session, name: str, language: str) -> int:
    """Return how often these words were changed."""
    row = session.get(MessageTemplate, (name, language), populate_existing=True)
    return row.revision if row is not None else 0


def tidy(words: Source) -> Source:
    """Return words as the form keeps them: without white space around."""
    return Source(words.subject.strip(), words.body.strip())


def _locked(session: Session, name: str, language: str, now: datetime) -> MessageTemplate:
    """Return the row of these words, made where there is none, in this transaction's hand."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    empty = dialect.insert(MessageTemplate).values(
        name=name, language=language, provider_code="", revision=0, updated_at=now, updated_by=""
    )
    session.execute(empty.on_conflict_do_nothing(index_elements=["name", "language"]))
    key = (name, language)
    return session.get_one(MessageTemplate, key, with_for_update=True, populate_existing=True)


def _touch(session: Session, row: MessageTemplate, action: str, *, actor: str, now: datetime) -> None:
    row.revision += 1
    row.updated_at, row.updated_by = now, actor
    subject = f"template:{row.name}:{row.language}"
    audit.record(session, actor=actor, action=action, subject=subject, now=now, revision=row.revision)
