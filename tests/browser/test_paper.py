"""Typing sheets in: by keyboard alone, with scripts off, and a second time by somebody else."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from core import clock
from core.auth.models import User
from core.db import Database
from surveys.models import Missing, Response
from surveys.paper import actions, entering, queries
from surveys.paper.queries import FoundSheet
from tests import people as staff
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.test_paper_print import BROWSER, OFFICE, sign_in
from tests.surveys.paper import examples as ex
from tests.surveys.paper import typing as t


@pytest.fixture
def desk(site: Site) -> Site:
    """Anna, Amir and Sven."""
    for name in ("anna", "amir", "sven"):
        staff.hire(site.database, name)
    return site


def sheets(
    database: Database, count: int = 2, *, items: list[dict[str, Any]] | None = None, picked: bool = False
) -> list[FoundSheet]:
    """Print sheets today; return some, or some of those that a second person will type."""
    version = ex.publish(database, items)
    with database.begin() as session:
        run = actions.print_run(
            session, version, sheets=200, language="zh_Hans", size=16, instructions="",
            open_link_id=None, actor="sven", now=clock.now(),
        )  # fmt: skip
        found = [queries.find_sheet(session, run.first + n) for n in range(run.sheets)]
        wanted = [s for s in found if s and (not picked or entering.is_picked(session, s.serial))]
    return wanted[:count]


def speak(site: Site, language: str) -> None:
    with site.database.begin() as session:
        session.execute(update(User).values(language=language))


def begin(site: Site, page: Page, serial: str) -> None:
    """Go to the number field and type a number, as on the numeric keypad."""
    page.goto(f"{site.url}/paper")
    expect(page.locator("#serial")).to_be_focused()
    page.keyboard.type(serial.replace("-", ""))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/paper/sheets/"))


def test_a_sheet_is_typed_by_keyboard_alone(desk: Site, open_page: Open) -> None:
    one, two = sheets(desk.database)
    page = open_page(size=OFFICE, language="en")
    sign_in(desk, page, "anna")
    begin(desk, page, one.serial)
    press = page.keyboard.press
    press("2")  # overall: dissatisfied
    expect(page.locator("#i-reason")).to_be_focused()
    page.keyboard.type("15 度 x5")  # digits and letters in a field are words
    press("Enter")
    press("x")  # two crosses
    press("1")
    press("9")  # other: its line is next
    expect(page.locator("[name=channels-other]")).to_be_focused()
    page.keyboard.type("neighbour")
    press("Enter")
    page.keyboard.type("15.5")
    press("Enter")
    page.keyboard.type("20261116")
    press("Enter")
    press("1")  # 1 or 10: it waits
    press("0")
    expect(page.locator("#i-comment")).to_be_focused()
    press("Enter")
    expect(page.locator("#save")).to_be_focused()
    press("Enter")
    page.wait_for_url(re.compile(r"/paper\?"))
    expect(page.locator("#serial")).to_be_focused()
    expect(page.locator(".flash-success")).to_contain_text(one.serial)
    found = t.stored(desk.database, one)
    assert (found["overall"].value, found["reason"].words) == (2, "15 度 x5")
    assert found["home"].missing is Missing.DONT_KNOW
    assert (found["channels"].codes, found["channels"].words) == ((1, 9), "neighbour")
    assert (found["warmth"].number, found["since"].day.isoformat()) == (15.5, "2026-11-16")
    assert found["recommend"].value == 10
    assert found["comment"].missing is Missing.SKIPPED
    page.keyboard.type(two.serial)
    press("Enter")
    page.wait_for_url(re.compile(two.serial))


def test_eight_scored_questions_take_one_key_each(desk: Site, open_page: Open) -> None:
    items = [ex.OVERALL, *(ex.aspect(f"a{n}", f"第 {n} 项", f"Aspect {n}") for n in range(2, 9))]
    [sheet] = sheets(desk.database, 1, items=items)
    page = open_page(size=OFFICE)
    sign_in(desk, page, "anna")
    begin(desk, page, sheet.serial)
    page.keyboard.type("54432105")
    expect(page.locator("#save")).to_be_focused()
    page.keyboard.press("Backspace")  # back to the last one
    page.keyboard.type("4")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/paper\?"))
    values = [given.value for given in t.stored(desk.database, sheet).values()]
    assert values == [5, 4, 4, 3, 2, 1, None, 4]


def test_what_is_not_asked_is_passed_over(desk: Site, open_page: Open) -> None:
    [sheet] = sheets(desk.database, 1)
    page = open_page(size=OFFICE)
    sign_in(desk, page, "anna")
    begin(desk, page, sheet.serial)
    page.keyboard.press("5")
    expect(page.locator("[data-item=home]")).to_be_focused()
    expect(page.locator("[data-item=reason]")).to_have_class(re.compile("unasked"))


def test_a_mistyped_number_and_a_wrong_answer_are_said(desk: Site, open_page: Open) -> None:
    [sheet] = sheets(desk.database, 1)
    page = open_page(size=OFFICE, language="en")
    speak(desk, "en")
    sign_in(desk, page, "anna")
    page.goto(f"{desk.url}/paper")
    wrong = sheet.serial[:4] + sheet.serial[5] + sheet.serial[4] + sheet.serial[6:]
    page.keyboard.type(wrong)
    page.keyboard.press("Enter")
    expect(page.locator("#serial-error")).to_contain_text("The last digit does not fit")
    expect(page.locator("#serial")).to_have_value(wrong)
    expect(page.locator("#serial")).to_be_focused()  # the next try is typed over it
    accessible(page)
    begin(desk, page, sheet.serial)
    page.locator("#i-warmth").fill("99")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".error-summary")).to_contain_text("from 5 to 35")
    expect(page.locator("#i-warmth")).to_have_value("99")
    accessible(page)
    picture(page, "paper-entry-wrong-en")


def test_everything_works_with_scripts_off(desk: Site, open_page: Open) -> None:
    [sheet] = sheets(desk.database, 1)
    page = open_page(size=OFFICE, scripts=False, language="en")
    sign_in(desk, page, "anna")
    page.goto(f"{desk.url}/paper")
    expect(page.locator("#serial")).to_be_focused()
    page.locator("#serial").fill(sheet.serial)
    page.locator("#serial").press("Enter")
    page.wait_for_url(re.compile(r"/paper/sheets/"))
    page.locator("label[for=overall-1]").click()
    page.locator("#i-reason").fill("cold")
    page.locator("#i-reason").press("Enter")  # a new line, no sending
    page.locator("label[for=channels-2]").click()
    page.locator("#i-warmth").fill("16")
    page.locator("#i-warmth").press("Enter")
    assert "/paper/sheets/" in page.url  # Enter in a field stores nothing
    page.locator("#save").click()
    page.wait_for_url(re.compile(r"/paper\?"))
    found = t.stored(desk.database, sheet)
    assert (found["overall"].value, found["reason"].words, found["warmth"].number) == (1, "cold", 16.0)


def test_keys_can_be_switched_off(desk: Site, open_page: Open) -> None:
    [sheet] = sheets(desk.database, 1)
    with desk.database.begin() as session:
        session.execute(update(User).values(shortcuts=False))
    page = open_page(size=OFFICE)
    sign_in(desk, page, "anna")
    begin(desk, page, sheet.serial)
    page.keyboard.press("5")
    assert page.locator("input:checked").count() == 0


def test_two_people_read_one_sheet_and_a_supervisor_settles(desk: Site, open_page: Open) -> None:
    [sheet] = sheets(desk.database, 1, picked=True)
    speak(desk, "en")
    first = open_page(size=OFFICE, language="en")
    sign_in(desk, first, "anna")
    begin(desk, first, sheet.serial)
    first.keyboard.type("5")
    first.keyboard.press("Control+Enter")
    first.wait_for_url(re.compile(r"/paper\?"))
    first.goto(f"{desk.url}/paper/checks")
    expect(first.locator("main")).not_to_contain_text(sheet.serial)

    second = open_page(size=OFFICE, language="en")
    sign_in(desk, second, "amir")
    second.goto(f"{desk.url}/paper/checks")
    accessible(second)
    picture(second, "paper-checks-en")
    second.get_by_role("link", name=re.compile("Type it again")).click()
    expect(second.locator("input:checked")).to_have_count(0)
    second.keyboard.type("41")
    accessible(second)
    second.keyboard.press("Control+Enter")
    expect(second.locator(".flash")).to_contain_text("was read differently")

    third = open_page(size=OFFICE, language="en")
    sign_in(desk, third, "sven")
    third.goto(f"{desk.url}/paper/checks")
    third.get_by_role("link", name=re.compile("Settle")).click()
    accessible(third)
    third.locator("#overall-is-second").check()
    third.locator("#home-is-other").check()
    third.locator("label[for=home-2]").click()
    accessible(third)
    picture(third, "paper-settle-en", whole=True)
    third.get_by_role("button", name="Store the decision").click()
    expect(third.locator(".flash-success")).to_contain_text("is settled")
    third.goto(f"{desk.url}/paper/figures")
    accessible(third)
    picture(third, "paper-figures-en", whole=True)
    found = t.stored(desk.database, sheet)
    assert (found["overall"].value, found["home"].value) == (4, 2)
    with desk.database.read() as session:
        assert session.scalars(select(Response.revision)).one() == 2


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_the_pages_are_accessible_and_fit(desk: Site, open_page: Open, language: str) -> None:
    [sheet] = sheets(desk.database, 1, items=[*ex.EIGHT, *ex.MATRIX])
    speak(desk, language)
    page = open_page(size=OFFICE, language=BROWSER[language])
    sign_in(desk, page, "anna")
    page.goto(f"{desk.url}/paper")
    accessible(page)
    fits(page)
    picture(page, f"paper-start-{language}")
    begin(desk, page, sheet.serial)
    page.keyboard.type("2")
    accessible(page)
    fits(page)
    picture(page, f"paper-entry-{language}")
    heights = page.locator(".key > label").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().height)"
    )
    assert max(heights) <= 32, "a key wraps its words"
    phone = open_page(size=(390, 844), language=BROWSER[language])
    sign_in(desk, phone, "anna")
    phone.goto(page.url)
    fits(phone)
    accessible(phone)
