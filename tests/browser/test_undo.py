"""Undoing an outcome at the desk: by one key, with scripts off, with all that was typed."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from followup.models import Attempt
from surveys.models import Response
from tests import people as staff
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.test_callback import DESK, queue, sign_in, take  # noqa: F401 # the fixture


def in_call(page: Page) -> str:
    """Take the next callback and show its number; return its address."""
    where = take(page)
    page.keyboard.press("c")
    expect(page.locator("#save")).to_be_enabled()
    return where


def next_one(page: Page, where: str) -> None:
    """Wait until the desk of another callback is there."""
    page.wait_for_url(lambda url: url != where and re.search(r"/callbacks/\d+$", url) is not None)
    expect(page.locator("#undo")).to_be_visible()


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_z_takes_the_last_outcome_back_with_what_was_typed(
    queue: Site,  # noqa: F811
    open_page: Open,
    language: str,
) -> None:
    who = "sven" if language == "en" else "anna"  # whose navigation fills the bar above
    staff.sven(queue.database)
    page = sign_in(queue, open_page(size=DESK), name=who, language=language)
    where = in_call(page)
    page.locator("#note").fill("老人听不清，说得慢一些")
    page.locator("#note").press("Escape")
    page.keyboard.press("a")
    next_one(page, where)
    accessible(page)
    fits(page)
    words, press, beside = (
        page.locator(each).bounding_box() or {}
        for each in ("#undo [role=status]", "#undo button", ".desk-bar-end")
    )
    assert words["x"] + words["width"] <= press["x"] + 1  # said in full, and covered by nothing
    assert press["x"] + press["width"] <= beside["x"] + 1
    assert words["height"] <= 36
    picture(page, f"undo-{language}")
    page.locator("#note").fill("zz")  # in a field Z is a letter
    expect(page.locator("#note")).to_have_value("zz")
    page.locator("#note").press("Escape")
    page.keyboard.press("z")
    page.wait_for_url(where)
    expect(page.locator("#note")).to_have_value("老人听不清，说得慢一些")
    expect(page.locator("a.desk-number")).to_be_visible()
    expect(page.locator("#undo")).to_have_count(0)
    with queue.database.read() as session:
        assert session.scalars(select(Attempt.undone_by)).all() == [who]


def test_answers_come_back_to_the_desk(queue: Site, open_page: Open) -> None:  # noqa: F811
    page = sign_in(queue, open_page(size=DESK))
    where = in_call(page)
    for key in "544352":
        page.keyboard.press(key)
    page.keyboard.press("Control+Enter")
    next_one(page, where)
    page.keyboard.press("z")
    page.wait_for_url(where)
    checked = page.locator(".phone-keys input:checked")
    expect(checked).to_have_count(6)
    assert [each.get_attribute("value") for each in checked.all()] == list("544352")
    with queue.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 0
    page.keyboard.press("Control+Enter")
    next_one(page, where)
    with queue.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 1


def test_without_scripts_the_button_does_it(queue: Site, open_page: Open) -> None:  # noqa: F811
    page = sign_in(queue, open_page(size=DESK, scripts=False))
    page.locator("#next button").click()
    where = page.url
    page.locator(".desk-reveal").click()
    page.locator("button[value=BUSY]").click()
    assert page.url != where
    page.locator("#undo button").click()
    assert page.url == where
    expect(page.locator("a.desk-number")).to_be_visible()
