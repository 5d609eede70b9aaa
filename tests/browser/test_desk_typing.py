"""What is typed at the desk, and how it is laid out: phrases, input methods, reloads, many items."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from core import clock
from followup.jobs import tick
from followup.models import Callback
from surveys.actions import publish
from surveys.definition import from_dict
from surveys.seeds import ITEMS, return_visit
from tests import people as staff
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, enlarge, fits, picture
from tests.browser.test_callback import DESK, in_call, queue, sign_in
from tests.followup import factories as make

__all__ = ["queue"]  # a fixture


def test_a_phrase_goes_into_the_note_where_the_cursor_stands(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK), language="zh_Hans")
    keys = in_call(queue, page)
    keys.press("/", "ArrowRight", "Enter")
    expect(page.locator("#note")).to_have_value("由家属代答")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.type("电话")
    keys.press("Escape", "/", "Enter")
    expect(page.locator("#note")).to_have_value("电话，讲方言由家属代答")
    assert page.locator(".phone-item input:checked").count() == 0


@pytest.mark.slow
def test_chinese_typed_through_an_input_method_presses_no_key(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK), language="zh_Hans")
    in_call(queue, page)
    where = page.url
    method = page.context.new_cdp_session(page)

    def compose(spelled: str, word: str) -> None:
        for n, letter in enumerate(spelled, start=1):
            key = {"windowsVirtualKeyCode": 229, "code": f"Key{letter.upper()}", "key": "Process"}
            method.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
            part = {"text": spelled[:n], "selectionStart": n, "selectionEnd": n}
            method.send("Input.imeSetComposition", part)
            method.send("Input.dispatchKeyEvent", {"type": "keyUp", **key, "windowsVirtualKeyCode": 65})
        key = {"windowsVirtualKeyCode": 229, "code": "Digit1", "key": "Process"}
        method.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})  # the first of the candidates
        method.send("Input.insertText", {"text": word})

    page.locator("#note").focus()
    compose("bdw", "不大稳")
    expect(page.locator("#note")).to_have_value("不大稳")
    page.keyboard.press("Escape")
    for code in ("KeyA", "KeyD", "Digit5", "Period", "Slash"):  # the method is on, no field has the focus
        key = {"windowsVirtualKeyCode": 229, "code": code, "key": "Process"}
        method.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    assert page.url == where
    assert page.locator(".phone-item input:checked").count() == 0
    expect(page.locator(".desk-confirm")).to_have_count(0)


@pytest.mark.slow
def test_a_reload_restores_all_of_it(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK))
    keys = in_call(queue, page)
    keys.press("2", "4")
    page.locator("#poor_reason-slow").check(force=True)
    page.locator("#appointment").fill("2030-01-05T18:00")
    page.locator("[name=anyone]").check()
    page.locator("#note").fill("打到一半")
    expect(page.locator("#kept")).to_be_empty()  # it says "Saved" only of all that was typed
    page.locator("#note").blur()
    expect(page.locator("#kept")).to_have_text(re.compile(r"Saved \d\d:\d\d"))
    page.reload()
    for chosen in ("#overall-2", "#attitude-4", "#poor_reason-slow", "[name=anyone]"):
        expect(page.locator(chosen)).to_be_checked()
    expect(page.locator("#appointment")).to_have_value("2030-01-05T18:00")
    expect(page.locator("#note")).to_have_value("打到一半")


def test_an_appointment_by_keys(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK))
    keys = in_call(queue, page)
    keys.press("l")
    expect(page.locator("#appointment")).to_be_focused()
    tomorrow = (clock.now() + timedelta(days=1)).astimezone(queue.database.settings.zone)
    page.keyboard.type(tomorrow.strftime("%m%d%Y"))
    page.keyboard.press("Tab")
    page.keyboard.type("0530P")
    first = page.url
    keys.press("Escape", "l")
    page.wait_for_url(lambda url: url != first)
    with queue.database.read() as session:
        agreed = session.scalars(select(Callback.ready_at).where(Callback.state == "appointed")).one()
        local = agreed.astimezone(queue.database.settings.zone)
        assert (local.date(), local.hour, local.minute) == (tomorrow.date(), 17, 30)


def test_on_a_pause_the_key_for_the_next_one_does_nothing(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK), language="zh_Hans")
    in_call(queue, page)
    page.locator("[name=then]").check()
    page.locator("h1").click()
    page.keyboard.press("b")
    page.wait_for_url(re.compile(r"/callbacks\?stop=1"))
    expect(page.locator("#reason")).to_be_focused()
    accessible(page)
    page.locator("#pause button").click()
    expect(page.locator(".desk-paused")).to_be_visible()
    accessible(page)
    fits(page)
    page.keyboard.press("j")
    page.wait_for_timeout(200)
    expect(page.locator(".desk-paused")).to_be_visible()
    page.keyboard.press("Enter")  # "go on" has the focus
    expect(page.locator("#next")).to_be_visible()


@pytest.mark.slow
def test_ten_items_scroll_in_the_middle_only_and_large_letters_stay_usable(
    site: Site, open_page: Open
) -> None:
    now = clock.now()
    staff.anna(site.database)
    with site.database.begin() as session:
        make.new_rule(session, make.by_phone(), now=now)
        more = [{**ITEMS[2], "key": f"more_{n}"} for n in range(4)]
        definition = replace(
            return_visit(), items=from_dict({"title": {"en": "Ten"}, "items": ITEMS + more}).items
        )
        publish(session, definition, key="return_visit", actor="test", now=now)
        contact = make.new_contact(session, now=now, name="欧阳" * 20)
        make.closed_case(session, now=now, contact=contact, title="暖气" * 40, description="很长 " * 200)
    tick(site.database, now=now)
    with site.database.begin() as session:
        early = now - timedelta(hours=1)
        session.execute(update(Callback).values(state="ready", priority=10, ready_at=early))
    page = sign_in(site, open_page(size=DESK), language="zh_Hans")
    in_call(site, page)
    fits(page)
    tall = "(e => e.scrollHeight > e.clientHeight)(document.querySelector('{}'))"
    assert page.evaluate(tall.format(".desk-scroll"))
    assert not page.evaluate(tall.format("html"))
    picture(page, "desk-ten")
    enlarge(page, 200)
    fits(page)
    for column in (".desk-left", ".desk-middle", ".desk-right"):
        inside = f"(e => e.scrollWidth <= e.clientWidth)(document.querySelector('{column}'))"
        assert page.evaluate(inside), column
    picture(page, "desk-large-letters", whole=True)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_the_lists_of_the_desk_on_a_page(site: Site, open_page: Open, language: str) -> None:
    staff.sven(site.database)
    page = sign_in(site, open_page(size=DESK), name="sven", language=language)
    page.goto(f"{site.url}/admin/desk/reason")
    accessible(page)
    fits(page)
    page.locator("#chinese").fill("处理太慢")
    page.locator("main .panel button").click()
    expect(page.locator("#problem")).to_be_visible()
    accessible(page)
    picture(page, f"desk-lists-{language}")
    page.locator("#slow a").click()
    accessible(page)
