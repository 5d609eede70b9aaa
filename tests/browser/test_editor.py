"""The questionnaire editor in a browser: from nothing to published by keyboard, with scripts on and off."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from core import clock
from core.auth.models import User
from surveys import queries, seeds
from tests import people as staff
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.signing import let_in

DESK, PHONE = (1366, 650), (390, 844)
LANGUAGES = {"zh-CN": "zh_Hans", "en": "en"}
MOST_TABS = 90


@pytest.fixture
def office(site: Site) -> Site:
    """Lena, the analyst, and the return visit in its first version."""
    staff.lena(site.database)
    with site.database.begin() as session:
        seeds.seed(session, clock.now())
    return site


def sign_in(site: Site, page: Page, language: str) -> Page:
    """Sign in and open the list of questionnaires."""
    with site.database.begin() as session:
        session.execute(update(User).where(User.name == "lena").values(language=LANGUAGES[language]))
    let_in(page, site, "lena")
    page.goto(f"{site.url}/questionnaires")
    return page


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    pytest.fail(f"the keyboard does not reach {selector}")


def enter(page: Page, selector: str, text: str) -> None:
    """Reach a field by keyboard and write."""
    tab_to(page, selector)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def go(page: Page, selector: str, address: str) -> None:
    """Reach a link or button by keyboard and press Enter."""
    tab_to(page, selector)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(address))


def begin(site: Site, page: Page) -> str:
    """Begin a draft of the return visit; return its address."""
    page.goto(f"{site.url}/questionnaires/return_visit")
    page.locator(f"form[action='{EDIT}'] button").click()
    page.wait_for_url(re.compile("/edit$"))
    return page.url


EDIT = "/questionnaires/return_visit/edit"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_from_nothing_to_published_by_keyboard(
    office: Site, open_page: Open, language: str, scripts: bool
) -> None:
    page = sign_in(office, open_page(size=DESK, language=language, scripts=scripts), language)
    go(page, "a[href='/questionnaires/new']", "/new$")
    enter(page, "[name='title.zh_Hans']", "上门服务评价")
    enter(page, "[name='title.en']", "Home visit")
    tab_to(page, "[name=start]")
    for _press in range(4):  # the last: empty
        page.keyboard.press("ArrowDown")
    enter(page, "[name=key]", "home_visit")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/home_visit/edit$"))
    go(page, "a[href$='/edit/add/scale']", "/add/scale$")
    _write_overall(page)
    go(page, "a[href$='/edit/add']", "/add$")
    go(page, "a[href$='/add/single']", "/add/single$")
    _write_choice(page)
    go(page, "a[href$='/publish']", "/publish$")
    if scripts:  # the checker is one
        accessible(page)
    go(page, "form .btn-primary", "/questionnaires/home_visit$")
    with office.database.read() as session:
        version = queries.current_version(session, "home_visit")
    assert [(item.item_key, item.kind) for item in version.items] == [("q1", "likert"), ("q2", "single")]
    assert [option.texts["en"] for option in version.items[1].definition.options] == ["Phone", "Counter"]


def _write_overall(page: Page) -> None:
    enter(page, "[name='text.zh_Hans']", "总的来说，您满意吗？")
    enter(page, "[name='text.en']", "Overall, how satisfied are you?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # in any line, Enter saves
    page.wait_for_url(re.compile("/edit#i-q1$"))


def _write_choice(page: Page) -> None:
    enter(page, "[name='text.zh_Hans']", "您在哪里报修？")
    enter(page, "[name='text.en']", "Where did you report it?")
    for n, (zh, en) in enumerate((("电话", "Phone"), ("柜台", "Counter"))):
        enter(page, f"[name='o{n}.zh_Hans']", zh)
        enter(page, f"[name='o{n}.en']", en)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/edit#i-q2$"))


PAGES = {
    "list": "/questionnaires",
    "new": "/questionnaires/new",
    "edit": EDIT,
    "item": f"{EDIT}/items/attitude",
    "choose": f"{EDIT}/add",
    "choice": f"{EDIT}/add/multiple",
    "matrix": f"{EDIT}/add/matrix",
    "heading": f"{EDIT}/add-heading",
    "title": f"{EDIT}/title",
    "preview": f"{EDIT}/preview",
    "translations": f"{EDIT}/translations",
    "rules": f"{EDIT}/rules",
    "rule": f"{EDIT}/rules/reason",
    "versions": "/questionnaires/return_visit/versions",
    "publish": "/questionnaires/return_visit/publish",
    "detail": "/questionnaires/return_visit",
    "discard": f"{EDIT}/discard",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_is_accessible_and_fits(
    office: Site, open_page: Open, language: str, size: tuple[int, int]
) -> None:
    page = sign_in(office, open_page(size=size, language=language), language)
    begin(office, page)
    for name, path in PAGES.items():
        page.goto(f"{office.url}{path}")
        page.wait_for_load_state("load")
        accessible(page)
        fits(page)
        picture(page, f"editor-{name}-{size[0]}-{language}")


def test_the_preview_follows_the_typing_and_the_rule_offers_what_fits(office: Site, open_page: Open) -> None:
    page = sign_in(office, open_page(size=DESK, language="en"), "en")
    begin(office, page)
    page.goto(f"{office.url}{EDIT}/items/attitude")
    page.locator("[name='text.en']").fill("How polite were we?")
    frame = page.frame_locator(".ed-frame")
    expect(frame.get_by_text("How polite were we?")).to_be_visible()
    page.locator("#kind").select_option("single")
    expect(page.locator("[name='o0.en']")).to_be_visible()
    expect(page.locator("[name=scale]").first).to_be_hidden()
    page.locator("[name='text.en']").press("ControlOrMeta+a")
    page.locator(".ed-form .btn-link[href$='/edit']").click()  # asks, and the test says yes
    page.goto(f"{office.url}{EDIT}/rules/speed")
    page.locator("[name='c0.item']").select_option("reason")
    expect(page.locator("[name='c0.is'] option")).to_have_count(2)
    expect(page.locator("[name='c0.value']")).to_be_disabled()
    page.locator("[name='c0.item']").select_option("overall")
    page.locator("[name='c0.is']").select_option("=")
    page.locator("[name='c0.value']").select_option("1")
    page.locator(".ed-form .btn-primary").click()
    page.wait_for_url(re.compile("/rules#r-speed$"))
    expect(page.locator("#r-speed")).to_contain_text("Overall satisfaction")


def test_moving_keeps_the_focus_and_dragging_does_the_same(office: Site, open_page: Open) -> None:
    page = sign_in(office, open_page(size=DESK, language="en"), "en")
    begin(office, page)
    up = page.locator("#i-quality .ed-acts button[value=up]")
    up.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#i-quality .ed-number")).to_have_text("4")
    expect(page.locator("#i-quality .ed-acts button[value=up]")).to_be_focused()
    page.locator("#i-comment .ed-name").drag_to(page.locator("#i-attitude .ed-kind"))
    expect(page.locator("#i-comment .ed-number")).to_have_text("3")


def test_two_windows_and_a_question_taken_away(office: Site, open_page: Open) -> None:
    first = sign_in(office, open_page(size=DESK, language="en", scripts=False), "en")
    begin(office, first)
    second = sign_in(office, open_page(size=DESK, language="en", scripts=False), "en")
    second.goto(f"{office.url}{EDIT}/items/speed")
    second.locator("[name='text.en']").fill("How quick were we?")
    first.locator("#i-result .menu summary").click()
    first.locator("#i-result button[value=delete]").click()
    expect(first.locator("#i-result")).to_have_count(0)
    second.keyboard.press("Tab")
    second.locator(".ed-form .btn-primary").click()
    expect(second.locator(".error-summary")).to_contain_text("changed this draft")
    expect(second.locator("[name='text.en']")).to_have_value("How quick were we?")
    picture(second, "editor-conflict-desk-en")
    first.locator(".ed-undo button").click()
    expect(first.locator("#i-result")).to_have_count(1)
