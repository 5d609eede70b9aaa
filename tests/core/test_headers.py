"""What every answer carries, whatever it is: policy, caching, compression, cookies, quiet errors."""

import gzip
import logging
import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from core.auth.roles import PUBLIC
from core.auth.routes import ROUTES
from core.db import Database
from core.errors import InputError
from core.settings import Settings
from core.web import CSP, FORM_BYTES
from tests.people import csrf_token, sign_in

STAFF_PAGES = [
    "/account", "/account/password", "/admin/users", "/admin/users/1", "/admin/users/add", "/admin/audit",
    "/admin/settings", "/admin/calendar", "/nothing-here",
]  # fmt: skip
EVERYWHERE = [
    "/login",
    "/admin/users",
    "/nothing-here",
    "/static/css/staff.css",
    "/static/none.css",
    "/brand.css",
]
ALWAYS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Markup(HTMLParser):
    """Collects what the content security policy would drop, and where a page fetches from."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.fetched: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.inline += [f"<{tag} {name}>" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(f"<{tag}>")
        if tag in {"script", "img", "link", "iframe"}:
            self.fetched.append(given.get("src") or given.get("href") or "")


def markup(page: str) -> Markup:
    found = Markup()
    found.feed(page)
    return found


@pytest.fixture
def https(sqlite_settings: Settings, small_database: Database) -> FlaskClient:
    settings = replace(sqlite_settings, public_url="https://huifang.example")
    return create_app(settings, small_database).test_client()


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_carries_the_security_headers(admin: FlaskClient, path: str) -> None:
    with admin.get(path) as answer:
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
        assert "Permissions-Policy" in answer.headers


def test_the_policy_lets_nothing_inline_and_nobody_frame_us() -> None:
    rules = dict(part.strip().split(" ", 1) for part in CSP.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == rules["object-src"] == "'none'"
    assert "unsafe" not in CSP


@pytest.mark.parametrize("path", ["/login", *STAFF_PAGES])
def test_no_page_has_anything_inline_or_from_elsewhere(
    admin: FlaskClient, anonymous: FlaskClient, path: str
) -> None:
    page = (anonymous if path == "/login" else admin).get(path).get_data(as_text=True)
    found = markup(page)
    assert found.inline == []
    assert [address for address in found.fetched if urlsplit(address).netloc] == []


@pytest.mark.parametrize("path", ["/login", "/admin/users", "/s/unknown", "/nothing-here"])
def test_pages_are_never_kept_by_browsers(admin: FlaskClient, path: str) -> None:
    assert admin.get(path).headers["Cache-Control"] == "no-store"


def test_pages_that_depend_on_the_cookie_say_so(admin: FlaskClient) -> None:
    assert "Cookie" in admin.get("/admin/users").headers["Vary"]


def test_files_are_kept_for_a_year_under_an_address_that_names_their_content(anonymous: FlaskClient) -> None:
    page = anonymous.get("/login").get_data(as_text=True)
    address = re.search(r'href="(/static/css/staff.css\?v=[0-9a-f]{12})"', page).group(1)
    for asked, kept in [
        (address, "immutable"),
        (address[:-1] + "x", "max-age=300"),
        ("/static/css/staff.css", "300"),
    ]:
        with anonymous.get(asked) as answer:
            assert kept in answer.headers["Cache-Control"]
            assert "Set-Cookie" not in answer.headers


def test_the_brand_colour_of_the_settings_reaches_the_page(
    sqlite_settings: Settings, small_database: Database
) -> None:
    client = create_app(replace(sqlite_settings, brand_colour="#7a1f5c"), small_database).test_client()
    assert 'href="/brand.css?v=7a1f5c"' in client.get("/login").get_data(as_text=True)
    answer = client.get("/brand.css?v=7a1f5c")
    assert "--brand: #7a1f5c" in answer.get_data(as_text=True)
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/login", "/static/css/staff.css", "/bootstrap/static/css/bootstrap.min.css"]
)
def test_texts_travel_compressed_where_the_browser_can(anonymous: FlaskClient, path: str) -> None:
    with anonymous.get(path) as plain, anonymous.get(path, headers={"Accept-Encoding": "gzip, br"}) as packed:
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 1.5
        hide = lambda page: re.sub(rb'csrf_token" value="[^"]+', b"", page)  # noqa: E731
        assert hide(gzip.decompress(packed.data)) == hide(plain.data)


@pytest.mark.parametrize(
    ("path", "encoding"), [("/brand.css", "gzip"), ("/login", "gzip;q=0"), ("/login", "br")]
)
def test_small_texts_and_other_browsers_get_them_plain(
    anonymous: FlaskClient, path: str, encoding: str
) -> None:
    answer = anonymous.get(path, headers={"Accept-Encoding": encoding})
    assert "Content-Encoding" not in answer.headers


def test_a_file_that_did_not_change_is_not_sent_again(anonymous: FlaskClient) -> None:
    asks = {"Accept-Encoding": "gzip"}
    with anonymous.get("/static/css/staff.css", headers=asks) as first:
        tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    with anonymous.get("/static/css/staff.css", headers=asks | {"If-None-Match": tag}) as second:
        assert second.status_code == 304
        assert second.data == b""


# --- cookies -------------------------------------------------------------------------------------


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(anonymous: FlaskClient) -> None:
    cookie = anonymous.get("/login").headers["Set-Cookie"]
    assert cookie.startswith("huifang=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_with_https_the_cookie_is_bound_to_the_host(https: FlaskClient) -> None:
    answer = https.get("/login", base_url="https://huifang.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-huifang=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("path", ["/s/unknown", "/s/" + "A" * 22, "/brand.css", "/healthz", "/nothing-here"])
def test_pages_for_customers_set_no_cookie(anonymous: FlaskClient, path: str) -> None:
    with anonymous.get(path) as answer:
        assert "Set-Cookie" not in answer.headers


# --- errors --------------------------------------------------------------------------------------


@pytest.fixture
def broken(small_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application in which the account page fails, as staff, and the health page, as public."""

    def fail() -> str:
        raise RuntimeError("SELECT secret FROM /srv/place")

    for endpoint in ("auth.account", "health.alive"):
        monkeypatch.setitem(small_app.view_functions, endpoint, fail)
    return small_app


