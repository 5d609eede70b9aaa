"""What other floors want to hear about, in the same transaction: a message did not reach anybody."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from core.outbox.models import Message

undelivered: list[Callable[[Session, Message, datetime], None]] = []
