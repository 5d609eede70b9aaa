"""What providers report about messages: delivered, or not. Reporting twice changes nothing.

A report settles that the message was handed over, also where that was uncertain or thought to have failed.
What was reported as delivered stays delivered; a "delivered" that comes late corrects an earlier "not".
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.logs import redact
from core.outbox import hooks
from core.outbox.lifecycle import CANCELLED, FAILED, MESSAGES, QUEUED, SENT, UNCERTAIN
from core.outbox.models import Message

DELIVERED, UNDELIVERED = "delivered", "undelivered"
ACTOR = "receipt"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One report: ``uid`` is our name of the message, ``words`` the provider's reason."""

    uid: str
    delivered: bool
    provider_id: str = ""
    words: str = ""


def take(session: Session, receipt: Receipt, channel: str, now: datetime) -> bool:
    """Take one report over; False when it is about no message of this channel, or says nothing new."""
    message = session.scalar(
        select(Message).where(Message.uid == receipt.uid, Message.channel == channel).with_for_update()
    )
    if message is None or not _is_news(message, receipt):
        return False
    message.receipt_state = DELIVERED if receipt.delivered else UNDELIVERED
    message.receipt_at = now
    message.provider_id = message.provider_id or receipt.provider_id[:80]
    message.error = "" if receipt.delivered else redact(f"not delivered: {receipt.words}")[:300]
    if message.state not in {SENT, CANCELLED}:
        changes = {"sent_at": message.sent_at or now}
        MESSAGES.move(session, message, "report", actor=ACTOR, now=now, changes=changes)
    if not receipt.delivered:
        for listener in hooks.undelivered:
            listener(session, message, now)
    return True


def handed_over(session: Session, uid: str, now: datetime) -> bool:
    """The provider has the message and waits for the network; False when that was known."""
    message = session.scalar(select(Message).where(Message.uid == uid).with_for_update())
    if message is None or message.state != UNCERTAIN:
        return False
    changes = {"sent_at": now, "error": ""}
    MESSAGES.move(session, message, "report", actor=ACTOR, now=now, changes=changes)
    return True


def _is_news(message: Message, receipt: Receipt) -> bool:
    if receipt.delivered:
        return message.receipt_state != DELIVERED
    # "Not delivered" about what waits to be sent again, or was given up, is about the time before.
    return not message.receipt_state and message.state not in {QUEUED, FAILED, CANCELLED}
