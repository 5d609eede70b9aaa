"""Signed-in browsers: each holds a random secret, the table its hash, so a stolen table signs nobody in."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from core.auth.models import LoginSession, User
from core.crypto import token_hash
from core.db import settings_of

TOUCH_EVERY = timedelta(minutes=1)


def open_session(session: Session, user_id: int, *, now: datetime) -> str:
    """Sign a browser in and return the secret it shall keep; sessions that ran out are removed."""
    settings = settings_of(session)
    session.execute(
        delete(LoginSession).where(
            or_(
                LoginSession.seen_at < now - timedelta(minutes=settings.idle_minutes),
                LoginSession.created_at < now - timedelta(hours=settings.session_hours),
            )
        )
    )
    token = secrets.token_urlsafe(24)
    session.add(LoginSession(id_hash=token_hash(token), user_id=user_id, created_at=now, seen_at=now))
    session.flush()
    return token


def find(session: Session, token: str, *, now: datetime) -> tuple[User, LoginSession] | None:
    """Return who holds this secret, while the session is neither idle nor old and the person active."""
    settings = settings_of(session)
    found = session.execute(
        select(User, LoginSession)
        .join(LoginSession, LoginSession.user_id == User.id)
        .where(
            LoginSession.id_hash == token_hash(token),
            LoginSession.seen_at > now - timedelta(minutes=settings.idle_minutes),
            LoginSession.created_at > now - timedelta(hours=settings.session_hours),
            User.active,
        )
    ).first()
    return (found[0], found[1]) if found else None


def touch(session: Session, token: str, *, now: datetime) -> None:
    """Remember that the browser was just used."""
    session.execute(update(LoginSession).where(LoginSession.id_hash == token_hash(token)).values(seen_at=now))


def close_session(session: Session, token: str) -> None:
    """Sign one browser out."""
    session.execute(delete(LoginSession).where(LoginSession.id_hash == token_hash(token)))


def close_all(session: Session, user_id: int) -> int:
    """Sign a person out everywhere, and return from how many browsers."""
    done = session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))
    return int(done.rowcount)  # type: ignore[attr-defined]
