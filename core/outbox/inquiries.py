"""Asking the provider about messages that may have been sent, where it can tell.

Only what the provider knows settles a message. That it knows nothing proves nothing: the message stays
parked, and a person decides.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.outbox import receipts
from core.outbox.claiming import opened
from core.outbox.lifecycle import UNCERTAIN
from core.outbox.models import Message
from core.outbox.receipts import Receipt
from core.outbox.rounds import Round
from core.outbox.senders import CanTell, Found, Letter, SendError

log = logging.getLogger("huifang.outbox")

A_ROUND = 5  # questions in one round
FIRST = timedelta(minutes=1)  # after the attempt: the provider's books need a moment
AGAIN = timedelta(minutes=30)
LONGEST = timedelta(days=2)  # after that nobody asks any more


def ask(work: Round) -> int:
    """Ask about a few of them; return how many were settled."""
    channels = [channel for channel, sender in work.senders.items() if isinstance(sender, CanTell)]
    return sum(_ask_one(work, letter, number) for number, letter in _due(work, channels)) if channels else 0


def _due(work: Round, channels: list[str]) -> list[tuple[int, Letter]]:
    """Return the letters to ask about; a message that waits for a decision uses its due time for this."""
    now = work.now
    wanted = select(Message).where(
        Message.state == UNCERTAIN,
        Message.due_at <= now,
        Message.channel.in_(channels),
        Message.claimed_at.between(now - LONGEST, now - FIRST),
    )
    with work.database.read() as session:
        found = session.scalars(wanted.order_by(Message.due_at, Message.id).limit(A_ROUND)).all()
        return [(message.id, opened(session, message, message.claimed_at or now)) for message in found]


def _ask_one(work: Round, letter: Letter, message_id: int) -> bool:
    sender = work.senders[letter.channel]
    assert isinstance(sender, CanTell)
    try:
        found = sender.look_up(letter, work.now)
    except SendError as error:
        log.warning("message %s could not be asked about: %s", message_id, error)
        found = None
    with work.database.begin() as session:
        if found is not None:
            return _settle(session, letter, found, work.now)
        message = session.get(Message, message_id, with_for_update=True)
        if message is not None and message.state == UNCERTAIN:
            message.due_at = work.now + AGAIN
    return False


def _settle(session: Session, letter: Letter, found: Found, now: datetime) -> bool:
    if found.delivered is None:
        return receipts.handed_over(session, letter.uid, now)
    receipt = Receipt(letter.uid, found.delivered, words=found.words)
    return receipts.take(session, receipt, letter.channel, now)
