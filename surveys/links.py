"""Personal links: their address, and the invitation behind a token, found with one select."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, bindparam, select
from sqlalchemy.orm import Session

from core.crypto import TOKEN_ALPHABET, TOKEN_LENGTH, is_token_shaped, token_hash
from core.db import vault_of
from core.outbox.models import Message
from core.settings import Settings
from surveys.models import Invitation, Partial

_ADDRESS = re.compile(rf"https?://\S+/s/[{TOKEN_ALPHABET}]{{{TOKEN_LENGTH}}}")
_TABLE: Table = Invitation.__table__  # type: ignore[assignment] # a mapped class has a plain table here
_COLUMNS = _TABLE.c
_SAVED: Table = Partial.__table__  # type: ignore[assignment]
_BY_TOKEN: Select[Any] = (
    select(
        _COLUMNS.id,
        _COLUMNS.version_id,
        _COLUMNS.contact_id,
        _COLUMNS.stratum_id,
        _COLUMNS.handler,
        _COLUMNS.reference,
        _COLUMNS.about,
        _COLUMNS.language,
        _COLUMNS.state,
        _COLUMNS.answer_by,
        _COLUMNS.lock_at,
        _SAVED.c.saved_at,  # in the same statement: only links with something saved cost another one
    )
    .outerjoin(_SAVED, _SAVED.c.invitation_id == _COLUMNS.id)
    .where(_COLUMNS.token_hash == bindparam("token_hash"))
)


@dataclass(frozen=True, slots=True)
class Link:
    """An invitation as its link sees it."""

    id: int
    version_id: int
    contact_id: int | None
    stratum_id: int
    handler: str
    reference: str
    about: dict[str, Any]
    language: str
    state: str
    answer_by: datetime
    lock_at: datetime | None
    saved_at: datetime | None  # when a part was saved, to be finished later


def url_for_token(settings: Settings, token: str) -> str:
    """Return the full address of a personal link, always on the configured host."""
    return f"{settings.public_url.rstrip('/')}/s/{token}"


def find(session: Session, token: str) -> Link | None:
    """Return the invitation behind a token, or None; a malformed token never reaches the database."""
    if not is_token_shaped(token):
        return None
    row = session.connection().execute(_BY_TOKEN, {"token_hash": token_hash(token)}).first()
    return Link(*row) if row else None


def link_in(session: Session, message: Message) -> str | None:
    """Return the personal link that a message carries: a reminder reads it back, tokens are not stored."""
    found = _ADDRESS.search(vault_of(session).open(message.body_sealed, f"message.body:{message.uid}"))
    return found.group(0) if found else None
