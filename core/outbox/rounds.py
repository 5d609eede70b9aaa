"""One round of sending: its clock, its senders, and what it counts."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.db import Database
from core.outbox.models import Message
from core.outbox.senders import KeepsOpen, Sender

Guard = Callable[[Session, Message, datetime], str | None]


@dataclass
class Round:
    """What the steps of one round share; ``resting`` are the channels that send nothing more in it."""

    database: Database
    started: datetime
    guards: Mapping[str, Guard]
    senders: Mapping[str, Sender]
    owner: str = field(default_factory=lambda: secrets.token_hex(8))
    counts: Counter[str] = field(default_factory=Counter)
    resting: set[str] = field(default_factory=set)
    troubled: set[str] = field(default_factory=set)  # channels whose breaker remembers a failure
    _zero: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._zero

    @property
    def now(self) -> datetime:
        """The given time plus what the round took so far: a claim must not look older than it is."""
        return self.started + timedelta(seconds=self.elapsed)

    def hang_up(self) -> None:
        """Close the connections that were kept from one letter to the next."""
        for sender in self.senders.values():
            if isinstance(sender, KeepsOpen):
                sender.hang_up()
