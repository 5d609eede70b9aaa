"""Every kind of question on the customer's phone: conditions, other, numbers to press, dates, saving."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core import clock
from surveys.answering import stored_answers
from surveys.models import InvitationTrace, Partial, Response
from surveys.parsing import Given
from tests.browser.conftest import Open, Site, Watch
from tests.browser.looks import accessible, boxes, enlarge, fits, picture
from tests.browser.test_respondent import LANGUAGES, choose, submit
from tests.surveys import kinds
from tests.surveys.links import rows

WATCH_SHIFTS = """window.shift = 0; new PerformanceObserver(
  list => list.getEntries().forEach(e => window.shift += e.value)
).observe({type: 'layout-shift', buffered: true})"""
SIZES = [((320, 640), 100), ((320, 640), 200), ((390, 844), 140), ((1366, 650), 100)]


def invite(site: Site, definition: dict[str, Any] | None = None, **more: Any) -> str:
    """Send a link to the questionnaire with every kind; return its address."""
    version = kinds.publish(site.database, definition)
    return f"{site.url}/s/{kinds.invite(site.database, version, at=clock.now(), **more)}"


def stored(site: Site) -> dict[str, Given]:
    """Return the answers of the one response."""
    version = kinds.publish(site.database)
    (response,) = rows(site.database, Response)
    with site.database.read() as session:
        return stored_answers(session, version, response.id)


def items_shown(page: Page) -> list[str]:
    return page.evaluate(
        "[...document.querySelectorAll('.item')].filter(e => e.offsetParent).map(e => e.dataset.item)"
    )


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_is_answered(site: Site, open_page: Open, language: str, scripts: bool):
    page = open_page(scripts=scripts)
    page.goto(invite(site, language=language))
    choose(page, "overall", 3)
    choose(page, "warm", 1)
    choose(page, "night", "na")
    choose(page, "pipes", 4)
    choose(page, "nps", 10)
    choose(page, "way", 9)
    page.locator("#way-other").fill("邻居转告")
    choose(page, "ways", 2)
    choose(page, "ways", 9)
    page.locator("#ways-other").fill("写信")
    page.locator("#wechat").fill("城东供热")
    choose(page, "solved", 1)
    page.locator("#visit").fill("2026-12-01")
    page.locator("#degrees").fill("17.5")
    choose(page, "cold", 1)
    choose(page, "web_only", 2)
    page.locator("#comment").fill("就这些。")
    fits(page)
    picture(page, f"kinds-{language}-{'scripts' if scripts else 'plain'}", whole=True)
    if scripts:
        accessible(page)
    submit(page)
    page.wait_for_url("**/thanks*")
    found = stored(site)
    assert found["nps"].value == 10
    assert (found["way"].value, found["way"].words) == (9, "邻居转告")
    assert (found["ways"].codes, found["ways"].words) == ((2, 9), "写信")
    assert found["visit"].day.isoformat() == "2026-12-01"
    assert found["degrees"].number == 17.5
    assert found["pipes"].value == 4
    assert found["wechat"].words == "城东供热"
    missing = {key: given.missing.key for key, given in found.items() if given.missing is not None}
    assert missing == {"reason": "not_asked", "night": "not_applicable", "agent_note": "not_asked"}


def test_items_open_and_close_below_what_was_pressed(site: Site, open_page: Open):
    page = open_page()
    page.goto(invite(site))
    at_first = ["overall", "warm", "night", "nps", "way", "ways", "solved", "degrees", "web_only", "comment"]
    assert items_shown(page) == at_first
    assert page.evaluate("getComputedStyle(document.querySelector('.only-if')).display") == "none"
    page.evaluate(WATCH_SHIFTS)
    assert page.evaluate("window.shift") == 0  # nothing moved while the page was built
    label = page.locator("label[for='warm-2']")
    label.scroll_into_view_if_needed()
    before = label.bounding_box()
    label.click()
    assert label.bounding_box() == before
    assert "pipes" in items_shown(page)
    choose(page, "warm", 5)
    assert "pipes" not in items_shown(page)
    choose(page, "ways", 2)  # far from what it opens, and either of two answers will do
    assert "wechat" in items_shown(page)
    choose(page, "solved", 1)
    assert "visit" not in items_shown(page)
    choose(page, "overall", 3)  # the second of two conditions, at the other end of the page
    assert "visit" in items_shown(page)
    page.locator("#degrees").fill("１７")  # full-width digits
    assert "cold" in items_shown(page)
    page.locator("#degrees").fill("18")
    assert "cold" not in items_shown(page)


def test_what_is_closed_is_not_sent(site: Site, open_page: Open):
    page = open_page()
    page.goto(invite(site))
    choose(page, "overall", 5)
    choose(page, "ways", 2)
    page.locator("#wechat").fill("城东供热")
    choose(page, "ways", 9)
    page.locator("#ways-other").fill("写信")
    choose(page, "ways", 2)
    choose(page, "ways", 9)  # both taken back
    submit(page)
    page.wait_for_url("**/thanks*")
    found = stored(site)
    assert found["wechat"].missing is not None
    assert found["ways"].missing is not None


def legends(page: Page) -> list[str]:
    """Return what a screen reader calls each group of answers."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    groups = [node for node in tree if node.get("role", {}).get("value") == "group"]
    return [" ".join(node["name"]["value"].split()) for node in groups]


