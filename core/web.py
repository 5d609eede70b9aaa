"""What every request passes: database, guard, security headers, errors."""

import logging
import secrets
from typing import Any, cast

from flask import Flask, Response, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from core.auth.roles import PUBLIC, ROUTES
from core.db import Database
from core.errors import HuifangError
from core.i18n import _
from core.settings import Settings

log = logging.getLogger("huifang.web")

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def database() -> Database:
    """Return the database of this application."""
    return cast(Database, current_app.extensions["huifang_database"])


def settings() -> Settings:
    """Return the settings of this application."""
    return cast(Settings, current_app.config["SETTINGS"])


def init_guard(app: Flask) -> None:
    """Refuse by default, set the headers, and turn errors into pages."""
    app.before_request(_guard)
    app.after_request(_headers)
    app.register_error_handler(HuifangError, _show_error)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(Exception, _show_failure)


def _guard() -> ResponseReturnValue | None:
    g.request_id = secrets.token_hex(6)
    if request.method not in {"GET", "HEAD", "OPTIONS"} and _is_cross_site():
        abort(403, _("This form was sent from another site. Open the page again and repeat the step."))
    if request.endpoint is None:
        return None  # no such page: the 404 says so
    roles = ROUTES.get(request.endpoint)
    if roles is None:
        abort(403)
    return None if roles is PUBLIC else _require_role(roles)


def _require_role(roles: Any) -> ResponseReturnValue | None:
    from flask_login import current_user  # noqa: PLC0415 # reads the session only where one is needed

    if not current_user.is_authenticated:
        target = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("auth.login", next=target if target != "/" else None), code=303)
    if current_user.role not in roles:
        abort(403)
    g.language = current_user.language or None
    return None


def _is_cross_site() -> bool:
    """A press on a button of ours is never cross-site; browsers without the header send Origin."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched:
        return fetched not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return bool(origin) and origin != "null" and origin != request.host_url.rstrip("/")


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint not in {"static", "bootstrap.static"}:
        response.headers.setdefault("Cache-Control", "no-store")
    if settings().https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response


def _show_error(error: HuifangError) -> ResponseReturnValue:
    return error_page(error.status, str(error))


def _show_http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    if error.code is not None and 300 <= error.code < 400:  # a routing redirect
        return error  # type: ignore[return-value] # Werkzeug's exceptions are responses too
    return error_page(
        error.code or 500, "" if error.description == type(error).description else error.description or ""
    )


def _show_failure(error: Exception) -> ResponseReturnValue:
    log.exception("request %s failed", g.get("request_id", "-"), exc_info=error)
    return error_page(500, "")


def error_page(status: int, message: str) -> ResponseReturnValue:
    """Show one sentence and the way on; never a trace, a path or SQL."""
    headline = {
        400: _("The request could not be read"),
        403: _("Your role does not allow this"),
        404: _("There is nothing at this address"),
        405: _("This address does not work that way"),
        409: _("Somebody else was faster"),
        413: _("The file is too large"),
        422: _("Something has to be mended first"),
        429: _("Too many tries"),
    }.get(status, _("Something went wrong on our side"))
    template = "error_public.html" if ROUTES.get(request.endpoint or "") is PUBLIC else "error.html"
    page = render_template(
        template, headline=headline, message=message, status=status, request_id=g.get("request_id", "")
    )
    return page, status
