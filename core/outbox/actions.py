"""Writing the outbox: queue a message, take it back, decide about one that is stuck."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core import audit
from core.db import settings_of, vault_of
from core.outbox import breakers, messages
from core.outbox.channels.choice import channel_for, fills_templates
from core.outbox.lifecycle import FAILED, MESSAGES, QUEUED
from core.outbox.models import Message

AT_ONCE = 500  # failed messages that one press queues again


def enqueue(
    session: Session,
    *,
    key: str,
    channel: str,
    purpose: str,
    to: str,
    title: str = "",
    body: str,
    language: str,
    contact_id: int | None,
    subject_type: str = "",
    subject_id: int | None = None,
    due_at: datetime,
    now: datetime,
    values: Mapping[str, str] | None = None,
) -> Message | None:
    """Queue a message in the running transaction; None when one with this key exists already.

    ``values`` are what filled the template; a provider that sends words of its own needs them again.
    """
    vault, settings, uid = vault_of(session), settings_of(session), uuid.uuid4().hex
    template = messages.template_of(purpose, channel)
    kept = None
    if fills_templates(settings, channel) and template and values:
        filled = messages.provider_values(session, template, language, values)
        kept = vault.seal(json.dumps(filled, ensure_ascii=False), f"message.values:{uid}")
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(Message).values(
        uid=uid,
        key=key,
        channel=channel_for(settings, channel),
        purpose=purpose,
        template=template,
        values_sealed=kept,
        contact_id=contact_id,
        subject_type=subject_type,
        subject_id=subject_id,
        to_sealed=vault.seal(to, f"message.to:{uid}"),
        title_sealed=vault.seal(title, f"message.title:{uid}") if title else None,
        body_sealed=vault.seal(body, f"message.body:{uid}"),
        language=language,
        state=QUEUED,
        due_at=due_at,
        created_at=now,
    )
    new = row.on_conflict_do_nothing(index_elements=["key"]).returning(Message)
    message: Message | None = session.scalar(new)
    return message


def cancel(
    session: Session, subject_type: str, subject_id: int, *, actor: str, now: datetime, reason: str
) -> int:
    """Take back what is still queued about a subject; return how many messages that were."""
    queued = select(Message.id).where(
        Message.subject_type == subject_type, Message.subject_id == subject_id, Message.state == QUEUED
    )
    return sum(
        MESSAGES.claim(session, Message, message_id, "cancel", actor=actor, now=now, reason=reason)
        for message_id in session.scalars(queued).all()
    )


def cancel_all(
    session: Session,
    subject_type: str,
    subjects: Select[int],
    *,
    actor: str,
    now: datetime,
    reason: str,
) -> int:
    """Take back what is still queued about many subjects, chosen by a select of their numbers."""
    queued = select(Message.id).where(_queued_about(subject_type, subjects))
    return sum(
        MESSAGES.claim(session, Message, message_id, "cancel", actor=actor, now=now, reason=reason)
        for message_id in session.scalars(queued).all()
    )


def put_off(session: Session, subject_type: str, subjects: Select[int], *, until: datetime) -> None:
    """Let what is queued about many subjects wait until a moment, which may be far away or now."""
    session.execute(
        update(Message)
        .where(_queued_about(subject_type, subjects))
        .values(due_at=until)
        .execution_options(synchronize_session=False)
    )


def confirm_sent(session: Session, message: Message, *, actor: str, now: datetime) -> None:
    """Settle an uncertain message: a person knows that it arrived."""
    MESSAGES.move(session, message, "deliver", actor=actor, now=now, changes={"sent_at": now, "error": ""})
    _record(session, message, "message.confirmed_sent", actor=actor, now=now)


def send_again(session: Session, message: Message, *, actor: str, now: datetime) -> None:
    """Queue an uncertain or failed message once more, with its attempts forgotten."""
    MESSAGES.move(session, message, "send_again", actor=actor, now=now, changes=_afresh(now))
    _record(session, message, "message.send_again", actor=actor, now=now)


def send_failed_again(
    session: Session,
    *,
    channel: str = "",
    purpose: str = "",
    error: str | None = None,
    actor: str,
    now: datetime,
) -> int:
    """Queue failed messages once more, all that fit or the first ``AT_ONCE``; return how many.

    What may have been sent is never among them: that a person decides one by one.
    """
    wanted = select(Message.id).where(Message.state == FAILED)
    for column, value in ((Message.channel, channel), (Message.purpose, purpose)):
        wanted = wanted.where(column == value) if value else wanted
    wanted = wanted.where(Message.error == error) if error is not None else wanted
    ids = session.scalars(wanted.order_by(Message.id).limit(AT_ONCE).with_for_update()).all()
    again = sum(
        MESSAGES.claim(session, Message, number, "send_again", actor=actor, now=now, changes=_afresh(now))
        for number in ids
    )
    audit.record(
        session, actor=actor, action="messages.send_again", subject="messages", now=now,
        number=again, channel=channel, purpose=purpose, error=error or "",
    )  # fmt: skip
    return again


def try_channel(session: Session, channel: str, *, actor: str, now: datetime) -> bool:
    """Let one message of a resting channel through at once; False when it does not rest."""
    tried = breakers.try_now(session, channel, now)
    if tried:
        audit.record(session, actor=actor, action="channel.try", subject=f"channel:{channel}", now=now)
    return tried


def read_body(session: Session, message: Message, *, actor: str, now: datetime) -> None:
    """Remember who opened a message: its text holds a personal link."""
    _record(session, message, "message.read", actor=actor, now=now)


def _afresh(now: datetime) -> dict[str, Any]:
    """A message that begins anew: no attempts, no receipt of the time before."""
    return {
        "attempts": 0, "due_at": now, "claimed_by": "", "claimed_at": None, "error": "",
        "receipt_state": "", "receipt_at": None,
    }  # fmt: skip


def _queued_about(subject_type: str, subjects: Select[int]) -> ColumnElement[bool]:
    about = and_(Message.subject_type == subject_type, Message.subject_id.in_(subjects))
    return and_(about, Message.state == QUEUED)


def _record(session: Session, message: Message, action: str, *, actor: str, now: datetime) -> None:
    audit.record(
        session, actor=actor, action=action, subject=f"message:{message.id}", now=now, purpose=message.purpose
    )
