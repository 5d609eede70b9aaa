"""The customer's journeys on a phone: with and without scripts, in both languages, with mistakes."""

from itertools import pairwise

import pytest
from playwright.sync_api import Page, Route, expect

from core import clock
from surveys.models import Answer, Invitation, Response
from tests.browser.conftest import Open, Site, Watch
from tests.browser.looks import accessible, boxes, enlarge, fits, picture
from tests.surveys import links
from tests.surveys.links import rows

LANGUAGES = {"zh_Hans": "zh-Hans", "en": "en"}


def invite(site: Site, **more: object) -> str:
    """Send a link now; return its address."""
    token = links.invite(site.database, at=clock.now(), **more)  # type: ignore[arg-type]
    return f"{site.url}/s/{token}"


def choose(page: Page, key: str, value: object) -> None:
    """Press the row of one answer, as a thumb does."""
    page.locator(f"label[for='{key}-{value}']").click()


def submit(page: Page) -> None:
    page.locator(".send").click()


def sent(watch: Watch) -> list[str]:
    """Return the answers on their way: not the page's own word that it was opened."""
    return [address for address in watch.posts if not address.endswith("/seen")]


def scores(site: Site) -> dict[str, int | None]:
    """Return what is stored, by item key."""
    keys = {item.id: item.item_key for item in links.publish(site.database).items}
    return {keys[row.item_id]: row.value for row in rows(site.database, Answer)}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_customer_answers(site: Site, open_page: Open, watch: Watch, language: str, scripts: bool):
    page = open_page(scripts=scripts)
    page.goto(invite(site, language=language))
    assert page.locator("html").get_attribute("lang") == LANGUAGES[language]
    fits(page)
    if scripts:
        accessible(page)
        picture(page, f"respondent-{language}")
    for key in ("overall", "attitude", "speed", "quality"):
        choose(page, key, 4)
    choose(page, "result", "na")
    choose(page, "resolved", 2)
    page.locator("#comment").fill("师傅来得快。")
    submit(page)
    page.wait_for_url("**/thanks*")
    assert page.locator("h1").is_visible()
    expect(page.locator("main")).to_contain_text("20261118-0042")
    if scripts:
        accessible(page)
        picture(page, f"thanks-{language}")
        assert page.evaluate("localStorage.length") == 0  # the draft is gone
    fits(page)
    assert scores(site) == {
        "overall": 4, "reason": -1, "attitude": 4, "speed": 4, "quality": 4, "result": -3, "resolved": 2,
        "comment": None,
    }  # fmt: skip
    assert len(sent(watch)) == 1
    assert watch.hosts == {site.url.split("//")[1]}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_forgotten_answer_is_named_and_mended(site: Site, open_page: Open, scripts: bool):
    page = open_page(scripts=scripts, language="en-GB")
    page.goto(invite(site, language="en"))
    choose(page, "speed", 2)
    page.locator("#comment").fill("Stays where it is")
    submit(page)
    expect(page.locator("#errors")).to_be_visible()
    assert page.title().startswith("Error: ")
    assert page.locator("main > :first-child").get_attribute("id") == "errors"
    expect(page.locator("#speed-2")).to_be_checked()
    expect(page.locator("#comment")).to_have_value("Stays where it is")
    if scripts:
        expect(page.locator("#errors")).to_be_focused()
        accessible(page)
        picture(page, "respondent-error-en")
    fits(page)
    page.locator("#errors a").click()
    expect(page.locator("#overall-5")).to_be_focused()
    choose(page, "overall", 5)
    submit(page)
    page.wait_for_url("**/thanks*")
    assert len(rows(site.database, Response)) == 1


def test_the_reason_box_opens_for_a_low_score_and_nothing_moves_on(site: Site, open_page: Open):
    page = open_page()
    address = invite(site)
    page.goto(address)
    expect(page.locator("#reason")).to_be_hidden()
    choose(page, "overall", 2)
    expect(page.locator("#reason")).to_be_visible()
    assert page.url == address
    picture(page, "respondent-low")
    accessible(page)
    choose(page, "overall", 4)
    expect(page.locator("#reason")).to_be_hidden()


def test_without_scripts_the_reason_box_is_always_there(site: Site, open_page: Open):
    page = open_page(scripts=False)
    page.goto(invite(site))
    expect(page.locator("#reason")).to_be_visible()


def test_a_double_press_sends_once(site: Site, open_page: Open, watch: Watch):
    page = open_page()
    page.goto(invite(site))
    choose(page, "overall", 4)
    page.locator(".send").dblclick()
    page.wait_for_url("**/thanks*")
    page.wait_for_timeout(300)
    assert len(sent(watch)) == 1
    assert len(rows(site.database, Response)) == 1


def test_nothing_is_sent_by_itself(site: Site, open_page: Open, watch: Watch):
    page = open_page()
    page.goto(invite(site) + "?score=5")
    expect(page.locator("#overall-5")).to_be_checked()
    page.wait_for_timeout(2000)
    assert watch.posts == []
    assert rows(site.database, Response) == []


def test_going_back_and_sending_again_is_thanked(site: Site, open_page: Open):
    page = open_page()
    page.goto(invite(site))
    choose(page, "overall", 4)
    submit(page)
    page.wait_for_url("**/thanks*")
    page.reload()
    page.go_back()
    if "/thanks" not in page.url and page.locator(".send").count():
        choose(page, "overall", 4)
        submit(page)
        page.wait_for_url("**/thanks*")
    assert len(rows(site.database, Response)) == 1


