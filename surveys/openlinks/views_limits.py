"""Holding up who tries many addresses or sends many answers; whoever does neither never notices."""

import ipaddress

from flask import current_app, request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute, storage
from limits.strategies import FixedWindowRateLimiter

from core.web import settings

UNKNOWN = RateLimitItemPerMinute(30)  # addresses that nobody knows, from one place


def may_try_unknown() -> bool:
    """Count one address that nobody knows; tell whether this place may go on trying."""
    return _hit(UNKNOWN, "unknown-open-link")


def may_store() -> bool:
    """Count one answer that is about to be stored; tell whether this place may send it."""
    most = settings().open_answers_per_hour
    return most == 0 or _hit(RateLimitItemPerHour(most), "open-answer")


def _hit(limit: RateLimitItem, name: str) -> bool:
    limiter = current_app.extensions.get("huifang_open_links")
    if limiter is None:
        kept = storage.storage_from_string(settings().rate_limit_storage)
        limiter = current_app.extensions["huifang_open_links"] = FixedWindowRateLimiter(kept)
    assert isinstance(limiter, FixedWindowRateLimiter)
    return limiter.hit(limit, name, _place(request.remote_addr or ""))


def _place(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return address if parsed.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
