"""The tally: how many answers of one day or month had one value, kept in the transaction that stores them.

``value`` is a score, an option code or a ``Missing``; words and free numbers count as value 1. A multiple
choice counts each chosen code, and 0 once for each person who answered.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, case, func, insert, or_, select, text, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.errors import InputError
from core.rowset import as_rowset, insert_rowset
from surveys.models import (
    DIMENSIONS,
    Answer,
    InvitationTally,
    Item,
    Questionnaire,
    Response,
    Stratum,
    Tally,
    TallyMonth,
    Version,
)

PEOPLE = 0  # of a multiple choice: how many people answered at all
ANSWERED = 1  # of words and numbers
MODE = "mode"
Key = tuple[int, date, str, int, int]  # item, day, mode, stratum, value: the primary key, in its order

ADDED = ("n", "changes")

_TALLY: Table = Tally.__table__  # type: ignore[assignment]
_MONTHS: Table = TallyMonth.__table__  # type: ignore[assignment]
_INVITED: Table = InvitationTally.__table__  # type: ignore[assignment]


def _upsert(table: Table, dialect: Any) -> Any:
    statement = dialect.insert(table)
    added: dict[str, Any] = {
        name: table.c[name] + statement.excluded[name] for name in ADDED if name in table.c
    }
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=added)


_UPSERTS = {
    (table.name, name): _upsert(table, dialect)
    for table in (_TALLY, _MONTHS, _INVITED)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}

_UPSERT_ROWSETS = {
    table.name: insert_rowset(
        table,
        f"ON CONFLICT ({', '.join(column.name for column in table.primary_key.columns)}) "
        "DO UPDATE SET "
        + ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in ADDED if name in table.c),
    )
    for table in (_TALLY, _MONTHS)
}


def add(session: Session, rows: Iterable[Key], sign: int = 1) -> None:
    """Count answers in (or out, with ``sign=-1``), each key once and in key order.

    The order is the same for every writer, so that PostgreSQL cannot deadlock; call it last in a
    transaction, so that a busy row is held for the shortest time.
    """
    counted = Counter(rows)
    apply(session, {key: sign * n for key, n in counted.items()})


def apply(session: Session, changes: Mapping[Key, int]) -> None:
    """Add the changes to the counts of their days and months."""
    connection = session.connection()
    for table, counted in ((_TALLY, changes), (_MONTHS, _by_month(changes))):
        rows = _rows(table, counted)
        if not rows:
            return
        if connection.dialect.name == "postgresql":
            connection.execute(_UPSERT_ROWSETS[table.name], as_rowset(rows))
        else:
            connection.execute(_UPSERTS[table.name, "sqlite"], rows)


def _by_month(changes: Mapping[Key, int]) -> Counter[Key]:
    months: Counter[Key] = Counter()
    for (item, day, *place), n in changes.items():
        months[(item, day.replace(day=1), *place)] += n  # type: ignore[index] # the rest of a key
    return months


def _rows(table: Table, counted: Mapping[Key, int]) -> list[dict[str, Any]]:
    """Return the rows to add, in the order of their keys; a month counts how often it was changed."""
    names, written = _names(table), {"changes": 1} if table is _MONTHS else {}
    return [dict(zip(names, (*key, n), strict=True)) | written for key, n in sorted(counted.items()) if n]


def _names(table: Table) -> list[str]:
    """Return the columns of a key and of its count, by the order of `Key`."""
    return ["item_id", "month" if table is _MONTHS else "day", "mode", "stratum_id", "value", "n"]


def add_invitation(session: Session, *, version_id: int, day: date, stratum_id: int, n: int = 1) -> None:
    """Count an invitation that goes out: the denominator of the response rate."""
    row = {"version_id": version_id, "day": day, "stratum_id": stratum_id, "n": n}
    session.execute(_UPSERTS["invitation_tally", session.get_bind().dialect.name], [row])


@dataclass(frozen=True, slots=True)
class TallyRow:
    """How many answers to one item of one version had one value, in one group."""

    version: int
    item_id: int
    item_key: str
    kind: str
    scale: str
    group: str  # the value of the dimension asked for, else ""
    value: int
    n: int


def counts(
    session: Session,
    questionnaire_key: str,
    start: date,
    end: date,
    where: Mapping[str, str | Iterable[str]] | None = None,
    *,
    by: str | None = None,
) -> list[TallyRow]:
    """Return the counts of the days ``start <= day < end``, in the order of the questionnaire.

    ``where`` and ``by`` take the dimensions and ``mode``.
    """
    group = _group(by, Tally.mode)
    item: list[Any] = [Version.number, Item.id, Item.item_key, Item.kind, Item.scale]
    wanted = (
        select(*item, Tally.value, func.sum(Tally.n), *group)
        .join(Version, Version.id == Item.version_id)
        .join(Questionnaire, Questionnaire.id == Version.questionnaire_id)
        .join(Tally, Tally.item_id == Item.id)
        .where(Questionnaire.key == questionnaire_key, Tally.day >= start, Tally.day < end)
        .group_by(*item, Item.position, *group, Tally.value)
        .having(func.sum(Tally.n) != 0)
        .order_by(Version.number, Item.position, *group, Tally.value)
    )
    wanted = _narrow(wanted, where or {}, by, stratum=Tally.stratum_id, mode=Tally.mode)
    rows: Sequence[Any] = session.execute(wanted).all()
    return [
        TallyRow(number, item_id, key, kind, scale, "".join(grouped), value, int(n))
        for number, item_id, key, kind, scale, value, n, *grouped in rows
    ]


def responses(
    session: Session,
    questionnaire_key: str,
    start: date,
    end: date,
    where: Mapping[str, str | Iterable[str]] | None = None,
    *,
    by: str | None = None,
) -> dict[str, int]:
    """Return how many questionnaires were answered, by group ("" without ``by``).

    Every response has a row for each item of its version, so the first item counts the responses.
    """
    group = _group(by, Tally.mode)
    wanted = (
        select(func.sum(Tally.n), *group)
        .join(Item, and_(Item.id == Tally.item_id, Item.position == 1))
        .join(Version, Version.id == Item.version_id)
        .join(Questionnaire, Questionnaire.id == Version.questionnaire_id)
        .where(Questionnaire.key == questionnaire_key, Tally.day >= start, Tally.day < end)
        .where(or_(Item.kind != "multiple", Tally.value <= PEOPLE))
        .group_by(*group)
    )
    wanted = _narrow(wanted, where or {}, by, stratum=Tally.stratum_id, mode=Tally.mode)
    return {"".join(grouped): int(n) for n, *grouped in session.execute(wanted) if n}


def invited(
    session: Session,
    questionnaire_key: str,
    start: date,
    end: date,
    where: Mapping[str, str | Iterable[str]] | None = None,
    *,
    by: str | None = None,
) -> dict[str, int]:
    """Return how many invitations went out, by group; invitations have no mode, so ``mode`` is ignored."""
    where = {dimension: value for dimension, value in (where or {}).items() if dimension != MODE}
    by = None if by == MODE else by
    group = _group(by, None)
    wanted = (
        select(func.sum(InvitationTally.n), *group)
        .join(Version, Version.id == InvitationTally.version_id)
        .join(Questionnaire, Questionnaire.id == Version.questionnaire_id)
        .where(
            Questionnaire.key == questionnaire_key, InvitationTally.day >= start, InvitationTally.day < end
        )
        .group_by(*group)
    )
    wanted = _narrow(wanted, where, by, stratum=InvitationTally.stratum_id, mode=None)
    return {"".join(grouped): int(n) for n, *grouped in session.execute(wanted) if n}


def _group(by: str | None, mode: Any) -> list[Any]:
    if by is None:
        return []
    return [mode if by == MODE else _column(by)]


def _narrow(
    wanted: Select[Any],
    where: Mapping[str, str | Iterable[str]],
    by: str | None,
    *,
    stratum: Any,
    mode: Any,
) -> Select[Any]:
    """Join the strata where a dimension is asked for, and keep the wanted values."""
    if {*where, by} & set(DIMENSIONS):
        wanted = wanted.join(Stratum, Stratum.id == stratum)
    for dimension, value in where.items():
        column = mode if dimension == MODE else _column(dimension)
        wanted = wanted.where(column.in_([value] if isinstance(value, str) else list(value)))
    return wanted


def _column(dimension: str) -> ColumnElement[str]:
    if dimension not in DIMENSIONS:
        known = ", ".join((*DIMENSIONS, MODE))
        raise InputError(f"A dimension should be one of {known}, but is {dimension!r}.")
    column: ColumnElement[str] = getattr(Stratum, dimension)
    return column


def recount(session: Session, start: date = date.min, end: date = date.max) -> dict[Key, tuple[int, int]]:
    """Count answers anew; return where days or months of the tally differ, as (kept, counted).

    ``start <= day < end`` are the days that are looked at, whole months; all of them where none are given.
    """
    counted = _counted(session, start, end)
    months = _differing(session, _MONTHS, _by_month(counted), start, end)
    return months | _differing(session, _TALLY, counted, start, end)


def _differing(
    session: Session, table: Table, counted: Mapping[Key, int], start: date, end: date
) -> dict[Key, tuple[int, int]]:
    day = table.c.month if table is _MONTHS else table.c.day
    wanted = select(*table.c).where(table.c.item_id.in_(select(Item.id)), day >= start, day < end)
    kept = {tuple(row[:5]): row.n for row in session.execute(wanted) if row.n}
    differing = {key for key in kept.keys() | counted.keys() if kept.get(key, 0) != counted.get(key, 0)}
    return {key: (kept.get(key, 0), counted.get(key, 0)) for key in sorted(differing)}


def rebuild(session: Session) -> int:
    """Write the tally anew from the answers; return the number of rows of its days.

    Each row of a month counts one change more, and is kept where nothing is left of it: what was added up
    from the answers before knows that it is out of date, and no later state looks like an earlier one.
    """
    if session.get_bind().dialect.name == "postgresql":  # who is counting in waits; SQLite has one writer
        session.execute(text("LOCK TABLE tally, tally_months IN EXCLUSIVE MODE"))
    counted = _counted(session)
    months = _by_month(counted)
    written = {tuple(row[:5]): row.changes for row in session.execute(select(*_MONTHS.c))}
    for table in (_TALLY, _MONTHS):
        session.execute(table.delete())
    if rows := _rows(_TALLY, counted):
        session.execute(insert(_TALLY), rows)
    if keys := sorted({*months, *written}):
        names = _names(_MONTHS)
        rows = [
            dict(zip(names, (*key, months[key]), strict=True)) | {"changes": written.get(key, 0) + 1}
            for key in keys
        ]
        session.execute(insert(_MONTHS), rows)
    return len(counted)


def _counted(session: Session, start: date = date.min, end: date = date.max) -> Counter[Any]:
    """Count the answers of some days as they are stored."""
    days: ColumnElement[bool] = true()
    if (start, end) != (date.min, date.max):  # the versions are named so that their index of days is used
        days = Response.version_id.in_(select(Version.id)) & (Response.day >= start) & (Response.day < end)
    said = case(
        (Answer.value.is_not(None), Answer.value), (Answer.codes.is_not(None), PEOPLE), else_=ANSWERED
    ).label("said")
    place = (Answer.item_id, Response.day, Response.mode, Response.stratum_id)
    plain = (
        select(*place, said, func.count())
        .join(Response, Response.id == Answer.response_id)
        .where(days)
        .group_by(*place, said)
    )
    counted: Counter[Any] = Counter({tuple(row[:5]): row[5] for row in session.execute(plain)})
    chosen = (
        select(*place, Answer.codes, func.count())
        .join(Response, Response.id == Answer.response_id)
        .where(Answer.codes.is_not(None), days)
        .group_by(*place, Answer.codes)
    )
    for *key, codes, n in session.execute(chosen):
        for code in (codes or "").split():
            counted[(*key, int(code))] += n
    return counted
