"""Chat tools by way of Apprise: each address of the settings gets its own message, and none twice.

An address of Apprise holds keys. It stays in the settings: a message carries a name made from it, and what
Apprise logs is read here and never passed on.
"""

import hmac
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from core.outbox.senders import (
    Letter,
    PermanentError,
    SendError,
    ServerDownError,
    ServerTroubleError,
    UnknownOutcomeError,
)
from core.settings import Settings

_BETWEEN = re.compile(r"[\s,]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")  # an address may hold commas of its own
_STATUS = re.compile(r"error=(\d{3})")
_NOT_REACHED = re.compile(
    r"NewConnectionError|ConnectTimeout|NameResolutionError|Connection refused|Name or service not known"
    r"|CERTIFICATE_VERIFY_FAILED|ProxyError"
)
_one_at_a_time = Lock()
_NOT_NOW, _PROXY = frozenset({408, 425, 429, 503}), frozenset({502, 504})


def addresses(text: str) -> list[str]:
    """Return the addresses of the setting, which are divided by commas or spaces."""
    return [part.strip().rstrip(",") for part in _BETWEEN.split(text.strip()) if part.strip()]


def name_of(settings: Settings, address: str) -> str:
    """Return what a message calls an address: its kind, and a fingerprint that only we can make."""
    kind = address.partition("://")[0].lower()[:12]
    key = settings.secret_key.encode()
    return f"{kind} {hmac.new(key, b'chat:' + address.encode(), 'sha256').hexdigest()[:12]}"


def names(settings: Settings) -> list[str]:
    """Return the names of all addresses that are set, each once."""
    return list(dict.fromkeys(name_of(settings, address) for address in addresses(settings.alert_urls)))


def unreadable(settings: Settings) -> list[int]:
    """Return which of the addresses Apprise does not understand, counted from 1."""
    found = enumerate(addresses(settings.alert_urls), start=1)
    with _listening():
        return [place for place, address in found if not _apprise(address)]


class _Ear(logging.Handler):
    """Keeps the words of a log."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.heard.append(record.getMessage())


class ChatSender:
    """Hands each message to the chat tool that it is for."""

    def __init__(self, settings: Settings) -> None:
        self._known = {name_of(settings, address): address for address in addresses(settings.alert_urls)}

    def send(self, letter: Letter) -> None:
        """Hand one message over."""
        address = self._known.get(letter.to)
        if address is None:
            raise PermanentError("This chat tool is no longer among HUIFANG_ALERT_URLS.")
        with _listening() as heard:
            tool = _apprise(address)
            if not tool:
                raise PermanentError("Apprise does not understand this address of HUIFANG_ALERT_URLS.")
            if tool.notify(title=letter.title, body=letter.body.strip(), body_format="text"):
                return
        raise meaning("\n".join(heard))


def meaning(heard: str) -> SendError:
    """Return what became of a message that Apprise could not deliver, from what it logged meanwhile.

    It says no more than that it failed. What is not known to have been refused may have arrived.
    """
    status = int(found[-1]) if (found := _STATUS.findall(heard)) else 0
    if status in _PROXY:
        return UnknownOutcomeError(f"A proxy answered {status} instead of the chat tool.")
    if status in _NOT_NOW:
        return ServerDownError(f"The chat tool puts us off: {status}")
    if status >= 500:
        return ServerTroubleError(f"The chat tool has trouble: {status}")
    if status:
        return PermanentError(
            f"The chat tool refused it, look at its address in HUIFANG_ALERT_URLS: {status}"
        )
    if _NOT_REACHED.search(heard):
        return ServerDownError("The chat tool cannot be reached.")
    return UnknownOutcomeError("The chat tool gave no answer that says whether it took the message.")


def _apprise(address: str) -> Any:
    """Return Apprise's object for one address; it is false where nothing was understood."""
    import apprise  # noqa: PLC0415 # a tenth of a second that only those with a chat tool pay

    asset = apprise.AppriseAsset(
        async_mode=False, secure_logging=True, app_id="Huifang", app_desc="Huifang", app_url=""
    )
    tool = apprise.Apprise(asset=asset)
    tool.add(address)
    return tool


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Hear what Apprise logs, and keep it from every other log: it names addresses.

    One message at a time: Apprise may work in a thread of its own, so its words cannot be told apart by it.
    """
    logger, ear = logging.getLogger("apprise"), _Ear(logging.DEBUG)
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.INFO)  # it logs the path of each request, keys and all
    with _one_at_a_time:
        logger.addHandler(ear)
        try:
            yield ear.heard
        finally:
            logger.removeHandler(ear)
            if not logger.handlers:
                logger.addHandler(logging.NullHandler())
