"""Every state of a personal link has a page of its own, in both languages, always with the hotline."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text, update

from core import clock, crypto
from surveys import actions
from surveys.models import Ballot, Invitation, Partial, Response
from tests.browser.conftest import Open, Site, Watch
from tests.browser.looks import accessible, fits, picture
from tests.browser.test_respondent import LANGUAGES, choose, invite, submit
from tests.surveys import kinds
from tests.surveys.links import rows

TEL = "a[href='tel:400-000-0000']"


@pytest.fixture(params=LANGUAGES)
def page(request: pytest.FixtureRequest, open_page: Open) -> Page:
    """A phone that speaks one of the languages."""
    opened = open_page(language="en-GB" if request.param == "en" else "zh-CN")
    opened.language = request.param
    return opened


def seen(page: Page, state: str, *, named: bool = True) -> None:
    """The page of a state: in the right language, with hotline, accessible, and nobody's full name."""
    assert page.locator("body").get_attribute("data-state") == state
    assert page.locator("html").get_attribute("lang") == LANGUAGES[page.language]
    expect(page.locator("h1")).to_be_visible()
    assert page.locator(TEL).count() >= 1
    assert "王*" in page.content() or not named
    accessible(page)
    fits(page)
    picture(page, f"state-{state}-{page.language}")


def end(site: Site, step: Callable[..., bool]) -> None:
    (row,) = rows(site.database, Invitation)
    with site.database.begin() as session:
        assert step(session, row.id, actor="test", now=clock.now(), reason="because")


def test_open(site: Site, page: Page):
    page.goto(invite(site, language=page.language))
    seen(page, "open")


def test_saved_in_part(site: Site, page: Page):
    version = kinds.publish(site.database)
    token = kinds.invite(site.database, version, at=clock.now(), language=page.language)
    page.goto(f"{site.url}/s/{token}")
    choose(page, "warm", 2)
    page.locator(".later").click()
    page.wait_for_url("**saved=1*")
    seen(page, "saved", named=False)
    page.goto(f"{site.url}/s/{token}")
    seen(page, "saved", named=False)
    page.locator("div[role=status] a").click()  # goes on where the answers end
    assert page.evaluate("document.activeElement.id || location.hash") in {"night-5", "#night-5"}


def test_answered_and_then_amended(site: Site, page: Page):
    address = invite(site, language=page.language)
    page.goto(address)
    choose(page, "overall", 4)
    submit(page)
    page.wait_for_url("**/thanks*")
    seen(page, "thanks", named=False)
    page.goto(address)
    seen(page, "thanks", named=False)
    page.locator("main a.button").click()
    seen(page, "amending")


def test_locked(site: Site, page: Page):
    page.goto(invite(site, language=page.language))
    choose(page, "overall", 4)
    submit(page)
    page.wait_for_url("**/thanks*")
    page.locator("main a.button").click()
    choose(page, "overall", 1)
    with site.database.begin() as session:  # the page stood open until the time for changes was over
        session.execute(update(Invitation).values(lock_at=clock.now() - timedelta(minutes=1)))
    submit(page)
    expect(page.locator("body")).to_have_attribute("data-state", "locked")
    seen(page, "locked", named=False)
    (response,) = rows(site.database, Response)
    assert response.revision == 1


def test_expired(site: Site, page: Page):
    page.goto(invite(site, language=page.language, days=-1))
    seen(page, "expired", named=False)
    last = clock.now().astimezone(site.database.settings.zone) - timedelta(days=1, seconds=1)
    said = f"{last.month}月{last.day}日" if page.language == "zh_Hans" else f"{last.day} {last:%b}"
    assert said in page.locator("main").inner_text()


@pytest.mark.parametrize(("step", "state"), [(actions.replace, "replaced"), (actions.withdraw, "withdrawn")])
def test_replaced_and_withdrawn(site: Site, page: Page, step: Callable[..., bool], state: str):
    address = invite(site, language=page.language)
    page.goto(address)
    choose(page, "overall", 4)
    end(site, step)  # while the page stands open
    submit(page)
    expect(page.locator("body")).to_have_attribute("data-state", state)
    seen(page, state, named=False)
    page.goto(address)
    seen(page, state, named=False)
    assert rows(site.database, Response) == []


def test_opted_out(site: Site, page: Page):
    address = invite(site, language=page.language)
    page.goto(f"{address}/stop")
    seen(page, "stop", named=False)
    submit(page)
    page.wait_for_url("**/stop?done=1*")
    page.goto(address)
    seen(page, "stopped", named=False)


def test_revoked_looks_like_unknown(site: Site, page: Page):
    address = invite(site, language=page.language)
    end(site, actions.revoke)
    page.goto(address)
    seen(page, "unknown", named=False)
    revoked = page.content()
    page.goto(f"{site.url}/s/{crypto.new_token()}")
    assert page.content() == revoked


def test_a_server_error_keeps_what_was_entered(site: Site, page: Page, watch: Watch):
    page.goto(invite(site, language=page.language))
    choose(page, "overall", 4)
    page.locator("#comment").fill("还在")
    with site.database.begin() as session:
        session.execute(text("ALTER TABLE responses RENAME TO elsewhere"))
    submit(page)
    expect(page.locator("#network")).to_be_visible()
    picture(page, f"state-error-{page.language}")
    expect(page.locator("#comment")).to_have_value("还在")
    with site.database.begin() as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO responses"))
    submit(page)
    page.wait_for_url("**/thanks*")
    assert len(rows(site.database, Response)) == 1
    watch.errors[:] = [error for error in watch.errors if "status of 503" not in error]


def test_anonymous_says_what_it_means(site: Site, page: Page):
    version = kinds.publish(site.database, kinds.all_kinds(anonymous=True))
    about = {"addressee": "王*", "language": page.language}
    address = f"{site.url}/s/{kinds.invite(site.database, version, at=clock.now(), **about)}"
    page.goto(address)
    assert "王" not in page.content()
    expect(page.locator(".note strong")).to_be_visible()
    seen(page, "open", named=False)
    picture(page, f"anonymous-{page.language}")
    choose(page, "overall", 4)
    submit(page)
    page.wait_for_url("**/thanks*")
    seen(page, "thanks", named=False)
    picture(page, f"anonymous-thanks-{page.language}")
    assert page.locator("main a.button").count() == 0
    page.goto(f"{address}?amend=1")
    seen(page, "thanks", named=False)
    assert len(rows(site.database, Ballot)) == 1
    assert rows(site.database, Partial) == []
