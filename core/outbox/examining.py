"""What ``huifang doctor`` says about the channels: whether their servers can be reached, and which rest."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from core.db import settings_of
from core.findings import BAD, OK, WARN, Finding
from core.outbox import messages, queries
from core.outbox.breakers import OPEN
from core.outbox.channels import chat, outgoing
from core.outbox.channels.choice import fills_templates
from core.outbox.channels.smtp import SmtpSender
from core.outbox.models import MessageTemplate
from core.outbox.senders import SendError, ServerDownError
from core.settings import Settings

TIMEOUT = 5.0  # seconds


def look_at_servers(settings: Settings) -> Iterator[Finding]:
    """Reach each server that is set, without sending anything."""
    yield _mail(settings)
    if not settings.sms_url:
        yield Finding("sms", OK, "No SMS gateway is set; SMS are shown on the outbox page only.")
    else:
        yield _reached("sms", "SMS gateway", settings.sms_url, settings)
    if settings.alert_urls:
        yield _chat(settings)
    if settings.webhook_url:
        yield _reached("webhook", "webhook", settings.webhook_url, settings)


def look_at_channels(session: Session, now: datetime) -> Iterator[Finding]:
    """Name the channels that rest, and what keeps a provider from sending or reporting."""
    for one in queries.troubled_channels(session, now):
        if one.phase == OPEN and one.until is not None:
            words = f"It rests until {one.until:%Y-%m-%d %H:%M} UTC, {one.waiting} messages wait: {one.error}"
            yield Finding(f"channel {one.channel}", BAD, words)
        else:
            yield Finding(f"channel {one.channel}", WARN, f"The last message failed: {one.error}")
    settings = settings_of(session)
    if fills_templates(settings, "sms"):
        yield from _aliyun(session, settings)


def _aliyun(session: Session, settings: Settings) -> Iterator[Finding]:
    if not settings.sms_receipt_token:
        words = "No delivery reports are taken over; set HUIFANG_SMS_RECEIPT_TOKEN, see docs/channels.md."
        yield Finding("sms reports", WARN, words)
    coded = {key for key in _sms_templates() if _has_code(session, *key)}
    missing = [f"{name} ({language})" for name, language in _sms_templates() if (name, language) not in coded]
    if missing:
        words = f"No template code is set for {', '.join(missing)}; enter it under Settings, Messages."
        yield Finding("sms templates", BAD if not coded else WARN, words)


def _sms_templates() -> list[tuple[str, str]]:
    names = [name for name in messages.names() if messages.channel_of(name) == "sms"]
    return [(name, language) for name in names for language in messages.LANGUAGES]


def _has_code(session: Session, name: str, language: str) -> bool:
    row = session.get(MessageTemplate, (name, language))
    return row is not None and bool(row.provider_code)


def _mail(settings: Settings) -> Finding:
    if not settings.smtp_url:
        return Finding("mail", OK, "No mail server is set; e-mail is shown on the outbox page only.")
    try:
        SmtpSender(settings).greet()
    except ServerDownError as error:
        return Finding("mail", BAD, str(error))
    return Finding("mail", OK, "The mail server answers.")


def _chat(settings: Settings) -> Finding:
    bad = chat.unreadable(settings)
    if bad:
        which = ", ".join(str(place) for place in bad)
        return Finding("chat", BAD, f"Apprise does not understand address {which} of HUIFANG_ALERT_URLS.")
    return Finding("chat", OK, "Apprise understands every address of HUIFANG_ALERT_URLS.")


def _reached(name: str, said: str, url: str, settings: Settings) -> Finding:
    try:
        outgoing.reach(url, timeout=TIMEOUT, allow=outgoing.allowed(settings, operators=True))
    except SendError as error:
        return Finding(name, BAD, f"The {said} cannot be used: {error}")
    return Finding(name, OK, f"The {said} can be reached.")
