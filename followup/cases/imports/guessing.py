"""Which column of a foreign file is which of ours: as last time, by its heading, or by what stands in it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from core.contacts import phones
from core.errors import InputError
from core.tabular.moments import parse_moment
from core.tabular.streaming import Sheet
from core.texts import mask_phone
from followup.cases.imports.checks import masked
from followup.cases.imports.columns import COLUMNS, PERSONAL, VALUES, column_of, value_of

SAVED, KNOWN, GUESSED, NONE = "saved", "known", "guessed", ""
_ASIDE = re.compile(r"[(（\[【].*?[)）\]】]|[*＊:：]")
_DIGITS = re.compile(r"\d{7,}")
_ENOUGH = 3  # filled cells by which a column may be guessed
_SHOWN = 24
_ANY_ZONE = ZoneInfo("UTC")  # only whether it is a date matters


@dataclass(frozen=True, slots=True)
class Guess:
    """One column of a file and what we take it for; ``sample`` hides what is personal."""

    heading: str
    column: str
    how: str
    sample: str
    is_new: bool  # was not in the file of last time


def guess(sheet: Sheet, saved: Mapping[str, str], country: str) -> list[Guess]:
    """Take every column for one of ours, or for none; none of ours twice."""
    columns: dict[str, tuple[str, str]] = {
        heading: (saved[heading], SAVED) for heading in sheet.columns if heading in saved
    }
    ways: list[tuple[Callable[[str], str], str]] = [
        (lambda heading: column_of(heading) or "", KNOWN),
        (_by_part, GUESSED),
        (lambda heading: _by_content(_cells(sheet, heading), country), GUESSED),
    ]
    for way, how in ways:
        for heading in sheet.columns:
            column = way(heading) if heading not in columns else ""
            if column and column not in {taken for taken, _how in columns.values()}:
                columns[heading] = (column, how)
    return [
        Guess(
            heading, *columns.get(heading, ("", NONE)),
            sample=_sample(_cells(sheet, heading), columns.get(heading, ("", ""))[0]),
            is_new=bool(saved) and heading not in saved,
        )
        for heading in sheet.columns
    ]  # fmt: skip


def gone(sheet: Sheet, saved: Mapping[str, str]) -> list[str]:
    """Return the columns that the file of last time had and this one has not."""
    return [heading for heading, ours in saved.items() if ours and heading not in sheet.columns]


def _cells(sheet: Sheet, heading: str) -> list[str]:
    return [row.values[heading] for row in sheet.sample if row.values.get(heading)]


def _by_part(heading: str) -> str:
    """Know ``联系电话（必填）`` by what stands outside brackets, or by the longest name inside."""
    plain = " ".join(_ASIDE.sub(" ", heading).split())
    if column := column_of(plain):
        return column
    inside = [(len(name), column) for column, names in COLUMNS.items() for name in names
              if len(name) > 1 and not name.isascii() and name in plain]  # fmt: skip
    return max(inside)[1] if inside else ""


def _by_content(cells: Sequence[str], country: str) -> str:
    if len(cells) < _ENOUGH:
        return ""
    if all(_is_phone(cell, country) for cell in cells):
        return "phone"
    if all("@" in cell for cell in cells):
        return "email"
    for column in ("kind", "severity", "status", "close_reason", "channel"):
        if column in VALUES and all(value_of(column, cell) for cell in cells):
            return column
    return "registered_at" if all(_is_date(cell) for cell in cells) else ""


def _is_phone(cell: str, country: str) -> bool:
    if not 7 <= sum(c.isdigit() for c in cell) <= 15:
        return False
    try:
        phones.normalise(cell, country)
    except InputError:
        return False
    return True


def _is_date(cell: str) -> bool:

    return parse_moment(cell, _ANY_ZONE) is not None


def _sample(cells: Sequence[str], column: str) -> str:
    """Return the first value, short, with names and long numbers hidden."""
    first = " ".join(cells[0].split()) if cells else ""
    shown = masked(column, first) if column in PERSONAL else _DIGITS.sub(lambda m: mask_phone(m[0]), first)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
