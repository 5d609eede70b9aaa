"""SPSS .sav: numbers with value labels, and each kind of missing answer declared as missing.

The library wants all columns at once. They are gathered as numbers of eight bytes and as texts that are
shared, so that 100 000 responses take some tens of megabytes and not gigabytes.
"""

from array import array
from collections.abc import Mapping
from datetime import date, datetime
from itertools import islice
from math import nan
from pathlib import Path
from typing import Any

from surveys.exports.cells import Cells, plain_number
from surveys.exports.columns import CHOSEN, META, WRITTEN, Column
from surveys.exports.harmless import SPSS_BYTES, cut_utf8, tidy
from surveys.exports.words import META_LABELS, column_label, missing_labels, translator, value_labels
from surveys.exports.writing import Content, Written
from surveys.models import Missing

LABEL_BYTES, VALUE_LABEL_BYTES, FILE_LABEL_BYTES, NOTE_BYTES = 255, 120, 64, 80
FAR = -999_999_990  # a number may be -3 in earnest: its missing codes lie where no measure does
DAY = 86_400
_CALENDAR = date(1582, 10, 14)  # the days of SPSS begin here; missing codes are days before it
_EPOCH = datetime(1582, 10, 14)  # noqa: DTZ001 # a moment without a zone, as SPSS has it
_CHUNK = 1000
_NUMBERS = {"response_id": "F12.0", "version": "F4.0", "seconds": "F6.0", "revision": "F4.0",
            "day": "SDATE10", "submitted_at": "DATETIME20"}  # fmt: skip


def write(path: Path, content: Content) -> Written:
    """Write the file."""
    import pyreadstat  # noqa: PLC0415 # pandas costs 60 MB that no web worker needs at start

    done = Written()
    columns = content.layout.columns
    frame = _frame(content, done)
    said = [translator(content.language)(META_LABELS[name]) for name in META]
    said += [column_label(column, content.language) for column in columns]
    coded = [column for column in columns if not column.holds_words]
    pyreadstat.write_sav(
        frame,
        str(path),
        file_label=cut_utf8(tidy(content.stamp.title), FILE_LABEL_BYTES),
        note=cut_utf8(content.stamp.sentence("en"), NOTE_BYTES),
        column_labels=[cut_utf8(label.replace("\n", " "), LABEL_BYTES) for label in said],
        variable_value_labels={column.name: _labels(column, content.language) for column in coded},
        missing_ranges={column.name: [_missing_range(column)] for column in coded},
        variable_format=_NUMBERS | {column.name: _format(column) for column in coded},
        variable_measure={column.name: _measure(column) for column in coded},
        row_compress=True,
    )
    return done


def _frame(content: Content, done: Written) -> Any:
    """Gather the columns; numbers without a copy."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    names = content.layout.names
    worded = {column.name for column in content.layout.columns if column.holds_words}
    worded |= set(META) - set(_NUMBERS)
    kept: list[Any] = [[] if name in worded else array("d") for name in names]
    rows = done.counted(content.rows(_cells(done)))
    while chunk := list(islice(rows, _CHUNK)):
        for column, cells in zip(kept, zip(*chunk, strict=True), strict=True):
            column.extend(nan if cell is None else cell for cell in cells)
    made: Mapping[str, Any] = {
        name: np.frombuffer(column) if isinstance(column, array) and column else _texts(column, np)
        for name, column in zip(names, kept, strict=True)
    }
    return pd.DataFrame(made, copy=False)


def _texts(column: Any, np: Any) -> Any:
    """Return a column of texts; of no rows each column still has its kind."""
    return np.array(column, dtype=float if isinstance(column, array) else object)


def _cells(done: Written) -> Cells:
    def text(said: str) -> str:
        whole = tidy(said)
        short = cut_utf8(whole, SPSS_BYTES)
        done.cut += short != whole
        return short

    return Cells(
        missing=missing_code,
        value=lambda _column, value: value,
        number=plain_number,
        day=lambda day: (day - _CALENDAR).days * DAY,
        moment=lambda at: (at.replace(tzinfo=None, microsecond=0) - _EPOCH).total_seconds(),
        text=text,
        blank="",
    )


def missing_code(column: Column, kind: Missing) -> int:
    """Return the number that stands for a missing answer in a column."""
    if column.question.kind == "number" and column.part not in {CHOSEN, WRITTEN}:
        return FAR + kind
    if column.question.kind == "date":
        return kind * DAY
    return int(kind)


def _missing_range(column: Column) -> Any:
    codes = [missing_code(column, kind) for kind in Missing]
    return {"lo": min(codes), "hi": max(codes)}


def _labels(column: Column, language: str) -> dict[float, str]:
    said = {float(value): label for value, label in value_labels(column, language).items()}
    said |= {float(missing_code(column, kind)): label for kind, label in missing_labels(language).items()}
    return {value: cut_utf8(label.replace("\n", " "), VALUE_LABEL_BYTES) for value, label in said.items()}


def _format(column: Column) -> str:
    if column.part in {CHOSEN, WRITTEN}:
        return "F3.0"
    return {"number": "F14.2", "date": "SDATE10"}.get(column.question.kind, "F4.0")


def _measure(column: Column) -> str:
    return {"likert": "ordinal", "rating": "ordinal", "number": "scale", "date": "scale"}.get(
        column.question.kind, "nominal"
    )
