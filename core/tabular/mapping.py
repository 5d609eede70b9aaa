"""Mapping files: which column of a foreign file is which of ours, and what its codes mean."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.i18n import _
from core.tabular.reading import Row, Table

TABLES = ("columns", "ignore", "missing", "values", "questionnaire")


class MappingError(InputError):
    """The mapping file cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a mapping file says."""

    columns: dict[str, str] = field(default_factory=dict)  # column in the file -> our column, "" to ignore it
    missing: dict[str, str] = field(default_factory=dict)  # code in the file -> kind of missing
    values: dict[str, dict[str, str]] = field(default_factory=dict)  # our column -> {found: ours}
    questionnaire: dict[str, Any] = field(default_factory=dict)

    def ours(self, column: str) -> str:
        """Return our name of a column; an empty one is to be ignored."""
        return self.columns.get(column, column)

    def value(self, column: str, found: str) -> str:
        """Return our word for a found one."""
        return self.values.get(column, {}).get(found, found)

    def unknown_in(self, table: Table) -> list[str]:
        """Return the columns that the mapping names and the file does not have."""
        return [name for name, ours in self.columns.items() if ours and name not in table.columns]

    def twice(self, columns: Iterable[str]) -> str | None:
        """Return our column that two columns of the file would fill, or None."""
        seen: set[str] = set()
        for column in columns:
            ours = self.ours(column)
            if ours and ours in seen:
                return ours
            seen.add(ours)
        return None

    def apply(self, row: Row) -> dict[str, str]:
        """Return the cells of a row under our names, in our words."""
        named = ((self.ours(column), cell) for column, cell in row.values.items())
        return {column: self.value(column, cell) for column, cell in named if column}


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    MappingError
        With one sentence that says where it is wrong.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        why = error.strerror or "?"
        raise MappingError(_("%(file)s cannot be read (%(why)s).", file=path.name, why=why)) from None
    except UnicodeDecodeError:
        raise MappingError(_("%(file)s is not UTF-8 text.", file=path.name)) from None
    return parse_mapping(text, name=path.name)


def parse_mapping(text: str, *, name: str = "MAP.toml") -> Mapping:
    """Read the text of a mapping file."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(_("%(file)s is not valid TOML: %(why)s.", file=name, why=str(error))) from None
    for key in found:
        _require(key in TABLES, _("%(file)s: [%(key)s] is not known; expected one of %(all)s.",
                                  file=name, key=key, all=", ".join(TABLES)))  # fmt: skip
    ignored = found.get("ignore", [])
    _require(_are_texts(ignored), _("%(file)s: ignore should be a list of column names.", file=name))
    values = found.get("values", {})
    _require(isinstance(values, dict), _("%(file)s: [values] should be a table of tables.", file=name))
    questionnaire = found.get("questionnaire", {})
    _require(isinstance(questionnaire, dict), _("%(file)s: [questionnaire] should be a table.", file=name))
    return Mapping(
        columns=_texts(found, "columns", name) | dict.fromkeys(ignored, ""),
        missing=_texts(found, "missing", name),
        values={column: _texts(values, column, name) for column in values},
        questionnaire=questionnaire,
    )


def _texts(found: dict[str, Any], key: str, name: str) -> dict[str, str]:
    table = found.get(key, {})
    fine = isinstance(table, dict) and _are_texts(list(table.values()))
    _require(fine, _('%(file)s: [%(key)s] should hold lines such as name = "text".', file=name, key=key))
    return dict(table)


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(v, str) for v in values)


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise MappingError(sentence)
