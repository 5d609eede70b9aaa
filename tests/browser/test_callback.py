"""The callback desk in a browser: by keyboard alone, on one screen, with scripts off, with a lost lease."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from core import clock
from core.auth.models import User
from core.contacts import queries as contacts
from core.contacts.actions import find_or_save
from core.contacts.models import Contact, Phone
from followup.callbacks import holding, taking
from followup.jobs import tick
from followup.models import Attempt, Callback
from surveys.models import Answer, Response
from tests import people as staff
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, boxes, fits, picture
from tests.browser.signing import let_in
from tests.followup import factories as make

DESK = (1366, 650)


@pytest.fixture
def queue(site: Site) -> Site:
    """Anna and Amir, and three customers who were promised a call: a promise is kept at any hour."""
    now = clock.now()
    staff.anna(site.database)
    staff.amir(site.database)
    with site.database.begin() as session:
        make.new_rule(session, make.by_phone(), now=now)
        for _n in range(3):
            make.closed_case(session, now=now, description="三天前开始暖气不热，室内只有 15 度，家里有老人。")
    tick(site.database, now=now)
    with site.database.begin() as session:
        session.execute(
            update(Callback).values(state="ready", priority=10, ready_at=now - timedelta(hours=1))
        )
    return site


def sign_in(site: Site, page: Page, name: str = "anna", language: str = "en") -> Page:
    """Sign in and go to the queue."""
    with site.database.begin() as session:
        session.execute(update(User).where(User.name == name).values(language=language))
    let_in(page, site, name)
    page.goto(f"{site.url}/callbacks")
    return page


class Keys:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1


def take(page: Page) -> str:
    """Press J in the queue; return the address of the desk."""
    page.keyboard.press("j")
    page.wait_for_url(re.compile(r"/callbacks/\d+$"))
    return page.url


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_the_desk_is_one_screen_without_scrolling(queue: Site, open_page: Open, language: str) -> None:
    page = sign_in(queue, open_page(size=DESK), language=language)
    accessible(page)
    fits(page)
    take(page)
    accessible(page)
    picture(page, f"desk-ready-{language}")
    page.keyboard.press("c")
    expect(page.locator("a.desk-number")).to_be_visible()
    expect(page.locator("#save")).to_be_enabled()
    accessible(page)
    fits(page)
    picture(page, f"desk-{language}")
    for whole in ("html", ".desk-scroll", ".desk-right", ".desk-left"):
        tall, seen = page.evaluate(
            f"(e => [e.scrollHeight, e.clientHeight])(document.querySelector('{whole}'))"
        )
        assert tall <= seen, f"{whole} scrolls: {tall} > {seen}"
    assert len(page.locator(".phone-item:not([hidden]) .phone-keys").all()) == 6
    for box in page.evaluate(
        "[...document.querySelectorAll('.phone-keys label')].map(e => e.getBoundingClientRect().height)"
    ):
        assert box <= 34, "a key wraps its characters"


def test_an_agent_finishes_a_call_by_keyboard_alone(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK))
    first = take(page)
    keys = Keys(page)
    keys.press("c")
    expect(page.locator("a.desk-number")).to_be_visible()
    keys.press("5", "4", "4", "0", "5", "2")
    expect(page.locator("#i-comment")).to_be_focused()
    page.keyboard.type("谢谢 5A")  # letters and digits in a field are words
    keys.press("Control+Enter")
    page.wait_for_url(lambda url: url != first)
    assert keys.pressed == 8  # the budget is ten
    assert re.search(r"/callbacks/\d+$", page.url)
    with queue.database.read() as session:
        response = session.scalars(select(Response)).one()
        values = [
            a.value for a in session.scalars(select(Answer).order_by(Answer.item_id)) if a.words is None
        ]
        assert response.mode == "phone"
        assert values == [5, -1, 4, 4, -3, 5, 2]  # the reason was not asked, one item does not apply


def test_nobody_answers_is_two_keys(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK))
    first = take(page)
    keys = Keys(page)
    keys.press("c")
    expect(page.locator("a.desk-number")).to_be_visible()
    keys.press("a")
    page.wait_for_url(lambda url: url != first)
    assert keys.pressed == 2
    expect(page.locator("#undo")).to_be_visible()
    for whole in ("html", ".desk-scroll"):  # what was saved last takes no room from the desk
        assert page.evaluate(f"(e => e.scrollHeight <= e.clientHeight)(document.querySelector('{whole}'))")
    with queue.database.read() as session:
        assert session.scalars(select(Attempt.outcome)).all() == ["NO_ANSWER"]


def test_keys_do_nothing_where_they_should_not(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK))
    where = take(page)
    page.keyboard.press("a")  # the number was not shown: no outcome yet
    page.keyboard.press("c")
    expect(page.locator("a.desk-number")).to_be_visible()
    page.locator("#note").focus()
    page.keyboard.type("abd5")
    page.evaluate(
        "document.dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyA', key: 'a', isComposing: true}))"
    )
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+a")
    page.keyboard.press("Shift+A")
    page.keyboard.press("Numpad4")
    assert page.url == where
    expect(page.locator("#note")).to_have_value("abd5")
    expect(page.locator("#overall-4")).to_be_checked()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("a")
    accessible(page)
    page.keyboard.press("Escape")
    assert page.url == where


def test_keys_can_be_switched_off(queue: Site, open_page: Open) -> None:
    with queue.database.begin() as session:
        session.execute(update(User).values(shortcuts=False))
    page = sign_in(queue, open_page(size=DESK))
    page.keyboard.press("j")
    page.locator("#next button").click()
    page.wait_for_url(re.compile(r"/callbacks/\d+$"))
    page.locator(".desk-reveal").click()
    expect(page.locator("a.desk-number")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("5")
    page.wait_for_timeout(200)
    expect(page.locator("a.desk-number")).to_be_visible()
    assert page.locator(".phone-item input:checked").count() == 0


def test_a_low_score_opens_the_reason(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK))
    take(page)
    page.keyboard.press("c")
    expect(page.locator("a.desk-number")).to_be_visible()
    reason = page.locator('.phone-item[data-item="reason"]')
    expect(reason).to_be_hidden()
    page.locator("label[for=overall-2]").click()
    expect(reason).to_be_visible()
    why = page.locator("[data-item=poor_reason]")
    expect(why).to_be_in_viewport(ratio=1)  # seen without scrolling
    for row in page.locator(".phone-item:not([hidden]):not([data-item^=poor_])").all():
        row.evaluate("row => row.focus()")  # what is answered next is never behind it
        edges = [box["y"] for box in boxes(page, "[data-item=poor_reason]")]
        place = row.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] <= edges[0] + 1


def test_the_desk_works_without_scripts(queue: Site, other_number: str, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK, scripts=False))
    page.locator("#next button").click()
    page.wait_for_url(re.compile(r"/callbacks/\d+$"))
    page.locator("#note").fill("先记一笔")
    page.locator(".desk-reveal").click()
    expect(page.locator("a.desk-number")).to_be_visible()
    expect(page.locator("#note")).to_have_value("先记一笔")  # what was typed went along
    expect(page.locator("#copy")).to_be_hidden()
    expect(page.locator("#phrases")).to_be_hidden()
    page.locator("[name=phone]").click()
    expect(page.locator("a.desk-number")).to_have_text("010-62345678")
    expect(page.locator("#note")).to_have_value("先记一笔")
    for key in ("overall", "attitude", "speed", "quality", "result"):
        page.locator(f"label[for='{key}-4']").click()
    page.locator("label[for='resolved-2']").click()
    page.locator("#save").click()
    page.wait_for_url(re.compile(r"/callbacks/\d+$"))
    with queue.database.read() as session:
        assert session.scalars(select(Response.mode)).all() == ["phone"]


def test_a_confirmation_is_one_more_key(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK))
    first = take(page)
    page.keyboard.press("c")
    expect(page.locator("a.desk-number")).to_be_visible()
    page.keyboard.press("d")
    expect(page.locator("#confirm")).to_be_focused()
    accessible(page)
    picture(page, "desk-confirm")
    page.keyboard.press("d")
    page.wait_for_url(lambda url: url != first)


def test_a_call_that_was_taken_over_keeps_what_was_typed(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK))
    where = take(page)
    page.keyboard.press("c")
    expect(page.locator("a.desk-number")).to_be_visible()
    page.locator("#note").fill("说得很清楚")
    callback_id = int(where.rsplit("/", 1)[1])
    with queue.database.begin() as session:  # the laptop slept; somebody else has it now
        amir = session.scalars(select(User).where(User.name == "amir")).one()
        holding.take_away(session, callback_id, actor="sven", reason="", now=clock.now())
        calls = taking.Agent(amir.id, amir.name)
        assert taking.claim(session, callback_id, calls, now=clock.now())
        holding.reveal(session, callback_id, calls, now=clock.now())
    page.locator("#save").click()
    expect(page.locator("main")).to_contain_text("说得很清楚")
    expect(page.locator("main")).to_contain_text("Amir has been calling since")
    accessible(page)


def test_typing_is_kept_on_the_server_within_seconds(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK))
    take(page)
    with page.expect_response(re.compile("/heartbeat$"), timeout=9_000) as beat:
        page.locator("#note").fill("打到一半")
    assert beat.value.status == 200
    page.reload()
    expect(page.locator("#note")).to_have_value("打到一半")


def in_call(site: Site, page: Page) -> Keys:
    """Take the next callback and show its number, by two keys."""
    take(page)
    keys = Keys(page)
    keys.press("c")
    expect(page.locator("a.desk-number")).to_be_visible()
    return keys


def test_why_there_is_no_score_has_keys_of_its_own(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK))
    keys = in_call(queue, page)
    before = boxes(page, ".phone-item:not([hidden]) .phone-keys > label")
    keys.press("5", ".", "-", "0", ",", "NumpadSubtract")
    after = boxes(page, ".phone-item:not([hidden]) .phone-keys > label")
    assert [box["x"] for box in after] == pytest.approx([box["x"] for box in before], abs=1)  # nothing jumps
    for chosen in (
        "overall-5", "attitude-dont_know", "speed-refused", "quality-na", "result-na", "resolved-refused",
    ):  # fmt: skip
        expect(page.locator(f"#{chosen}")).to_be_checked()
    first = page.url
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != first)
    with queue.database.read() as session:
        values = select(Answer.value).where(Answer.words.is_(None)).order_by(Answer.item_id)
        assert session.scalars(values).all()[2:7] == [-5, -4, -3, -3, -4]


@pytest.fixture
def other_number(queue: Site) -> str:
    """Every customer has a second number; what it looks like masked."""
    with queue.database.begin() as session:
        for contact in session.scalars(select(Contact)).all():
            first = contacts.card(session, contact.id).phones[0].number
            find_or_save(session, name="王小明", phones=[first, "010-6234 5678"], now=clock.now())
    return "010****5678"


def test_the_other_number_is_one_key(queue: Site, other_number: str, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK, permissions=["clipboard-read", "clipboard-write"]))
    keys = in_call(queue, page)
    expect(page.locator(".desk-others")).to_contain_text(other_number)
    page.locator("#note").fill("第一个没人接")
    keys.press("Escape", "+")
    expect(page.locator("a.desk-number")).to_have_text("010-62345678")
    expect(page.locator("#note")).to_have_value("第一个没人接")
    page.locator("#copy").click()
    expect(page.locator("#copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "010-62345678"
    accessible(page)
    first = page.url
    page.locator("h1").click()
    keys.press("a")
    page.wait_for_url(lambda url: url != first)
    expect(page.locator(".desk-number")).to_contain_text("****")  # masked again
    expect(page.locator("#wrap-time")).to_be_visible()
    with queue.database.read() as session:
        dialled = session.scalars(select(Attempt.phone_id)).one()
        assert session.get_one(Phone, dialled).kind == "landline"
