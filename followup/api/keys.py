"""Keys of other systems: made once, shown once, kept as a hash, ended at any time."""

import hashlib
import hmac
import secrets
import string
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core import audit
from core.db import settings_of
from core.errors import ConflictError, InputError, NotFoundError
from core.i18n import _
from core.installation import Counter, next_number
from core.texts import clean_text
from followup.api.models import ApiKey

SCOPES = ("cases:write", "cases:read", "events:write")
RESERVED = frozenset({"demo", "import", "desk", "feedback"})  # no other system: cases of our own pages
_ALPHABET = string.ascii_letters + string.digits
_SEEN_EVERY = timedelta(minutes=1)  # how exactly the last use is known


def make(
    session: Session,
    *,
    name: str,
    source: str,
    scopes: list[str],
    expires_at: datetime | None,
    actor: str,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Make a key; return it with its text, which nobody can read again."""
    name, source = clean_text(name, 60), clean_text(source, 40)
    _check(session, name, source, scopes)
    if expires_at is not None and expires_at <= now:
        raise InputError(_("The last day of the key has to lie ahead."))
    prefix = _random(8)
    text = f"hf_{prefix}_{_random(32)}"
    key = ApiKey(
        name=name,
        source=source,
        prefix=prefix,
        key_hash=_hash(text),
        scopes=sorted(scopes),
        created_by=actor,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    audit.record(
        session, actor=actor, action="api_key.make", subject=f"api_key:{name}", now=now,
        source=source, scopes=key.scopes, expires_at=expires_at,
    )  # fmt: skip
    return key, text


def revoke(session: Session, key_id: int, *, actor: str, now: datetime) -> ApiKey:
    """End a key; pressed twice, the second press finds it ended."""
    key = get(session, key_id)
    if key.revoked_at is None:
        key.revoked_at = now
        audit.record(session, actor=actor, action="api_key.revoke", subject=f"api_key:{key.name}", now=now)
    return key


def get(session: Session, key_id: int) -> ApiKey:
    """Return a key, or raise ``NotFoundError``."""
    key = session.get(ApiKey, key_id)
    if key is None:
        raise NotFoundError
    return key


def listed(session: Session) -> list[ApiKey]:
    """Return all keys, those that work first."""
    wanted = select(ApiKey).order_by(ApiKey.revoked_at.is_not(None), func.lower(ApiKey.name))
    return list(session.scalars(wanted))


def state_of(key: ApiKey, now: datetime) -> str:
    """Return whether a key works: active, expired or revoked."""
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "active"


def holder(session: Session, text: str, now: datetime) -> ApiKey | None:
    """Return the key with this text, if it works."""
    given = _hash(text)
    key = session.scalar(select(ApiKey).where(ApiKey.key_hash == given))
    if key is None or not hmac.compare_digest(key.key_hash, given):
        return None
    return key if state_of(key, now) == "active" else None


def note_use(session: Session, key: ApiKey, what: str, now: datetime) -> None:
    """Count one call of a key on its day, and remember when it was used last."""
    day = now.astimezone(settings_of(session).zone).strftime("%Y%m%d")
    next_number(session, f"api:{key.id}:{day}:{what.replace(':', '.')}")
    seen_before = (ApiKey.last_used_at.is_(None)) | (ApiKey.last_used_at < now - _SEEN_EVERY)
    session.execute(update(ApiKey).where(ApiKey.id == key.id, seen_before).values(last_used_at=now))


def calls(session: Session, key_id: int) -> dict[str, dict[str, int]]:
    """Return how often a key was used: day -> what -> number, the last day first."""
    wanted = select(Counter).where(Counter.key.startswith(f"api:{key_id}:", autoescape=True))
    found: dict[str, dict[str, int]] = {}
    for row in session.scalars(wanted.order_by(Counter.key.desc())):
        _api, _id, day, what = row.key.split(":")
        found.setdefault(day, {})[what] = row.value
    return found


def _check(session: Session, name: str, source: str, scopes: list[str]) -> None:
    if not name or not source:
        raise InputError(_("Give the key a name and say whose cases it may write."))
    if source.casefold() in RESERVED:
        raise InputError(_("“%(source)s” is used by this program; choose another name.", source=source))
    if not scopes or not set(scopes) <= set(SCOPES):
        raise InputError(_("Choose at least one thing that the key allows."))
    if session.scalar(select(ApiKey.id).where(func.lower(ApiKey.name) == name.lower())):
        raise ConflictError(_("There is a key of this name; choose another one."))


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _count in range(length))


def _hash(text: str) -> bytes:
    """Hash a key: it holds 190 random bits, so a plain hash cannot be turned back."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
