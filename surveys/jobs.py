"""What the tick does for questionnaires."""

from datetime import datetime

from core.db import Database
from surveys import anonymity, earlier
from surveys.campaigns import jobs as campaigns

GUARDS = campaigns.GUARDS  # what is looked at again when a message of a campaign is about to go out


def ballots(database: Database, *, now: datetime) -> dict[str, int]:
    """Open the anonymous answers of which enough wait together."""
    with database.read() as session:
        ripe = anonymity.ripe(session, now=now)
    opened = 0
    for version_id, mode in ripe:
        with database.begin() as session:
            opened += anonymity.open_ballots(session, version_id, mode, now=now)
    return {"opened": opened} if opened else {}


def partials(database: Database, *, now: datetime) -> dict[str, int]:
    """Forget what was saved to be finished later on links that take no answer any more."""
    with database.read() as session:
        closed = earlier.on_closed_links(session, now=now)
    if not closed:
        return {}
    with database.begin() as session:
        for invitation_id in closed:
            earlier.forget(session, invitation_id)
    return {"forgotten": len(closed)}


def ask_campaigns(database: Database, *, now: datetime) -> dict[str, int]:
    """Draw the waves that are due, then ask and remind at the pace of each."""
    return campaigns.draw(database, now=now) | campaigns.send(database, now=now)


def settle_campaigns(database: Database, *, now: datetime) -> dict[str, int]:
    """Take over what became of the messages and the links of campaigns."""
    return campaigns.settle(database, now=now)
