"""The outcome codes in a browser: an administrator changes one, the desk has it with its next page."""

import pytest
from playwright.sync_api import Page
from sqlalchemy import update

from core import clock
from core.auth.models import User
from followup.callbacks import holding, taking
from followup.callbacks.taking import Agent
from followup.jobs import tick
from followup.models import Callback
from tests import people
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.signing import let_in
from tests.followup import factories as make

DESK = (1366, 650)


def sign_in(page: Page, site: Site, name: str) -> None:
    let_in(page, site, name)


def in_hand(site: Site, anna: User) -> int:
    """One call that anna has in hand, promised for now: promises are kept at every hour."""
    now = clock.now()
    with site.database.begin() as session:
        make.new_rule(session, make.by_phone(), now=now)
        make.closed_case(session, now=now)
    tick(site.database, now=now)
    with site.database.begin() as session:
        session.execute(update(Callback).values(state="ready", priority=10, ready_at=now))
    agent = Agent(anna.id, anna.name)
    with site.database.begin() as session:
        callback = taking.pull_next(session, agent, now=now)
        assert callback is not None
        callback_id = callback.id
    with site.database.begin() as session:
        holding.reveal(session, callback_id, agent, now=now)
    return callback_id


@pytest.mark.parametrize("scripts", [True, False])
def test_an_administrator_changes_a_code_and_the_desk_has_it(
    site: Site, open_page: Open, scripts: bool
) -> None:
    people.ada(site.database)
    anna = people.anna(site.database)
    callback_id = in_hand(site, anna)
    page = open_page(size=DESK, language="en-GB", scripts=scripts)
    sign_in(page, site, "ada")
    page.goto(f"{site.url}/admin/outcomes")
    page.get_by_role("link", name="Change: Busy").click()
    page.get_by_label("Not before").fill("1")
    page.get_by_role("button", name="Save the outcome").click()
    assert "5 minutes at least" in page.inner_text(".error-summary")
    page.get_by_label("Where it stands").select_option("off")
    page.get_by_label("Not before").fill("45")
    page.get_by_role("button", name="Save the outcome").click()
    page.wait_for_url(f"{site.url}/admin/outcomes")
    assert "again after 45" in page.inner_text("main")
    desk = open_page(size=DESK, language="en-GB", scripts=scripts)
    sign_in(desk, site, "anna")
    desk.goto(f"{site.url}/callbacks/{callback_id}")
    assert desk.locator("button[value=NO_ANSWER]").count() == 1
    assert desk.locator("button[value=BUSY]").count() == 0


@pytest.mark.parametrize("language", ["zh_Hans", pytest.param("en", marks=pytest.mark.slow)])
def test_the_pages_of_the_codes_fit_and_are_accessible(site: Site, open_page: Open, language: str) -> None:
    people.ada(site.database)
    with site.database.begin() as session:
        session.execute(update(User).values(language=language))
    page = open_page(size=DESK)
    sign_in(page, site, "ada")
    for path in ("", "/REFUSED_SOFT", "/LANGUAGE"):
        page.goto(f"{site.url}/admin/outcomes{path}")
        accessible(page)
        fits(page)
        picture(page, f"outcomes{path.replace('/', '-')}-{language}", whole=True)
    narrow = open_page()
    sign_in(narrow, site, "ada")
    narrow.goto(f"{site.url}/admin/outcomes")
    fits(narrow)
