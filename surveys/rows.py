"""Between answers and their rows: what is stored, what the tally counts, what is read back."""

from datetime import date
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.engine import Connection

from core.crypto import Vault
from core.rowset import as_rowset, insert_rowset
from surveys import tallies
from surveys.models import Answer, Missing
from surveys.parsing import Given
from surveys.queries import LoadedItem

_ANSWERS: Table = Answer.__table__  # type: ignore[assignment]
_INSERT = insert(_ANSWERS)  # built once: compiling a statement anew costs more than running it
_INSERT_ROWSET = insert_rowset(_ANSWERS)


def insert_answers(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Store the answers of one response with the fewest round trips."""
    if connection.dialect.name == "postgresql":
        connection.execute(_INSERT_ROWSET, as_rowset(rows))
    else:
        connection.execute(_INSERT, rows)


def answer_row(vault: Vault, response_id: int, item: LoadedItem, given: Given) -> dict[str, Any]:
    """Return the row of one answer; all rows have the same columns, so that one statement takes them."""
    words = vault.seal(given.words, words_place(response_id, item.id)) if given.words else None
    return {
        "response_id": response_id,
        "item_id": item.id,
        "value": given.value if given.missing is None else int(given.missing),
        "codes": " ".join(map(str, given.codes)) if given.codes else None,
        "number": given.number,
        "words": words,
    }


def words_place(response_id: int, item_id: int) -> str:
    return f"answer.words:{response_id}:{item_id}"


def tally_keys(
    filled: list[tuple[LoadedItem, Given]], day: date, mode: str, stratum_id: int
) -> list[tallies.Key]:
    """Return what the tally counts of some answers."""
    return [
        (item.id, day, mode, stratum_id, value)
        for item, given in filled
        for value in _tally_values(item.kind, given)
    ]


def _tally_values(kind: str, given: Given) -> tuple[int, ...]:
    if given.missing is not None:
        return (int(given.missing),)
    if kind == "multiple":
        return (tallies.PEOPLE, *given.codes)
    return (tallies.ANSWERED,) if given.value is None else (given.value,)


def given_from(vault: Vault, response_id: int, row: Any) -> Given:
    """Return the answer that a row holds, words opened."""
    if row.value is not None and row.value < 0:
        return Given(missing=Missing(row.value))
    return Given(
        value=row.value,
        codes=tuple(int(code) for code in (row.codes or "").split()),
        number=row.number,
        words=vault.open(row.words, words_place(response_id, row.item_id)) if row.words else "",
    )
