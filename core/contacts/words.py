"""What people read for the codes of the contact ledger."""

from typing import Any

from core.contacts import governance
from core.contacts.models import ContactEvent
from core.i18n import _, _l

CHANNEL = {
    "sms": _l("SMS"),
    "email": _l("E-mail"),
    "phone": _l("Phone"),
    "paper": _l("Paper"),
    "web": _l("On the page of a link"),
    "staff": _l("By staff"),
}
PURPOSE = {
    "invitation": (_l("Invitation"), "info"),
    "reminder": (_l("Reminder"), "info"),
    "callback": (_l("Call"), "info"),
    "undone": (_l("Call, undone"), "neutral"),
    "quality": (_l("Call to check the quality"), "neutral"),
    "notice": (_l("Notice"), "neutral"),
    "not_asked": (_l("Nobody asked"), "warn"),
    "opt_out": (_l("Wants no contact"), "bad"),
    "opt_in": (_l("May be contacted again"), "good"),
}
OUTCOME: dict[str, Any] = {}  # how a call ended; the callback desk adds the words of its codes
WISHED_BY = {
    "by link": _l("pressed on the page of a link"),
    "callback": _l("said so in a call"),
    "undone": _l("was entered by mistake"),
}


def said_channel(event: ContactEvent) -> str:
    """Say by which channel; nobody was turned to when no channel was tried."""
    if event.purpose == "not_asked" and event.channel == "staff":
        return "—"
    return str(CHANNEL.get(event.channel, event.channel))


def said_outcome(event: ContactEvent) -> str:
    """Say what came of it, or why there was nothing."""
    if event.purpose == "not_asked":
        return governance.said(event.reason)
    if event.outcome:
        return str(OUTCOME.get(event.outcome, event.outcome))
    return str(WISHED_BY.get(event.reason, event.reason))


def said_purpose(event: ContactEvent) -> str:
    """Say what it was for."""
    name = str(PURPOSE.get(event.purpose, (event.purpose, ""))[0])
    if event.purpose == "not_asked" and event.outcome in PURPOSE:
        return _("%(what)s: %(purpose)s", what=name, purpose=PURPOSE[event.outcome][0])
    return name
