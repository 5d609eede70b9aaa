"""Drivers and scales as an analyst sees them: on the desk and on a phone, with scripts and without."""

import pytest
from playwright.sync_api import expect

from tests import people
from tests.analysis.drivers.stock import LAST_JULY, answer, draw, questionnaire
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.signing import let_in
from tests.browser.test_analysis import DESK, LANGUAGES, PHONE, see_picture

SUMMER = "questionnaire=care&after=2026Q3&before=2025Q3"


@pytest.fixture
def answered(site: Site) -> Site:
    """Answers of two summers."""
    people.lena(site.database)
    version = questionnaire(site.database)
    answer(site.database, version, draw(600, 1))
    answer(site.database, version, draw(500, 2), LAST_JULY)
    return site


@pytest.mark.parametrize(
    ("size", "language"), [(DESK, "zh-CN"), (DESK, "en-GB"), (PHONE, "zh-CN")], ids=["desk", "en", "phone"]
)
def test_the_page_is_accessible_and_fits(answered: Site, open_page: Open, size, language: str):
    page = open_page(size=size, language=language)
    let_in(page, answered, "lena")
    page.goto(f"{answered.url}/analysis/drivers?{SUMMER}&both=1&lang={LANGUAGES[language]}")
    see_picture(page, "figure.chart img")
    for more in page.locator("main details > summary").all():
        more.click()
    fits(page)
    accessible(page)
    picture(page, f"drivers-{LANGUAGES[language]}-{size[0]}", whole=True)


def test_an_analyst_finds_the_first_driver_and_looks_at_both_periods(answered: Site, open_page: Open):
    page = open_page(size=DESK, language="en-GB", scripts=False)
    let_in(page, answered, "lena")
    page.goto(f"{answered.url}/analysis?{SUMMER}")
    page.get_by_role("link", name="Drivers").click()
    expect(page.locator("h1")).to_contain_text("Result goes together with Overall satisfaction most")
    expect(page.locator(".drivers-table tbody tr").first).to_contain_text("Result")
    page.get_by_role("link", name="Both periods side by side").click()
    expect(page.locator(".drivers-table thead")).to_contain_text("Moved, points")
    page.fill("#f-after", "2025Q3")
    page.fill("#f-before", "2024Q3")
    page.get_by_role("button", name="Compare the periods").click()
    expect(page.locator(".finding")).to_contain_text("n = 500")
