"""Exporting into a file and reading it back by other programs, and what should stand there."""

import csv
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyreadstat
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from core.db import Database
from surveys.exports import actions
from surveys.exports.actions import Exported, Wanted
from surveys.models import Missing
from surveys.parsing import Given
from tests.surveys.history import KEY, Told
from tests.surveys.links import NOW

Seen = dict[int, dict[str, Any]]  # by the number of the response
OFFERED = {
    1: {"ways": (1, 2, 3, 4)},
    2: {"ways": (1, 3, 4), "contact": (1, 2, 3)},
    3: {"ways": (1, 3, 4), "contact": (1, 2, 3, 5)},
}
RENAMED = {(3, "polite"): "polite__v3", (2, "feel"): "feel__hcp5_1", (3, "feel"): "feel__hcp5_1"}
COLUMNS = (
    "overall", "nps", "speed", "polite", "polite__v3", "feel", "feel__hcp5_1", "ways__1", "ways__2",
    "ways__3", "ways__4", "way", "contact", "contact__1", "contact__2", "contact__3", "contact__5", "calm",
    "clear", "patient", "seen", "solved", "words__written", "visits",
)  # fmt: skip


def expected(told: list[Told]) -> dict[int, dict[str, object]]:
    """Return what stands in each column of each response: a value, a day, or why there is none."""
    return {one.number: dict.fromkeys(COLUMNS, Missing.NOT_ASKED) | _cells(one) for one in told}


def _cells(one: Told) -> dict[str, object]:
    cells: dict[str, object] = {}
    for key, given in one.answers.items():
        if key in OFFERED[one.version]:
            for code in OFFERED[one.version][key]:
                cells[f"{key}__{code}"] = given.missing or int(code in given.codes)
        elif key == "words":
            cells["words__written"] = given.missing or 1
        else:
            cells[RENAMED.get((one.version, key), key)] = given.missing or _value(key, given)
    return cells


def _value(key: str, given: Given) -> object:
    if key == "seen":
        return date.fromordinal(int(given.number or 0))
    return given.value if given.number is None else given.number


def export(database: Database, path: Path, *, at: datetime = NOW, **more: Any) -> Exported:
    return actions.export(
        database,
        Wanted(**({"key": KEY, "format": path.suffix[1:] or "csv"} | more)),
        path,
        now=at,
        actor="lena",
    )


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read_sheets(path: Path) -> dict[str, list[list[Any]]]:
    book = load_workbook(path)
    assert all(
        cell.data_type != "f" and cell.hyperlink is None
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
    )
    return {
        sheet.title: [[_plain(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        for sheet in book.worksheets
    }


def _plain(cell: Any) -> Any:
    """Read _x005F_ as the format means it; the library leaves that in texts that stand in the row itself."""
    return unescape(cell) if isinstance(cell, str) else cell


def read_answers(path: Path) -> list[dict[str, Any]]:
    """Return the first sheet of a workbook, by its heading."""
    heading, *rows = next(iter(read_sheets(path).values()))
    return [dict(zip(heading, row, strict=True)) for row in rows]


def read_sav(path: Path, **how: Any) -> tuple[list[dict[str, Any]], Any]:
    frame, meta = pyreadstat.read_sav(path, user_missing=True, **how)
    return frame.to_dict("records"), meta


def read_json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))
