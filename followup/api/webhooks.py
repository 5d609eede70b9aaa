"""Where other systems are told what happened: written to the outbox with the fact, nothing personal in it."""

import json
import secrets
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import audit
from core.contacts.wishes import TAKE_BACK
from core.db import vault_of
from core.errors import ConflictError, InputError, NotFoundError
from core.i18n import _
from core.outbox import actions as outbox
from core.outbox.channels import outgoing
from core.outbox.lifecycle import ACTOR, MESSAGES, QUEUED
from core.outbox.models import Message
from core.outbox.senders import SendError
from core.settings import Settings
from core.texts import clean_text
from followup import hooks
from followup.api.models import Webhook
from followup.models import Case, FollowUp, ReopenRequest
from surveys.models import Response

EVENTS = ("case.closed", "case.answered", "case.reopen_requested")
CHANNEL, PURPOSE = "event", "webhook"  # a channel of its own: its breaker never holds up customers' messages
_FACTS = ("number", "external_id", "source", "state", "resolution_no")
_TIMES = ("registered_at", "closed_at")


def add(
    session: Session, *, name: str, url: str, events: Sequence[str], actor: str, now: datetime
) -> tuple[Webhook, str]:
    """Add a webhook with a checked address; return it with the secret that signs, which is shown once."""
    name = clean_text(name, 60)
    if not name or not events or not set(events) <= set(EVENTS):
        raise InputError(_("Give the webhook a name and choose what it is told."))
    if session.scalar(select(Webhook.id).where(func.lower(Webhook.name) == name.lower())):
        raise ConflictError(_("There is a webhook of this name; choose another one."))
    vault, uid, secret = vault_of(session), uuid.uuid4().hex, f"hfs_{secrets.token_hex(24)}"
    webhook = Webhook(
        uid=uid,
        name=name,
        url_sealed=vault.seal(url, f"webhook.url:{uid}"),
        secret_sealed=vault.seal(secret, f"webhook.secret:{uid}"),
        events=sorted(events),
        active=True,
        created_by=actor,
        created_at=now,
    )
    session.add(webhook)
    session.flush()
    _record(session, webhook, "webhook.add", actor=actor, now=now)
    return webhook, secret


def checked_url(settings: Settings, url: str) -> str:
    """Return an address that may be called; outside any transaction, because names may resolve slowly."""
    url = url.strip()
    try:
        outgoing.check_address(url, outgoing.allowed(settings))
    except SendError as error:
        said = _(
            "This address cannot be called: it begins with https:// and its host is public, or stands in "
            "HUIFANG_OUTGOING_ALLOW."
        )
        raise InputError(said) from error
    return url


def switch(session: Session, webhook_id: int, *, active: bool, actor: str, now: datetime) -> Webhook:
    """Switch a webhook on or off; what waits for it is taken back when its turn comes."""
    webhook = get(session, webhook_id)
    if webhook.active != active:
        webhook.active = active
        _record(session, webhook, "webhook.on" if active else "webhook.off", actor=actor, now=now)
    return webhook


def get(session: Session, webhook_id: int) -> Webhook:
    """Return a webhook, or raise ``NotFoundError``."""
    webhook = session.get(Webhook, webhook_id)
    if webhook is None:
        raise NotFoundError
    return webhook


def listed(session: Session) -> list[Webhook]:
    """Return all webhooks, those that are on first."""
    return list(session.scalars(select(Webhook).order_by(Webhook.active.desc(), func.lower(Webhook.name))))


def counts(session: Session, webhook: Webhook) -> dict[str, int]:
    """Return how many events of a webhook are in each state."""
    about = (Message.subject_type == "webhook", Message.subject_id == webhook.id)
    found = session.execute(select(Message.state, func.count()).where(*about).group_by(Message.state))
    return dict(found.tuples().all())


def opened(session: Session, webhook: Webhook) -> tuple[str, str]:
    """Return address and secret."""
    vault = vault_of(session)
    return (
        vault.open(webhook.url_sealed, f"webhook.url:{webhook.uid}"),
        vault.open(webhook.secret_sealed, f"webhook.secret:{webhook.uid}"),
    )


def document_of(event: str, at: datetime, **more: Any) -> dict[str, Any]:
    """Return what is told; ``id`` names the event, also when it comes twice."""
    return {"id": uuid.uuid4().hex, "event": event, "at": _said(at), **more}


