"""Which weeks of a group may not be shown because subtracting others would show a few people."""

from collections import defaultdict
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.alerts.reading import EVERYBODY, Span, group_of, joined
from analysis.disclosing import Rules, cut_parts
from analysis.series import Series as ItemSeries
from analysis.timed import marks_of
from core.db import settings_of
from core.seasons.queries import seasons
from surveys.models import Tally


def covered(session: Session, span: Span, item: ItemSeries, dimension: str, today: date) -> list[set[str]]:
    """Return for each period the groups that must not be shown, as the comparison has it."""
    rules = Rules(today, settings_of(session).min_cell, marks_of(seasons(session)))
    parts = _by_day(session, span, item, dimension)
    return [cut_parts(parts, slot, rules) for slot in span.slots]


def _by_day(session: Session, span: Span, item: ItemSeries, dimension: str) -> dict[str, dict[date, int]]:
    """Read the answers of whole years by day: they are what the blocks are made from."""
    first, after = date(span.first.year, 1, 1), date(span.slots[-1].last_day.year + 1, 1, 1)
    group = group_of(dimension, Tally.mode).label("group") if dimension else None
    columns = [Tally.day, func.sum(Tally.n), *([group] if group is not None else [])]
    wanted = select(*columns).where(
        Tally.item_id.in_(sorted(item.item_ids)), Tally.value >= 0, Tally.day >= first, Tally.day < after
    )
    wanted = joined(wanted, dimension, Tally.stratum_id).group_by(
        Tally.day, *(["group"] if dimension else [])
    )
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for day, n, *names in session.execute(wanted):
        found[names[0] if names else EVERYBODY][day] = int(n)
    return found
