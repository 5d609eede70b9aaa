"""How values look in the cells of a file: one table of functions for each kind of format."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from core.tabular.reports import safe_cell
from surveys.exports.columns import Column
from surveys.exports.harmless import tidy
from surveys.exports.words import missing_labels, value_labels
from surveys.models import Missing

Cell = object
_WHOLE = 2**53  # beyond it a float holds no single digits any more


@dataclass(frozen=True, slots=True)
class Cells:
    """What is written for a missing answer, a score or code, a number, a day, a moment and a text."""

    missing: Callable[[Column, Missing], Cell]
    value: Callable[[Column, int], Cell]
    number: Callable[[float], Cell]
    day: Callable[[date], Cell]
    moment: Callable[[datetime], Cell]  # local, and naive where it is only a day
    text: Callable[[str], Cell]
    blank: Cell  # where there are no words


def raw() -> Cells:
    """Return the values as they are; a missing answer is its kind."""
    return Cells(
        missing=lambda _column, kind: kind,
        value=lambda _column, value: value,
        number=plain_number,
        day=lambda day: day,
        moment=lambda at: at,
        text=tidy,
        blank=None,
    )


def written(*, labels: bool, language: str, typed: bool) -> Cells:
    """Return cells for people and spreadsheets, safe from being run as formulas.

    Missing answers are words: the key of their kind, or with ``labels`` its name in brackets. ``typed`` keeps
    days and moments as such, for a format that knows them.
    """
    if labels:
        named = {kind: safe_cell(f"[{said}]") for kind, said in missing_labels(language).items()}
    else:
        named = {kind: kind.key for kind in Missing}
    words: dict[Column, dict[int, str]] = {}

    def value(column: Column, value: int) -> Cell:
        if not labels:
            return value
        if column not in words:
            words[column] = {n: guarded(said) for n, said in value_labels(column, language).items()}
        return words[column].get(value, value)

    return Cells(
        missing=lambda _column, kind: named[kind],
        value=value,
        number=plain_number,
        day=(lambda day: day) if typed else date.isoformat,
        moment=(lambda at: at) if typed else _iso,
        text=guarded,
        blank="",
    )


def guarded(text: str) -> str:
    """Return a text that no spreadsheet program runs."""
    return safe_cell(tidy(text))


def plain_number(number: float) -> int | float:
    """Return a whole number without a point."""
    return int(number) if number.is_integer() and abs(number) < _WHOLE else number


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
