"""The supervisor's board in a browser: by keyboard, without scripts, renewed in place; the desk's "why"."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from core import clock
from core.auth.models import User
from core.installation import CalendarDay
from followup.callbacks import taking
from followup.callbacks.taking import Agent
from followup.jobs import tick
from followup.models import Callback, ReopenRequest
from tests import people as staff
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.signing import let_in
from tests.followup import factories as make

DESK = (1366, 650)


@pytest.fixture
def queue(site: Site) -> Site:
    """Anna holds one of four callbacks; one is held for Sven, and one is agreed with Amir."""
    now = clock.now()
    for person in (staff.anna, staff.amir, staff.sven):
        person(site.database)
    with site.database.begin() as session:
        today = now.astimezone(site.database.settings.zone).date()
        session.add_all(CalendarDay(day=today + timedelta(n), is_workday=True) for n in range(9))
        session.execute(
            update(User).where(User.name == "amir").values(display_name="阿不都热依木·买买提艾力江")
        )
        make.new_rule(session, make.by_phone(), now=now)
        for n in range(4):
            contact = make.new_contact(session, now=now, name=("王小明", "欧阳娜娜")[n % 2])
            make.closed_case(session, now=now, contact=contact, department="开发区供热服务中心第三服务站")
    tick(site.database, now=now)
    with site.database.begin() as session:
        ready = {"state": "ready", "priority": 10, "ready_at": now - timedelta(minutes=20)}
        session.execute(update(Callback).values(**ready))
        session.execute(update(Callback).where(Callback.id == 3).values(state="held"))
        later = {"state": "appointed", "agent_id": 2, "ready_at": now + timedelta(minutes=30)}
        session.execute(update(Callback).where(Callback.id == 4).values(**later))
        assert taking.pull_next(session, Agent(1, "anna"), now=now - timedelta(minutes=14)) is not None
    return site


def sign_in(site: Site, page: Page, path: str, *, name: str = "sven", language: str = "en") -> Page:
    """Sign in and go to a page."""
    with site.database.begin() as session:
        session.execute(update(User).where(User.name == name).values(language=language))
    let_in(page, site, name)
    page.goto(f"{site.url}{path}")
    return page


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_the_board_and_the_forecast_can_be_seen_by_all(queue: Site, open_page: Open, language: str) -> None:
    page = sign_in(queue, open_page(size=DESK), "/callbacks/board", language=language)
    expect(page.locator(".board-columns .chip-bad")).to_have_count(1)  # Anna's lease runs out
    page.locator(".board-decide summary").first.click()
    for path in ("", "/forecast"):
        if path:
            page.goto(f"{queue.url}/callbacks/board{path}")
        accessible(page)
        fits(page)
        picture(page, f"board{path.replace('/', '-')}-{language}", whole=True)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{queue.url}/callbacks/board")
    accessible(page)
    fits(page)


def test_callbacks_are_given_to_somebody_by_keyboard(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK), "/callbacks/board?view=appointed")
    page.locator("input[name=ids]").focus()
    page.keyboard.press("Space")
    for _tab in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "to":
            break
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type("Amir is ill")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 callback was given on.")).to_be_visible()
    expect(page.locator(".board-list .board-name")).to_have_text("Anna")
    assert "view=appointed" in page.url


def test_without_scripts_everything_is_there_and_a_reason_is_asked_for(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK, scripts=False), "/callbacks/board?view=held")
    expect(page.locator("#mark-all")).to_be_hidden()
    page.locator(".board-decide summary").click()
    page.get_by_label("Reason").fill("once more")
    page.get_by_role("button", name="Back to the queue").click()
    expect(page.get_by_text("Done; the audit trail has it.")).to_be_visible()
    expect(page.get_by_text("No callback waits for your decision.")).to_be_visible()


def test_the_figures_are_renewed_without_a_jump(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK), "/callbacks/board")
    page.locator("#give-reason").fill("half a sent")
    page.locator("#mark-all").check()
    where = page.evaluate("window.scrollY")
    held = page.locator(".tile", has_text="with the supervisor").locator("b")
    expect(held).to_have_text("1")
    with queue.database.begin() as session:
        session.execute(update(Callback).where(Callback.id == 2).values(state="held"))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as every half minute
    expect(held).to_have_text("2")
    assert page.evaluate("window.scrollY") == where > 0
    expect(page.locator("#give-reason")).to_have_value("half a sent")
    assert page.locator("input[name=ids]:checked").count() == 2


def test_why_a_customer_is_not_content_is_one_key(queue: Site, open_page: Open) -> None:
    page = sign_in(queue, open_page(size=DESK), "/callbacks", name="anna")
    page.keyboard.press("j")
    page.wait_for_url(re.compile(r"/callbacks/\d+$"))
    first = page.url
    page.keyboard.press("c")
    expect(page.locator("#save")).to_be_enabled()
    why = page.locator("[data-item=poor_reason]")
    expect(why).to_be_hidden()
    page.keyboard.press("2")  # dissatisfied
    expect(why).to_be_visible()
    for key in "44451":
        page.keyboard.press(key)
    expect(why).to_be_focused()
    accessible(page)
    fits(page)
    picture(page, "desk-why")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Choose why the customer is not content").first).to_be_visible()
    expect(page.locator("#overall-2")).to_be_checked()
    why.focus()
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != first)
    with queue.database.read() as session:
        assert session.scalars(select(ReopenRequest.reason)).all() == ["slow"]
