"""Slowing down guesses, per account and per address, in the database so that all processes count together.

A try is counted before the password is looked at, so parallel tries cannot slip past the limit. Waits double
and never become a permanent lock: nobody can shut a colleague out for longer than ``LONGEST_WAIT``.
"""

from datetime import datetime, timedelta

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.auth.models import LoginFailure
from core.db import Database, vault_of

FREE_PER_ACCOUNT = 5
FREE_PER_ADDRESS = 30  # an office shares one address
LONGEST_WAIT = timedelta(minutes=15)
FORGET_AFTER = timedelta(days=1)
BATCH = 5000  # rows that one round forgets


def wait_after(failures: int, free: int) -> timedelta:
    """Return how long to wait after so many failures: nothing at first, then 2, 4, 8 … seconds."""
    if failures < free:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - free + 1, 20)), LONGEST_WAIT)


def take_turn(session: Session, name: str, address: str, *, now: datetime) -> timedelta | None:
    """Count one try. Return None when it may go on, else how long to wait."""
    for kind, value, free in (("address", address, FREE_PER_ADDRESS), ("account", name, FREE_PER_ACCOUNT)):
        wait = _count(session, _key(session, kind, value), free, now)
        if wait:
            return wait
    return None


def give_back(session: Session, name: str, address: str, *, now: datetime) -> None:
    """Forget the failures of an account that signed in, and the one try of its address.

    In the order in which tries are counted, so that the two never wait for each other.
    """
    session.execute(
        update(LoginFailure)
        .where(LoginFailure.key == _key(session, "address", address))
        .values(failures=LoginFailure.failures - 1, blocked_until=now)
    )
    forget_account(session, name)


def forget_account(session: Session, name: str) -> None:
    """Let an account start anew."""
    session.execute(delete(LoginFailure).where(LoginFailure.key == _key(session, "account", name)))


def _count(session: Session, key: bytes, free: int, now: datetime) -> timedelta | None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    fresh = LoginFailure.blocked_until < now - FORGET_AFTER
    far_ahead = LoginFailure.blocked_until > now + LONGEST_WAIT  # the clock was set back meanwhile
    statement = dialect.insert(LoginFailure).values(key=key, failures=1, blocked_until=now)
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"failures": case((fresh, 1), else_=LoginFailure.failures + 1)},
        where=or_(LoginFailure.blocked_until <= now, far_ahead),
    )
    failures = session.execute(statement.returning(LoginFailure.failures)).scalar_one_or_none()
    if failures is None:  # the wait is not over
        row = session.get(LoginFailure, key, populate_existing=True)
        return row.blocked_until - now if row else None
    until = now + wait_after(failures, free)
    session.execute(update(LoginFailure).where(LoginFailure.key == key).values(blocked_until=until))
    return None


def _key(session: Session, kind: str, value: str) -> bytes:
    return vault_of(session).blind_index(value, f"login {kind}")


def count_try(session: Session, kind: str, value: str, free: int, *, now: datetime) -> timedelta | None:
    """Count one try of another kind, such as guesses at a case. Return None when it may go on."""
    return _count(session, _key(session, kind, value), free, now)


def forget_tries(session: Session, kind: str, value: str) -> None:
    """Let the tries of another kind start anew."""
    session.execute(delete(LoginFailure).where(LoginFailure.key == _key(session, kind, value)))


def forget_old(database: Database, *, now: datetime) -> dict[str, int]:
    """Delete what would be counted anew at the next try anyway; a try that is going on is left alone."""
    old = select(LoginFailure.key).where(LoginFailure.blocked_until < now - FORGET_AFTER)
    with database.begin() as session:
        keys = session.scalars(old.limit(BATCH).with_for_update(skip_locked=True)).all()
        session.execute(delete(LoginFailure).where(LoginFailure.key.in_(keys)))
    return {"forgotten": len(keys)} if keys else {}
