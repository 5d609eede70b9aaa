"""What every request passes: guard, database, security headers, compression, errors."""

import gzip
import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cache, wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_bootstrap import Bootstrap5
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.middleware.proxy_fix import ProxyFix

from core import clock, logs
from core.auth.navigation import may_open, navigation, role_name
from core.auth.roles import PUBLIC, Role
from core.auth.routes import BEFORE_PASSWORD_CHANGE, ROUTES, UPLOADS
from core.db import Database
from core.errors import HuifangError
from core.i18n import LANGUAGES, _, language
from core.settings import Settings

log = logging.getLogger("huifang.web")
csrf = CSRFProtect()

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
FILES = frozenset({"static", "bootstrap.static", "look.brand", "look.favicon"})  # may be kept by browsers
PACKABLE = frozenset(
    {"text/html", "text/css", "text/javascript", "text/plain", "application/json", "image/svg+xml"}
)
SMALL = 860  # bytes; below this packing saves no packet
FORM_BYTES = 1024 * 1024
UPLOAD_BYTES = 21 * 1024 * 1024  # a 20 MiB file and its form
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
P = ParamSpec("P")
T = TypeVar("T")
DEADLOCKS = {"40P01", "40001"}  # SQLSTATE: deadlock detected, serialization failure


def database() -> Database:
    """Return the database of this application."""
    return cast(Database, current_app.extensions["huifang_database"])


def transaction() -> AbstractContextManager[Session]:
    """Open a transaction for a press; for a look, a session that commits nothing and locks nobody out."""
    return database().read() if request.method in {"GET", "HEAD"} else database().begin()


def settings() -> Settings:
    """Return the settings of this application."""
    return cast(Settings, current_app.config["SETTINGS"])


def init_guard(app: Flask) -> None:
    """Refuse by default, set the headers, and turn errors into pages."""
    proxies = app.config["SETTINGS"].trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    app.before_request(_guard)
    csrf.init_app(app)  # after the guard: who may not come here is told so first
    Bootstrap5(app)
    app.url_defaults(_fingerprint)
    app.after_request(_finish)
    app.register_error_handler(CSRFError, _show_stale_form)
    app.register_error_handler(HuifangError, _show_error)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(OperationalError, _show_busy)
    app.register_error_handler(Exception, _show_failure)
    app.jinja_env.globals.update(
        current_user=current_user,
        navigation=navigation,
        role_name=role_name,
        may_open=may_open,
        is_demo=lambda: g.get("is_demo", False),
        brand_url=lambda: url_for("look.brand", v=app.config["SETTINGS"].brand_colour[1:]),
        other_languages=lambda: [pair for pair in LANGUAGES.items() if pair[0] != language()],
        url_in_language=url_in_language,
    )


def url_in_language(code: str) -> str:
    """Return the address of this page in another language."""
    if request.endpoint is None:
        return f"/?lang={code}"
    return url_for(request.endpoint, **{**(request.view_args or {}), **request.args, "lang": code})


def _guard() -> ResponseReturnValue | None:
    g.request_id = secrets.token_hex(6)
    logs.request_id.set(g.request_id)
    g.now = clock.now()
    if not _is_our_host():
        return Response("This address is not served here. HUIFANG_PUBLIC_URL names the one that is.\n", 400)
    roles = ROUTES.get(request.endpoint or "")
    request.max_content_length = UPLOAD_BYTES if request.endpoint in UPLOADS else FORM_BYTES
    if request.method not in {"GET", "HEAD", "OPTIONS"} and _is_cross_site():
        abort(403, _("This form was sent from another site. Open the page again and repeat the step."))
    if request.endpoint is None:
        return None  # no such page: the 404 says so
    if roles is None:
        abort(403)
    refusal = None if roles is PUBLIC else _require_role(roles)
    if refusal is None:
        _refuse_files()
    return refusal


def _require_role(roles: frozenset[Role]) -> ResponseReturnValue | None:
    if not current_user.is_authenticated:
        target = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("auth.login", next=target if target != "/" else None), code=303)
    g.is_staff_page = True
    g.language = current_user.language or None
    if current_user.role not in roles:
        log.warning("%s was refused %s", current_user.name, request.endpoint)
        abort(403)
    if current_user.must_change and request.endpoint not in BEFORE_PASSWORD_CHANGE:
        return redirect(url_for("auth.password"), code=303)
    return None


def _refuse_files() -> None:
    """Refuse a file where a text is expected: no field of a form could make anything of it."""
    if request.method != "POST" or request.mimetype != "multipart/form-data":
        return
    if not set(request.files) <= ({"file"} if request.endpoint in UPLOADS else set()):
        abort(400, _("This page takes no files."))


def _is_our_host() -> bool:
    """With a public address set, only that host and this machine answer; without one, any name does."""
    public = urlsplit(settings().public_url)
    name = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    return public.hostname in LOOPBACK or name == public.hostname or name in LOOPBACK


