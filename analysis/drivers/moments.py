"""The moments of a period: whole months from their table where it is up to date, the rest from the answers.

What comes back is always exactly what the answers say. The table only saves work: a row counts as long as
the tally's month has not been written since.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from analysis.cube import Span, Where, spans
from analysis.drivers import freshness
from analysis.drivers.models import Moments as KeptMoments
from analysis.drivers.remembering import remembered
from analysis.drivers.sums import PARTS, Exact, Moments, of_scores
from analysis.periods import Period
from surveys.models import Answer, Response, Stratum
from surveys.queries import LoadedItem, LoadedVersion
from surveys.tallies import MODE

Days = ColumnElement[bool]
Written = Mapping[freshness.Month, int]
__all__ = ["Moments", "read", "rows_of", "scored", "store"]

CHUNK = 5_000
_TABLE: Any = KeptMoments.__table__
_KEY = ("version_id", "month", "mode")


def scored(version: LoadedVersion) -> list[LoadedItem]:
    """Return the items that are answered with a score, in the order of the questionnaire."""
    return [item for item in version.items if item.scale]


def read(
    session: Session,
    versions: LoadedVersion | Iterable[LoadedVersion],
    period: Period,
    where: Where | None = None,
    *,
    item_ids: Collection[int] | None = None,
) -> Moments:
    """Add up the answers of one period.

    Parameters
    ----------
    session : Session
    versions : LoadedVersion or iterable of LoadedVersion
        An item that several of them ask is one item; who may be put together is the caller's business.
    period : Period
    where : mapping of dimension to values, optional
        Which answers count. Whole months are read from their table without a filter and with one by mode;
        another filter costs the answers of the period, once until somebody writes to its months.
    item_ids : collection of int, optional
        The rows of the items that count; all items with a scale where it is not given.

    Returns
    -------
    Moments
        Over available cases: each pair of items counts everybody who has a score for both.
    """
    where = where or {}
    asked = {
        version.id: version
        for version in ([versions] if isinstance(versions, LoadedVersion) else versions)
        if any(item_ids is None or item.id in item_ids for item in scored(version))
    }
    # Read before everything else: what comes in meanwhile makes what is kept useless, never wrong.
    states = freshness.written(session, period.start.replace(day=1), period.end, asked)
    found, pieces = _from_table(session, asked, period, where, states)
    for number, version in asked.items():
        if pieces[number]:
            whole = partial(_completed, session, version, found[number], or_(*pieces[number]), where)
            found[number] = remembered(session, number, period, where, states=states, add_up=whole)
        wanted = [item.item_key for item in scored(version) if item_ids is None or item.id in item_ids]
        found[number] = found[number].of(wanted)
    return sum(found.values(), Moments.nothing())


def rows_of(session: Session, version: LoadedVersion, month: date) -> list[dict[str, Any]]:
    """Add one month of a version up, as rows of the table."""
    # Read before the answers: an answer that comes in between makes the row out of date, never wrong.
    states = freshness.written(session, month, _after(month), [version.id])
    if not states:
        return []
    by_mode = _from_answers(session, version, _days(month, _after(month)), {})
    return [
        {
            "version_id": version.id, "month": month, "mode": mode, "changes": state,
            "n": by_mode[mode][0], "sums": _packed(version, by_mode[mode][1]),
        }
        for (_version, _month, mode), state in sorted(states.items())
    ]  # fmt: skip


def store(session: Session, rows: list[dict[str, Any]]) -> int:
    """Bring the table up to date; return how many rows were written."""
    if rows:
        insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(_TABLE)
        new = {name: insert.excluded[name] for name in ("changes", "n", "sums")}
        session.execute(insert.on_conflict_do_update(index_elements=list(_KEY), set_=new), rows)
    return len(rows)


def _completed(session: Session, version: LoadedVersion, found: Moments, days: Days, where: Where) -> Moments:
    """Add what has to be added up from the answers to what the table had."""
    return sum((more for _n, more in _from_answers(session, version, days, where).values()), found)


def _from_table(
    session: Session, versions: Mapping[int, LoadedVersion], period: Period, where: Where, states: Written
) -> tuple[dict[int, Moments], dict[int, list[Days]]]:
    """Return by version what the table has of the period, and the days that have to be added up."""
    found = {
        number: Moments.nothing([item.item_key for item in scored(version)])
        for number, version in versions.items()
    }
    pieces: dict[int, list[Days]] = {number: [] for number in versions}
    whole = [Span(period.start, period.end, months=False)]
    for span in whole if set(where) - {MODE} else spans(period):
        if not span.months:
            for each in pieces.values():
                each.append(_days(span.start, span.end))
            continue
        within = {key: n for key, n in states.items() if span.start <= key[1] < span.end}
        kept, stale = _months(session, versions, span, where.get(MODE), within)
        for number, sums in kept:
            found[number] += _unpacked(versions[number], sums)
        for (number, mode), months in stale.items():
            pieces[number].append(and_(Response.mode == mode, or_(*(_days(*run) for run in _runs(months)))))
    return found, pieces


def _months(
    session: Session, versions: Mapping[int, LoadedVersion], span: Span, modes: Sequence[str] | None,
    states: Written,
) -> tuple[list[tuple[int, dict[str, Any]]], dict[tuple[int, str], list[date]]]:  # fmt: skip
    """Return the rows that are up to date, and the months of each version and mode that are not."""
    wanted = select(KeptMoments).where(KeptMoments.version_id.in_(versions))
    wanted = wanted.where(KeptMoments.month >= span.start, KeptMoments.month < span.end)
    rows = {(row.version_id, row.month, row.mode): row for row in session.scalars(wanted)}
    fresh, stale = [], defaultdict[tuple[int, str], list[date]](list)
    for (number, month, mode), state in sorted(states.items()):
        row = rows.get((number, month, mode))
        if modes is not None and mode not in modes:
            continue
        if row is not None and row.changes == state:
            fresh.append((number, row.sums))
        else:
            stale[number, mode].append(month)
    return fresh, stale


def _from_answers(
    session: Session, version: LoadedVersion, days: Days, where: Where
) -> dict[str, tuple[int, Moments]]:
    """Add up the answers themselves, by mode, with how many responses have a score at all."""
    keys = [item.item_key for item in scored(version)]
    found: dict[str, tuple[int, Moments]] = defaultdict(lambda: (0, Moments.nothing(keys)))
    for rows in session.execute(_vectors(version, days, where)).partitions(CHUNK):
        by_mode: dict[str, list[Sequence[int]]] = defaultdict(list)
        for mode, *vector in rows:
            by_mode[mode].append(vector)
        for mode, vectors in by_mode.items():
            table = np.array(vectors, dtype=np.int64)
            n, sums = found[mode]
            found[mode] = n + len(table), sums + of_scores(keys, table[:, 1:], table[:, 0])
    return found


def _vectors(version: LoadedVersion, days: Days, where: Where) -> Select[Any]:
    """One row for each response: mode, random group, a score for each item and -1 where there is none."""
    ids = [item.id for item in scored(version)]
    columns = [
        func.coalesce(func.max(case((Answer.item_id == item_id, Answer.value))), -1) for item_id in ids
    ]
    part = func.abs(Response.id) % PARTS  # ids of anonymous responses are drawn below zero
    wanted: Select[Any] = (
        select(Response.mode, part, *columns)
        .join(Answer, Answer.response_id == Response.id)
        .where(Response.version_id == version.id, days)
        .where(Answer.item_id.in_(ids), Answer.value >= 0)
        .group_by(Response.id)
        .execution_options(yield_per=CHUNK)
    )
    if set(where) - {MODE}:
        wanted = wanted.join(Stratum, Stratum.id == Response.stratum_id)
    for name, values in where.items():
        column: Any = Response.mode if name == MODE else getattr(Stratum, name)
        wanted = wanted.where(column.in_(values))
    return wanted


def _days(start: date, end: date) -> Days:
    return and_(Response.day >= start, Response.day < end)


def _runs(months: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Put neighbouring months together, as first day and the day after the last."""
    start = end = months[0]
    for month in months:
        if month != end:
            if end != start:
                yield start, end
            start = month
        end = _after(month)
    yield start, end


def _after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _packed(version: LoadedVersion, moments: Moments) -> dict[str, Any]:
    """Return what is stored: of what is the same both ways, one half."""
    upper = np.triu_indices(len(moments.keys))
    return {
        "items": [item.id for item in scored(version)],
        "counts": moments.counts[:, *upper].tolist(),
        "sums": moments.sums.reshape(PARTS, -1).tolist(),
        "products": moments.products[:, *upper].tolist(),
    }


def _unpacked(version: LoadedVersion, stored: Mapping[str, Any]) -> Moments:
    items = scored(version)
    if stored["items"] != [item.id for item in items]:
        raise ValueError(f"the moments of version {version.id} are those of other items")
    k = len(items)
    upper = np.triu_indices(k)

    def whole(half: list[list[int]]) -> Exact:
        array = np.zeros((PARTS, k, k), dtype=np.int64)
        array[:, *upper] = half
        array[:, upper[1], upper[0]] = half
        return array

    sums = np.array(stored["sums"], dtype=np.int64).reshape(PARTS, k, k)
    keys = tuple(item.item_key for item in items)
    return Moments(keys, whole(stored["counts"]), sums, whole(stored["products"]))
