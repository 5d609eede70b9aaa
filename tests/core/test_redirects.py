"""Where a person lands after signing in: only ever on a page of ours."""

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.urls import uri_to_iri

from core.auth.signin import local_path
from tests.people import PASSWORD, csrf_token

ELSEWHERE = [
    "http://evil.example", "https://evil.example/", "HTTPS://evil.example", "//evil.example",
    "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "/\\/evil.example", "http:evil.example", "http:/evil.example", "javascript:alert(1)",
    "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", " //evil.example", "\t//evil.example",
    "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\x00//evil.example",
    "/%2f/evil.example", "/%2fevil.example", "/%2Fevil.example", "/%5cevil.example", "/%5Cevil.example",
    "/%252fevil.example", "/%25252fevil.example", "%2f%2fevil.example", "/%09/evil.example",
    "/%0a/evil.example", "/%0d%0aLocation:%20//evil.example", "／／evil.example", "/／evil.example",
    "/＼evil.example", "evil.example", "evil.example/cases", "?next=//evil.example", "#x", "",
    "/" + "x" * 2000, "//evil.example@ours.example/", "/ /evil.example", "/\u2028/evil.example",
]  # fmt: skip
OURS = [
    "/", "/cases", "/cases?state=open&page=2", "/cases/20261121-0042", "/analysis?before=2026Q1&after=2026Q2",
    "/cases?text=%E4%BE%9B%E6%9A%96", "/cases?text=供暖", "/account#language", "/cases?back=https://x.example/y",
]  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
def test_other_places_become_the_first_page(target: str) -> None:
    assert local_path(target) == "/"


@pytest.mark.parametrize("target", OURS)
def test_our_own_pages_stay(target: str) -> None:
    assert local_path(target) == target


def test_no_target_is_the_first_page() -> None:
    assert local_path(None) == "/"


@given(st.text(alphabet="/\\%25cfFCh:e.@?#\t\n\r \x00／＼", max_size=12))
def test_whatever_is_asked_stays_on_this_site(tail: str) -> None:
    for target in (tail, "/" + tail, "/" + tail + "evil.example"):
        found = local_path(target)
        browser = "".join(c for c in found if c not in "\t\r\n").replace("\\", "/")
        assert browser.startswith("/")
        assert not browser.startswith("//")
        assert not uri_to_iri(browser.split("?")[0].split("#")[0]).startswith("//")


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/%5cevil.example"])
def test_signing_in_leads_nowhere_else(anonymous: FlaskClient, target: str) -> None:
    data = {"name": "anna", "password": PASSWORD, "csrf_token": csrf_token(anonymous, "/login")}
    answer = anonymous.post("/login", query_string={"next": target}, data=data)
    assert (answer.status_code, answer.location) == (303, "/")


def test_signing_in_leads_back_to_the_page_that_was_asked_for(anonymous: FlaskClient) -> None:
    sent = anonymous.get("/account?from=x")
    assert sent.location.startswith("/login?next=")
    data = {"name": "anna", "password": PASSWORD, "csrf_token": csrf_token(anonymous, sent.location)}
    assert anonymous.post(sent.location, data=data).location == "/account?from=x"
