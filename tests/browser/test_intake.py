"""The public pages in a browser: a phone, large type, with and without scripts, both languages."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from followup.models import Case
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, boxes, enlarge, fits, picture

PHONE = (390, 844)
LANGUAGES = {"zh-CN": "zh", "en": "en"}
TRAP_SECONDS = 3.2


def fill(page: Page) -> None:
    """Fill the form in as somebody would who types on a phone."""
    page.locator("label[for=kind-repair]").click()
    page.locator("#words").fill("暖气不热，已经三天了。家里有老人。")
    page.locator("#address").fill("和平里7号楼2单元301")
    page.locator("#name").fill("王小明")
    page.locator("#phone").fill("138 1234 5678")


def judge(page: Page, name: str) -> None:
    """Look at a page: nothing too wide, nothing inaccessible, targets for a finger; keep a picture."""
    fits(page)
    accessible(page)
    assert min(box["height"] for box in boxes(page, "button.send, a.button")) >= 60
    picture(page, name, whole=True)


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_matter_is_handed_in_and_followed(
    site: Site, open_page: Open, language: str, *, scripts: bool
) -> None:
    page, short = open_page(size=PHONE, language=language, scripts=scripts), LANGUAGES[language]
    page.goto(f"{site.url}/feedback")
    if scripts:
        judge(page, f"feedback-{short}")
    page.locator("button.send").click()
    expect(page.locator("#errors")).to_be_visible()
    if scripts:
        judge(page, f"feedback-mend-{short}")
    fill(page)
    page.wait_for_timeout(TRAP_SECONDS * 1000)
    page.locator("button.send").dblclick(no_wait_after=True)
    page.wait_for_url(re.compile("/feedback/sent/"))
    number = page.locator(".number").inner_text()
    if scripts:
        judge(page, f"feedback-sent-{short}")
    with site.database.read() as session:
        assert [case.number for case in session.scalars(select(Case))] == [number]

    page.locator("a.button").click()
    if scripts:
        judge(page, f"progress-{short}")
    page.locator("#number").fill(number)
    page.locator("#digits").fill("0000")
    page.locator("#digits").press("Enter")
    expect(page.locator("#errors")).to_be_visible()
    if scripts:
        judge(page, f"progress-wrong-{short}")
    page.locator("#digits").fill("5678")
    page.locator("button.send").click()
    expect(page.locator("dl.dates")).to_be_visible()
    assert page.locator("dl.dates dd").count() == 1
    if scripts:
        judge(page, f"progress-shown-{short}")


def test_large_type_on_a_small_phone_does_not_scroll_sideways(site: Site, open_page: Open) -> None:
    page = open_page(size=(320, 640))
    for path in ("/feedback", "/progress"):
        page.goto(f"{site.url}{path}")
        enlarge(page, 200)
        fits(page)


def test_switching_the_language_keeps_what_was_typed(site: Site, open_page: Open) -> None:
    page = open_page(size=(1366, 650), language="en")
    page.goto(f"{site.url}/feedback")
    fill(page)
    picture(page, "feedback-office-en")
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    assert page.locator("#kind-repair").is_checked()
    assert page.locator("#name").input_value() == "王小明"
    picture(page, "feedback-office-zh")
