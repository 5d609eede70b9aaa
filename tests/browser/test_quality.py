"""The second listening in a browser: blind, by mouse, with scripts off; and the list of signals."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from core import clock
from core.auth.models import User
from followup.callbacks.outcomes import Code
from followup.models import Attempt, Case
from followup.quality import drawing
from followup.quality.models import CallReview
from tests import people as staff
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.signing import let_in
from tests.followup.quality.calls import GOOD, MIXED, call, callbacks

DESK = (1366, 650)


@pytest.fixture
def house(site: Site) -> Site:
    """Anna called five customers a while ago; two of her calls are to be listened to again."""
    now = clock.now()
    anna, _amir = staff.anna(site.database), staff.amir(site.database)
    staff.sven(site.database)
    ids = callbacks(site.database, now, 5)
    with site.database.begin() as session:
        session.execute(
            update(User).where(User.id == anna.id).values(display_name="欧阳上官慧敏（东区客服中心二组）")
        )
        call(session, ids[0], anna.id, now - timedelta(minutes=30), answers=MIXED)
        call(session, ids[1], anna.id, now - timedelta(minutes=20), seconds=11, answers=GOOD)
        rows = session.execute(drawing.with_answers()).all()
        assert [drawing._put(session, row, "share", now) for row in rows] == [1, 1]
        for n, each in enumerate(ids[2:]):
            call(session, each, anna.id, now - timedelta(minutes=n), seconds=None, code=Code.NO_ANSWER)
        session.execute(update(Case).values(state="closed"))
    return site


def sign_in(site: Site, page: Page, name: str, language: str, path: str = "/callbacks/quality") -> Page:
    """Sign in and go to a page."""
    with site.database.begin() as session:
        session.execute(update(User).where(User.name == name).values(language=language))
    let_in(page, site, name)
    page.goto(f"{site.url}{path}")
    return page


@pytest.mark.parametrize(("language", "scripts"), [("en", True), ("zh_Hans", False)])
def test_the_answers_of_the_call_are_seen_after_the_own_were_saved(
    house: Site, open_page: Open, language: str, scripts: bool
) -> None:
    page = sign_in(house, open_page(size=DESK, scripts=scripts), "amir", language)
    if scripts:  # axe needs them
        accessible(page)
    fits(page)
    picture(page, f"quality-{language}", whole=True)
    page.locator("form[action$='/quality/next'] button").click()
    expect(page.locator("#second")).to_be_visible()
    assert page.locator("#second input:checked").count() == 0
    assert page.locator("textarea[name=reason], textarea[name=comment]").count() == 0  # no words, marks only
    if scripts:
        accessible(page)
    fits(page)
    picture(page, f"quality-review-{language}", whole=True)
    page.locator("#way-0").check()
    if scripts:
        for score in GOOD.values():
            page.keyboard.press(score)
        page.keyboard.type("5.0")  # now in the note: no score any more
        page.keyboard.press("Control+Enter")
    else:
        for key, score in GOOD.items():
            page.locator(f"label[for='{key}-{score}']").click()
        page.locator("#save").click()
    expect(page.locator(".chip-warn").first).to_be_visible()
    if scripts:
        accessible(page)
    fits(page)
    picture(page, f"quality-result-{language}", whole=True)
    with house.database.read() as session:
        review = session.scalars(select(CallReview).where(CallReview.state == "differs")).one()
        assert review.marks is not None
        assert (review.marks["overall"], review.marks["speed"]) == ([4, 5], [3, 5])


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_a_supervisor_works_through_what_stands_out(house: Site, open_page: Open, language: str) -> None:
    path = "/callbacks/quality/signals?signal=no_dial"
    page = sign_in(house, open_page(size=DESK), "sven", language, path)
    accessible(page)
    fits(page)
    picture(page, f"quality-signals-{language}", whole=True)
    expect(page.locator("tbody .row-link")).to_have_count(3)
    page.locator("tbody .row-link").first.click()
    accessible(page)
    picture(page, f"quality-check-{language}", whole=True)
    page.locator("#finding").select_option("fine")
    page.locator("#note").fill("关机提示音")
    page.locator("form.form-stack button").click()
    expect(page.locator("tbody .row-link")).to_have_count(2)
    page.goto(f"{house.url}/callbacks/quality/agreement")
    accessible(page)
    fits(page)
    picture(page, f"quality-agreement-{language}", whole=True)
    with house.database.read() as session:
        assert session.scalars(select(Attempt.outcome)).all().count("NO_ANSWER") == 3  # nothing was judged
