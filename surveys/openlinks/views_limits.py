"""How often one place may try an open link, or answer over one."""

from limits import RateLimitItemPerHour, RateLimitItemPerMinute

from core.views_limits import within
from core.web import settings

UNKNOWN = RateLimitItemPerMinute(30)  # addresses that nobody knows, from one place


def may_try_unknown() -> bool:
    """Count one address that nobody knows; tell whether this place may go on trying."""
    return within(UNKNOWN, "unknown-open-link")


def may_store() -> bool:
    """Count one answer that is about to be stored; tell whether this place may send it."""
    most = settings().open_answers_per_hour
    return most == 0 or within(RateLimitItemPerHour(most), "open-answer")
