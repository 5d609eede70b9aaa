"""An early warning from the page Today to its explanation, without scripts, and by keyboard on a phone."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from analysis.alerts import rounds
from analysis.alerts.models import Alert
from tests import people
from tests.analysis.alerts.weeks import LOOK, MONDAY, answers, questionnaire, steady
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.signing import let_in

DESK, PHONE = (1366, 650), (390, 844)
LONG = "城东区第三供热服务站及周边老旧小区联合维修班"


@pytest.fixture
def warned(site: Site) -> Site:
    """Satisfaction fell in a department with a long name, and so for everybody."""
    people.lena(site.database)
    version = questionnaire(site.database)
    steady(site.database, version, weeks=26, n=120, department=LONG)
    answers(site.database, version, MONDAY, 120, 0.5, department=LONG)
    rounds.watch(site.database, now=LOOK)
    return site


@pytest.mark.parametrize(("size", "language"), [(DESK, "zh-CN"), (DESK, "en-GB"), (PHONE, "zh-CN")])
def test_the_pages_can_be_read_by_everybody(warned: Site, open_page: Open, size, language) -> None:
    page = open_page(size=size, language=language)
    let_in(page, warned, "lena")
    for path, name in (("/alerts", "list"), ("/alerts/quality/1", "alert"), ("/", "today")):
        page.goto(warned.url + path)
        for image in page.locator("figure.chart img").all():
            expect(image).to_be_visible()
            assert image.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
        accessible(page)
        fits(page)
        picture(page, f"alerts-{name}-{language}-{size[0]}", whole=True)


def test_an_alert_is_explained_without_scripts_and_a_stale_tab_is_told(warned: Site, open_page: Open) -> None:
    page = open_page(size=DESK, language="en-GB", scripts=False)
    let_in(page, warned, "lena")
    page.goto(warned.url)
    page.locator("main a", has_text="Satisfaction lower").first.click()
    stale = page.context.new_page()
    stale.goto(page.url)
    page.get_by_role("button", name="Take this alert up").click()
    expect(page.locator(".flash-success")).to_contain_text("You have taken this alert up.")
    page.get_by_label("One event").check()
    page.get_by_label("What was found out").fill("The main in Lane 3 burst on Tuesday.")
    page.get_by_role("button", name="Explain the alert").click()
    expect(page.locator("main")).to_contain_text("The main in Lane 3 burst on Tuesday.")
    stale.get_by_text("Dismiss it").click()
    stale.locator("#dismiss-words").fill("Known")
    stale.get_by_role("button", name="Dismiss the alert").click()
    expect(stale.locator(".error-summary")).to_contain_text("Somebody was faster: Lena")
    with warned.database.read() as session:
        # The matter is explained with what stands under it.
        assert set(session.scalars(select(Alert.state))) == {"explained"}
