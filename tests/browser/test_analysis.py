"""The analyst's journey: two periods compared, a filter changed, the address shared, the page printed."""

from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests import people
from tests.analysis.answers import AFTER, BEFORE, FALL, STEADY, count, likert, publish
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.signing import let_in

PERIODS = "questionnaire=care&before=2025Q3&after=2026Q3"
CHART = "figure.chart img[src^='/analysis/chart.png']"  # the trend has one of its own
DESK, PHONE = (1366, 650), (390, 844)
LANGUAGES = {"zh-CN": "zh_Hans", "en-GB": "en"}


@pytest.fixture
def compared(site: Site) -> Site:
    """A questionnaire answered in two quarters, in two districts, by link and by phone."""
    people.lena(site.database)
    version = publish(
        site.database,
        likert("overall", "Overall satisfaction", role="overall"),
        likert("speed", "How fast it was done", not_applicable=True),
        likert("rare"),
        {"key": "more", "kind": "text", "text": {"en": "Anything else?", "zh_Hans": "还有什么想说的？"}},
    )
    for day, overall, speed in zip((BEFORE, AFTER), FALL, STEADY, strict=True):
        for district, mode, part in (("城东区", "web", 1), ("城西区", "phone", 1)):
            answers = {
                "overall": [n * part for n in overall], "speed": {**dict(enumerate(speed, 1)), -3: 7},
                "rare": [1, 2, 1, 2, 1], "more": {1: 40, -2: 300},
            }  # fmt: skip
            count(site.database, version, day, answers, mode=mode, district=district)
    return site


def see_picture(page: Page, chart: str = CHART) -> Image.Image:
    """Wait until the chart is there and return what was sent."""
    image = page.locator(chart)
    expect(image).to_be_visible()
    page.wait_for_function("chart => document.querySelector(chart).complete", arg=chart)
    assert image.evaluate("image => image.naturalWidth") > 0
    source = image.get_attribute("src") or ""
    return Image.open(
        BytesIO(page.request.get(urlsplit(page.url)._replace(path="", query="").geturl() + source).body())
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_is_accessible_and_fits(compared: Site, open_page: Open, size, language: str):
    page = open_page(size=size, language=language)
    let_in(page, compared, "lena")
    page.goto(f"{compared.url}/analysis?{PERIODS}&by=district&adjust=mode&lang={LANGUAGES[language]}")
    see_picture(page)
    for more in page.locator("main details > summary").all():
        more.click()
    fits(page)
    accessible(page)
    picture(page, f"analysis-{LANGUAGES[language]}-{size[0]}", whole=True)
    image = page.locator(CHART)
    width, height = image.get_attribute("width"), image.get_attribute("height")
    box = image.bounding_box()
    assert box is not None
    assert box["height"] / box["width"] == pytest.approx(int(height or 0) / int(width or 1), rel=0.01)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_analyst_compares_changes_a_filter_and_shares_the_address(
    compared: Site, open_page: Open, scripts: bool
):
    page = open_page(size=DESK, language="en-GB", scripts=scripts)
    let_in(page, compared, "lena")
    page.goto(f"{compared.url}/analysis?questionnaire=care")
    page.fill("#f-after", "2026Q3")
    page.fill("#f-before", "2025Q3")
    page.get_by_role("button", name="Compare the periods").click()
    expect(page.locator("h1")).to_contain_text("15 points lower than in Q3 2025")
    page.get_by_text("More choices").click()
    page.select_option("#f-district", "城东区")
    page.get_by_label("Overall satisfaction").check()
    page.get_by_role("button", name="Compare the periods").click()
    shared = page.url
    assert parse_qs(urlsplit(shared).query) == {
        "questionnaire": ["care"], "after": ["2026Q3"], "before": ["2025Q3"], "district": ["城东区"],
        "item": ["overall"],
    }  # fmt: skip
    expect(page.locator(".finding")).to_contain_text("District: 城东区")
    expect(page.locator("#item-overall")).to_contain_text("n = 400")
    expect(page.locator("#item-speed")).to_have_count(0)
    page.goto(f"{compared.url}/analysis")
    page.goto(shared)
    expect(page.locator("#item-overall")).to_contain_text("n = 400")
    assert page.url == shared
    page.go_back()
    page.go_forward()
    expect(page.locator("#f-after")).to_have_value("2026Q3")


def test_a_wrong_period_is_said_and_can_be_mended(compared: Site, open_page: Open):
    page = open_page(size=DESK, language="zh-CN")
    let_in(page, compared, "lena")
    page.goto(f"{compared.url}/analysis?questionnaire=care&before=2025Q3&after=2026Q5&lang=zh_Hans")
    accessible(page)
    expect(page.get_by_role("alert")).to_contain_text("2026Q5")
    assert page.locator("#f-after").get_attribute("aria-invalid") == "true"
    page.fill("#f-after", "2026Q3")
    page.locator(".filters button").click()
    expect(page.locator("#item-overall")).to_be_visible()


def test_paper_holds_the_verdict_the_picture_and_the_address(compared: Site, open_page: Open):
    page = open_page(size=DESK, language="zh-CN")
    let_in(page, compared, "lena")
    page.goto(f"{compared.url}/analysis?{PERIODS}&lang=zh_Hans")
    see_picture(page)
    page.emulate_media(media="print")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".filters")).to_be_hidden()
    expect(page.locator(".foot")).to_contain_text("before=2025Q3")
    box = page.locator(CHART).bounding_box()
    assert box is not None
    assert box["width"] <= 643  # 17 cm
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_the_picture_shows_the_same_words_as_the_page(compared: Site, open_page: Open):
    """Chinese and English pictures differ, and each has ink where its first label stands."""
    page = open_page(size=DESK, language="zh-CN")
    let_in(page, compared, "lena")
    found = []
    for language in ("zh_Hans", "en"):
        page.goto(f"{compared.url}/analysis?{PERIODS}&lang={language}")
        found.append(see_picture(page).convert("L"))
    assert found[0].tobytes() != found[1].tobytes()
    title = found[0].crop((20, 20, 500, 62))
    assert 0.02 < sum(value < 128 for value in title.tobytes()) / (480 * 42) < 0.5
