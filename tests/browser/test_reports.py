"""The analyst's journey: from a comparison to its report, its files, and one that is made by itself."""

import pytest
from playwright.sync_api import Page, expect

from tests import people
from tests.analysis.answers import two_periods
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits
from tests.browser.signing import let_in
from tests.browser.test_analysis import DESK, PERIODS, PHONE


@pytest.fixture
def compared(site: Site) -> Site:
    """One question answered in two quarters."""
    people.lena(site.database)
    two_periods(site.database, district="城东区")
    return site


@pytest.mark.parametrize(("language", "size"), [("zh-CN", DESK), ("en-GB", PHONE)])
def test_from_the_comparison_to_a_regular_report(
    compared: Site, open_page: Open, language: str, size: tuple[int, int]
) -> None:
    scripts = language == "zh-CN"  # without scripts axe cannot look
    page: Page = open_page(size=size, language=language, scripts=scripts)
    let_in(page, compared, "lena")
    page.goto(f"{compared.url}/analysis?{PERIODS}")
    page.locator("a[href*='/analysis/reports/view']").click()
    expect(page.locator(".report-finding")).to_be_visible()
    fits(page)
    if scripts:
        accessible(page)
    with page.expect_download() as kept:
        page.locator("a[href*='file.docx']").click()
    assert kept.value.suggested_filename.startswith("care_2026Q3_2025Q3_")
    page.locator("a[href*='/analysis/reports/new']").click()
    page.fill("[name=title]", "Quality")
    page.locator("[name=readers]").first.check()
    if scripts:
        accessible(page)
    page.locator("main form button").click()
    expect(page.locator("td a.row-link")).to_have_text("Quality")
    fits(page)
    if scripts:
        accessible(page)
