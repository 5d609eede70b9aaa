"""Reading the outbox."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.db import settings_of, vault_of
from core.errors import NotFoundError
from core.outbox import breakers
from core.outbox.channels.choice import pace_of
from core.outbox.lifecycle import FAILED, QUEUED, STATES
from core.outbox.models import Message
from core.texts import mask_phone

PAGE = 50
AT_PACE = timedelta(minutes=10)  # a channel that sent within it is at work
CHANNELS = ("sms", "email", "webhook", "notice", "event", "chat")
_LINK = re.compile(r"(https?://[^\s<>\"'）)】]+)")


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as the list shows it: to whom only so far as to recognise it."""

    message: Message
    to: str


@dataclass(frozen=True, slots=True)
class ChannelNow:
    """A channel whose server fails: whether it rests, until when, why, and how many messages wait."""

    channel: str
    phase: str  # of core.outbox.breakers
    until: datetime | None
    error: str
    waiting: int


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


def count(session: Session, state: str = "", channel: str = "", purpose: str = "") -> int:
    """Count the messages that a filter lets through."""
    return session.scalar(_filtered(select(func.count(Message.id)), state, channel, purpose)) or 0


def page(
    session: Session, *, state: str = "", channel: str = "", purpose: str = "", number: int = 1
) -> Sequence[MessageRow]:
    """Return one page of messages, the newest first."""
    wanted = _filtered(select(Message), state, channel, purpose).order_by(Message.id.desc())
    rows = session.scalars(wanted.limit(PAGE).offset(PAGE * (number - 1)))
    return [MessageRow(message, masked(_to(session, message), message.channel)) for message in rows]


def counts(session: Session) -> dict[str, int]:
    """Count the messages of each state; a state without any has a zero."""
    found = session.execute(select(Message.state, func.count()).group_by(Message.state))
    return dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in found}


def purposes(session: Session) -> list[str]:
    """Return what messages have been written for."""
    return list(session.scalars(select(Message.purpose).distinct().order_by(Message.purpose)))


def failures(session: Session, channel: str = "", purpose: str = "") -> list[tuple[str, int]]:
    """Return what went wrong with the failed messages, and how often, the most frequent first."""
    number = func.count(Message.id)
    fitting = _filtered(select(Message.id), FAILED, channel, purpose)
    wanted = select(Message.error, number).where(Message.id.in_(fitting)).group_by(Message.error)
    return [(row[0], row[1]) for row in session.execute(wanted.order_by(number.desc(), Message.error))]


def troubled_channels(session: Session, now: datetime) -> list[ChannelNow]:
    """Return the channels whose server failed last, with what waits for them."""
    waiting = select(Message.channel, func.count()).where(Message.state == QUEUED, Message.due_at <= now)
    counts = {row[0]: row[1] for row in session.execute(waiting.group_by(Message.channel))}
    return [
        ChannelNow(name, breakers.phase(state, now), state.open_until, state.error, counts.get(name, 0))
        for name, state in sorted(breakers.states(session).items())
        if state.failures
    ]


def oldest_due(session: Session, now: datetime, *, but: Collection[str] = ()) -> datetime | None:
    """Return since when the message that has waited longest has been due, but in some channels."""
    wanted = select(func.min(Message.due_at)).where(Message.state == QUEUED, Message.due_at <= now)
    return session.scalar(wanted.where(Message.channel.not_in(but)))


def channels_at_pace(session: Session, now: datetime) -> list[str]:
    """Return the channels that have just sent as fast as their pace allows."""
    settings, lately = settings_of(session), now - AT_PACE
    return [
        name
        for name, state in breakers.states(session).items()
        if pace_of(settings, name) and state.slot_at is not None and state.slot_at >= lately
    ]


def opened(session: Session, message: Message) -> Opened:
    """Open a message's text, its links apart so that a page can make them clickable."""
    vault = vault_of(session)
    body = vault.open(message.body_sealed, f"message.body:{message.uid}")
    title = vault.open(message.title_sealed, f"message.title:{message.uid}") if message.title_sealed else ""
    parts = tuple((part, bool(_LINK.fullmatch(part))) for part in _LINK.split(body) if part)
    return Opened(_to(session, message), title, parts)


def masked(to: str, channel: str) -> str:
    """Show enough of an address to recognise it: 138****5678, w***@example.org."""
    name, at, host = to.partition("@")
    if at:
        return f"{name[:1]}***{at}{host}"
    return to if channel in {"notice", "event", "chat"} else mask_phone(to)


def _to(session: Session, message: Message) -> str:
    return vault_of(session).open(message.to_sealed, f"message.to:{message.uid}")


def _filtered(wanted: Select[Any], state: str, channel: str, purpose: str) -> Select[Any]:
    for column, value in ((Message.state, state), (Message.channel, channel), (Message.purpose, purpose)):
        wanted = wanted.where(column == value) if value else wanted
    return wanted
