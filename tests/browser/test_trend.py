"""The trend in a browser: the finding, the picture, the choices with scripts off, on a phone too."""

from datetime import date

import pytest
from playwright.sync_api import expect

from tests import people
from tests.analysis.answers import count, likert, publish
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.signing import let_in
from tests.browser.test_analysis import DESK, LANGUAGES, PHONE, see_picture

TREND = "/analysis/trend?questionnaire=care&after=2024-12&before=2023-12"


@pytest.fixture
def followed(site: Site) -> Site:
    """Two years of monthly answers by link and by phone; the last month falls."""
    people.lena(site.database)
    version = publish(
        site.database, likert("overall", "Overall satisfaction", role="overall"), likert("speed", "Speed")
    )
    for step in range(24):
        day = date(2023 + step // 12, step % 12 + 1, 5)
        usual = [6, 12, 28, 98, 56] if step % 2 else [5, 10, 25, 100, 60]
        answers = {"overall": usual if step < 23 else [60, 60, 30, 30, 20], "speed": usual}
        for mode in ("web", "phone"):
            count(site.database, version, day, answers, mode=mode, district="城东区")
    return site


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_is_accessible_and_fits(followed: Site, open_page: Open, size, language: str):
    page = open_page(size=size, language=language)
    let_in(page, followed, "lena")
    page.goto(f"{followed.url}{TREND}&lang={LANGUAGES[language]}")
    see_picture(page, "figure.chart img")
    for more in page.locator("main details > summary").all():
        more.click()
    fits(page)
    accessible(page)
    picture(page, f"trend-{LANGUAGES[language]}-{size[0]}", whole=True)


def test_choices_work_without_scripts_and_stand_in_the_address(followed: Site, open_page: Open):
    page = open_page(size=DESK, language="en-GB", scripts=False)
    let_in(page, followed, "lena")
    page.goto(f"{followed.url}{TREND}&lang=en")
    expect(page.locator("h1")).to_contain_text("December 2024 stands out: 25%, below what chance allows")
    page.locator(".quick").get_by_text("together", exact=True).click()
    expect(page.locator("table.trend-table")).to_have_count(1)
    page.select_option("#f-item", "speed")
    page.select_option("#f-grain", "quarter")
    page.get_by_role("button", name="Show the trend").click()
    assert "grain=quarter" in page.url
    assert "item=speed" in page.url
    assert "before=2023-12" in page.url
    expect(page.locator("h1")).to_contain_text("Speed: 78.0% in Q4 2024. Limits need 12 judged points")
