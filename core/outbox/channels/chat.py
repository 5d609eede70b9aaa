"""Chat tools by way of Apprise: each address of the settings gets its own message, and none twice.

An address of Apprise holds keys. It stays in the settings: a message carries a name made from it, and what
Apprise logs is read here and never passed on. Each message is handed over by a process of its own, because
only a process can be ended that waits or reads for ever.
"""

import hmac
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from core.outbox.channels import apprise_once
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
_LONGEST = 20.0  # seconds for one message, all in all
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
    logger = logging.getLogger("apprise")  # it names the addresses that it does not understand
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return [place for place, address in found if not apprise_once.tool_for(address)]


class ChatSender:
    """Hands each message to the chat tool that it is for."""

    def __init__(self, settings: Settings) -> None:
        self._known = {name_of(settings, address): address for address in addresses(settings.alert_urls)}

    def send(self, letter: Letter) -> None:
        """Hand one message over."""
        address = self._known.get(letter.to)
        if address is None:
            raise PermanentError("This chat tool is no longer among HUIFANG_ALERT_URLS.")
        said = _told({"address": address, "title": letter.title, "body": letter.body.strip()})
        if not said["understood"]:
            raise PermanentError("Apprise does not understand this address of HUIFANG_ALERT_URLS.")
        if not said["told"]:
            raise meaning(said["heard"])


def _told(message: dict[str, str]) -> dict[str, Any]:
    """Let a process of its own tell one chat tool; its input is shown by no list of processes."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HUIFANG_")}
    try:
        done = subprocess.run(  # noqa: S603 # our own program
            [sys.executable, "-I", str(Path(apprise_once.__file__))], input=json.dumps(message).encode(),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_LONGEST, check=True, env=own,
            start_new_session=True,  # who stops us with the keyboard does not cut off a message
        )  # fmt: skip
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, IndexError, ValueError):
        # Not chained: the words of such an error may hold the message.
        raise UnknownOutcomeError("The chat tool gave no answer that could be read to its end.") from None
    return said


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
