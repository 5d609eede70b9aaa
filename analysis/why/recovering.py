"""Customers who rated twice: after their case was put right, and without that."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from analysis.cube import Where
from analysis.periods import Period
from followup.models import FollowUp
from surveys.models import Answer, Response, Stratum
from surveys.tallies import MODE

Pairs = Counter[tuple[int, int]]  # first and second score -> customers


def put_right(session: Session, items: Collection[int], period: Period, where: Where) -> Pairs:
    """Count the ratings before and after a case was put right, the second given in a period."""
    first = aliased(FollowUp)
    wanted, one, two = _pairs(items, period, first)
    wanted = wanted.where(FollowUp.recovery_of_id.is_not(None), first.id == FollowUp.recovery_of_id)
    counted = _narrowed(wanted, where).with_only_columns(one.value, two.value, func.count())
    return Counter(
        {(row[0], row[1]): int(row[2]) for row in session.execute(counted.group_by(one.value, two.value))}
    )


def by_day(session: Session, items: Collection[int], period: Period, where: Where) -> dict[date, int]:
    """Count the customers of `put_right` by the day of the second rating."""
    first = aliased(FollowUp)
    wanted, _one, _two = _pairs(items, period, first)
    wanted = wanted.where(FollowUp.recovery_of_id.is_not(None), first.id == FollowUp.recovery_of_id)
    counted = _narrowed(wanted, where).with_only_columns(Response.day, func.count()).group_by(Response.day)
    return {row[0]: int(row[1]) for row in session.execute(counted)}


def not_put_right(
    session: Session, items: Collection[int], period: Period, where: Where, *, below: int
) -> Pairs:
    """Count customers who were dissatisfied, whose case was not put right, and who rated another one.

    Of several earlier ratings the last one counts.
    """
    first, redo = aliased(FollowUp), aliased(FollowUp)
    wanted, one, two = _pairs(items, period, first)
    again = select(redo.id).where(redo.recovery_of_id == first.id).exists()
    wanted = wanted.where(
        FollowUp.recovery_of_id.is_(None), first.contact_id == FollowUp.contact_id,
        first.id < FollowUp.id, one.value < below, ~again,
    )  # fmt: skip
    rows = session.execute(
        _narrowed(wanted, where)
        .with_only_columns(FollowUp.id, one.value, two.value)
        .order_by(FollowUp.id, first.id)
    )
    last: Mapping[int, tuple[int, int]] = {row[0]: (row[1], row[2]) for row in rows}
    return Counter(last.values())


def _pairs(items: Collection[int], period: Period, first: Any) -> tuple[Select[Any], Any, Any]:
    """Return the later follow-ups with both ratings; the caller says how the earlier one belongs to it."""
    one, two = aliased(Answer), aliased(Answer)
    ids = sorted(items)
    wanted = (
        select(FollowUp.id)
        .join(Response, Response.id == FollowUp.response_id)
        .join(two, and_(two.response_id == Response.id, two.item_id.in_(ids), two.value >= 0))
        .join(first, first.response_id.is_not(None))
        .join(one, and_(one.response_id == first.response_id, one.item_id.in_(ids), one.value >= 0))
        .where(Response.day >= period.start, Response.day < period.end)
    )
    return wanted, one, two


def _narrowed(wanted: Select[Any], where: Where) -> Select[Any]:
    names = [name for name in where if name != MODE]
    if names:
        wanted = wanted.join(Stratum, Stratum.id == Response.stratum_id)
    for name in names:
        wanted = wanted.where(getattr(Stratum, name).in_(where[name]))
    return wanted.where(Response.mode.in_(where[MODE])) if MODE in where else wanted
