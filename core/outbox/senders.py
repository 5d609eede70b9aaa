"""What a sender is: it takes one letter, and says in one of a few ways what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol, runtime_checkable

from core.errors import HuifangError


class SendError(HuifangError):
    """The message was not sent."""

    of_server: ClassVar[bool] = False  # whether the next letter would fare the same


class TransientError(SendError):
    """The message could not be sent now; it may be tried again."""

    def __init__(self, message: str | None = None, *, wait_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds  # what the server asked for


class ServerTroubleError(TransientError):
    """The server has trouble of its own; whether with this message or with all is not known."""

    of_server = True


class ServerDownError(TransientError):
    """The server does not answer or does not let us in; no message can be sent now."""

    of_server = True


class PermanentError(SendError):
    """The message was refused for good."""


class UnknownOutcomeError(SendError):
    """The connection broke before the receipt came: the message may have been delivered."""

    of_server = True


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with everything opened, as a sender needs it."""

    uid: str
    channel: str
    to: str
    title: str
    body: str
    language: str
    at: datetime
    purpose: str = ""
    template: str = ""  # whose words these are
    provider_code: str = ""  # what a provider with templates of its own calls them
    values: Mapping[str, str] = field(default_factory=dict)  # what fills them


class Sender(Protocol):
    """Sends one letter, or raises one of the errors above."""

    def send(self, letter: Letter) -> str | None:
        """Send one letter; return what the provider calls it, where it says so."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a provider knows about a message it was given; ``delivered`` is None as long as it waits."""

    delivered: bool | None
    words: str = ""


@runtime_checkable
class CanTell(Protocol):
    """A sender whose provider can be asked what became of a message."""

    def look_up(self, letter: Letter, now: datetime) -> Found | None:
        """Return what the provider knows, None when it knows nothing; raise as ``send`` does."""


@runtime_checkable
class KeepsOpen(Protocol):
    """A sender that keeps its connection from one letter to the next."""

    def hang_up(self) -> None:
        """Close the connection."""
