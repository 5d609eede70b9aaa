"""What may be wrong with one cell or one row of a case file, and how to mend it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from core.contacts import phones
from core.errors import InputError
from core.i18n import _
from core.tabular.reading import is_scientific
from core.texts import mask_name, mask_phone
from followup.cases.imports.columns import PERSONAL, REQUIRED, VALUES, value_of
from followup.cases.policy import TEXT_LIMIT, TITLE_LIMIT

LIMITS = {
    "external_id": 80,
    "title": TITLE_LIMIT,
    "category": 60,
    "service_type": 60,
    "district": 60,
    "department": 60,
    "handler": 80,
    "name": 200,
    "email": 254,
    "address": 200,
    "household": 40,
}
PHONES = ("phone", "phone2")
_AHEAD = timedelta(days=1)  # clocks of two systems differ, and a date without a time may be today's


class Problem(NamedTuple):
    """What was expected, and how to mend it."""

    expected: str
    fix: str


class RowProblem(NamedTuple):
    """A problem that only the row as a whole shows."""

    column: str
    found: str
    expected: str
    fix: str


def of_cell(column: str, value: str, country: str) -> Problem | None:
    """Say what is wrong with a cell that is not empty, or None."""
    if column in VALUES:
        return None if value_of(column, value) else _not_in_list(column)
    if column in (*PHONES, "external_id", "household") and is_scientific(value):
        return Problem(
            _("all digits of the number."),
            _("A spreadsheet program cut the number; format the column as text and export it again."),
        )
    if column in PHONES:
        return _phone(value, country)
    if column == "email" and ("@" not in value or " " in value):
        return Problem(_("an e-mail address such as name@example.org."), _("Correct it or leave it empty."))
    limit = LIMITS.get(column, TEXT_LIMIT)
    return (
        Problem(_("at most %(n)d characters.", n=limit), _("Shorten the text."))
        if len(value) > limit
        else None
    )


def no_date() -> Problem:
    """Say what a date looks like."""
    return Problem(_("a date such as 2026-03-01 or 2026-03-01 08:30."), _("Write the year first."))


def of_row(cells: Mapping[str, str], times: Mapping[str, datetime], now: datetime) -> Iterator[RowProblem]:
    """Say what does not fit together in a row."""
    for column in REQUIRED:
        if not cells.get(column):
            yield RowProblem(
                column, "", _("a value in every row."), _("Fill in the cell or take out the row.")
            )
    for column in ("registered_at", "closed_at"):
        at = times.get(column)
        if at and at > now + _AHEAD:
            yield RowProblem(column, _day(at), _("a day that is not in the future."), _("Correct the date."))
    yield from _closing(cells, times)


def masked(column: str, found: str) -> str:
    """Hide personal data in a report: the row is named, that is enough to find the cell."""
    if column in PHONES:
        return mask_phone(found)
    return mask_name(found) if column in PERSONAL else found


def _closing(cells: Mapping[str, str], times: Mapping[str, datetime]) -> Iterator[RowProblem]:
    status = value_of("status", cells.get("status", "")) or ""
    registered, closed = times.get("registered_at"), times.get("closed_at")
    if closed is None:
        if status == "closed":
            expected = _("the time of closing, because the status is closed.")
            yield RowProblem("closed_at", "", expected, _("Fill in closed_at."))
        return
    if registered and closed < registered:
        expected = _("a time after registered_at.")
        yield RowProblem("closed_at", _day(closed), expected, _("Correct one of the two."))
    if status not in ("", "closed"):
        expected = _("closed, because closed_at is given.")
        yield RowProblem("status", status, expected, _("Correct the status or empty closed_at."))


def _not_in_list(column: str) -> Problem:
    known = ", ".join(f"{code} {names[0]}" for code, names in VALUES[column].items())
    fix = _("Correct it, or name it in [values.%(column)s] of a mapping file.", column=column)
    return Problem(_("one of: %(all)s.", all=known), fix)


def _phone(value: str, country: str) -> Problem | None:
    try:
        phones.normalise(value, country)
    except InputError:
        return Problem(
            _("one phone number with its area code."),
            _("Correct it, put a second number into phone2, or leave it empty."),
        )
    return None


def _day(at: datetime) -> str:
    return at.date().isoformat()
