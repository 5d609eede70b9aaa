"""Sending what is due: claim in one transaction, send outside any, settle in another.

A crash between claim and receipt leaves the row ``sending``; after ``STALE_AFTER`` it is parked as
``uncertain`` for a person, because what may have been sent is never blindly sent again.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from core import stopping
from core.db import Database
from core.errors import HuifangError
from core.outbox import settling
from core.outbox.channels.choice import senders_for
from core.outbox.claiming import claim
from core.outbox.inquiries import ask
from core.outbox.lifecycle import ACTOR, MESSAGES, SENDING
from core.outbox.models import Message
from core.outbox.rounds import Guard, Round
from core.outbox.senders import Letter, Sender, SendError

log = logging.getLogger("huifang.outbox")

BATCH = 150  # messages in one round: at a round every 30 seconds, five a second
BUDGET = 60.0  # seconds after which a round stops, so that the other jobs get their turn
STALE_AFTER = timedelta(minutes=10)  # longer than any conversation with a mail server can take
# What a poisonous row may raise: it is pushed forward, and the others are sent.
_ITEM_ERRORS = (
    HuifangError, SQLAlchemyError, ArithmeticError, AttributeError, LookupError, OSError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip


def deliver(
    database: Database,
    *,
    now: datetime,
    guards: Mapping[str, Guard] | None = None,
    senders: Mapping[str, Sender] | None = None,
    limit: int = BATCH,
    budget: float = BUDGET,
) -> dict[str, int]:
    """Send what is due and return what became of it.

    ``guards`` holds, by purpose, a last look inside the claiming transaction: a reason means that the
    message is cancelled instead of sent. A guard may also put it off, by making it due later.
    """
    work = Round(database, now, guards or {}, senders or senders_for(database.settings))
    work.counts["uncertain"] += park_stale(database, now=now)
    try:
        for _count in range(limit):
            if stopping.requested.is_set() or work.elapsed > budget or not _one(work):
                break
        work.counts["settled"] += 0 if stopping.requested.is_set() else ask(work)
    finally:
        work.hang_up()
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


def _one(work: Round) -> bool:
    """Handle the next due message; False when there is none."""
    chosen: list[int] = []
    try:
        letter = claim(work, chosen)
    except _ITEM_ERRORS as error:
        if not chosen:
            raise  # not the message's fault: the database does not work
        settling.push_forward(work, chosen[0], error)
        return True
    if letter is not None:
        _send(work, chosen[0], letter)
    return bool(chosen)


def _send(work: Round, message_id: int, letter: Letter) -> None:
    """Touch the network, outside any transaction, and settle what came of it."""
    try:
        provider_id = work.senders[letter.channel].send(letter) or ""
    except SendError as error:
        settling.not_sent(work, message_id, letter.channel, error)
    except _ITEM_ERRORS as error:
        log.exception("message %s could not be handed over", message_id)
        settling.lost(work, message_id, letter.channel, type(error).__name__)
    else:
        settling.sent(work, message_id, letter.channel, provider_id)
