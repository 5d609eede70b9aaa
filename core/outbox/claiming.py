"""Taking the next due message into the sending, if everything that allows it still holds."""

import json
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from core.calendar import Calendar
from core.db import settings_of, vault_of
from core.outbox import breakers
from core.outbox.channels.choice import fills_templates, pace_of
from core.outbox.lifecycle import ACTOR, MESSAGES, QUEUED
from core.outbox.models import Message, MessageTemplate
from core.outbox.rounds import Round
from core.outbox.senders import Letter


def claim(work: Round, chosen: list[int]) -> Letter | None:
    """Take the next due message into the sending, or cancel it when its guard objects."""
    with work.database.begin() as session:
        states = breakers.states(session)
        message = _next_due(session, work, states)
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
        if message.due_at > work.now:  # the guard put it off
            return None
        letter = opened(session, message, work.now)
        return letter if _take(session, work, message, states) else None


def _take(session: Session, work: Round, message: Message, states: breakers.States) -> bool:
    """Take the turn of the channel, then the message."""
    channel, state = message.channel, states.get(message.channel)
    pace = pace_of(work.database.settings, channel)
    if not breakers.admit(session, channel, state, work.now, pace):
        work.resting.add(channel)  # another process takes this turn
        return False
    if state is not None and (state.failures or state.open_until):
        work.troubled.add(channel)
    changes = {"attempts": message.attempts + 1, "claimed_by": work.owner, "claimed_at": work.now}
    return MESSAGES.claim(session, Message, message.id, "claim", actor=ACTOR, now=work.now, changes=changes)


def _next_due(session: Session, work: Round, states: breakers.States) -> Message | None:
    """Choose the message that has been due for longest among the channels that may be used now."""
    now, settings = work.now, work.database.settings
    channels = [
        channel
        for channel in work.senders
        if channel not in work.resting
        and breakers.may_try(states.get(channel), now, pace_of(settings, channel))
    ]
    due = (
        select(Message)
        .where(Message.state == QUEUED, Message.due_at <= now, Message.channel.in_(channels))
        .where(_at_this_hour(session, now))
        .order_by(Message.due_at, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # on SQLite the write lock of the transaction does this
    )
    return session.scalars(due).one_or_none()


def _at_this_hour(session: Session, now: datetime) -> ColumnElement[bool]:
    """Nobody gets mail or SMS at night; notices to the staff, events and chat tools may come at any hour."""
    settings = settings_of(session)
    calendar = Calendar(settings.country, settings.zone)
    if calendar.is_open(now, settings.message_hours, workdays_only=False):
        return true()
    return or_(Message.channel.in_(("notice", "event", "chat")), Message.purpose == "notice")


def opened(session: Session, message: Message, now: datetime) -> Letter:
    """Open a message for its sender."""
    vault, uid = vault_of(session), message.uid
    title = vault.open(message.title_sealed, f"message.title:{uid}") if message.title_sealed else ""
    values = vault.open(message.values_sealed, f"message.values:{uid}") if message.values_sealed else "{}"
    return Letter(
        uid=uid,
        channel=message.channel,
        to=vault.open(message.to_sealed, f"message.to:{uid}"),
        title=title,
        body=vault.open(message.body_sealed, f"message.body:{uid}"),
        language=message.language,
        at=now,
        purpose=message.purpose,
        template=message.template,
        provider_code=_provider_code(session, message),
        values=json.loads(values),
    )


def _provider_code(session: Session, message: Message) -> str:
    """Return what the provider calls the words of this message, where it sends words of its own."""
    if not fills_templates(settings_of(session), message.channel):
        return ""
    edited = session.get(MessageTemplate, (message.template, message.language))
    return edited.provider_code if edited else ""
