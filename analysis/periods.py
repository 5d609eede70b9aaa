"""Periods, which the figures of the callback desk use as well: they stand in ``core.periods``."""

from core.periods import (
    FORMS,
    ONE_DAY,
    Period,
    PeriodError,
    is_open,
    parse_period,
    previous,
    previous_year,
    recent_seasons,
)

__all__ = [
    "FORMS",
    "ONE_DAY",
    "Period",
    "PeriodError",
    "is_open",
    "parse_period",
    "previous",
    "previous_year",
    "recent_seasons",
]
