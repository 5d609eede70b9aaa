"""What happens to members of staff: added, signed in and out, disabled, given another role or password."""

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.auth import passwords, queries, sessions, throttle
from core.auth.addresses import set_email
from core.auth.models import User
from core.auth.roles import Role
from core.errors import ConflictError, InputError
from core.i18n import _
from core.texts import clean_text


def add_user(
    session: Session,
    *,
    name: str,
    role: str,
    display_name: str = "",
    department: str = "",
    language: str = "",
    is_demo: bool = False,
    password: str | None = None,
    actor: str,
    now: datetime,
) -> tuple[User, str]:
    """Add a member of staff; without ``password`` the secret returned works until it is changed at first use.

    Raises
    ------
    InputError
        If the name or the role cannot be used, or the name is taken.
    """
    name = queries.plain_name(name)
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,39}", name):
        raise InputError(
            _("A sign-in name has 2 to 40 letters a to z, digits, dots, hyphens or underscores.")
        )
    if role not in set(Role):
        raise InputError(_("The role is one of: %(roles)s.", roles=", ".join(Role)))
    if queries.find_user(session, name):
        raise InputError(_("Somebody already signs in as %(name)s. Choose another name.", name=name))
    secret = password or passwords.one_time_secret()
    user = User(
        name=name,
        display_name=clean_text(display_name, 80) or name,
        role=str(Role(role)),
        department=clean_text(department, 80),
        language=language,
        password_hash=passwords.hashed(secret),
        must_change=password is None,
        is_demo=is_demo,
        created_at=now,
    )
    session.add(user)
    session.flush()
    audit.record(session, actor=actor, action="user.add", subject=f"user:{name}", now=now, role=user.role)
    return user, secret


def sign_in(
    session: Session, user_id: int, seen_hash: str, new_hash: str, address: str, *, now: datetime
) -> str:
    """Open a session for a person whose password was right, and return its secret.

    ``seen_hash`` is the one the password was compared with; ``new_hash`` replaces it when its parameters
    are outdated.

    Raises
    ------
    ConflictError
        If the password was changed or the person disabled between the comparison and now.
    """
    user = session.get_one(User, user_id, with_for_update=True)
    if not user.active or user.password_hash != seen_hash:
        raise ConflictError(_("Your account was changed just now. Sign in again."))
    user.password_hash = new_hash or seen_hash
    throttle.give_back(session, user.name, address, now=now)
    audit.record(session, actor=user.name, action="user.sign_in", subject=f"user:{user.name}", now=now)
    return sessions.open_session(session, user.id, now=now)


def sign_out(session: Session, name: str, token: str, *, now: datetime) -> None:
    """Close one session."""
    sessions.close_session(session, token)
    audit.record(session, actor=name, action="user.sign_out", subject=f"user:{name}", now=now)


def set_password(session: Session, user_id: int, seen_hash: str, new_hash: str, *, now: datetime) -> str:
    """Set one's own password, sign out everywhere, and return the secret of a new session.

    Raises
    ------
    ConflictError
        If the password was changed in the meantime.
    """
    user = session.get_one(User, user_id, with_for_update=True)
    if user.password_hash != seen_hash:
        raise ConflictError(_("Your account was changed just now. Sign in again."))
    user.password_hash, user.must_change = new_hash, False
    sessions.close_all(session, user.id)
    audit.record(session, actor=user.name, action="user.password", subject=f"user:{user.name}", now=now)
    return sessions.open_session(session, user.id, now=now)


def change_account(
    session: Session,
    user_id: int,
    *,
    display_name: str,
    language: str,
    shortcuts: bool,
    email: str = "",
    now: datetime,
) -> None:
    """Save how somebody wants to be called, to work and to be told."""
    user = session.get_one(User, user_id)
    set_email(session, user, email)
    user.display_name, user.language, user.shortcuts = clean_text(display_name, 80), language, shortcuts
    audit.record(session, actor=user.name, action="user.account", subject=f"user:{user.name}", now=now)


def change_email(session: Session, user: User, email: str, *, actor: str, now: datetime) -> None:
    """Keep where a member of staff gets notices; the trail says that it changed, not to what."""
    set_email(session, user, email)
    audit.record(session, actor=actor, action="user.email", subject=f"user:{user.name}", now=now)


def change_department(session: Session, user: User, department: str, *, actor: str, now: datetime) -> None:
    """Write down where somebody works from now on; cases and calls that are over keep what they say."""
    old, user.department = user.department, clean_text(department, 80)
    if user.department != old:
        audit.record(
            session, actor=actor, action="user.department", subject=f"user:{user.name}", now=now, old=old,
            new=user.department,
        )  # fmt: skip


def reset_password(session: Session, user: User, *, actor: str, now: datetime) -> str:
    """Give a person a new one-time secret and sign them out everywhere."""
    secret = passwords.one_time_secret()
    user.password_hash, user.must_change = passwords.hashed(secret), True
    sessions.close_all(session, user.id)
    throttle.forget_account(session, user.name)
    audit.record(session, actor=actor, action="user.reset", subject=f"user:{user.name}", now=now)
    return secret


def set_active(session: Session, user: User, active: bool, *, actor: str, now: datetime) -> None:
    """Let a person sign in, or no longer; the last administrator stays."""
    if not active:
        _keep_an_admin(session, user)
        sessions.close_all(session, user.id)
    user.active = active
    action = "user.enable" if active else "user.disable"
    audit.record(session, actor=actor, action=action, subject=f"user:{user.name}", now=now)


def change_role(session: Session, user: User, role: str, *, actor: str, now: datetime) -> None:
    """Give a person another role and sign them out everywhere; the last administrator stays one."""
    if role not in set(Role):
        raise InputError(_("The role is one of: %(roles)s.", roles=", ".join(Role)))
    if role == user.role:
        return
    _keep_an_admin(session, user)
    old, user.role = user.role, str(Role(role))
    sessions.close_all(session, user.id)
    audit.record(
        session, actor=actor, action="user.role", subject=f"user:{user.name}", now=now, old=old, new=role
    )


def _keep_an_admin(session: Session, user: User) -> None:
    """Refuse to lose the last administrator; two who press at once are put in line by the row lock."""
    if user.role != Role.ADMIN or not user.active:
        return
    admins = session.scalars(
        select(User.id).where(User.role == Role.ADMIN, User.active).order_by(User.id).with_for_update()
    ).all()
    if len(admins) < 2:
        raise ConflictError(_("This is the last administrator. Make somebody else an administrator first."))
