"""Changing the words of a message in a browser: the counter says what the server says, scripts on or off."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from core.outbox.lengths import measure
from tests import people
from tests.browser.conftest import Open, Site
from tests.browser.looks import accessible
from tests.browser.signing import let_in

DESK = (1366, 650)
PAGE = "/admin/messages/invite_sms/zh_Hans"
TEXTS = (
    "【{{ signature }}】请评价：{{ link }}",
    "Rate us: {{link}} {{ hotline }}",
    "{{ link }} [€]^~\\",
    "{% if addressee %}{{ addressee }}，{% endif %}{{ link }} 👍👍",
    "回" * 70,
    "回" * 71,
    "a" * 161,
    "{{ unknown }}",
)


def sign_in(page: Page, site: Site) -> None:
    people.ada(site.database)
    let_in(page, site, "ada")


def test_the_counter_counts_as_the_server_does(site: Site, open_page: Open) -> None:
    page = open_page(size=DESK, language="en-GB")
    sign_in(page, site)
    page.goto(site.url + PAGE)
    shown = page.locator("#length")
    before = shown.inner_text()
    page.fill("[name=body]", page.input_value("[name=body]"))
    assert shown.inner_text() == before  # of the words in force the server's own count
    examples = page.evaluate("JSON.parse(document.getElementById('body').dataset.examples)")
    for text in TEXTS:
        page.fill("[name=body]", text)
        filled = text.replace("{% if addressee %}", "").replace("{% endif %}", "")
        for name, value in examples.items():
            filled = filled.replace(f"{{{{ {name} }}}}", value).replace(f"{{{{{name}}}}}", value)
        length = measure(filled.strip())
        assert shown.inner_text() == (
            f"{length.places} characters with example values · {length.parts} SMS · {length.left} left · "
            f"{length.alphabet}"
        )
    accessible(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_words_are_looked_at_and_saved(site: Site, open_page: Open, scripts: bool, tmp_path: Path) -> None:
    page = open_page(size=DESK, language="en-GB", scripts=scripts)
    sign_in(page, site)
    page.goto(site.url + PAGE)
    page.fill("[name=body]", "【{{ signature }}】请评价 {{ nobody }}")
    page.click("button[value=preview]")
    assert "There is no variable nobody" in page.locator(".error-summary").inner_text()
    assert page.input_value("[name=body]") == "【{{ signature }}】请评价 {{ nobody }}"
    page.fill("[name=body]", "【{{ signature }}】请您评价：{{ link }}")
    page.click("button[value=save]")
    assert "The words are saved" in page.locator("main").inner_text()
    assert "请您评价：http" in page.locator(".message-text").inner_text()
    page.get_by_role("button", name="Back to the original words").click()
    assert "The original words are sent again" in page.locator("main").inner_text()
