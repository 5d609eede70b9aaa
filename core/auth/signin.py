"""Who is asking: Flask-Login over our own session table."""

import ipaddress
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from flask import Flask, Request, g, request
from flask import session as cookie
from flask_login import LoginManager, UserMixin

from core import clock
from core.auth import sessions
from core.auth.models import User
from core.auth.routes import BACKGROUND
from core.installation import recall
from core.web import database

FIELD = "sid"


@dataclass(frozen=True)
class Person(UserMixin):
    """The signed-in member of staff, as templates and views see one."""

    id: int
    name: str
    display_name: str
    role: str
    department: str
    language: str
    shortcuts: bool
    must_change: bool


def init_sign_in(app: Flask) -> None:
    """Let ``current_user`` read the session table, and only where a page asks for it."""
    manager = LoginManager()
    manager.session_protection = None  # binds a cookie to an address; ours is server-side
    manager.request_loader(_load)
    app.config["SESSION_PROTECTION"] = None
    # Not manager.init_app: its after_request looks into the cookie on every page, the customers' included.
    app.login_manager = manager  # type: ignore[attr-defined]


def remember(token: str) -> None:
    """Put a new session into the browser; whatever the cookie held before is gone."""
    cookie.clear()
    cookie[FIELD] = token


def forget() -> str:
    """Empty the cookie and return the secret it held."""
    token = str(cookie.get(FIELD, ""))
    cookie.clear()
    return token


def client_address() -> str:
    """Return the address to count tries by: an IPv6 customer holds a whole /64."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return request.remote_addr or "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def local_path(text: str | None) -> str:
    """Return ``text`` when it is a path of this site, else ``/``.

    Browsers read ``\\`` as ``/`` and drop tabs and line ends; percent signs and full-width forms are undone
    before judging, so that nothing turns into ``//elsewhere`` on the way.
    """
    if not text or len(text) > 1000:
        return "/"
    plain = text
    for _round in range(3):
        plain = unicodedata.normalize("NFKC", unquote(plain))
    for form in (text, plain):
        odd = any(not c.isprintable() or c in " \\" for c in form.split("?", 1)[0])
        if odd or not form.startswith("/") or form.startswith("//"):
            return "/"
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        return "/"
    parts = urlsplit(text)
    return text if not parts.scheme and not parts.netloc else "/"


def _load(_request: Request) -> Person | None:
    token = cookie.get(FIELD)
    if not isinstance(token, str):
        return None
    now = g.get("now") or clock.now()
    with database().read() as session:
        found = sessions.find(session, token, now=now)
        if found is None:
            return None
        g.is_demo = recall(session, "demo") is not None
    user, opened = found
    _keep_alive(token, opened.seen_at, now)
    return _person(user)


def _keep_alive(token: str, seen_at: datetime, now: datetime) -> None:
    if request.endpoint in BACKGROUND or now - seen_at < sessions.TOUCH_EVERY:
        return
    with database().begin() as session:
        sessions.touch(session, token, now=now)


def _person(user: User) -> Person:
    return Person(
        id=user.id,
        name=user.name,
        display_name=user.display_name,
        role=user.role,
        department=user.department,
        language=user.language,
        shortcuts=user.shortcuts,
        must_change=user.must_change,
    )
