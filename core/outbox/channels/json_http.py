"""A gateway, or a system of the house, that takes messages as signed JSON, as docs/channels.md agrees."""

import json
import re
from collections.abc import Callable
from typing import Any

from core.outbox.channels import outgoing
from core.outbox.channels.outgoing import Answer
from core.outbox.channels.signing import sign
from core.outbox.senders import (
    Letter,
    PermanentError,
    ServerDownError,
    ServerTroubleError,
    TransientError,
    UnknownOutcomeError,
)
from core.settings import Settings

TIMEOUT = 10.0  # seconds for the whole conversation
LONGEST_WAIT = 3600.0  # seconds; nobody puts us off for longer than this
_NOT_NOW = frozenset({408, 425, 429, 503})
_BETWEEN = frozenset({502, 504})  # said by a proxy: what stands behind it may have taken the message
_FOR_THIS_LETTER = frozenset({400, 409, 410, 413, 422})
_LINK = re.compile(r"https?://\S+")

Document = Callable[[Letter], dict[str, Any]]


class JsonSender:
    """POSTs each letter as one signed document; the message's uid makes a repetition recognisable."""

    def __init__(self, settings: Settings, *, url: str, secret: str, document: Document) -> None:
        self._url, self._secret, self._document = url, secret, document
        self._allow = outgoing.allowed(settings, operators=True)

    def send(self, letter: Letter) -> str:
        """Hand one letter over."""
        body = json.dumps(self._document(letter), ensure_ascii=False).encode()
        headers = {"Idempotency-Key": letter.uid, **sign(self._secret, body, letter.at)}
        answer = outgoing.post_json(self._url, body, headers, timeout=TIMEOUT, allow=self._allow)
        return provider_id(answer)


def sms_gateway(settings: Settings) -> JsonSender:
    """Return the sender of SMS through a gateway that speaks our JSON."""

    def document(letter: Letter) -> dict[str, Any]:
        return {
            "id": letter.uid,
            "to": letter.to,
            "text": letter.body.strip(),
            "sign": settings.signature,
            "language": letter.language,
            "purpose": letter.purpose,
        }

    return JsonSender(settings, url=settings.sms_url, secret=settings.sms_secret, document=document)


def webhook(settings: Settings) -> JsonSender:
    """Return the sender of messages to a system of the house that brings them to the customer."""

    def document(letter: Letter) -> dict[str, Any]:
        link = _LINK.search(letter.body)
        return {
            "id": letter.uid,
            "event": letter.purpose,
            "to": letter.to,
            "title": letter.title,
            "text": letter.body.strip(),
            "link": link.group(0) if link else None,
            "language": letter.language,
            "at": letter.at.isoformat(timespec="seconds"),
        }

    return JsonSender(settings, url=settings.webhook_url, secret=settings.webhook_secret, document=document)


def provider_id(answer: Answer) -> str:
    """Return what the other side calls the message it accepted, or raise the error its answer amounts to."""
    said = _read(answer.body)
    if said.get("status") == "rejected" and answer.status < 500:
        words = f"{said.get('code') or answer.status} {said.get('reason') or 'rejected'}"
        raise TransientError(words) if said.get("retry") is True else PermanentError(words)
    if 200 <= answer.status < 300:
        if said.get("status") != "accepted":
            raise UnknownOutcomeError(f"The answer {answer.status} says neither accepted nor rejected.")
        return str(said.get("id") or "")[:80]
    raise _refusal(answer, f"{answer.status} {said.get('reason') or said.get('error') or ''}".strip())


def _refusal(answer: Answer, words: str) -> Exception:
    """Sort an answer by its status alone."""
    if answer.status in _BETWEEN:
        return UnknownOutcomeError(f"A proxy answered instead of the gateway: {words}")
    if answer.status in _NOT_NOW:
        return ServerDownError(f"The gateway puts us off: {words}", wait_seconds=retry_after(answer))
    if answer.status >= 500:
        return ServerTroubleError(f"The gateway has trouble: {words}", wait_seconds=retry_after(answer))
    if answer.status in _FOR_THIS_LETTER:
        return PermanentError(f"The gateway refused it: {words}")
    return ServerDownError(f"The gateway cannot be used, look at its address and key: {words}")


def retry_after(answer: Answer) -> float:
    """Return the seconds that the other side asked us to wait; a date counts as nothing."""
    text = answer.headers.get("retry-after", "").strip()
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdigit() and len(text) < 8 else 0.0


def _read(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
