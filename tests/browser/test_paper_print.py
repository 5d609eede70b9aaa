"""Sheets as the browser prints them: pages counted, nothing broken, nothing outside, in large type."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.db import Database
from surveys.actions import stratum_id
from surveys.models import OpenLink
from tests import people as staff
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, picture
from tests.browser.signing import let_in
from tests.surveys.paper import examples as ex

OFFICE = (1366, 650)
BROWSER = {"zh_Hans": "zh-CN", "en": "en"}


def sign_in(site: Site, page: Page, name: str) -> None:
    let_in(page, site, name)


def hang_up(database: Database, questionnaire_id: int) -> None:
    """Hang up a poster with an open link."""
    with database.begin() as session:
        link = OpenLink(slug="k7Hq2m", questionnaire_id=questionnaire_id, label="poster", language="zh_Hans")
        link.stratum_id, link.state = stratum_id(session), "open"
        link.created_at, link.created_by = ex.NOW, "lena"
        session.add(link)


def make(site: Site, page: Page, language: str, *, sheets: int = 2, size: int = 16) -> None:
    """Fill in the form as somebody would, and wait for the sheets."""
    page.goto(f"{site.url}/questionnaires/{ex.KEY}/paper")
    page.locator("#language").select_option(language)
    page.locator("#sheets").fill(str(sheets))
    page.locator(f"[name=size][value='{size}']").check()
    if page.locator("select#link").count():
        page.locator("#link").select_option(index=1)
    page.locator("#instructions").fill(
        "请投入柜台旁的意见箱" if language == "zh_Hans" else "Into the box at the counter"
    )
    page.locator("form.form-stack .btn-primary").click()
    page.wait_for_url(re.compile(r"/paper/\d+$"))


def pages_of(pdf: Path) -> list[str]:
    """Return the text of each page of a PDF."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("no pdftotext here: apt-get install poppler-utils")
    text = subprocess.run([program, "-layout", pdf, "-"], capture_output=True, check=True).stdout.decode()
    return text.split("\f")[:-1]


def overflowing(page: Page) -> list[float]:
    """Return for each page how far its content reaches below what A4 holds, in millimetres."""
    found: list[float] = page.evaluate(
        """[...document.querySelectorAll('.leaf')].map(leaf =>
        leaf.getBoundingClientRect().height / 96 * 25.4 - 296.5).filter(over => over > 0)"""
    )
    return found


@pytest.mark.parametrize("size", [16, 20])
@pytest.mark.parametrize("language", ["zh_Hans", "en"])
@pytest.mark.parametrize("items", [8, 40])
def test_the_pdf_has_the_pages_that_the_sheet_counts(
    site: Site, open_page: Open, tmp_path: Path, items: int, language: str, size: int
) -> None:
    staff.lena(site.database)
    version = ex.publish(site.database, ex.EIGHT if items == 8 else ex.forty())
    hang_up(site.database, version.questionnaire_id)
    page = open_page(size=OFFICE, language=BROWSER[language])
    sign_in(site, page, "lena")
    make(site, page, language, size=size)
    assert overflowing(page) == []
    each = page.locator(".sheet").first.locator(".leaf").count()
    pdf = tmp_path / "sheets.pdf"
    page.pdf(path=pdf, prefer_css_page_size=True)
    found = pages_of(pdf)
    assert len(found) == 2 * each
    for number, text in enumerate(found):
        assert f"10000{1 + number // each}-" in text
    title = "冬季供暖满意度调查" if language == "zh_Hans" else "Satisfaction with the winter's heating"
    assert title in found[0]
    whole = re.sub(r"\s+", "", "".join(found[:each]))
    numbers = [int(n) for n in re.findall(r"^ {0,3}(\d{1,2})\. ", "\n".join(found[:each]), re.MULTILINE)]
    assert numbers == list(range(1, items + 1))
    for words in _expected(language):
        assert re.sub(r"\s+", "", words) in whole, words
    assert "听得清楚" not in whole  # for the phone only
    assert "hear me well".replace(" ", "") not in whole


