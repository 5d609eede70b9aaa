"""Taking over a year's days off and make-up workdays from a file.

The file is JSON as https://github.com/NateScarlet/holiday-cn publishes it from the notices of the State
Council: ``{"year": 2027, "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": true}, …]}``.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from core import audit
from core.calendar import DECLARED
from core.errors import InputError
from core.i18n import _
from core.installation import CalendarDay, remember
from core.texts import clean_text

FEWEST = 5  # no country has fewer public holidays; a shorter list is an unfinished one


def read_days(text: str | bytes) -> tuple[int, dict[date, tuple[bool, str]]]:
    """Read the file: its year, and for each day whether it is a workday, and the name of the feast.

    Raises
    ------
    InputError
        With a sentence that names the entry and says what was expected.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):  # the second: a thousand brackets
        raise InputError(_("The file is not JSON; take the file of the year from holiday-cn.")) from None
    if not _is_list_of_year(document):
        raise InputError(_('The file should begin with {"year": 2027, "days": [...]}.'))
    year, days = int(document["year"]), {}
    for number, entry in enumerate(document.get("days") or [], 1):
        day, is_workday, name = _day(entry, number)
        if abs((day - date(year, 7, 1)).days) > 220:
            raise InputError(
                _("Day %(number)s: %(day)s does not belong to %(year)s.", number=number, day=day, year=year)
            )
        days[day] = (is_workday, name)
    off = sum(not is_workday for is_workday, _name in days.values())
    if off < FEWEST:
        raise InputError(
            _(
                "The file has %(off)s days off for %(year)s; a complete list has at least %(fewest)s.",
                off=off, year=year, fewest=FEWEST,
            )
        )  # fmt: skip
    return year, days


def take_over(
    session: Session, year: int, days: Mapping[date, tuple[bool, str]], *, actor: str, now: datetime
) -> None:
    """Write the days, and remember that the list of this year is complete."""
    for day, (is_workday, name) in days.items():
        session.merge(CalendarDay(day=day, is_workday=is_workday, note=name))
    remember(session, f"{DECLARED}{year}", now.isoformat())
    audit.record(
        session, actor=actor, action="calendar.take_over", subject=f"calendar:{year}", now=now, days=len(days)
    )


def _is_list_of_year(document: Any) -> bool:
    if not isinstance(document, Mapping) or not isinstance(document.get("days") or [], list):
        return False
    year = document.get("year")
    return isinstance(year, int) and 1900 <= year <= 2200


def _day(entry: Any, number: int) -> tuple[date, bool, str]:
    try:
        day, is_off = date.fromisoformat(entry["date"]), entry["isOffDay"]
    except (KeyError, TypeError, ValueError):
        raise InputError(
            _(
                'Day %(number)s should look like {"name": "元旦", "date": "2027-01-01", "isOffDay": true}.',
                number=number,
            )
        ) from None
    if not isinstance(is_off, bool):
        raise InputError(_("Day %(number)s: isOffDay should be true or false.", number=number))
    return day, not is_off, clean_text(str(entry.get("name", "")), 80)
