"""Open links in a browser: every state in both languages, two people at once, and what staff see."""

import re
import shutil
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import update

from core import clock
from core.contacts.actions import note_contact, save_contact, set_do_not_contact
from core.contacts.governance import record_refusal
from surveys.models import Ballot, OpenLink, OpenLinkDay, Response
from tests import people
from tests.browser.conftest import Open, Site, Watch
from tests.browser.looks import PICTURES, accessible, fits, picture
from tests.browser.signing import let_in
from tests.surveys import links as personal
from tests.surveys.links import rows
from tests.surveys.openlinks import links

LANGUAGES = {"zh-CN": "zh-Hans", "en-GB": "en"}
STATES = {
    "full": "Today’s places are taken",
    "ended": "This survey has ended",
    "closed": "This survey is closed",
    "unknown": "There is no survey at this address",
}
DESK, PHONE = (1366, 650), (390, 844)


def opened(site: Site, **given: object) -> str:
    """Make an open link now; return its address."""
    return f"{site.url}/o/{links.open_link(site.database, language='', now=clock.now(), **given)}"  # type: ignore[arg-type]


def today(site: Site) -> date:
    return clock.now().astimezone(site.database.settings.zone).date()


def fill_up(site: Site) -> None:
    """Let others have taken the places of today."""
    with site.database.begin() as session:
        session.add(OpenLinkDay(open_link_id=1, day=today(site), n=1))


def choose_all(page: Page, score: int = 4) -> None:
    for key in ("overall", "attitude", "speed", "quality", "result"):
        page.locator(f"label[for='{key}-{score}']").click()
    page.locator("label[for='resolved-2']").click()


def sign_in(page: Page, site: Site, name: str, language: str) -> None:
    let_in(page, site, name)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_somebody_answers_and_makes_room_for_the_next(
    site: Site, open_page: Open, watch: Watch, language: str, scripts: bool
):
    address = opened(site, quota=5)
    page = open_page(language=language, scripts=scripts)
    page.goto(address)
    assert page.locator("html").get_attribute("lang") == LANGUAGES[language]
    expect(page.locator("a[href*='/stop']")).to_have_count(0)
    fits(page)
    if scripts:
        accessible(page)
        picture(page, f"open-link-{language}")
    choose_all(page)
    page.locator(".send").click()
    page.wait_for_url("**/thanks*")
    if scripts:
        accessible(page)
        picture(page, f"open-link-thanks-{language}")
    page.locator("a.button").click()
    expect(page.locator("#overall-4")).not_to_be_checked()  # nothing of the one before is left
    assert len(rows(site.database, Response)) == 1
    assert watch.hosts == {site.url.split("/")[2]}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_page(site: Site, open_page: Open, state: str, language: str):
    address = opened(site, quota=1, state="closed" if state == "closed" else "open")
    if state == "full":
        fill_up(site)
    if state == "ended":
        with site.database.begin() as session:
            session.execute(update(OpenLink).values(answer_by=clock.now() - timedelta(days=1)))
    page = open_page(language=language)
    page.goto(address if state != "unknown" else f"{site.url}/o/22222222")
    assert page.locator("body").get_attribute("data-state") == state
    assert page.locator("html").get_attribute("lang") == LANGUAGES[language]
    expect(page.locator("main a.button")).to_have_attribute("href", "tel:400-000-0000")
    if language == "en-GB":
        expect(page.locator("h1")).to_have_text(STATES[state])
    fits(page)
    accessible(page)
    picture(page, f"open-link-{state}-{language}")


def test_two_people_answer_at_once_each_with_an_own_page(site: Site, open_page: Open):
    address = opened(site)
    first, second = open_page(), open_page(language="en-GB")
    for page in (first, second):
        page.goto(address)
    choose_all(first, 5)
    choose_all(second, 2)
    for page in (first, second):
        page.locator(".send").click()
    for page in (first, second):
        page.wait_for_url("**/thanks*")
    assert sorted(row.language for row in rows(site.database, Response)) == ["en", "zh_Hans"]


