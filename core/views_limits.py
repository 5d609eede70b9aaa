"""Holding up who tries too often from one place; whoever does not never notices."""

from flask import current_app
from limits import RateLimitItem, storage
from limits.strategies import FixedWindowRateLimiter

from core.auth.signin import client_address
from core.web import settings


def within(limit: RateLimitItem, name: str) -> bool:
    """Count one try of this name from where the request comes; tell whether it stays within the limit."""
    limiter = current_app.extensions.get("huifang_limiter")
    if limiter is None:
        kept = storage.storage_from_string(settings().rate_limit_storage)
        limiter = current_app.extensions["huifang_limiter"] = FixedWindowRateLimiter(kept)
    assert isinstance(limiter, FixedWindowRateLimiter)
    return limiter.hit(limit, name, client_address())
