"""The figures in a browser: chosen, broken down and read, scripts on or off, at a desk and on a phone."""

import pytest
from playwright.sync_api import Page

from tests import people
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.signing import let_in
from tests.followup.figures.worlds import World

DESK, PHONE = (1366, 650), (390, 844)


@pytest.fixture
def world(site: Site) -> Site:
    """Anna and Amir made the calls of a random world; Sven looks."""
    people.sven(site.database)
    agents = [people.anna(site.database).id, people.amir(site.database).id]
    with site.database.begin() as session:
        World(session, 3, 220, agents).fill()
    return site


def open_as(page: Page, site: Site, name: str, path: str) -> None:
    let_in(page, site, name)
    page.goto(site.url + path)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_period_is_chosen_and_broken_down(world: Site, open_page: Open, scripts: bool) -> None:
    page = open_page(size=DESK, language="en-GB", scripts=scripts)
    open_as(page, world, "sven", "/callbacks/figures")
    page.get_by_label("Period", exact=True).fill("2026Q4")
    page.get_by_label("Break down by").select_option("department")
    page.get_by_role("button", name="Show the figures").click()
    assert "period=2026Q4" in page.url
    assert page.locator(".figure-groups").first.locator("tbody tr").count() == 5  # four, and altogether
    assert "Calls in which a person picked up, of all calls made" in page.inner_text("main")
    page.locator(".figure-defined summary").first.click()
    assert page.get_by_text("What counts", exact=True).first.is_visible()
    if scripts:
        accessible(page)
        fits(page)
        picture(page, "figures-department-en")
    page.get_by_label("Period", exact=True).fill("next week")
    page.get_by_role("button", name="Show the figures").click()
    assert "is not a period" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Period", exact=True).input_value() == "next week"  # nothing typed is lost


def test_an_agent_reads_the_own_line_on_a_phone(world: Site, open_page: Open) -> None:
    page = open_page(size=PHONE, language="en-GB")
    open_as(page, world, "anna", "/callbacks/figures?period=2026Q4")
    assert page.locator("h1").inner_text() == "My figures"
    assert page.get_by_label("Break down by").count() == 0
    fits(page)
    accessible(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download as a table").click()
    assert started.value.suggested_filename == "figures_2026Q4.csv"
