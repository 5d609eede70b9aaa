"""Reading the outbox."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.db import vault_of
from core.errors import NotFoundError
from core.outbox.lifecycle import QUEUED, STATES
from core.outbox.models import Message
from core.texts import mask_phone

PAGE = 50
CHANNELS = ("sms", "email", "notice")
_LINK = re.compile(r"(https?://[^\s<>\"'）)】]+)")


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as the list shows it: to whom only so far as to recognise it."""

    message: Message
    to: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A message with its text; ``parts`` alternates plain text and links."""

    to: str
    title: str
    parts: tuple[tuple[str, bool], ...]


def get(session: Session, message_id: int) -> Message:
    """Return a message, or raise ``NotFoundError``."""
    message = session.get(Message, message_id)
    if message is None:
        raise NotFoundError
    return message


def count(session: Session, state: str = "", channel: str = "") -> int:
    """Count the messages that a filter lets through."""
    return session.scalar(_filtered(select(func.count(Message.id)), state, channel)) or 0


def page(session: Session, *, state: str = "", channel: str = "", number: int = 1) -> Sequence[MessageRow]:
    """Return one page of messages, the newest first."""
    wanted = _filtered(select(Message), state, channel).order_by(Message.id.desc())
    rows = session.scalars(wanted.limit(PAGE).offset(PAGE * (number - 1)))
    return [MessageRow(message, masked(_to(session, message), message.channel)) for message in rows]


def counts(session: Session) -> dict[str, int]:
    """Count the messages of each state; a state without any has a zero."""
    found = session.execute(select(Message.state, func.count()).group_by(Message.state))
    return dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in found}


def oldest_due(session: Session, now: datetime) -> datetime | None:
    """Return since when the message that has waited longest has been due."""
    return session.scalar(
        select(func.min(Message.due_at)).where(Message.state == QUEUED, Message.due_at <= now)
    )


def opened(session: Session, message: Message) -> Opened:
    """Open a message's text, its links apart so that a page can make them clickable."""
    vault = vault_of(session)
    body = vault.open(message.body_sealed, f"message.body:{message.uid}")
    title = vault.open(message.title_sealed, f"message.title:{message.uid}") if message.title_sealed else ""
    parts = tuple((part, bool(_LINK.fullmatch(part))) for part in _LINK.split(body) if part)
    return Opened(_to(session, message), title, parts)


def masked(to: str, channel: str) -> str:
    """Show enough of an address to recognise it: 138****5678, w***@example.org."""
    if channel == "sms":
        return mask_phone(to)
    name, at, host = to.partition("@")
    return f"{name[:1]}***{at}{host}" if at else to


def _to(session: Session, message: Message) -> str:
    return vault_of(session).open(message.to_sealed, f"message.to:{message.uid}")


def _filtered(wanted: Select[Any], state: str, channel: str) -> Select[Any]:
    if state:
        wanted = wanted.where(Message.state == state)
    return wanted.where(Message.channel == channel) if channel else wanted
