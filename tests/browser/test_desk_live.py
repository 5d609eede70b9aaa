"""What happens to a call while the desk is open: told within seconds, and nothing typed is ever lost."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select, update

from core import clock
from core.auth.models import LoginSession, User
from core.db import vault_of
from followup.callbacks import holding, takeover, taking
from followup.callbacks.leases import release_expired
from followup.callbacks.taking import Agent
from followup.cases import actions as cases
from followup.jobs import tick
from followup.models import Attempt, Callback, Case, FollowUp
from surveys.models import Response
from tests import people as staff
from tests.browser.conftest import Open, Site, Watch
from tests.browser.looks import accessible, fits, picture
from tests.browser.test_callback import DESK, queue, sign_in, take
from tests.browser.test_respondent import choose, submit
from tests.followup import factories as make

__all__ = ["queue"]  # a fixture
pytestmark = pytest.mark.slow
TOLD = 10_000  # ms: it asks every five seconds; the machine may be busy


def in_call(site: Site, page: Page, language: str = "en") -> int:
    """Anna takes the next callback and shows the number; return which."""
    sign_in(site, page, language=language)
    where = take(page)
    page.keyboard.press("c")
    expect(page.locator("a.desk-number")).to_be_visible()
    return int(where.rsplit("/", 1)[1])


def look_now(page: Page) -> None:
    """What the browser says when the line is back: the desk asks at once."""
    page.evaluate("window.dispatchEvent(new Event('online'))")


def said(page: Page, text: str) -> None:
    """The banner says this."""
    expect(page.locator("#live-text")).to_contain_text(text, timeout=TOLD)


def agent_of(site: Site, name: str) -> Agent:
    with site.database.read() as session:
        user = session.scalars(select(User).where(User.name == name)).one()
        return Agent(user.id, user.name)


def all_kept(page: Page) -> None:
    """Leave the field, and wait until all that was typed is kept: no sign of life is on its way then."""
    page.keyboard.press("Escape")
    expect(page.locator("#kept")).not_to_be_empty()


def sleep(site: Site, callback_id: int, *, meanwhile: Agent | None = None) -> None:
    """The laptop slept longer than the lease: the callback went back into the queue, perhaps to another."""
    with site.database.begin() as session:
        later = clock.now() + timedelta(minutes=16)
        assert release_expired(session, callback_id, later) == "released"
        if meanwhile is not None:
            assert taking.claim(session, callback_id, meanwhile, now=clock.now())
            holding.reveal(session, callback_id, meanwhile, now=clock.now())


def calls(site: Site) -> list[tuple[str, str]]:
    """Outcome and note of every call."""
    with site.database.read() as session:
        return [
            (
                a.outcome,
                vault_of(session).open(a.note_sealed, f"attempt.note:{a.uid}") if a.note_sealed else "",
            )
            for a in session.scalars(select(Attempt).order_by(Attempt.id))
        ]


def test_two_agents_press_at_once_and_each_gets_another_callback(queue: Site, open_page: Open) -> None:
    with queue.database.begin() as session:  # one task for both
        one = session.scalars(select(Callback.id).order_by(Callback.id)).first()
        session.execute(update(Callback).where(Callback.id != one).values(state="waiting"))
        session.execute(
            update(Callback).values(ready_at=clock.now() + timedelta(days=1)).where(Callback.id != one)
        )
    anna = sign_in(queue, open_page(size=DESK))
    amir = sign_in(queue, open_page(size=DESK), name="amir")
    for page in (anna, amir):
        page.evaluate("setTimeout(() => document.querySelector('#next button').click(), 300)")
    for page in (anna, amir):
        expect(page.locator("#desk, .flash")).to_have_count(1)  # the desk, or that there is nothing
    held = [page for page in (anna, amir) if re.search(r"/callbacks/\d+$", page.url)]
    assert len(held) == 1
    other = amir if held[0] is anna else anna
    expect(other.locator("main")).to_contain_text("nothing for you to call")
    other.goto(held[0].url)  # by an address that somebody sent round
    holder = "Anna" if held[0] is anna else "Amir"
    expect(other.locator("main")).to_contain_text(f"{holder} has been calling since")


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_a_case_opened_again_during_the_call_is_told_and_the_words_are_kept(
    queue: Site, open_page: Open, language: str
) -> None:
    page = open_page(size=DESK)
    callback_id = in_call(queue, page, language)
    page.keyboard.press("5")
    page.locator("#note").fill("楼上也漏水")
    before = page.locator(".desk-columns").bounding_box()
    with queue.database.begin() as session:
        follow_up = session.get_one(FollowUp, session.get_one(Callback, callback_id).follow_up_id)
        case = session.get_one(Case, follow_up.case_id)
        cases.reopen(session, case, actor="sven", now=clock.now(), reason="again")
    expect(page.locator("#live")).to_be_visible(timeout=TOLD)
    assert page.locator(".desk-columns").bounding_box() == before  # nothing moved
    expect(page.locator("#note")).to_have_value("楼上也漏水")
    expect(page.locator("#save")).to_be_disabled()
    accessible(page)
    fits(page)
    picture(page, f"desk-live-reopened-{language}")
    page.locator("#live-note").click()
    page.wait_for_url("**/callbacks")
    code, note = calls(queue)[0]
    assert (code, note.splitlines()[0]) == ("VOID_REOPENED", "楼上也漏水")


def test_an_answer_by_link_during_the_call_is_told_without_the_rating(site: Site, open_page: Open) -> None:
    past = (clock.now() - timedelta(days=9)).replace(hour=2, minute=0)  # a morning
    staff.anna(site.database)
    with site.database.begin() as session:
        make.new_rule(session, make.ASK_ALL, now=past)
        make.closed_case(session, now=past)
    for day in (0, *range(9)):  # weekends and holidays too
        tick(site.database, now=past + timedelta(days=day, minutes=day))
    token = make.link_token(site.database)
    with site.database.begin() as session:
        session.execute(update(Callback).values(state="ready", priority=10, ready_at=past))
    page = open_page(size=DESK)
    in_call(site, page)
    customer = open_page()
    customer.goto(f"{site.url}/s/{token}")
    for key in ("overall", "attitude", "speed", "quality", "result"):
        choose(customer, key, 1)
    choose(customer, "resolved", 1)
    submit(customer)
    customer.wait_for_url("**/thanks*")
    said(page, "The customer answered by link at")
    expect(page.locator("#live-next")).to_be_visible()
    assert page.locator(".phone-item input:checked").count() == 0
    assert "dissatisfied" not in page.locator("#live").inner_text().lower()
    page.keyboard.press("j")
    page.wait_for_url("**/callbacks")
    assert calls(site) == [("SELF_DONE", "")]
    with site.database.read() as session:
        assert session.scalars(select(Response.mode)).all() == ["web"]


def test_a_supervisor_takes_over_and_the_agent_sees_who(queue: Site, open_page: Open) -> None:
    staff.sven(queue.database)
    page = open_page(size=DESK)
    callback_id = in_call(queue, page)
    with page.expect_response(re.compile("/heartbeat$")):
        page.locator("#note").fill("很生气")
        page.keyboard.press("Escape")
    with queue.database.begin() as session:
        takeover.take_over(session, callback_id, agent_of(queue, "sven"), reason="asked for", now=clock.now())
    said(page, "Sven has taken this call over at")
    expect(page.locator("#note")).to_have_value("很生气")
    boss = sign_in(queue, open_page(size=DESK), name="sven")
    boss.goto(f"{queue.url}/callbacks/{callback_id}")
    expect(boss.locator("a.desk-number")).to_be_visible()
    expect(boss.locator("#note")).to_have_value("很生气")
    boss.keyboard.press("a")
    boss.wait_for_url(lambda url: not url.endswith(f"/{callback_id}"))
    look_now(page)
    said(page, "Sven has finished this call.")


def test_a_laptop_that_slept_goes_on_where_nobody_called(queue: Site, open_page: Open) -> None:
    page = open_page(size=DESK)
    callback_id = in_call(queue, page)
    page.locator("#note").fill("打到一半")
    all_kept(page)
    sleep(queue, callback_id)
    look_now(page)
    said(page, "ran out")
    accessible(page)
    picture(page, "desk-live-slept")
    page.locator("#live-keep").click()
    expect(page.locator("#live")).to_be_hidden()
    sleep(queue, callback_id)  # and once more, without a word to anybody: saving is enough
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.wait_for_url(lambda url: not url.endswith(f"/{callback_id}"))
    assert calls(queue) == [("NO_ANSWER", "打到一半")]


def test_a_call_of_somebody_else_keeps_what_was_typed_until_it_can_be_sent(
    queue: Site, open_page: Open
) -> None:
    page = open_page(size=DESK)
    callback_id = in_call(queue, page)
    for key in ("5", "4", "4", "0", "5", "2"):
        page.keyboard.press(key)
    page.locator("#note").fill("说得很清楚")
    all_kept(page)
    sleep(queue, callback_id, meanwhile=agent_of(queue, "amir"))
    page.locator("#save").click()
    expect(page.locator("main")).to_contain_text("Amir has been calling since")
    expect(page.locator("main")).to_contain_text("说得很清楚")
    accessible(page)
    picture(page, "desk-live-conflict")
    with queue.database.begin() as session:
        holding.release(session, callback_id, agent_of(queue, "amir"), reason="known", now=clock.now())
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url(lambda url: not url.endswith(f"/{callback_id}"))
    assert calls(queue) == [("COMPLETE", "说得很清楚")]


def test_two_windows_of_one_agent_write_one_call(queue: Site, open_page: Open) -> None:
    first = open_page(size=DESK)
    callback_id = in_call(queue, first)
    second = first.context.new_page()
    second.goto(first.url)
    expect(second.locator("a.desk-number")).to_be_visible()
    first.keyboard.press("a")
    first.wait_for_url(lambda url: not url.endswith(f"/{callback_id}"))
    look_now(second)
    said(second, "You have recorded this call already, in another window.")
    second.locator("#note").fill("Q")
    second.keyboard.press("Escape")
    second.keyboard.press("b")
    expect(second.locator("main")).to_contain_text("in another window")
    assert calls(queue) == [("NO_ANSWER", "")]


def test_without_a_network_nothing_is_sent_and_nothing_lost(
    queue: Site, open_page: Open, watch: Watch
) -> None:
    page = open_page(size=DESK)
    callback_id = in_call(queue, page)
    page.locator("#note").fill("半句话")
    page.context.set_offline(True)
    said(page, "No connection")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    said(page, "nothing was sent")
    accessible(page)
    picture(page, "desk-live-offline")
    assert page.url.endswith(f"/{callback_id}")
    expect(page.locator("#note")).to_have_value("半句话")
    with page.expect_response(re.compile("/heartbeat$")):  # what was typed meanwhile is kept at once
        page.context.set_offline(False)
    expect(page.locator("#live")).to_be_hidden(timeout=TOLD)
    page.keyboard.press("a")
    page.wait_for_url(lambda url: not url.endswith(f"/{callback_id}"))
    assert calls(queue) == [("NO_ANSWER", "半句话")]
    watch.errors[:] = [error for error in watch.errors if "ERR_INTERNET_DISCONNECTED" not in error]


def test_who_was_signed_out_signs_in_beside_and_goes_on(queue: Site, open_page: Open) -> None:
    page = open_page(size=DESK)
    callback_id = in_call(queue, page)
    page.locator("#note").fill("午饭前")
    with queue.database.begin() as session:
        session.execute(delete(LoginSession))
    page.keyboard.press("Escape")
    page.wait_for_timeout(1600)  # the last word of the server is no longer fresh
    page.keyboard.press("a")
    said(page, "You are signed out.")
    accessible(page)
    picture(page, "desk-live-signed-out")
    with page.expect_popup() as opened:
        page.locator("#live-sign-in").click()
    beside = opened.value
    beside.locator("[name=name]").fill("anna")
    beside.locator("[name=password]").fill(staff.PASSWORD)
    beside.locator("[name=password]").press("Enter")
    beside.wait_for_url("**/callbacks")
    beside.close()
    look_now(page)
    expect(page.locator("#live")).to_be_hidden(timeout=TOLD)
    page.locator("body").click(position={"x": 5, "y": 300})
    page.keyboard.press("a")
    page.wait_for_url(lambda url: not url.endswith(f"/{callback_id}"))
    assert calls(queue) == [("NO_ANSWER", "午饭前")]


def test_the_end_of_the_time_is_told_two_minutes_before(queue: Site, open_page: Open) -> None:
    page = open_page(size=DESK)
    callback_id = in_call(queue, page)
    with queue.database.begin() as session:
        session.get_one(Callback, callback_id).lease_until = clock.now() + timedelta(seconds=100)
    look_now(page)
    said(page, "less than two minutes")
    picture(page, "desk-live-lease")
    page.keyboard.press("k")
    expect(page.locator("#live")).to_be_hidden(timeout=TOLD)
    with queue.database.read() as session:
        until = session.get_one(Callback, callback_id).lease_until
        assert until is not None
        assert until > clock.now() + timedelta(minutes=14)
