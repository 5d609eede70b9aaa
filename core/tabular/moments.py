"""Dates and times as they stand in tables."""

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

_DAY = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?")
_TIME = re.compile(r"[T\s]*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?")


def parse_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Read ``2026-03-01``, ``2026/3/1 8:30`` or ``2026年3月1日 8:30:00``; None when it is none of these.

    Without an offset the time is local; without a time it is midnight.
    """
    found = _DAY.match(text.strip())
    if found is None:
        return None
    rest = text.strip()[found.end() :]
    try:
        day = date(*(int(part) for part in found.groups()))
        if not rest:
            return datetime.combine(day, time(), zone)
        clock = _TIME.fullmatch(rest)
        if clock is None:
            return None
        at = time(int(clock[1]), int(clock[2]), int(clock[3] or 0))
        offset = clock[4]
        if offset is None:
            return datetime.combine(day, at, zone)
        return datetime.fromisoformat(f"{day}T{at}{offset}")
    except ValueError:  # such as 2026-02-30 or 25:00
        return None
