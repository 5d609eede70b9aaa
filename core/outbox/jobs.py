"""Sending what is due: claim in one transaction, send outside any, settle in another.

A crash between claim and receipt leaves the row ``sending``; after ``STALE_AFTER`` it is parked as
``uncertain`` for a person, because what may have been sent is never blindly sent again.
"""

import logging
import secrets
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core import stopping
from core.calendar import Calendar
from core.db import Database, settings_of, vault_of
from core.errors import HuifangError
from core.logs import redact
from core.outbox.lifecycle import MESSAGES, QUEUED, SENDING, UNCERTAIN
from core.outbox.models import Message
from core.outbox.senders import (
    Letter,
    PermanentError,
    Sender,
    ServerDownError,
    TransientError,
    UnknownOutcomeError,
    senders_for,
)

log = logging.getLogger("huifang.outbox")

Guard = Callable[[Session, Message, datetime], str | None]

ACTOR = "outbox"
BATCH = 150  # messages in one round: at a round every 30 seconds, five a second
BUDGET = 60.0  # seconds after which a round stops, so that the other jobs get their turn
STALE_AFTER = timedelta(minutes=10)  # longer than any conversation with a mail server can take
MAX_ATTEMPTS = 8  # answers of the kind "not now" before a message is put aside
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
# What a poisonous row may raise: it is pushed forward, and the others are sent.
_ITEM_ERRORS = (
    HuifangError, SQLAlchemyError, ArithmeticError, AttributeError, LookupError, OSError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip


@dataclass
class Round:
    """One round of sending: its clock, its senders, and the channels that turned out to be down."""

    database: Database
    started: datetime
    guards: Mapping[str, Guard]
    senders: Mapping[str, Sender]
    owner: str = field(default_factory=lambda: secrets.token_hex(8))
    counts: Counter[str] = field(default_factory=Counter)
    down: set[str] = field(default_factory=set)
    _zero: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._zero

    @property
    def now(self) -> datetime:
        """The given time plus what the round took so far: a claim must not look older than it is."""
        return self.started + timedelta(seconds=self.elapsed)


def deliver(
    database: Database,
    *,
    now: datetime,
    guards: Mapping[str, Guard] | None = None,
    senders: Mapping[str, Sender] | None = None,
    limit: int = BATCH,
) -> dict[str, int]:
    """Send what is due and return what became of it.

    ``guards`` holds, by purpose, a last look inside the claiming transaction: a reason means that the
    message is cancelled instead of sent.
    """
    work = Round(database, now, guards or {}, senders or senders_for(database.settings))
    work.counts["uncertain"] += park_stale(database, now=now)
    for _count in range(limit):
        if stopping.requested.is_set() or work.elapsed > BUDGET or not _one(work):
            break
    return {name: n for name, n in sorted(work.counts.items()) if n}


def park_stale(database: Database, *, now: datetime) -> int:
    """Park what has been in the sending for too long; return how many messages that were."""
    stale = select(Message.id).where(Message.state == SENDING, Message.claimed_at < now - STALE_AFTER)
    with database.begin() as session:
        return sum(
            MESSAGES.claim(
                session, Message, message_id, "lose", actor=ACTOR, now=now,
                reason="The sender stopped before the receipt.",
            )
            for message_id in session.scalars(stale.limit(BATCH)).all()
        )  # fmt: skip


def wait_after(attempts: int, uid: str) -> timedelta:
    """Return how long to wait after the n-th failed attempt: doubling, at most an hour, +-20 % by message.

    The jitter is computed from the message, so that a test can say when the next attempt is due.
    """
    wait = min(FIRST_WAIT * 2.0 ** min(attempts - 1, 10), LONGEST_WAIT)
    share = zlib.crc32(f"{uid}:{attempts}".encode()) / 0xFFFFFFFF
    return wait * (0.8 + 0.4 * share)


def _one(work: Round) -> bool:
    """Handle the next due message; False when there is none."""
    chosen: list[int] = []
    try:
        letter = _claim(work, chosen)
    except _ITEM_ERRORS as error:
        if not chosen:
            raise  # not the message's fault: the database does not work
        _push_forward(work, chosen[0], error)
        return True
    if letter is not None:
        _send(work, chosen[0], letter)
    return bool(chosen)


def _claim(work: Round, chosen: list[int]) -> Letter | None:
    """Take the next due message into the sending, or cancel it when its guard objects."""
    with work.database.begin() as session:
        message = _next_due(session, work)
        if message is None:
            return None
        chosen.append(message.id)
        guard = work.guards.get(message.purpose)
        objection = guard(session, message, work.now) if guard else None
        if objection:
            if MESSAGES.claim(
                session, Message, message.id, "cancel", actor=ACTOR, now=work.now, reason=objection
            ):
                work.counts["cancelled"] += 1
            return None
        letter = _opened(session, message, work.now)
        claim = {"attempts": message.attempts + 1, "claimed_by": work.owner, "claimed_at": work.now}
        taken = MESSAGES.claim(
            session, Message, message.id, "claim", actor=ACTOR, now=work.now, changes=claim
        )
        return letter if taken else None


def _next_due(session: Session, work: Round) -> Message | None:
    """Choose the message that has been due for longest; nobody gets mail or SMS at night."""
    channels = [c for c in work.senders if c not in work.down and _may_send(session, c, work.now)]
    due = (
        select(Message)
        .where(Message.state == QUEUED, Message.due_at <= work.now, Message.channel.in_(channels))
        .order_by(Message.due_at, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # on SQLite the write lock of the transaction does this
    )
    return session.scalars(due).one_or_none()


def _may_send(session: Session, channel: str, now: datetime) -> bool:
    settings = settings_of(session)
    calendar = Calendar(settings.country, settings.zone)
    return channel == "notice" or calendar.is_open(now, settings.message_hours, workdays_only=False)


def _opened(session: Session, message: Message, now: datetime) -> Letter:
    vault = vault_of(session)
    title = vault.open(message.title_sealed, f"message.title:{message.uid}") if message.title_sealed else ""
    return Letter(
        uid=message.uid,
        channel=message.channel,
        to=vault.open(message.to_sealed, f"message.to:{message.uid}"),
        title=title,
        body=vault.open(message.body_sealed, f"message.body:{message.uid}"),
        language=message.language,
        at=now,
    )


def _send(work: Round, message_id: int, letter: Letter) -> None:
    """Touch the network, outside any transaction, and settle what came of it."""
    try:
        work.senders[letter.channel].send(letter)
    except ServerDownError as error:
        work.down.add(letter.channel)
        _settle(work, message_id, "retry", str(error), counted=False)
    except TransientError as error:
        _settle(work, message_id, "retry", str(error))
    except PermanentError as error:
        _settle(work, message_id, "fail", str(error))
    except UnknownOutcomeError as error:
        _settle(work, message_id, "lose", str(error))
    except _ITEM_ERRORS as error:
        log.exception("message %s could not be handed over", message_id)
        _settle(work, message_id, "lose", type(error).__name__)
    else:
        _settle(work, message_id, "deliver", "")


def _settle(work: Round, message_id: int, event: str, words: str, *, counted: bool = True) -> None:
    """Write down what became of a claimed message, if the claim is still ours."""
    with work.database.begin() as session:
        message = session.scalars(
            select(Message)
            .where(Message.id == message_id, Message.claimed_by == work.owner)
            .with_for_update()
        ).one_or_none()
        if message is None or message.state not in {SENDING, UNCERTAIN}:
            log.warning("message %s was settled by somebody else meanwhile", message_id)
            return
        if message.state == UNCERTAIN and event != "deliver":
            return  # parked while we waited; a person decides
        if event == "retry" and counted and message.attempts >= MAX_ATTEMPTS:
            event = "fail"
        reason = redact(words)[:300]
        changes = _changes(message, event, work.now, counted=counted) | {"error": reason}
        MESSAGES.move(session, message, event, actor=ACTOR, now=work.now, reason=reason, changes=changes)
    work.counts[message.state if event != "retry" else "retried"] += 1


def _changes(message: Message, event: str, now: datetime, *, counted: bool) -> dict[str, Any]:
    if event == "deliver":
        return {"sent_at": now}
    if event != "retry":
        return {}
    wait = wait_after(message.attempts if counted else 1, message.uid)
    return {"due_at": now + wait, "attempts": message.attempts - (0 if counted else 1), "claimed_by": ""}


def _push_forward(work: Round, message_id: int, error: Exception) -> None:
    """Put a message that cannot be prepared behind the others; after enough tries a person must look."""
    log.error("message %s cannot be prepared: %s", message_id, type(error).__name__, exc_info=error)
    with work.database.begin() as session:
        message = session.get(Message, message_id, with_for_update=True)
        if message is None or message.state != QUEUED:
            return
        message.attempts += 1
        message.due_at = work.now + wait_after(message.attempts, message.uid)
        message.error = type(error).__name__
        if message.attempts >= MAX_ATTEMPTS:
            MESSAGES.move(session, message, "spoil", actor=ACTOR, now=work.now, reason=message.error)
    work.counts["postponed"] += 1
