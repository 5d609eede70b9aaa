"""By what the figures are broken down, and how each statement groups its rows."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, literal
from sqlalchemy.orm import InstrumentedAttribute

from core.errors import InputError
from core.i18n import _
from core.periods import Period

MOST_MONTHS = 36
Key = str | int | None  # a department, the id of an agent, or the place of a month


class By(enum.StrEnum):
    """What a breakdown is by."""

    NOTHING = ""
    DEPARTMENT = "department"
    AGENT = "agent"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Span:
    """A period as the database asks for it: local days and moments, with its months."""

    period: Period
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        return self.moment(self.period.start)

    @property
    def end(self) -> datetime:
        return self.moment(self.period.end)

    def moment(self, day: date) -> datetime:
        """Return when a local day begins."""
        return datetime.combine(day, time(), self.zone)

    def months(self) -> list[date]:
        """Return the first days of the months that the period touches."""
        first, found = self.period.start.replace(day=1), []
        while first < self.period.end:
            found.append(first)
            first = (first + timedelta(days=31)).replace(day=1)
        return found

    def within(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """Return the condition that a moment lies in the period."""
        return (column >= self.start) & (column < self.end)

    def on_days(self, column: InstrumentedAttribute[date]) -> ColumnElement[bool]:
        """Return the condition that a local day lies in the period."""
        return (column >= self.period.start) & (column < self.period.end)

    def month_of(self, column: InstrumentedAttribute[Any], *, is_day: bool = False) -> ColumnElement[Any]:
        """Return the place of the month, counted from 0, in which a moment or a local day lies."""
        later: Sequence[date] = self.months()[1:]
        if not later:
            return literal(0)
        ends = [(column < (day if is_day else self.moment(day)), place) for place, day in enumerate(later)]
        return case(*ends, else_=len(later))


def check_months(span: Span) -> None:
    """Refuse a breakdown that nobody could read."""
    found = len(span.months())
    if found > MOST_MONTHS:
        raise InputError(
            _("%(n)s months are too many for a table; choose at most %(most)s.", n=found, most=MOST_MONTHS)
        )
