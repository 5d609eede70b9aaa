"""By which channel a person is written to."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.contacts.queries import ContactCard

CHANNELS = ("sms", "email")  # in the order in which they are tried


@dataclass(frozen=True, slots=True)
class Route:
    """By which channel a customer is written to, and where."""

    channel: str  # sms | email
    to: str


def route_to(card: ContactCard | None, channels: Sequence[str] = CHANNELS) -> Route | None:
    """Return the first of these channels that reaches somebody: a living mobile number, an e-mail address."""
    if card is None:
        return None
    mobile = next((p.number for p in card.phones if p.kind == "mobile" and not p.dead), "")
    addresses = {"sms": mobile, "email": card.email}
    return next((Route(name, addresses[name]) for name in channels if addresses.get(name)), None)
