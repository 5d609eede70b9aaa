"""Reading a CSV or XLSX of our own back: from its columns to those that an import knows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.errors import InputError
from core.i18n import _
from core.tabular import Mapping as FileMapping
from core.tabular import Row, Table
from surveys.exports.columns import CHOSEN, META, OTHER, VALUE, WORDS, WRITTEN, Question, layout
from surveys.models import Missing
from surveys.queries import LoadedVersion

_OURS = {"response_id", "questionnaire", "version", "submitted_at"}
_LEFT_OUT = ("questionnaire", "version", "day", "seconds", "revision")
_MARK = "\x1f"  # before a kind of missing; no cell of a file can hold it, so no words are taken for one
_NOTHING = {"", "not_asked"}
_KINDS = {kind.key for kind in Missing}
_MAPPING = FileMapping(
    columns={"response_id": "external_id"} | dict.fromkeys(_LEFT_OUT, ""),
    missing={_MARK + key: key for key in _KINDS},
)


def is_ours(table: Table) -> bool:
    """Tell whether a table is an export of answers, one row a response."""
    return set(table.columns) >= _OURS and "missing" not in table.columns


def standard(
    table: Table, versions: Sequence[LoadedVersion], version: LoadedVersion
) -> tuple[Table, FileMapping]:
    """Return an export as a table that can be imported into a version, and what its columns mean.

    Columns of other versions that hold nothing but ``not_asked`` go; what is left is for the import to judge.

    Raises
    ------
    InputError
        When the export was made without the words that people wrote.
    """
    shape = layout(versions, with_words=True)
    present = [question for question in shape.questions if version.number in question.members]
    for question in present:
        written, words = (question.columns.get((part, 0)) for part in (WRITTEN, WORDS))
        if written and words and written.name in table.columns and words.name not in table.columns:
            raise InputError(_("This file was exported without what people wrote; export it with words."))
    known = {*META, *(column.name for question in present for column in question.columns.values())}
    gone = [name for name in table.columns if name not in known]
    empty = {name for name in gone if all(row.values.get(name, "") in _NOTHING for row in table.rows)}
    rows = [replace(row, values=_folded(row, present, empty)) for row in table.rows]
    columns = tuple(dict.fromkeys(name for row in rows for name in row.values)) or table.columns
    return Table(columns, rows, table.errors), _MAPPING


def _folded(row: Row, questions: Sequence[Question], empty: set[str]) -> dict[str, str]:
    """Put the cells of each question under its key, as an import expects them."""
    cells = {name: cell for name, cell in row.values.items() if name not in empty}
    for question in questions:
        names = {part: column.name for part, column in question.columns.items()}
        taken = {part: cells.pop(name) for part, name in names.items() if name in cells}
        if taken:
            cells[question.key] = _cell(taken)
        if words := taken.get((OTHER, 0)):
            cells[f"{question.key}__other"] = words
    return cells


def _cell(taken: Mapping[tuple[str, int], str]) -> str:
    """Return one cell for one answer: a value, codes, words, or a marked kind of missing."""
    chosen = {code: cell for (part, code), cell in taken.items() if part == CHOSEN}
    if chosen:
        codes = [str(code) for code, cell in sorted(chosen.items()) if cell == "1"]
        said = {cell for cell in chosen.values() if cell in _KINDS}
        kinds = said - {"not_asked"} or said  # an option of another version was not asked of anybody
        asked = any(cell == "0" for cell in chosen.values())
        return " ".join(codes) if codes or asked or not kinds else _MARK + kinds.pop()
    why = taken.get((VALUE, 0), taken.get((WRITTEN, 0), ""))
    if why in _KINDS:
        return _MARK + why
    return taken.get((VALUE, 0), taken.get((WORDS, 0), ""))
