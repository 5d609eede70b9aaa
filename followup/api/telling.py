"""Bringing events to other systems: at least once, each receiver at its own pace.

An event may come twice: when the receiver took it and its answer was lost, it is sent again with the same id.
A receiver that fails is left alone for the rest of the round with all that waits for it, and one that is slow
gets a share of the round while others wait, so that it holds up nobody else.
"""

import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from core.db import Database
from core.outbox.channels import outgoing
from core.outbox.channels.json_http import retry_after
from core.outbox.channels.outgoing import Answer
from core.outbox.channels.signing import sign
from core.outbox.jobs import deliver
from core.outbox.lifecycle import MESSAGES, QUEUED, UNCERTAIN
from core.outbox.models import Message
from core.outbox.senders import (
    Letter,
    PermanentError,
    SendError,
    TransientError,
)
from followup.api import webhooks
from followup.api.models import Webhook

TIMEOUT = 5.0  # seconds for the whole conversation
EVENT = "X-Huifang-Event"
PUT_OFF = timedelta(minutes=2)  # what waits for a receiver that just failed
NEXT_ROUND = timedelta(seconds=20)  # what waits for one that used up its share of this round
SHARE = 5.0  # seconds of a round for one receiver, while others wait
BUDGET = 20.0  # seconds for a round; by time, because after an import 100 000 events may wait
MOST = 10_000  # events in a round
_AT_ONCE = 500
_FOR_GOOD = frozenset({400, 410, 413, 422})  # the receiver never takes this


@dataclass
class Receivers:
    """Sends events in one round, and remembers who failed in it."""

    database: Database
    resting: dict[int, datetime] = field(default_factory=dict)  # until when each is left alone
    spent: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))  # seconds

    def send(self, letter: Letter) -> str:
        """Hand one event over."""
        document = json.loads(letter.body)
        with self.database.read() as session:
            webhook = session.scalar(select(Webhook).where(Webhook.name == letter.to))
            if webhook is None:
                raise PermanentError("There is no webhook of this name any more.")
            url, secret = webhooks.opened(session, webhook)
        begun = time.monotonic()
        try:
            post(self.database, url, secret, document, letter.at)
        except TransientError:
            self._rest(webhook.id, letter.at + PUT_OFF)
            raise
        self.spent[webhook.id] += time.monotonic() - begun
        if self.spent[webhook.id] >= SHARE:
            self.spent[webhook.id] = 0.0
            if self._others_wait(webhook.id, letter.at):
                self._rest(webhook.id, letter.at + NEXT_ROUND)
        return str(document["id"])

    def why_not(self, session: Session, message: Message, now: datetime) -> str | None:
        """Look again at the moment of sending: never to a webhook that was switched off."""
        webhook = session.get(Webhook, message.subject_id) if message.subject_id else None
        if webhook is None or not webhook.active:
            return "the webhook is switched off"
        if webhook.id in self.resting:  # it came in during this round
            message.due_at = max(self.resting[webhook.id], now + timedelta(seconds=1))
        return None

    def _rest(self, webhook_id: int, until: datetime) -> None:
        """Put off all that waits for a receiver at once; one by one it would fill the round."""
        self.resting[webhook_id] = until
        mine = (
            select(Message.id)
            .where(_waiting, Message.subject_id == webhook_id, Message.due_at < until)
            .order_by(Message.id)
            .with_for_update(skip_locked=True)
        )
        with self.database.begin() as session:
            session.execute(
                update(Message)
                .where(Message.id.in_(mine))
                .values(due_at=until)
                .execution_options(synchronize_session=False)
            )

    def _others_wait(self, webhook_id: int, now: datetime) -> bool:
        others = select(Message.id).where(_waiting, Message.subject_id != webhook_id, Message.due_at <= now)
        with self.database.read() as session:
            return session.scalar(others.limit(1)) is not None


_waiting: ColumnElement[bool] = and_(Message.state == QUEUED, Message.subject_type == "webhook")


def tell_others(database: Database, *, now: datetime) -> dict[str, int]:
    """Send the events that are due; what was cut off in the middle is sent again."""
    again = _queue_uncertain(database, now)
    receivers = Receivers(database)
    counts = deliver(
        database,
        now=now,
        guards={webhooks.PURPOSE: receivers.why_not},
        senders={webhooks.CHANNEL: receivers},
        limit=MOST,
        budget=BUDGET,
    )
    return counts | ({"again": again} if again else {})


def post(database: Database, url: str, secret: str, document: dict[str, object], at: datetime) -> int:
    """POST one signed event and return the status; raise as a sender does."""
    body = json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
    headers = {
        "Idempotency-Key": str(document["id"]),
        EVENT: str(document["event"]),
        **sign(secret, body, at),
    }
    try:
        allow = outgoing.allowed(database.settings)
        answer = outgoing.post_json(url, body, headers, timeout=TIMEOUT, allow=allow)
    except PermanentError:
        raise
    except SendError as error:  # down, broken off or unknown: the receiver knows the event by its id
        raise TransientError(str(error)) from error
    _judge(answer)
    return answer.status


def _judge(answer: Answer) -> None:
    if 200 <= answer.status < 300:
        return
    if answer.status in _FOR_GOOD:
        raise PermanentError(f"The receiver refused it: {answer.status}")
    raise TransientError(f"The receiver answered {answer.status}", wait_seconds=retry_after(answer))


def _queue_uncertain(database: Database, now: datetime) -> int:
    """Queue again what may have been sent: other than a customer, a program knows that it has it already."""
    wanted = select(Message.id).where(Message.channel == webhooks.CHANNEL, Message.state == UNCERTAIN)
    with database.begin() as session:
        return sum(
            MESSAGES.claim(
                session, Message, number, "send_again", actor="outbox", now=now,
                changes={"due_at": now, "claimed_by": "", "claimed_at": None},
            )
            for number in session.scalars(wanted.order_by(Message.id).limit(_AT_ONCE)).all()
        )  # fmt: skip
