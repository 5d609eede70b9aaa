"""The register in a browser, by keyboard: a repeat, a suggested severity, a link, a file, the notice."""

from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import select

from core import clock
from followup.cases.categorising import seed_categories
from followup.cases.severity_rules import seed_severity_rules
from followup.models import Case
from tests import people
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, enlarge, fits, picture
from tests.browser.test_paper_print import OFFICE, sign_in
from tests.followup import factories as make

CATEGORY = "供暖/停暖"


def begin(site: Site) -> str:
    """Let a household have reported the same before; return the number of that case."""
    people.sven(site.database)
    now = clock.now()
    with site.database.begin() as session:
        seed_categories(session)
        seed_severity_rules(session)
        contact = make.new_contact(session, now=now, household="HF-0042")
        return make.new_case(session, contact.id, now=now, category=CATEGORY).number


def press(page: Page, selector: str) -> None:
    """Press a button with the keyboard, and wait for the page that answers."""
    page.locator(selector).first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def unfold(page: Page, action: str) -> None:
    """Open the further step that holds the form of an action, with the keyboard."""
    step = page.locator("details.step").filter(has=page.locator(f"form[action$='{action}']"))
    step.locator("summary").focus()
    page.keyboard.press("Enter")


def register(page: Page, site: Site) -> str:
    """Register a repeat: look first, then take what is suggested."""
    page.goto(f"{site.url}/cases/new")
    press(page, "main form .btn-primary")
    expect(page.locator(".error-summary")).to_be_focused()
    accessible(page)
    page.locator("#title").focus()
    page.keyboard.type("家里停暖两天了")
    page.locator("#description").focus()
    page.keyboard.type("家里有老人")
    page.locator("#category").select_option(CATEGORY)
    page.locator("#household").focus()
    page.keyboard.type("HF-0042")
    page.keyboard.press("Tab")
    page.keyboard.type("13812345678")
    page.locator("#handler_name").fill("李师傅")
    press(page, "button[value=look]")
    accessible(page)
    picture(page, "register-looked", whole=True)
    expect(page.locator("main [role=status] .chip")).to_have_text("Urgent")
    expect(page.locator(".repeats li")).to_have_count(1)
    press(page, "main form .btn-primary")
    page.wait_for_url("**/cases/2*")
    return page.url.rsplit("/", 1)[-1]


def test_a_repeat_is_registered_worked_on_and_closed_by_keyboard(
    site: Site, open_page: Open, tmp_path: Path
) -> None:
    before = begin(site)
    page = open_page(size=OFFICE)
    sign_in(site, page, "sven")
    number = register(page, site)
    with site.database.read() as session:
        case = session.scalars(select(Case).where(Case.number == number)).one()
        assert case.severity == "urgent"
    assert page.locator(f"a[href='/cases/{before}']").count() == 1  # linked by itself, and shown once

    photo = tmp_path / "很长的文件名-三号楼二单元暖气片漏水现场照片.txt"
    photo.write_text("读数 15 度", encoding="utf-8")
    page.set_input_files("#file", photo)
    press(page, "form[enctype] button")
    expect(page.locator(".file-name")).to_have_text(photo.name)

    unfold(page, "/links")
    page.locator("form[action$='/links'] input[name$=number]").fill("99")
    press(page, "form[action$='/links'] button")
    expect(page.locator(".flash-error")).to_be_visible()
    assert page.locator("form[action$='/links'] button").is_visible()  # what has to be mended stands open

    unfold(page, "/close")
    page.locator("form[action$='/close'] textarea").fill("已上门恢复供热，室温 20 度")
    press(page, "form[action$='/close'] button")
    accessible(page)
    fits(page)
    picture(page, "register-closed", whole=True)
    press(page, "a[href$='/notice']")
    press(page, "nav button")
    expect(page.locator("body.printing")).to_contain_text("已上门恢复供热")

    page.goto(f"{site.url}/cases/{number}")
    enlarge(page, 200)
    fits(page)