@pytest.mark.parametrize("path", ["/account", "/healthz"])
def test_a_failure_shows_a_number_and_nothing_else(
    broken: Flask, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = sign_in(broken.test_client(), "ada").get(path)
    page, number = answer.get_data(as_text=True), answer.headers["X-Request-Id"]
    assert answer.status_code == 500
    assert number in page
    assert number in caplog.text
    for inside in ("RuntimeError", "Traceback", "SELECT", "/work", ".py"):
        assert inside not in page
    assert answer.headers["Content-Security-Policy"] == CSP


def test_a_database_that_is_gone_still_gets_an_error_page(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: Database) -> object:
        raise ConnectionError("the server closed the connection")

    monkeypatch.setattr(Database, "read", gone)
    answer = admin.get("/account")
    assert answer.status_code == 500
    assert "<h1>" in answer.get_data(as_text=True)


def test_an_error_of_ours_is_shown_as_its_sentence(small_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> str:
        raise InputError("The date is in the past. Choose a later one.")

    monkeypatch.setitem(small_app.view_functions, "auth.account", refuse)
    answer = sign_in(small_app.test_client(), "ada").get("/account")
    assert answer.status_code == 422
    assert "The date is in the past." in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing-here", 404),
        ("PUT", "/account", 405),
        ("GET", "/logout", 405),
        ("GET", "/admin/users/99", 404),
    ],
)
def test_wrong_addresses_get_a_page_with_a_way_on(
    admin: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = admin.open(path, method=method)
    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert "<h1>" in page
    assert 'href="/"' in page
    assert "werkzeug" not in page.lower()


@pytest.mark.parametrize("path", ["/account", "/login"])
def test_a_body_that_is_too_large_gets_a_page(small_app: Flask, path: str) -> None:
    client = small_app.test_client()
    if path == "/account":
        sign_in(client, "ada")
    answer = client.post(path, data={"display_name": "x" * (FORM_BYTES + 1)})
    assert answer.status_code == 413
    assert "<h1>" in answer.get_data(as_text=True)


def test_a_form_that_was_open_too_long_says_so_and_keeps_nothing(admin: FlaskClient) -> None:
    answer = admin.post("/account", data={"display_name": "Somebody", "csrf_token": "old"})
    assert answer.status_code == 400
    assert "reload it" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "tail", ["\x00", "%00", "%ff", "\ud800", "'; DROP TABLE users", "<script>alert(1)</script>"]
)
def test_odd_addresses_are_plainly_not_found(admin: FlaskClient, tail: str) -> None:
    answer = admin.get("/" + tail.encode("utf-8", "surrogatepass").decode("latin-1"))
    assert answer.status_code in {400, 404}
    assert "<script>alert" not in answer.get_data(as_text=True)


# --- hosts and proxies ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "status"),
    [("huifang.example", 200), ("huifang.example:443", 200), ("localhost:8080", 200), ("evil.example", 400)],
)
def test_with_a_public_address_other_hosts_are_not_served(https: FlaskClient, host: str, status: int) -> None:
    assert https.get("/healthz", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(("proxies", "counted"), [(0, "127.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.4")])
def test_only_as_many_proxies_are_believed_as_were_named(
    sqlite_settings: Settings,
    small_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    proxies: int,
    counted: str,
) -> None:
    seen: list[str] = []
    monkeypatch.setattr("core.auth.views._count_try", lambda _name, address, _now: seen.append(address))
    client = create_app(replace(sqlite_settings, trusted_proxies=proxies), small_database).test_client()
    data = {"name": "anna", "password": "a wrong one", "csrf_token": csrf_token(client, "/login")}
    client.post("/login", data=data, headers={"X-Forwarded-For": "192.0.2.1, 198.51.100.4, 203.0.113.9"})
    assert seen == [counted]


def test_an_origin_is_compared_with_the_address_behind_the_proxy(
    sqlite_settings: Settings, small_database: Database
) -> None:
    settings = replace(sqlite_settings, public_url="https://huifang.example", trusted_proxies=1)
    client = create_app(settings, small_database).test_client()
    proxied = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "huifang.example",
        "X-Forwarded-For": "192.0.2.1",
    }
    ours = client.post("/login", headers=proxied | {"Origin": "https://huifang.example"})
    theirs = client.post("/login", headers=proxied | {"Origin": "https://evil.example"})
    assert (ours.status_code, theirs.status_code) == (400, 403)  # 400: the token is missing


def test_nothing_for_customers_asks_who_is_signed_in() -> None:
    assert all(roles is PUBLIC for endpoint, roles in ROUTES.items() if endpoint.startswith("respond."))
