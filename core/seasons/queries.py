"""The seasons of the organisation, as periods are read with them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.seasons.models import Season
from core.seasons.policy import NamedSeason


def seasons(session: Session) -> list[NamedSeason]:
    """Return the seasons that have a name, in the order of the year."""
    rows = session.scalars(select(Season).order_by(Season.first_month, Season.first_day, Season.name))
    return [rule(row) for row in rows]


def rule(row: Season) -> NamedSeason:
    """Return a season as the days of every year."""
    return NamedSeason(
        row.name, (row.first_month, row.first_day), (row.last_month, row.last_day), dict(row.titles)
    )
