"""The signature of what we POST, and of what is reported back: HMAC-SHA256 over the moment and the bytes."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

TIMESTAMP = "X-Huifang-Timestamp"
SIGNATURE = "X-Huifang-Signature"
TOLERANCE = timedelta(minutes=5)  # between the two clocks; an older request is somebody's replay


def sign(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    """Return the two headers that prove who sent ``body`` and when."""
    moment = str(int(at.timestamp()))
    return {TIMESTAMP: moment, SIGNATURE: f"sha256={_mac(secret, moment, body)}"}


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Tell whether ``body`` carries a signature of the last minutes; without a secret nothing does."""
    moment, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not secret or not moment.isascii() or not moment.isdigit() or len(moment) > 12:
        return False
    if abs(now.timestamp() - int(moment)) > TOLERANCE.total_seconds():
        return False
    wanted = f"sha256={_mac(secret, moment, body)}"
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def _mac(secret: str, moment: str, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
