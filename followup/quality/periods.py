"""The periods that the pages of quality offer."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.periods import Period, parse_period, previous

MONTHS, QUARTERS = 6, 4


def this_month(now: datetime, zone: ZoneInfo) -> Period:
    """Return the month of today."""
    return parse_period(f"{_today(now, zone):%Y-%m}")


def this_quarter(now: datetime, zone: ZoneInfo) -> Period:
    """Return the quarter of today."""
    day = _today(now, zone)
    return parse_period(f"{day.year}Q{(day.month - 1) // 3 + 1}")


def offered(now: datetime, zone: ZoneInfo, chosen: Period) -> list[Period]:
    """Return months, quarters and years to choose from, and what the address asked for."""
    year = parse_period(f"{_today(now, zone).year}")
    found = [
        *_back(this_month(now, zone), MONTHS),
        *_back(this_quarter(now, zone), QUARTERS),
        *_back(year, 2),
    ]
    return found if any(each.name == chosen.name for each in found) else [chosen, *found]


def _back(period: Period, n: int) -> list[Period]:
    periods = [period]
    while len(periods) < n:
        periods.append(previous(periods[-1]))
    return periods


def _today(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date()
