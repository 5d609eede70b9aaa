"""Writing down what became of a claimed message."""

import logging
import zlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from core.logs import redact
from core.outbox import breakers
from core.outbox.lifecycle import ACTOR, MESSAGES, QUEUED, SENDING, SENT, UNCERTAIN
from core.outbox.models import Message
from core.outbox.rounds import Round
from core.outbox.senders import (
    PermanentError,
    SendError,
    ServerDownError,
    TransientError,
)

log = logging.getLogger("huifang.outbox")

MAX_ATTEMPTS = 8  # answers of the kind "not now" before a message is put aside
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)


def wait_after(attempts: int, uid: str) -> timedelta:
    """Return how long to wait after the n-th failed attempt: doubling, at most an hour, +-20 % by message.

    The jitter is computed from the message, so that a test can say when the next attempt is due.
    """
    wait = min(FIRST_WAIT * 2.0 ** min(attempts - 1, 10), LONGEST_WAIT)
    share = zlib.crc32(f"{uid}:{attempts}".encode()) / 0xFFFFFFFF
    return wait * (0.8 + 0.4 * share)


def sent(work: Round, message_id: int, channel: str, provider_id: str) -> None:
    """The server took the message."""
    _settle(work, message_id, "deliver", "", more={"provider_id": provider_id})
    _works(work, channel)


def not_sent(work: Round, message_id: int, channel: str, error: SendError) -> None:
    """The server did not take the message, or nobody knows."""
    if isinstance(error, PermanentError):
        event = "fail"
    else:
        event = "retry" if isinstance(error, TransientError) else "lose"
    wait = error.wait_seconds if isinstance(error, TransientError) else 0.0
    is_down = isinstance(error, ServerDownError)
    _settle(work, message_id, event, str(error), counted=not is_down, wait=timedelta(seconds=wait))
    if not error.of_server:
        _works(work, channel)
        return
    if is_down:
        work.resting.add(channel)
    _fails(work, channel, str(error), timedelta(seconds=wait))


def lost(work: Round, message_id: int, channel: str, words: str) -> None:
    """Our own sender broke in the middle: nobody knows what became of the message."""
    _settle(work, message_id, "lose", words)
    _fails(work, channel, words, timedelta(0))


def push_forward(work: Round, message_id: int, error: Exception) -> None:
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


def _settle(
    work: Round,
    message_id: int,
    event: str,
    words: str,
    *,
    counted: bool = True,
    wait: timedelta = timedelta(0),
    more: dict[str, Any] | None = None,
) -> None:
    """Write down what became of a claimed message, if the claim is still ours."""
    with work.database.begin() as session:
        message = session.scalars(
            select(Message)
            .where(Message.id == message_id, Message.claimed_by == work.owner)
            .with_for_update()
        ).one_or_none()
        if message is not None and message.state == SENT and event == "deliver":
            message.provider_id = message.provider_id or (more or {}).get("provider_id", "")
            work.counts[SENT] += 1  # the report was faster than the answer
            return
        if message is None or message.state not in {SENDING, UNCERTAIN}:
            log.warning("message %s was settled by somebody else meanwhile", message_id)
            return
        if message.state == UNCERTAIN and event != "deliver":
            return  # parked while we waited; a person decides
        if event == "retry" and counted and message.attempts >= MAX_ATTEMPTS:
            event = "fail"
        reason = redact(words)[:300]
        changes = _changes(message, event, work.now, counted=counted, wait=wait)
        changes |= {"error": reason} | (more or {})
        MESSAGES.move(session, message, event, actor=ACTOR, now=work.now, reason=reason, changes=changes)
    work.counts[message.state if event != "retry" else "retried"] += 1


def _changes(
    message: Message, event: str, now: datetime, *, counted: bool, wait: timedelta
) -> dict[str, Any]:
    if event == "deliver":
        return {"sent_at": now}
    if event != "retry":
        return {}
    wait = max(wait, wait_after(message.attempts if counted else 1, message.uid))
    return {"due_at": now + wait, "attempts": message.attempts - (0 if counted else 1), "claimed_by": ""}


def _works(work: Round, channel: str) -> None:
    if channel not in work.troubled:
        return  # nothing to forget, and no statement to pay for
    with work.database.begin() as session:
        breakers.note_success(session, channel, work.now)
    work.troubled.discard(channel)


def _fails(work: Round, channel: str, words: str, wait: timedelta) -> None:
    with work.database.begin() as session:
        is_open = breakers.note_failure(session, channel, work.now, redact(words), wait)
    work.troubled.add(channel)
    if is_open:
        work.resting.add(channel)
        log.warning("channel %s rests: %s", channel, redact(words))
