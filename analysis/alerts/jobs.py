"""The round of the early warnings: nothing is loaded before there is a period to look at."""

from datetime import datetime

from core.db import Database


def watch(database: Database, *, now: datetime) -> dict[str, int]:
    """Look at the periods that were closed since the last look."""
    from analysis.alerts import rounds  # noqa: PLC0415 # app start should not pay for it

    return rounds.watch(database, now=now)
