"""Comments in the browser: labelled by keyboard or without scripts, narrowed, masked."""

import pytest
from playwright.sync_api import Page, expect

from analysis.words import codebook
from tests import people
from tests.analysis.answers import PUBLISHED
from tests.analysis.words.comments import AFTER, BEFORE, CARE, answered, care, numbered
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.signing import let_in
from tests.browser.test_analysis import DESK, LANGUAGES, PHONE


@pytest.fixture
def commented(site: Site) -> Site:
    """Forty comments in two quarters, and two topics."""
    people.lena(site.database)
    version = care(site.database)
    for day in (BEFORE, AFTER):
        texts = [(1, "师傅没来，打13812345678也没人接"), (2, "屋里很冷\n北屋更冷"), *numbered("等待", 18)]
        answered(site.database, version, day, texts, district="城东区", department="城东供热所")
    with site.database.begin() as session:
        for name in ("室温", "等候与响应"):
            codebook.add(session, version.questionnaire_id, name, actor="test", now=PUBLISHED)
    return site


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_pages_are_accessible_and_fit(commented: Site, open_page: Open, size, language: str):
    page = open_page(size=size, language=language)
    let_in(page, commented, "lena")
    for name, path in (
        ("comments", f"/analysis/comments?{CARE}"), ("label", "/analysis/comments/label?questionnaire=care"),
        ("topics", "/analysis/comments/topics?questionnaire=care"),
        ("answers", f"/analysis/answers?{CARE}&item=overall&value=2"),
    ):  # fmt: skip
        page.goto(commented.url + path + f"&lang={LANGUAGES[language]}")
        fits(page)
        accessible(page)
        picture(page, f"{name}-{LANGUAGES[language]}-{size[0]}", whole=True)


def progress(page: Page, text: str) -> None:
    expect(page.locator(".label-progress label")).to_have_text(text)


def test_labelling_by_keyboard(commented: Site, open_page: Open):
    page = open_page(size=DESK, language="en-GB")
    let_in(page, commented, "lena")
    page.goto(f"{commented.url}/analysis/comments/label?questionnaire=care")
    progress(page, "0 of 40")
    first = page.locator("#text").inner_text()
    for keys in ("2n", "-p", "1"):
        before = page.url
        page.keyboard.type(keys)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.url == before
    progress(page, "3 of 40")
    with page.expect_navigation():
        page.keyboard.type("22")  # the same topic once more saves
    progress(page, "4 of 40")
    for _undone in range(4):
        with page.expect_navigation():
            page.keyboard.press("u")
    expect(page.locator("#text")).to_have_text(first, use_inner_text=True)
    with page.expect_navigation():
        page.keyboard.press("s")
    expect(page.locator("#text")).not_to_have_text(first, use_inner_text=True)
    progress(page, "0 of 40")


def test_without_scripts_comments_are_narrowed_and_labelled(commented: Site, open_page: Open):
    page = open_page(size=DESK, language="en-GB", scripts=False)
    let_in(page, commented, "lena")
    page.goto(f"{commented.url}/analysis/comments?{CARE}")
    expect(page.locator(".verbatim").first).to_contain_text("打***也没人接")
    page.select_option("#w-score", "low")
    page.fill("#w-q", "冷")
    page.locator(".words-filter button").click()
    expect(page.locator(".verbatim")).to_have_count(1)
    expect(page.locator("mark").first).to_have_text("冷")
    page.get_by_role("link", name="Label comment 1").click()
    page.get_by_label("室温").check()
    page.get_by_role("button", name="Save and next").click()
    progress(page, "1 of 40")
