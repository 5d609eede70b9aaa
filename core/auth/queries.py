"""Reading staff, their sessions and what they did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.auth.models import LoginSession, User
from core.errors import InputError, NotFoundError
from core.texts import clean_text

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a longer list."""

    entries: list[AuditEntry]
    count: int
    page: int
    pages: int


def users(session: Session) -> list[tuple[User, datetime | None]]:
    """Return everybody with the moment they were last here, active people first."""
    last = select(LoginSession.user_id, func.max(LoginSession.seen_at).label("at"))
    seen = last.group_by(LoginSession.user_id).subquery()
    rows = session.execute(
        select(User, seen.c.at)
        .outerjoin(seen, seen.c.user_id == User.id)
        .order_by(User.active.desc(), User.role, User.name)
    )
    return [(user, at) for user, at in rows]


def departments(session: Session) -> list[str]:
    """Return the departments in which people work."""
    wanted = select(User.department).where(User.department != "").distinct()
    return list(session.scalars(wanted.order_by(User.department)))


def user(session: Session, user_id: int) -> User:
    """Return one member of staff.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    found = session.get(User, user_id)
    if found is None:
        raise NotFoundError
    return found


def find_user(session: Session, name: str) -> User | None:
    """Return the member of staff who signs in with this name, or None."""
    return session.scalars(select(User).where(User.name == plain_name(name))).one_or_none()


def plain_name(text: str) -> str:
    """Return a sign-in name as it is kept; who counts tries counts them by this, so all spellings are one."""
    return clean_text(text).casefold()


def named(session: Session, name: str) -> User:
    """Return the member of staff who signs in with this name.

    Raises
    ------
    InputError
        If nobody does.
    """
    found = find_user(session, name)
    if found is None:
        raise InputError(f"Nobody signs in as {name}; huifang users list shows everybody.")
    return found


def audit_page(session: Session, where: Mapping[str, str], page: int) -> Page:
    """Return one page of the trail, newest first; ``where`` holds parts of action, subject and actor."""
    wanted = select(AuditEntry)
    for name in ("action", "subject", "actor"):
        if where.get(name):
            column = getattr(AuditEntry, name)
            wanted = wanted.where(column.contains(where[name], autoescape=True))
    count = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    pages = max(1, -(-count // PAGE))
    page = min(max(page, 1), pages)
    rows = session.scalars(wanted.order_by(AuditEntry.seq.desc()).limit(PAGE).offset((page - 1) * PAGE))
    return Page(list(rows), count, page, pages)
