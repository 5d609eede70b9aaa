"""A campaign from the form to its figures, on a desk and a phone, with scripts and without."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from core import clock
from core.db import Database
from surveys import seeds
from surveys.models import Invitation
from tests import people
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible, fits, picture
from tests.browser.signing import let_in
from tests.surveys.campaigns import people as make

DESK, PHONE = (1366, 650), (390, 844)


@pytest.fixture
def house(site: Site) -> Site:
    """A questionnaire, twenty customers and somebody who may ask them."""
    people.lena(site.database)
    with site.database.begin() as session:
        seeds.seed(session, clock.now())
    make.contacts(site.database, 20, now=clock.now())
    return site


def lived(database: Database) -> None:
    """Let the messages go out tomorrow at noon, and nine people answer."""
    zone = database.settings.zone
    noon = (clock.now() + timedelta(days=1)).astimezone(zone).replace(hour=12)
    make.tick(database, noon)
    make.tick(database, noon + timedelta(minutes=5))
    with database.read() as session:
        asked = session.scalars(select(Invitation.contact_id).order_by(Invitation.id).limit(9)).all()
    for number in asked:
        assert number is not None
        make.answer(database, number, now=noon + timedelta(hours=1))
    make.tick(database, noon + timedelta(hours=1))


@pytest.mark.parametrize(("size", "scripts"), [(DESK, True), (PHONE, False)])
def test_from_the_form_to_the_figures(
    house: Site, open_page: Open, size: tuple[int, int], scripts: bool
) -> None:
    page = open_page(size=size, language="en-GB", scripts=scripts)
    let_in(page, house, "lena")
    page.goto(f"{house.url}/campaigns/new")
    fits(page)
    page.fill("[name=title]", "Heating season")
    expect(page.locator("[name=sample_size]")).to_be_visible(visible=not scripts)  # only what is needed
    page.check("input[name=sample][value=simple]")
    page.fill("[name=sample_size]", "15")
    picture(page, f"campaign-form-{size[0]}", whole=True)
    page.locator("main .btn-primary").click()
    expect(page.locator("h1")).to_contain_text("Heating season")
    expect(page.locator("main")).to_contain_text("one message, 4 left")
    fits(page)
    page.locator("main .btn-primary").click()
    expect(page.locator("h1")).to_contain_text("Running")
    lived(house.database)
    page.reload()
    expect(page.locator(".funnel")).to_contain_text("In the sample")
    fits(page)
    if scripts:
        accessible(page)
    picture(page, f"campaign-{size[0]}", whole=True)
    page.get_by_role("link", name="See everybody").click()
    expect(page.locator("tbody tr")).to_have_count(15)
    fits(page)


def test_a_list_comes_from_a_file(house: Site, open_page: Open, tmp_path: Path) -> None:
    page = open_page(size=DESK, language="en-GB")
    let_in(page, house, "lena")
    page.goto(f"{house.url}/campaigns/new")
    page.fill("[name=title]", "Shops")
    page.check("input[name=audience][value=list]")
    page.locator("main .btn-primary").click()
    file = tmp_path / "list.csv"
    file.write_text("姓名,手机\n张三,13912345678\n李四,12\n", "utf-8")
    page.set_input_files("[name=file]", file)
    page.locator("main .btn-primary").click()
    expect(page.locator("main")).to_contain_text("1 thing has to be mended first")
    accessible(page)
    file.write_text("姓名,手机\n张三,13912345678\n", "utf-8")
    page.locator("main a.btn-primary").click()
    page.set_input_files("[name=file]", file)
    page.locator("main .btn-primary").click()
    page.locator("main .btn-primary").click()
    expect(page.locator("main")).to_contain_text("people on the list")