def test_the_last_place_goes_to_one_of_two_and_the_other_loses_nothing(site: Site, open_page: Open):
    address = opened(site, quota=1)
    first, second = open_page(), open_page()
    for page in (first, second):
        page.goto(address)
        choose_all(page)
    second.locator("#comment").fill("楼道里一直有气味。")
    first.locator(".send").click()
    first.wait_for_url("**/thanks*")
    second.locator(".send").click()
    expect(second.locator("body")).to_have_attribute("data-state", "full")
    accessible(second)
    with site.database.begin() as session:  # the next day
        session.execute(update(OpenLinkDay).values(day=today(site) - timedelta(days=1)))
    second.goto(address)
    expect(second.locator("#comment")).to_have_value("楼道里一直有气味。")
    expect(second.locator("#overall-4")).to_be_checked()
    second.locator(".send").click()
    second.wait_for_url("**/thanks*")
    assert len(rows(site.database, Response)) == 2


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_double_press_refresh_and_the_way_back_are_one_answer(site: Site, open_page: Open, scripts: bool):
    page = open_page(scripts=scripts)
    page.goto(opened(site))
    choose_all(page)
    page.locator(".send").dblclick()
    page.wait_for_url("**/thanks*")
    page.reload()
    page.go_back()
    if not scripts:  # with scripts nothing is left there of the answers
        expect(page.locator("#overall-4")).to_be_checked()
    choose_all(page)
    page.locator(".send").click()
    page.wait_for_url("**/thanks*")
    assert len(rows(site.database, Response)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_answers_on_the_way_back_are_told_so(site: Site, open_page: Open, language: str):
    page = open_page(language=language)
    page.goto(opened(site))
    choose_all(page)
    page.locator(".send").click()
    page.wait_for_url("**/thanks*")
    page.go_back()
    choose_all(page, 1)
    page.locator(".send").click()
    expect(page.locator("body")).to_have_attribute("data-state", "sent")
    accessible(page)
    fits(page)
    picture(page, f"open-link-sent-{language}")
    page.locator("a.button").click()
    choose_all(page, 1)
    page.locator(".send").click()
    page.wait_for_url("**/thanks*")
    assert len(rows(site.database, Response)) == 2


def test_an_anonymous_questionnaire_is_answered_over_an_open_link(site: Site, open_page: Open):
    key = links.publish_anonymous(site.database)
    page = open_page(language="en-GB")
    page.goto(opened(site, key=key))
    fits(page)
    accessible(page)
    page.locator("label[for='overall-4']").click()
    page.locator(".send").click()
    page.wait_for_url("**/thanks*")
    assert len(rows(site.database, Ballot)) == 1
    assert rows(site.database, Response) == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_make_a_link_and_hang_it_up(site: Site, open_page: Open, language: str, size: tuple[int, int]):
    people.lena(site.database)
    opened(site, label="东城营业厅一楼 3 号窗口", quota=50, district="东城区", department="东城所")
    opened(site, label="账单背面", state="closed")
    page = open_page(language=language, size=size)
    code = {"zh-CN": "zh_Hans", "en-GB": "en"}[language]
    sign_in(page, site, "lena", code)
    base = f"{site.url}/questionnaires/{links.KEY}/links"
    name = f"{'desk' if size == DESK else 'phone'}-{language}"
    for path, what in (("", "links"), ("/new", "link-new"), ("/1", "link"), ("/1/sheet", "sheet")):
        page.goto(f"{base}{path}?lang={code}")
        fits(page)
        accessible(page)
        picture(page, f"open-{what}-{name}", whole=True)
    assert page.locator(".code img").evaluate("image => image.naturalWidth") > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_is_one_page_with_a_large_code(site: Site, open_page: Open, tmp_path: Path, language: str):
    people.sven(site.database)
    opened(site, answer_by=datetime.fromisoformat("2027-01-01T00:00:00+08:00"))
    page = open_page(size=DESK, language=language)
    code = {"zh-CN": "zh_Hans", "en-GB": "en"}[language]
    sign_in(page, site, "sven", code)
    page.goto(f"{site.url}/questionnaires/{links.KEY}/links/1/sheet?lang={code}")
    page.emulate_media(media="print")
    box = page.locator(".code img").bounding_box()
    assert box is not None
    assert box["width"] / 96 * 25.4 >= 100  # millimetres on paper, the quiet zone with it
    pdf = tmp_path / "sheet.pdf"
    page.pdf(path=pdf, prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) == 1
    if shutil.which("pdftoppm"):
        PICTURES.mkdir(exist_ok=True)
        target = PICTURES / f"open-sheet-print-{language}"
        subprocess.run(["pdftoppm", "-r", "60", "-png", "-singlefile", str(pdf), str(target)], check=True)
        with Image.open(target.with_suffix(".png")) as sheet:
            assert sheet.size == (496, 702)  # A4, portrait


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_see_personal_links_and_the_ledger_of_a_contact(
    site: Site, open_page: Open, language: str, size: tuple[int, int]
):
    people.ada(site.database)
    now = clock.now()
    for _n in range(3):
        personal.invite(site.database, at=now)
    with site.database.begin() as session:
        wang = save_contact(
            session, name="王秀英", phones=["13812345678", "010-62345678"], email="wang@example.org",
            household="HX1001", now=now,
        )  # fmt: skip
        save_contact(session, name="张伟", phones=["13900000001"], household="HX1001", now=now)
        for days, channel, purpose, outcome in (
            (40, "sms", "invitation", ""),
            (39, "phone", "callback", "NO_ANSWER"),
            (9, "email", "reminder", ""),
        ):  # fmt: skip
            note_contact(
                session, wang.id, channel=channel, purpose=purpose, now=now - timedelta(days=days),
                outcome=outcome,
            )  # fmt: skip
        record_refusal(session, wang.id, reason="cap", purpose="invitation", now=now, channel="sms")
        set_do_not_contact(
            session, wang.id, actor="olga", channel="staff", reason="来电要求不再联系", now=now
        )
    page = open_page(language=language, size=size)
    code = {"zh-CN": "zh_Hans", "en-GB": "en"}[language]
    sign_in(page, site, "ada", code)
    name = f"{'desk' if size == DESK else 'phone'}-{language}"
    for path, what in (
        ("/invitations", "invitations"),
        ("/invitations/1", "invitation"),
        (f"/contacts/{wang.id}", "contact"),
    ):  # fmt: skip
        page.goto(f"{site.url}{path}?lang={code}")
        fits(page)
        accessible(page)
        picture(page, f"{what}-{name}", whole=True)