def test_a_row_of_a_matrix_is_read_with_its_stem(site: Site, open_page: Open):
    page = open_page(language="en-GB")
    page.goto(invite(site, language="en"))
    assert "10 questions" in page.locator("main").inner_text()
    assert page.locator("table").count() == 0
    assert page.get_by_role("heading", name="My home is").count() == 1
    assert legends(page)[1:4] == [
        "My home is warm enough by day (optional)",
        "My home is warm enough by night (optional)",
        "How likely are you to recommend us to a neighbour? (optional)",
    ]


def test_a_section_with_nothing_to_ask_is_not_there(site: Site, open_page: Open):
    items = [dict(item) for item in kinds.ITEMS[:7]]
    items[6] |= {"show_if": {"item": "overall", "at_most": 2}}
    page = open_page()
    page.goto(invite(site, kinds.all_kinds(items=items)))
    assert page.locator("h2:visible").count() == 1
    choose(page, "overall", 1)
    assert page.locator("h2:visible").count() == 2


def test_without_scripts_a_condition_is_said_in_words(site: Site, open_page: Open):
    page = open_page(scripts=False, language="en-GB")
    page.goto(invite(site, language="en"))
    said = page.locator(".only-if").all_inner_texts()
    assert said[0] == "Only if you chose “Disagree” or “Strongly disagree” for “warm enough by day”"
    assert said[1] == "Only if you chose “WeChat” for “Way” or you chose “WeChat” for “Wished ways”"
    assert said[2].startswith("Only if you chose “No” for “Solved” and you chose “Neither satisfied")
    assert said[3] == "Only if “Room temperature” is less than 18"
    expect(page.locator("#way-other")).to_be_visible()
    choose(page, "overall", 5)
    page.locator("#way-other").fill("a letter")  # writing there means choosing it
    submit(page)
    page.wait_for_url("**/thanks*")
    assert stored(site)["way"] == Given(value=9, words="a letter")


def test_the_line_beside_other_shows_when_it_is_meant(site: Site, open_page: Open):
    page = open_page()
    page.goto(invite(site))
    expect(page.locator("#way-other")).to_be_hidden()
    choose(page, "way", 9)
    expect(page.locator("#way-other")).to_be_visible()
    choose(page, "way", 1)
    expect(page.locator("#way-other")).to_be_hidden()
    choose(page, "ways", 1)
    choose(page, "ways", "na")  # "does not apply" and an answer exclude each other
    expect(page.locator("#ways-1")).not_to_be_checked()
    choose(page, "ways", 3)
    expect(page.locator("#ways-na")).not_to_be_checked()


