"""Which months of the moment table are up to date: as often written as the tally when they were added up."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.drivers.models import Moments
from surveys.models import Item, TallyMonth

Month = tuple[int, date, str]  # version, first day, mode


def written(
    session: Session, start: date, end: date, versions: Collection[int] | None = None
) -> dict[Month, int]:
    """Return how often the months in ``start <= month < end`` of the tally were written."""
    wanted = (
        select(Item.version_id, TallyMonth.month, TallyMonth.mode, func.sum(TallyMonth.changes))
        .join(Item, Item.id == TallyMonth.item_id)
        .where(Item.scale != "", TallyMonth.month >= start, TallyMonth.month < end)
        .group_by(Item.version_id, TallyMonth.month, TallyMonth.mode)
    )
    if versions is not None:
        wanted = wanted.where(Item.version_id.in_(versions))
    return {(version, month, mode): int(n) for version, month, mode, n in session.execute(wanted)}


def kept(session: Session, start: date, end: date) -> dict[Month, int]:
    """Return how often those months had been written when they were added up."""
    columns = (Moments.version_id, Moments.month, Moments.mode, Moments.changes)
    wanted = select(*columns).where(Moments.month >= start, Moments.month < end)
    return {(version, month, mode): n for version, month, mode, n in session.execute(wanted)}
