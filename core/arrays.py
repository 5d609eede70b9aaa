"""Many rows in one statement on PostgreSQL: one array per column in the place of one execution per row."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, TextClause, text
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def insert_from_arrays(table: Table, tail: str = "") -> TextClause:
    """Return the statement that takes a list per column; ``tail`` is what follows, such as ON CONFLICT."""
    names = ", ".join(column.name for column in table.columns)
    arrays = ", ".join(
        f"CAST(:{column.name} AS {column.type.compile(_DIALECT)}[])" for column in table.columns
    )
    return text(f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays}) {tail}")


def as_arrays(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Turn rows into one list per column."""
    return {name: [row[name] for row in rows] for name in rows[0]}