def _expected(language: str) -> tuple[str, ...]:
    if language == "zh_Hans":
        return (
            "非常满意",
            "非常不满意",
            "没有接触过",
            "10 分：非常愿意",
            "请投入柜台旁的意见箱",
            "400-000-0000",
            "/o/k7Hq2m",
        )
    return (
        "Very satisfied",
        "Neither satisfied nor dissatisfied",
        "Floor heating",
        "Into the box",
        "/o/k7Hq2m",
    )


def test_questions_of_any_length_never_leave_their_page(site: Site, open_page: Open) -> None:
    staff.lena(site.database)
    zh, en = (
        "请您回想最近一次报修，从打电话、等候、上门到回访，",
        "Thinking of the last visit, from the call to the repair, ",
    )
    items = [ex.OVERALL] + [
        ex.aspect(f"a{n}", zh * (n % 7) + "满意吗？", en * (n % 7) + "are you satisfied?", scale=scale)
        for n, scale in enumerate(["sat5", "agree7", "rating10", "quality5", "ease7", "hcp5"] * 4)
    ]  # fmt: skip
    items = [{**item, "kind": "rating"} if item["scale"] == "rating10" else item for item in items]
    ex.publish(site.database, [*items, ex.CHANNELS, ex.WARMTH, ex.SINCE, ex.COMMENT])
    page = open_page(size=OFFICE)
    sign_in(site, page, "lena")
    for language in ("zh_Hans", "en"):
        for size in (16, 20):
            page.goto(f"{site.url}/questionnaires/{ex.KEY}/paper/sample?language={language}&size={size}")
            assert overflowing(page) == [], (language, size)


def test_type_code_and_marks_have_their_sizes(site: Site, open_page: Open) -> None:
    staff.lena(site.database)
    hang_up(site.database, ex.publish(site.database).questionnaire_id)
    page = open_page(size=OFFICE)
    sign_in(site, page, "lena")
    make(site, page, "zh_Hans", sheets=1)
    mm = "e => e.getBoundingClientRect().width / 96 * 25.4"
    quiet, side = 8, page.evaluate("document.querySelector('#qr').viewBox.baseVal.width")
    code = page.locator(".sheet-code").evaluate(mm)
    assert code * (side - quiet) / side >= 25
    points = "e => parseFloat(getComputedStyle(e).fontSize) * 72 / 96"
    assert page.locator(".asked").first.evaluate(points) == pytest.approx(16, abs=0.01)
    assert page.locator(".hint").first.evaluate(points) >= 13.5
    assert page.locator(".circle").first.evaluate(mm) >= 5
    for drawn in ("color", "background-color"):
        seen = page.locator(".leaf *").evaluate_all(
            f"all => [...new Set(all.map(e => getComputedStyle(e)['{drawn}']))]"
        )
        assert set(seen) <= {"rgb(0, 0, 0)", "rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}  # ink on white


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_the_pages_around_printing(site: Site, open_page: Open, language: str) -> None:
    staff.lena(site.database)
    hang_up(site.database, ex.publish(site.database).questionnaire_id)
    page = open_page(size=OFFICE, language=BROWSER[language])
    sign_in(site, page, "lena")
    make(site, page, language)
    accessible(page)
    expect(page.locator("#print")).to_be_visible()
    picture(page, f"paper-sheets-{language}")
    page.goto(f"{site.url}/questionnaires/{ex.KEY}/paper")
    accessible(page)
    expect(page.locator(".paper-runs")).to_contain_text("100001-")
    picture(page, f"paper-setup-{language}", whole=True)


def test_sheets_are_made_with_scripts_off(site: Site, open_page: Open) -> None:
    staff.lena(site.database)
    ex.publish(site.database)
    page = open_page(size=OFFICE, scripts=False)
    sign_in(site, page, "lena")
    make(site, page, "en")
    expect(page.locator(".sheet")).to_have_count(2)
    expect(page.locator("#print")).to_be_hidden()
