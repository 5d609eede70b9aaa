"""The first rows of a file as they would come in, with what is personal hidden."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.tabular import Row
from core.tabular.reports import shorten
from followup.cases.imports import checks
from followup.cases.imports.columns import PERSONAL, value_of
from followup.cases.imports.words import offered, said_column

ROWS, COLUMNS = 5, 9


@dataclass(frozen=True, slots=True)
class Preview:
    """Some columns and rows, ready to be shown."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def preview(
    sample: Sequence[Row], columns: Mapping[str, str], values: Mapping[str, Mapping[str, str]]
) -> Preview:
    """Return the first rows under our names."""
    taken = [(heading, ours) for heading, ours in columns.items() if ours][:COLUMNS]
    rows = tuple(
        (row.number, tuple(_shown(ours, row.values.get(heading, ""), values) for heading, ours in taken))
        for row in sample[:ROWS]
    )
    return Preview(tuple(said_column(ours) for _heading, ours in taken), rows)


def _shown(column: str, found: str, values: Mapping[str, Mapping[str, str]]) -> str:
    if not found:
        return ""
    if column in PERSONAL:
        return checks.masked(column, found)
    mapped = values.get(column, {}).get(found, found)
    code = value_of(column, mapped) or mapped
    return shorten(dict(offered(column, ())).get(code, found))
