"""The one place that reads the clock; everything else is told the time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.errors import InputError


def now() -> datetime:
    """Return the present moment, aware and in UTC."""
    return datetime.now(UTC)


def parse(text: str, zone: ZoneInfo) -> datetime:
    """Read an ISO date or date-time; without an offset it is local time."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{text!r} is not a time; write it like 2026-11-21T09:00.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
