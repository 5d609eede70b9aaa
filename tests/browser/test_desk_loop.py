"""The whole way in a browser: a poor answer, a supervisor decides, a remedy, the customer is called again."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from core import clock
from core.auth.models import User
from core.installation import CalendarDay
from followup.callbacks.policy import RECOVERY
from followup.jobs import tick
from followup.models import Callback, Case, FollowUp
from tests import people as staff
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits
from tests.browser.test_board import DESK, sign_in
from tests.followup import factories as make


@pytest.fixture
def house(site: Site) -> Site:
    """A complaint was closed this minute, and its customer is to be called; it is a working day."""
    now = clock.now()
    for person in (staff.anna, staff.amir, staff.sven):
        person(site.database)
    with site.database.begin() as session:
        today = now.astimezone(site.database.settings.zone).date()
        session.add_all(CalendarDay(day=today + timedelta(n), is_workday=True) for n in range(9))
        make.new_rule(session, make.by_phone(), now=now)
        make.closed_case(session, now=now, kind="complaint")
    to_the_desk(site)
    return site


def to_the_desk(site: Site) -> None:
    """Queue what is owed, as a promise: those are handed out at whatever hour this test runs."""
    now = clock.now()
    tick(site.database, now=now)
    with site.database.begin() as session:
        waiting = update(Callback).where(Callback.state.in_(("waiting", "ready")))
        session.execute(waiting.values(state="ready", priority=10, ready_at=now))


def take_and_dial(page: Page) -> None:
    """Take the next callback and show its number, by keys."""
    page.keyboard.press("j")
    page.wait_for_url(re.compile(r"/callbacks/\d+$"))
    page.keyboard.press("c")
    expect(page.locator("#save")).to_be_enabled()


def reopened_by(chief: Page, house: Site) -> None:
    """The supervisor reads why on the page of the case, and opens it again."""
    with house.database.read() as session:
        case = session.scalars(select(Case)).one()
        assert case.state == "reopen_requested"
        number = case.number
    chief.get_by_role("link", name=re.compile("暖气不热")).first.click()
    chief.wait_for_url(re.compile(number))
    expect(chief.get_by_text("The matter is not solved").first).to_be_visible()
    chief.locator("[name=decide-decision]").fill("The customer is right")
    chief.get_by_role("button", name="Open the case again").first.click()
    expect(chief.get_by_text("Reopened").first).to_be_visible()


def test_from_a_poor_answer_to_the_call_after_the_remedy(house: Site, open_page: Open) -> None:
    desk = sign_in(house, open_page(size=DESK), "/callbacks", name="anna")
    take_and_dial(desk)
    for key in "144451":  # dissatisfied, and not solved
        desk.keyboard.press(key)
    expect(desk.locator("[data-item=poor_reason]")).to_be_focused()
    desk.keyboard.press("1")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(re.compile(r"/callbacks$"))

    reopened_by(sign_in(house, open_page(size=DESK), "/", name="sven"), house)

    with house.database.begin() as session:
        make.close(session, session.scalars(select(Case)).one(), now=clock.now())
        again = session.scalars(select(FollowUp).where(FollowUp.recovery_of_id.is_not(None))).one()
        again.due_at = clock.now()
    to_the_desk(house)

    desk = sign_in(house, open_page(size=DESK), "/callbacks", name="amir")
    take_and_dial(desk)
    recovery = desk.locator(".desk-bar .chip").filter(has_text="Recovery")
    expect(recovery).to_have_count(1)  # beside the promise
    with house.database.begin() as session:
        session.execute(update(Callback).where(Callback.state == "in_call").values(priority=RECOVERY))
    desk.reload()
    expect(desk.locator(".desk-bar .chip")).to_have_count(1)  # the reason itself: said once
    expect(recovery).to_have_count(1)
    accessible(desk)
    fits(desk)
    for key in "555552":
        desk.keyboard.press(key)
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(re.compile(r"/callbacks$"))
    with house.database.read() as session:
        assert session.scalars(select(Case.state)).one() == "closed"
        calls = session.execute(
            select(User.name, Callback.outcome)
            .join(Callback, Callback.agent_id == User.id)
            .order_by(Callback.id)
        ).all()
        assert [tuple(call) for call in calls] == [("anna", "COMPLETE"), ("amir", "COMPLETE")]


def test_a_key_pressed_too_soon_leads_to_what_comes_first(house: Site, open_page: Open) -> None:
    desk = sign_in(house, open_page(size=DESK), "/callbacks", name="anna")
    desk.keyboard.press("j")
    desk.wait_for_url(re.compile(r"/callbacks/\d+$"))
    desk.keyboard.press("5")
    expect(desk.locator(".desk-reveal")).not_to_be_focused()
    desk.keyboard.press("Control+Enter")  # nobody was called yet
    expect(desk.locator(".desk-reveal")).to_be_focused()
    desk.keyboard.press("c")
    expect(desk.locator("#save")).to_be_enabled()
    desk.keyboard.press("r")  # a refusal asks for the customer's words
    expect(desk.locator("#problem")).to_be_visible()
    expect(desk.locator("#note")).to_be_focused()
    accessible(desk)
    desk.keyboard.type("No time for this")
    desk.keyboard.press("Escape")
    desk.keyboard.press("r")
    desk.wait_for_url(re.compile(r"/callbacks$"))
