"""What others want to hear about, in the same transaction: an answer, a wish for no more, a new link."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Summary:
    """What a follow-up has to know about the answers."""

    overall: int | None
    resolved: bool | None
    dissatisfied: bool
    unresolved: bool
    words: str  # what the customer wrote, in clear; never stored by a listener without sealing


@dataclass(frozen=True, slots=True)
class Answered:
    """A questionnaire was answered; ``first`` is False when an earlier answer was amended."""

    response_id: int
    invitation_id: int
    mode: str
    summary: Summary
    first: bool


@dataclass(frozen=True, slots=True)
class OptedOut:
    """Somebody pressed "no more such invitations"."""

    invitation_id: int
    contact_id: int | None


@dataclass(frozen=True, slots=True)
class Replaced:
    """A personal link was closed, and ``link`` is the one that takes its place."""

    old_id: int
    invitation_id: int
    link: str


answered: list[Callable[[Session, Answered, datetime], None]] = []
opted_out: list[Callable[[Session, OptedOut, datetime], None]] = []
# Who sent the old link sends the new one, and says so by returning True: (session, event, actor, now).
replaced: list[Callable[[Session, Replaced, str, datetime], bool]] = []
