"""The sentence of a rule in a browser: chosen, tried and saved, scripts on or off."""

import pytest
from playwright.sync_api import Page

from core import clock
from tests import people
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible
from tests.browser.signing import let_in
from tests.followup import factories as make

DESK = (1366, 650)


def sign_in(page: Page, site: Site) -> None:
    people.sven(site.database)
    with site.database.begin() as session:
        now = clock.now()
        make.new_rule(session, now=now)
        for kind in ("complaint", "repair", "praise"):
            make.closed_case(session, now=now, kind=kind, category="供暖/温度不达标")
    let_in(page, site, "sven")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_rule_is_chosen_tried_and_saved(site: Site, open_page: Open, scripts: bool) -> None:
    page = open_page(size=DESK, language="en-GB", scripts=scripts)
    sign_in(page, site)
    page.goto(f"{site.url}/rules/1")
    page.locator("summary", has_text="Category").click()
    page.get_by_label("供暖", exact=True).check()
    if scripts:
        assert page.locator("summary", has_text="Category").inner_text() == "Category 供暖"
        accessible(page)
        page.keyboard.press("Escape")
    page.locator("summary", has_text="Kind of case").click()
    page.get_by_label("Complaint").first.check()
    page.get_by_role("button", name="Try on the last 30 days").click(force=True)
    assert "this rule fits 1 and would have asked about 1" in page.inner_text("#trial")
    assert "0 cases are added, 2 are not asked about any more" in page.inner_text("#trial")
    if scripts:
        accessible(page)
    page.get_by_role("button", name="Only those gone").click()
    assert page.locator("#trial tbody tr").count() == 2
    page.get_by_role("button", name="Save the rule").click()
    page.wait_for_url(f"{site.url}/rules")
    assert "kind Complaint (Category: 供暖)" in page.inner_text("main")


def test_the_pages_of_the_rules_are_accessible(site: Site, open_page: Open) -> None:
    page = open_page(size=DESK, language="en-GB")
    sign_in(page, site)
    for path in ("/rules", "/rules/new", "/rules/presets"):
        page.goto(site.url + path)
        accessible(page)