def test_switching_the_language_keeps_what_was_entered(site: Site, open_page: Open):
    page = open_page(scripts=False)
    page.goto(invite(site))
    choose(page, "overall", 2)
    page.locator("#reason").fill("还是不热")
    page.locator("button.switch").click()
    assert page.locator("html").get_attribute("lang") == "en"
    expect(page.locator("#overall-2")).to_be_checked()
    expect(page.locator("#reason")).to_have_value("还是不热")
    submit(page)
    page.wait_for_url("**/thanks?lang=en")
    assert page.locator("html").get_attribute("lang") == "en"


def test_an_answer_can_be_changed(site: Site, open_page: Open):
    page = open_page()
    page.goto(invite(site))
    choose(page, "overall", 2)
    page.locator("#reason").fill("来得慢")
    submit(page)
    page.wait_for_url("**/thanks*")
    page.locator("a.button").click()
    expect(page.locator("#overall-2")).to_be_checked()
    expect(page.locator("#reason")).to_have_value("")
    accessible(page)
    choose(page, "overall", 4)
    submit(page)
    page.wait_for_url("**/thanks*")
    (response,) = rows(site.database, Response)
    assert response.revision == 2
    assert scores(site)["overall"] == 4


def test_a_lost_network_keeps_what_was_entered(site: Site, open_page: Open):
    page = open_page()
    address = invite(site)
    page.goto(address)
    choose(page, "overall", 3)
    page.locator("#comment").fill("还在")

    def cut(route: Route) -> None:
        if route.request.method == "POST":
            route.abort("blockedbyclient")
        else:
            route.continue_()

    page.route("**/s/*", cut)
    submit(page)
    expect(page.locator("#network")).to_be_visible()
    picture(page, "respondent-network")
    page.unroute("**/s/*")
    page.goto(address)  # the draft is restored
    expect(page.locator("#overall-3")).to_be_checked()
    expect(page.locator("#comment")).to_have_value("还在")
    submit(page)
    page.wait_for_url("**/thanks*")


@pytest.fixture(autouse=True)
def _known_noise(watch: Watch, request: pytest.FixtureRequest):
    """The test that cuts the network makes the browser say so; nothing else may speak."""
    yield
    if request.node.name.startswith("test_a_lost_network"):
        watch.errors[:] = [error for error in watch.errors if "ERR_BLOCKED_BY_CLIENT" not in error]


def test_an_expired_link_is_explained(site: Site, open_page: Open):
    page = open_page()
    page.goto(invite(site, days=-1))
    assert page.locator("h1").is_visible()
    assert page.locator("a[href='tel:400-000-0000']").count() == 2
    accessible(page)
    fits(page)
    picture(page, "respondent-expired")


def test_invitations_can_be_stopped(site: Site, open_page: Open):
    page = open_page()
    page.goto(invite(site))
    page.locator("footer a[href$='/stop']").click()
    accessible(page)
    picture(page, "respondent-stop")
    submit(page)
    page.wait_for_url("**/stop?done=1*")
    accessible(page)
    assert rows(site.database, Invitation)[0].state == "opted_out"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("size", "percent"), [((320, 640), 100), ((320, 640), 200), ((390, 844), 140), ((1366, 650), 100)]
)
def test_every_size_of_window_and_type(
    site: Site, open_page: Open, language: str, size: tuple[int, int], percent: int
):
    page = open_page(size=size)
    page.goto(invite(site, language=language))
    enlarge(page, percent)
    choose(page, "overall", 1)
    fits(page)
    picture(page, f"respondent-{language}-{size[0]}-{percent}", whole=True)
    if percent == 100:
        accessible(page)


def test_type_and_targets_are_large_enough(site: Site, open_page: Open):
    page = open_page()
    page.goto(invite(site))
    style = page.evaluate(
        "(s => [parseFloat(s.fontSize), parseFloat(s.lineHeight)])(getComputedStyle(document.body))"
    )
    assert style[0] >= 20
    assert style[1] / style[0] >= 1.5
    labels = boxes(page, ".item > input:not(.number) + label")
    assert len(labels) == 5 + 4 * 6 + 2
    column = boxes(page, "main")[0]["width"]
    for box in [*labels, *boxes(page, ".send")]:
        assert box["height"] >= 60
        assert box["width"] >= column - 1
    radios = boxes(page, ".item > input[type=radio]")
    for radio, label in zip(radios, labels, strict=True):
        assert label["x"] < radio["x"] < label["x"] + 40
        assert abs(radio["y"] + radio["height"] / 2 - label["y"] - label["height"] / 2) < 4
    for box in boxes(page, "button.switch, footer a"):
        assert box["height"] >= 44
    first = boxes(page, "label[for^='overall-']")
    gaps = [after["y"] - before["y"] - before["height"] for before, after in pairwise(first)]
    assert min(gaps) >= 8


def test_the_keyboard_reaches_everything(site: Site, open_page: Open):
    page = open_page(size=(1366, 650))
    page.goto(invite(site))
    page.locator("#overall-5").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#overall-4")).to_be_checked()
    page.keyboard.press("Enter")  # sends the answers, and does not switch the language
    page.wait_for_url("**/thanks*")
    assert len(rows(site.database, Response)) == 1


@pytest.mark.parametrize("mode", ["forced", "reduced"])
def test_forced_colours_and_reduced_motion(site: Site, open_page: Open, mode: str):
    more = {"forced_colors": "active"} if mode == "forced" else {"reduced_motion": "reduce"}
    page = open_page(**more)
    page.goto(invite(site))
    choose(page, "overall", 4)
    fits(page)
    picture(page, f"respondent-{mode}")