def _is_cross_site() -> bool:
    """A press on a button of ours is never cross-site; browsers without the header send Origin."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched:
        return fetched not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if not origin or origin == "null":  # pages that send no referrer send this; the form's token decides
        return False
    public = urlsplit(settings().public_url)
    return origin not in {request.host_url.rstrip("/"), f"{public.scheme}://{public.netloc}"}


def _fingerprint(endpoint: str, values: dict[str, Any]) -> None:
    """Name the content in the address of a file, so that browsers may keep it for a year."""
    if endpoint in {"static", "bootstrap.static"} and "filename" in values:
        values.setdefault("v", _hash_of(endpoint, values["filename"]))


def _hash_of(endpoint: str, filename: str) -> str | None:
    owner = current_app if endpoint == "static" else current_app.blueprints["bootstrap"]
    path = Path(owner.static_folder or "", filename)
    return _content_hash(path, path.stat().st_mtime_ns) if path.is_file() else None


@cache
def _content_hash(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = g.get("request_id", "-")
    if settings().https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint in FILES and response.status_code in {200, 304}:
        response.headers["Cache-Control"] = _how_long()
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    if response.mimetype in PACKABLE:
        _pack(response)
    return response


def _how_long() -> str:
    """A year for an address that names the present content, five minutes for any other."""
    named, filename = request.args.get("v"), (request.view_args or {}).get("filename")
    present = _hash_of(str(request.endpoint), filename) if filename else settings().brand_colour[1:]
    return "public, max-age=31536000, immutable" if named and named == present else "public, max-age=300"


def _pack(response: Response) -> None:
    """Compress texts. Pages repeat no secret across sites: the cookie is SameSite."""
    response.vary.add("Accept-Encoding")
    is_file = request.endpoint in FILES
    if response.is_streamed and not (is_file and response.status_code == 200):
        return
    if request.method == "HEAD" or "Content-Encoding" in response.headers or not _takes_gzip():
        return
    response.direct_passthrough = False
    body = response.get_data()
    if is_file:
        response.close()  # the file was read
    if len(body) < SMALL:
        return
    response.set_data(_packed(body, 9) if is_file else gzip.compress(body, 5, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    if is_file and "ETag" in response.headers:
        response.set_etag(response.get_etag()[0] or "", weak=True)


def _takes_gzip() -> bool:
    return bool(request.accept_encodings["gzip"])


@cache
def _packed(body: bytes, level: int) -> bytes:
    """Files are few and stay the same: pack each once."""
    return gzip.compress(body, level, mtime=0)


def _show_stale_form(_error: CSRFError) -> ResponseReturnValue:
    return error_page(
        400, _("The page was open for too long. Go back, reload it and send it again; nothing was saved.")
    )


def _show_error(error: HuifangError) -> ResponseReturnValue:
    if error.status >= 500:
        log.error("request %s: %s", g.get("request_id", "-"), error, exc_info=error)
    said = str(error)
    return error_page(error.status, "" if said == HuifangError.default_of(type(error)) else said)


def _show_http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    if error.code is not None and 300 <= error.code < 400:  # a routing redirect
        return error
    said = "" if error.description == type(error).description else error.description or ""
    page, status = error_page(error.code or 500, said)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        return page, status, {"Allow": ", ".join(sorted(error.valid_methods))}
    return page, status


def _show_busy(error: OperationalError) -> ResponseReturnValue:
    """The database is locked, full, restarting or gone: nothing was written, pressing again may work."""
    log.error("request %s: the database refused", g.get("request_id", "-"), exc_info=error)
    page, status = error_page(503, _("The system is busy. Nothing was saved; wait a moment and press again."))
    return page, status, {"Retry-After": "5"}


def again_after_deadlock(view: Callable[P, T]) -> Callable[P, T]:
    """Run a view once more when PostgreSQL broke its transaction to end a deadlock: nothing was written."""

    @wraps(view)
    def patient(*given: P.args, **arguments: P.kwargs) -> T:
        try:
            return view(*given, **arguments)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in DEADLOCKS:
                raise
            return view(*given, **arguments)

    return patient


def _show_failure(error: Exception) -> ResponseReturnValue:
    log.error("request %s failed", g.get("request_id", "-"), exc_info=error)
    return error_page(500, "")


def problem(
    status: int, message: str, headers: Mapping[str, str] | None = None, **more: object
) -> tuple[Response, int]:
    """Tell a program what went wrong, after RFC 9457."""
    phrase = HTTPStatus(status).phrase
    said = {"type": "about:blank", "title": phrase, "status": status, "detail": message or phrase}
    response = jsonify(said | {"request_id": g.get("request_id", "")} | more)
    response.mimetype = "application/problem+json"
    response.headers.update(headers or {})
    return response, status


def error_page(status: int, message: str) -> tuple[str | Response, int]:
    """Show one sentence and the way on; never a trace, a path or SQL."""
    headline = {
        400: _("The request could not be read"),
        403: _("Your role does not allow this"),
        404: _("There is nothing at this address"),
        405: _("This address does not work that way"),
        409: _("Somebody else was faster"),
        413: _("That is too large"),
        422: _("Something has to be mended first"),
        429: _("Too many tries"),
        503: _("Just a moment"),
    }.get(status, _("Something went wrong on our side"))
    if request.path.startswith("/api/"):
        return problem(status, message or headline)
    page = render_template(
        "error.html" if _is_for_staff(status) else "error_public.html",
        headline=headline,
        message=message,
        status=status,
        request_id=g.get("request_id", ""),
    )
    return page, status


def _is_for_staff(status: int) -> bool:
    """Tell whether the reader is signed in, without asking the database when that is what failed."""
    if g.get("is_staff_page"):
        return True
    return request.endpoint is None and status < 500 and bool(current_user.is_authenticated)