def test_zero_to_ten_is_a_row_of_numbers_that_wraps(site: Site, open_page: Open):
    page = open_page()
    page.goto(invite(site))
    for size, in_a_row in (((390, 844), 4), ((320, 640), 4), ((1366, 650), 6)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        found = boxes(page, ".step + label")
        assert len(found) == 11
        assert len({round(box["y"]) for box in found}) == -(-11 // in_a_row)
        assert all(box["width"] >= 60 and box["height"] >= 60 for box in found)
        assert found[1]["x"] - found[0]["x"] - found[0]["width"] >= 8
        fits(page)
    page.locator("#nps-7").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#nps-8")).to_be_checked()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_unlikely_number_is_asked_about_once(site: Site, open_page: Open, scripts: bool):
    page = open_page(scripts=scripts, language="en-GB")
    page.goto(invite(site, language="en"))
    choose(page, "overall", 5)
    page.locator("#degrees").fill("45")
    submit(page)
    expect(page.locator("#errors")).to_contain_text("Usual is 10 – 30")
    if scripts:
        accessible(page)
        picture(page, "kinds-unlikely-en")
    submit(page)
    page.wait_for_url("**/thanks*")
    assert stored(site)["degrees"].number == 45


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("size", "percent"), SIZES)
def test_every_kind_fits_every_size(
    site: Site, open_page: Open, language: str, size: tuple[int, int], percent: int
):
    page = open_page(size=size)
    page.goto(invite(site, language=language))
    enlarge(page, percent)
    choose(page, "overall", 1)
    choose(page, "way", 9)
    choose(page, "warm", 1)
    fits(page)
    picture(page, f"kinds-{language}-{size[0]}-{percent}", whole=True)
    if percent == 100:
        accessible(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_one_is_saved_and_finished_on_another_phone(
    site: Site, open_page: Open, language: str, scripts: bool
):
    address = invite(site, language=language)
    first = open_page(scripts=scripts)
    first.goto(address)
    choose(first, "warm", 2)
    choose(first, "ways", 2)
    first.locator("#wechat").fill("邻里供热")
    first.locator("#visit").fill("2026-12-01") if not scripts else None
    first.locator(".later").click()
    first.wait_for_url("**saved=1*")
    assert first.locator("body").get_attribute("data-state") == "saved"
    assert rows(site.database, Response) == []
    (kept,) = rows(site.database, Partial)
    assert "邻里供热".encode() not in kept.answers_sealed
    if scripts:
        expect(first.locator("#wechat")).to_have_value("邻里供热")  # the draft of this phone
        picture(first, f"saved-{language}")
        accessible(first)

    second = open_page(scripts=scripts)
    second.goto(address)
    expect(second.locator("div[role=status]")).to_be_visible()
    expect(second.locator("#warm-2")).to_be_checked()
    expect(second.locator("#ways-2")).to_be_checked()
    expect(second.locator("#wechat")).to_be_visible()
    expect(second.locator("#wechat")).to_have_value("")  # words are kept, and never shown again
    assert "邻里供热" not in second.content()
    choose(second, "overall", 5)
    submit(second)
    second.wait_for_url("**/thanks*")
    assert rows(site.database, Partial) == []
    assert stored(site)["wechat"].words == "邻里供热"


def test_a_draft_older_than_what_was_saved_elsewhere_gives_way(site: Site, open_page: Open):
    address = invite(site)
    first, second = open_page(), open_page()
    first.goto(address)
    choose(first, "warm", 2)
    second.goto(address)
    choose(second, "warm", 4)
    second.locator(".later").click()
    second.wait_for_url("**saved=1*")
    first.goto(address)
    expect(first.locator("#warm-4")).to_be_checked()


def test_a_short_one_and_an_anonymous_one_offer_no_saving(site: Site, open_page: Open):
    page = open_page()
    page.goto(invite(site, kinds.all_kinds(items=kinds.ITEMS[:4])))
    expect(page.locator(".later")).to_have_count(0)
    anonymous = kinds.publish(site.database, kinds.all_kinds(anonymous=True), key="anonymous")
    page.goto(f"{site.url}/s/{kinds.invite(site.database, anonymous, at=clock.now())}")
    expect(page.locator(".later")).to_have_count(0)


def test_the_page_tells_that_it_was_opened_and_begun(site: Site, open_page: Open, watch: Watch):
    page = open_page()
    page.goto(invite(site))
    page.wait_for_timeout(300)
    assert watch.posts == []  # loading tells nothing
    page.goto("about:blank")
    page.wait_for_timeout(500)
    (trace,) = rows(site.database, InvitationTrace)
    assert trace.started_at is None
    page.go_back()
    choose(page, "warm", 2)
    choose(page, "warm", 3)
    page.wait_for_timeout(500)
    (trace,) = rows(site.database, InvitationTrace)
    assert trace.started_at is not None
    assert [address.rpartition("/")[2] for address in watch.posts] == ["seen"]  # one more than at leaving
