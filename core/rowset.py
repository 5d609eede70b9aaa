"""Many rows in one statement on PostgreSQL: one JSON parameter in the place of one execution per row."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import LargeBinary, Table, TextClause, text
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def insert_rowset(table: Table, tail: str = "") -> TextClause:
    """Return the statement that takes ``:rows``; ``tail`` is what follows, such as ON CONFLICT."""
    names = ", ".join(column.name for column in table.columns)
    read, typed = [], []
    for column in table.columns:
        binary = isinstance(column.type, LargeBinary)
        read.append(f"decode({column.name}, 'hex')" if binary else column.name)
        typed.append(f"{column.name} {'text' if binary else column.type.compile(_DIALECT)}")
    return text(
        f"INSERT INTO {table.name} ({names}) SELECT {', '.join(read)} "
        f"FROM json_to_recordset(CAST(:rows AS json)) AS given({', '.join(typed)}) {tail}"
    )


def as_rowset(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the parameter of such a statement; the rows keep their order."""
    return {"rows": json.dumps(rows, default=_plain)}


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a rowset holds numbers, texts, bytes and days, got {value!r}")
