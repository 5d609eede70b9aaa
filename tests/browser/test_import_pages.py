"""A messy file in a browser: unknown words, bad rows, the mended file, the import, and taking it back."""

import re
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from followup.models import Case
from tests import people
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.test_paper_print import OFFICE, sign_in

HEAD = ("编号", "诉求类型", "紧急", "标题", "客户姓名", "手机", "所属单位", "备注列")
GOOD = (
    (
        "0001",
        "投诉",
        "一般",
        "暖气不热",
        "王小明",
        "13812345678",
        "城东供热服务站（含改造办公室）",
        "x",
    ),
    (
        "0002",
        "催办",
        "特急",
        "三号楼二单元漏水多次报修无人处理",
        "欧阳娜娜",
        "13912345678",
        "城东所",
        "",
    ),
    ("0003", "报修", "严重", "室温只有十五度", "李四", "", "城东所", ""),
)
BAD = (*GOOD[:2], ("0002", "报修", "严重", "", "李四", "12", "城东所", ""))


def book(path: Path, rows: tuple[tuple[str, ...], ...]) -> Path:
    """Write a workbook as an office keeps it: two sheets, numbers as text."""
    made = Workbook()
    made.active.title = "十一月"
    for row in (HEAD, *rows):
        made.active.append(row)
    made.create_sheet("说明").append(["填表说明"])
    made.save(path)
    return path


def go_on(page: Page) -> None:
    """Press the one primary button of the page."""
    with page.expect_navigation():
        page.locator("main form .btn-primary").click()


def look(page: Page, name: str, *, scripts: bool) -> None:
    """Judge a step of the way."""
    fits(page)
    if scripts:
        accessible(page)
        picture(page, f"import-{name}", whole=True)


def checked(page: Page, site: Site, path: Path, *, scripts: bool) -> None:
    """Bring a file to the page that says what it would do."""
    page.goto(f"{site.url}/cases/import")
    page.set_input_files("#file", path)
    page.locator("#source").fill("旧系统")
    go_on(page)
    look(page, "sheet", scripts=scripts)
    go_on(page)
    look(page, "columns", scripts=scripts)
    go_on(page)
    if page.url.endswith("/words"):
        look(page, "words", scripts=scripts)
        for choice in page.locator("main select:not([name^=rest-])").all():
            choice.select_option(index=1)
        go_on(page)
    page.wait_for_selector("ul.figures")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_messy_file_is_mended_imported_and_taken_back(
    site: Site, open_page: Open, tmp_path: Path, *, scripts: bool
) -> None:
    people.sven(site.database)
    page = open_page(size=OFFICE, scripts=scripts)
    sign_in(site, page, "sven")
    checked(page, site, book(tmp_path / "bad.xlsx", BAD), scripts=scripts)
    look(page, "errors", scripts=scripts)
    assert page.locator("tbody tr").count() >= 2
    assert page.locator("main form .btn-primary").count() == 0  # it comes whole or not at all
    with page.expect_download() as download:
        page.locator("a[href$='/failed']").click()
    download.value.save_as(tmp_path / "failed.xlsx")
    failed = load_workbook(tmp_path / "failed.xlsx").active
    assert [cell.value for cell in failed[1]][:-1] == list(HEAD)
    assert failed.max_row == 2
    assert "external_id:" not in str(failed.cell(2, len(HEAD) + 1).value)

    checked(page, site, book(tmp_path / "good.xlsx", GOOD), scripts=scripts)
    look(page, "check", scripts=scripts)
    go_on(page)
    expect(page.locator("details.step summary")).to_be_visible(timeout=15_000)  # only what is done has it
    look(page, "done", scripts=scripts)
    assert cases(site) == len(GOOD)
    page.locator("details.step summary").click()
    with page.expect_navigation():
        page.locator("form[action$='/undo'] button").click()
    expect(page.locator("main")).to_contain_text(re.compile("taken back"), timeout=15_000)
    look(page, "undone", scripts=scripts)
    assert cases(site) == 0


def cases(site: Site) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(Case)) or 0
