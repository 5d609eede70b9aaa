"""The desk with every kind of question: opened by conditions, answered by keyboard alone."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from core import clock
from followup.jobs import tick
from followup.models import Callback
from surveys.answering import stored_answers
from surveys.models import Missing, Response
from surveys.parsing import Given
from tests import people as staff
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.test_callback import DESK, sign_in, take
from tests.followup import factories as make
from tests.surveys import kinds
from tests.surveys.links import rows


@pytest.fixture
def queue(site: Site) -> Site:
    """Anna, and two customers who are asked everything."""
    now = clock.now()
    staff.anna(site.database)
    kinds.publish(site.database, key="return_visit")
    with site.database.begin() as session:
        make.new_rule(session, make.by_phone(), now=now)
        for _n in range(2):
            make.closed_case(session, now=now)
    tick(site.database, now=now)
    with site.database.begin() as session:
        session.execute(
            update(Callback).values(state="ready", priority=10, ready_at=now - timedelta(hours=1))
        )
    return site


def stored(site: Site) -> dict[str, Given]:
    version = kinds.publish(site.database, key="return_visit")
    (response,) = rows(site.database, Response)
    with site.database.read() as session:
        return stored_answers(session, version, response.id)


def begin(site: Site, page: Page, language: str = "en") -> str:
    sign_in(site, page, language=language)
    address = take(page)
    page.keyboard.press("c")
    expect(page.locator("a.desk-number")).to_be_visible()
    return address


def shown(page: Page) -> list[str]:
    return page.evaluate(
        "[...document.querySelectorAll('.phone-item')].filter(e => e.offsetParent).map(e => e.dataset.item)"
    )


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_every_kind_is_asked_by_keyboard(queue: Site, open_page: Open, language: str) -> None:
    page = open_page(size=DESK)
    first = begin(queue, page, language)
    assert "web_only" not in shown(page)
    assert "agent_note" in shown(page)
    assert not {"reason", "pipes", "wechat", "visit", "cold"} & set(shown(page))
    for key in ("2", "2", "4", "3", "1", "0"):  # 1 and 0 together are ten
        page.keyboard.press(key)
    assert {"reason", "pipes"} <= set(shown(page))
    expect(page.locator("#nps-10")).to_be_checked()
    page.keyboard.press("9")  # way: other
    expect(page.locator("#way-other")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("3")  # of several answers both
    page.keyboard.press("ArrowDown")
    page.keyboard.press("1")
    assert {"wechat", "visit"} <= set(shown(page))
    page.locator("#way-other").fill("邻居转告")
    page.locator("#i-degrees").fill("5")
    page.locator("label[for='poor_reason-unsaid']").click()  # two of five is poor: the desk asks why
    picture(page, f"desk-kinds-{language}")
    accessible(page)
    fits(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#e-degrees")).to_be_visible()  # unlikely: asked once
    assert page.url.startswith(first)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: not url.startswith(first))
    found = stored(queue)
    assert (found["nps"].value, found["degrees"].number) == (10, 5)
    assert found["way"] == Given(value=9, words="邻居转告")
    assert found["ways"].codes == (2, 3)
    assert found["pipes"].value == 3
    assert found["web_only"].missing is Missing.NOT_ASKED


def test_a_one_followed_at_once_by_another_digit_stays_a_one(queue: Site, open_page: Open) -> None:
    page = open_page(size=DESK)
    begin(queue, page)
    for key in ("2", "2", "4", "3", "1", "2"):  # 1 on a scale up to ten, and 2 for the item after it
        page.keyboard.press(key)
    page.wait_for_timeout(900)  # a ten would have been decided by now
    expect(page.locator("#nps-1")).to_be_checked()
    expect(page.locator("#way-2")).to_be_checked()


def test_refusals_are_kept_for_every_kind_without_scripts(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK, scripts=False))
    page.locator("#next button").click()
    page.wait_for_url(re.compile(r"/callbacks/\d+$"))
    page.locator(".desk-reveal").click()
    expect(page.locator("a.desk-number")).to_be_visible()
    assert page.locator(".phone-only-if").first.is_visible()
    for label in ("overall-4", "nps-refused", "ways-refused", "degrees-dont_know", "way-dont_know"):
        page.locator(f"label[for='{label}']").click()
    page.locator("#way-other").fill("")
    page.locator("#save").click()
    page.wait_for_url(re.compile(r"/callbacks/\d+$"))
    found = stored(queue)
    kept = {key: found[key].missing for key in ("nps", "ways", "degrees", "way")}
    assert kept == {
        "nps": Missing.REFUSED, "ways": Missing.REFUSED, "degrees": Missing.DONT_KNOW,
        "way": Missing.DONT_KNOW,
    }  # fmt: skip
