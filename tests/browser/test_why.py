"""Why a figure changed, in a browser: readable, accessible, and the same without scripts."""

import pytest
from playwright.sync_api import expect

from tests import people
from tests.analysis.answers import AFTER, BEFORE, STEADY, count, likert, publish
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.signing import let_in
from tests.browser.test_analysis import DESK, LANGUAGES, PHONE, see_picture

PERIODS = "questionnaire=care&before=2025Q3&after=2026Q3"
EASY, HARD = [0, 0, 10, 50, 40], [30, 30, 20, 15, 5]


@pytest.fixture
def shifted(site: Site) -> Site:
    """Two districts that stay as they are, of which the harder one answers more the second time."""
    people.lena(site.database)
    version = publish(
        site.database, likert("overall", "Overall satisfaction", role="overall"), likert("speed", "Speed")
    )
    for day, easy, hard in ((BEFORE, 3, 1), (AFTER, 1, 3)):
        for district, mode, counts, times in (("城东区", "web", EASY, easy), ("城西区", "phone", HARD, hard)):
            answers = {"overall": [n * times for n in counts], "speed": STEADY[0]}
            count(site.database, version, day, answers, mode=mode, district=district)
            count(site.database, version, day, {"overall": {3: 3}}, mode=mode, district="滨河新区")
    return site


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_is_accessible_and_fits(shifted: Site, open_page: Open, size, language: str):
    page = open_page(size=size, language=language)
    let_in(page, shifted, "lena")
    page.goto(f"{shifted.url}/analysis/why?{PERIODS}&lang={LANGUAGES[language]}")
    see_picture(page, "figure.chart img")
    for more in page.locator("main details:not([open]) > summary").all():
        more.click()
    fits(page)
    accessible(page)
    picture(page, f"why-{LANGUAGES[language]}-{size[0]}", whole=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_analyst_looks_at_another_question_and_filters_it(shifted: Site, open_page: Open, scripts: bool):
    page = open_page(size=DESK, language="en-GB", scripts=scripts)
    let_in(page, shifted, "lena")
    page.goto(f"{shifted.url}/analysis?{PERIODS}")
    page.get_by_role("navigation", name="Pages of the analysis").get_by_text("Why", exact=True).click()
    expect(page.locator(".why-headline")).to_contain_text("come from a changed mix")
    expect(page.locator("#mode")).to_contain_text("With the way of answering held constant")
    page.get_by_role("navigation", name="Questions").get_by_text("Speed").click()
    expect(page.locator("h1")).to_contain_text("Speed: no clear change to explain")
    page.get_by_text("More choices").click()
    page.select_option("#f-mode", "web")
    page.get_by_role("button", name="Compare the periods").click()
    assert "/analysis/why?" in page.url
    expect(page.locator(".finding")).to_contain_text("Way of answering: By link")
