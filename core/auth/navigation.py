"""The staff navigation, by work and not by table; each role sees what ``ROUTES`` lets it open."""

from dataclasses import dataclass

from flask import Flask, current_app, request
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from core.auth.roles import Role
from core.auth.routes import ROUTES
from core.i18n import _l

WORK = (
    ("/", _l("Today")),
    ("/cases", _l("Cases")),
    ("/callbacks", _l("Callbacks")),
    ("/callbacks/figures", _l("Figures of the callbacks")),
    ("/questionnaires", _l("Questionnaires")),
    ("/campaigns", _l("Campaigns")),
    ("/rules", _l("Rules")),
    ("/analysis", _l("Analysis")),
    ("/measures", _l("Measures")),
    ("/outbox", _l("Outbox")),
    ("/admin", _l("Settings")),
)
# Pages of the same work at an address of their own.
INSIDE = {
    "/cases": ("/contacts",),
    "/analysis": ("/alerts",),
    "/questionnaires": ("/invitations", "/paper"),
    "/callbacks/figures": ("/callbacks/quality",),
}
# Has an entry of its own only for those who may not open the first page of that work.
ELSEWHERE = {"/callbacks/figures": "/callbacks"}
ROLE_NAMES = {
    Role.ADMIN: _l("Administrator"),
    Role.OFFICER: _l("Case officer"),
    Role.AGENT: _l("Callback agent"),
    Role.SUPERVISOR: _l("Supervisor"),
    Role.ANALYST: _l("Quality analyst"),
    Role.AUDITOR: _l("Auditor"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One place to go."""

    path: str
    label: str
    is_current: bool


def navigation() -> list[Entry]:
    """Return where the signed-in person may go; nobody else gets any."""
    if not current_user.is_authenticated:
        return []
    return entries(current_app, current_user.role, request.path)


def entries(app: Flask, role: str, here: str = "") -> list[Entry]:
    """Return the navigation of one role."""
    return [
        Entry(path, str(label), is_current=any(_is_inside(here, p) for p in (path, *INSIDE.get(path, ()))))
        for path, label in WORK
        if _is_open(app, role, path) and not (path in ELSEWHERE and _is_open(app, role, ELSEWHERE[path]))
    ]


def may_open(endpoint: str) -> bool:
    """Return whether the signed-in person may come to a page that is there."""
    return current_user.is_authenticated and current_user.role in ROUTES.get(endpoint, frozenset())


def role_name(role: str) -> str:
    """Return the name of a role in the language of the request."""
    return str(ROLE_NAMES[Role(role)])


def _is_open(app: Flask, role: str, path: str) -> bool:
    return role in ROUTES.get(_endpoint(app, path), frozenset())


def _is_inside(here: str, path: str) -> bool:
    return here == path or (path != "/" and here.startswith(f"{path}/"))


def _endpoint(app: Flask, path: str) -> str:
    try:
        endpoint, _arguments = app.url_map.bind("").match(path, method="GET")
    except HTTPException:  # nothing at this address yet
        return ""
    return str(endpoint)
