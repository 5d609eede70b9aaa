"""The notice of the result as the browser prints it: one A4 page, and only after a recorded press."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import people as staff
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, picture
from tests.browser.test_paper_print import OFFICE, pages_of, sign_in
from tests.followup.factories import close, new_case, new_contact

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)


def closed(site: Site, *, times: int = 1) -> str:
    with site.database.begin() as session:
        contact = new_contact(session, now=NOW, address="东城区和平里7号楼2单元301", household="HF-0042")
        words = "从十五号晚上开始不热，打过两次电话。家里有八十岁的老人。"
        case = new_case(session, contact.id, now=NOW, description=words * times)
        return close(session, case, now=NOW).number


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_the_notice_is_one_page(site: Site, open_page: Open, tmp_path: Path, language: str) -> None:
    staff.sven(site.database)
    number = closed(site)
    page = open_page(size=OFFICE, language="zh-CN" if language == "zh_Hans" else "en")
    sign_in(site, page, "sven")
    page.goto(f"{site.url}/cases/{number}")
    picture(page, f"case-files-{language}", whole=True)
    page.locator(f"a[href='/cases/{number}/notice']").click()
    if language == "en":
        page.locator("nav a[lang=en]").click()
    accessible(page)
    picture(page, f"notice-look-{language}")
    looked = tmp_path / "looked.pdf"
    page.pdf(path=looked, prefer_css_page_size=True)
    assert "已上门处理" not in "".join(pages_of(looked))  # a look cannot be printed
    page.locator("nav button").click()
    page.wait_for_selector("body.printing")
    picture(page, f"notice-{language}", whole=True)
    kept = tmp_path / "notice.pdf"
    page.pdf(path=kept, prefer_css_page_size=True)
    [text] = pages_of(kept)
    for said in (number, "已上门处理", "HF-0042", site.database.settings.hotline, "138****"):
        assert said in text, said


def test_a_long_matter_goes_on_over_the_page_with_its_signatures(
    site: Site, open_page: Open, tmp_path: Path
) -> None:
    staff.sven(site.database)
    number = closed(site, times=24)
    page = open_page(size=OFFICE)
    sign_in(site, page, "sven")
    page.goto(f"{site.url}/cases/{number}/notice")
    page.locator("nav button").click()
    page.wait_for_selector("body.printing")
    kept = tmp_path / "notice.pdf"
    page.pdf(path=kept, prefer_css_page_size=True)
    pages = pages_of(kept)
    assert len(pages) == 2
    assert site.database.settings.organisation_zh in pages[1]