def case_closed(session: Session, cases: Sequence[Case], now: datetime) -> None:
    """Listen to closings; what an import closed long ago waits behind what happened before it came."""
    told = _listening(session, "case.closed") if cases else []
    for webhook in told:
        for case in cases:
            document = document_of("case.closed", case.closed_at or now, case=_facts(case))
            _write(session, webhook, case, document, now)


def case_answered(session: Session, answer: hooks.Answer, now: datetime) -> None:
    """Listen to answers: the score of the overall question, and nothing else of them."""
    told = _listening(session, "case.answered")
    if not told:
        return
    case = session.get_one(Case, answer.follow_up.case_id)
    said = {
        "resolution_no": answer.follow_up.resolution_no,
        "mode": answer.mode,
        "overall": answer.overall,
        "amended": not answer.first,
    }
    follow_up_id = answer.follow_up.id if answer.mode == "phone" else None
    for webhook in told:
        document = document_of("case.answered", now, case=_facts(case), answer=said)
        _write(session, webhook, case, document, now, by_call_of=follow_up_id)


def reopen_requested(session: Session, case: Case, request: ReopenRequest, now: datetime) -> None:
    """Listen to answers that ask for the case to be opened again."""
    said = {"resolution_no": request.resolution_no, "cause": request.cause, "reason": request.reason}
    mode = select(Response.mode).join(FollowUp, FollowUp.response_id == Response.id)
    is_call = session.scalar(mode.where(FollowUp.id == request.follow_up_id)) == "phone"
    by_call = request.follow_up_id if is_call else None
    for webhook in _listening(session, "case.reopen_requested"):
        document = document_of("case.reopen_requested", now, case=_facts(case), request=said)
        _write(session, webhook, case, document, now, by_call_of=by_call)


def answer_taken_back(session: Session, follow_up: FollowUp, now: datetime) -> None:
    """Listen to calls that were undone: what waits to be told about them is told to nobody."""
    for webhook_id in session.scalars(select(Webhook.id).order_by(Webhook.id)).all():
        waiting = select(Message.id).where(
            Message.state == QUEUED,
            Message.due_at > now,
            Message.subject_type == "webhook",
            Message.subject_id == webhook_id,
            Message.key.startswith(_call_key(webhook_id, follow_up.id), autoescape=True),
        )
        for message_id in session.scalars(waiting).all():
            MESSAGES.claim(
                session, Message, message_id, "cancel", actor=ACTOR, now=now, reason="the call was undone"
            )


def _listening(session: Session, event: str) -> list[Webhook]:
    active = session.scalars(select(Webhook).where(Webhook.active).order_by(Webhook.id))
    return [webhook for webhook in active if event in webhook.events]


def _facts(case: Case) -> dict[str, Any]:
    times = {name: getattr(case, name) for name in _TIMES}
    return {name: getattr(case, name) for name in _FACTS} | {
        name: _said(at) if at else None for name, at in times.items()
    }


def _said(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _call_key(webhook_id: int, follow_up_id: int) -> str:
    return f"webhook:{webhook_id}:call:{follow_up_id}:"


def _write(
    session: Session,
    webhook: Webhook,
    case: Case,
    document: dict[str, Any],
    now: datetime,
    *,
    by_call_of: int | None = None,
) -> None:
    """Queue an event; what a call led to waits until the call can be undone no more."""
    begin = f"webhook:{webhook.id}:" if by_call_of is None else _call_key(webhook.id, by_call_of)
    outbox.enqueue(
        session,
        key=f"{begin}{document['id']}",
        channel=CHANNEL,
        purpose=PURPOSE,
        to=webhook.name,
        title=f"{document['event']} {case.number}",
        body=json.dumps(document, ensure_ascii=False, sort_keys=True),
        language="en",
        contact_id=None,
        subject_type="webhook",
        subject_id=webhook.id,
        due_at=now if by_call_of is None else now + TAKE_BACK,
        now=now,
    )


def _record(session: Session, webhook: Webhook, action: str, *, actor: str, now: datetime) -> None:
    audit.record(
        session, actor=actor, action=action, subject=f"webhook:{webhook.name}", now=now, events=webhook.events
    )


# At import, so that the command line, which closes cases without the web application, tells them too.
hooks.closed.append(case_closed)
hooks.answered.append(case_answered)
hooks.reopen_requested.append(reopen_requested)
hooks.taken_back.append(answer_taken_back)
