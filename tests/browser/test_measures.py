"""Measures in the browser: planned from a filled address, told to the public, read on a phone."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from followup.measures import actions, publishing
from followup.measures.models import Measure
from tests import people
from tests.analysis.answers import BEFORE, FALL, count, likert, publish
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.signing import let_in
from tests.conftest import NOW
from tests.followup.measures.plans import planned

DESK, PHONE = (1366, 650), (390, 844)
TOLD = {
    "zh_Hans": {
        "said": "高层住户家里上层不热。",
        "did": "供暖前逐栋排气、清洗过滤网、调好平衡。",
        "effect": "",
    },
    "en": {"said": "Upper floors stayed cold.", "did": "We vented every building.", "effect": ""},
}


@pytest.fixture
def care(site: Site) -> Site:
    """A questionnaire that was answered in two districts."""
    people.lena(site.database)
    version = publish(site.database, likert("overall", "Overall satisfaction", role="overall"))
    for district in ("城东区", "城西区"):
        count(site.database, version, BEFORE, {"overall": FALL[0]}, district=district)
    return site


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_measure_is_planned_put_in_force_and_told(care: Site, open_page: Open, scripts: bool):
    page = open_page(size=DESK, language="en-GB", scripts=scripts)
    let_in(page, care, "lena")
    page.goto(f"{care.url}/measures/new?questionnaire=care&item=overall&dimension=district&group=城西区")
    expect(page.get_by_label("城西区: reached")).to_be_checked()
    page.get_by_label("城东区: to compare with").check()
    page.get_by_label("Measure", exact=True).fill("Second team at night")
    page.get_by_label("What we heard").fill("People wait long at night")
    page.get_by_label("What we do about it").fill("A second team")
    page.get_by_label("To be done by").fill("2026-12-01")
    page.get_by_role("button", name="Plan the measure").click()
    expect(page.get_by_role("alert")).to_contain_text("Name the department")
    expect(page.get_by_label("What we do about it")).to_have_value("A second team")
    page.get_by_label("Department", exact=True).fill("城西供热所")
    page.get_by_role("button", name="Plan the measure").click()
    expect(page.locator("h1")).to_have_text("Second team at night")
    page.get_by_role("button", name="Put it in force").click()
    page.get_by_role("link", name="Tell the public").click()
    page.get_by_label("You said (English)").fill("3 of you waited long at night")
    page.get_by_role("button", name="Publish these texts").click()
    expect(page.get_by_role("alert")).to_contain_text("fewer than 10 people")
    page.get_by_label("You said (English)").fill("You waited long at night")
    page.get_by_role("button", name="Publish these texts").click()
    page.goto(f"{care.url}/improvements?lang=en")
    expect(page.locator("article")).to_contain_text("You waited long at night")


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_public_reads_it_on_a_phone(site: Site, open_page: Open, language: str):
    planned(site.database, NOW)
    with site.database.begin() as session:
        measure = session.scalars(select(Measure)).one()
        actions.take_step(session, measure, "start", actor="lena", now=NOW)
        publishing.publish(session, measure, TOLD, effect={}, confirmed=False, actor="lena", now=NOW)
    page = open_page(size=PHONE, language=language, scripts=False)
    page.goto(f"{site.url}/improvements")
    texts = TOLD["zh_Hans" if language == "zh-CN" else "en"]
    expect(page.locator(".did")).to_have_text(texts["did"])
    assert page.context.cookies() == []
    fits(page)
    picture(page, f"improvements-{language}")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_pages_are_accessible_and_fit(care: Site, open_page: Open, size: tuple[int, int]):
    number = planned(care.database, NOW).number
    page = open_page(size=size, language="zh-CN")
    let_in(page, care, "lena")
    for path in ("", "/new?questionnaire=care", f"/{number}", f"/{number}/edit", f"/{number}/effect"):
        page.goto(f"{care.url}/measures{path}")
        fits(page)
        accessible(page)
    page.goto(f"{care.url}/improvements")
    fits(page)
    accessible(page)
