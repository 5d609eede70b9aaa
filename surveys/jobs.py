"""What the tick does for questionnaires."""

from datetime import datetime

from core.db import Database
from surveys import anonymity


def ballots(database: Database, *, now: datetime) -> dict[str, int]:
    """Open the anonymous answers of which enough wait together."""
    with database.read() as session:
        ripe = anonymity.ripe(session, now=now)
    opened = 0
    for version_id in ripe:
        with database.begin() as session:
            opened += anonymity.open_ballots(session, version_id, now=now)
    return {"opened": opened} if opened else {}
