"""Pictures of every page, as the people see them: ``python -m bench.pictures FOLDER [--small]``.

Fills a new database with the demo, serves it, walks it in Chromium in both languages and saves PNGs: the
customer's pages at 390×844, the staff's at 1366×650. For looking at, and for the README.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.servers import ROOT, free_port, running
from followup.demo import sign_ins

STAFF_PAGES = {
    "officer": {"today": "/", "cases": "/cases", "case-new": "/cases/new", "import": "/cases/import"},
    "agent": {"agent-today": "/", "queue": "/callbacks"},
    "supervisor": {"board": "/callbacks", "rules": "/rules", "supervisor-today": "/"},
    "analyst": {
        "analysis": "/analysis",
        "analysis-by": "/analysis?by=district",
        "questionnaires": "/questionnaires",
        "questionnaire": "/questionnaires/return_visit",
        "import-questionnaire": "/questionnaires/import",
        "answers": "/questionnaires/return_visit/answers",
        "links": "/questionnaires/return_visit/links",
        "paper": "/questionnaires/return_visit/paper",
        "invitations": "/invitations",
        "campaigns": "/campaigns",
        "campaign": "/campaigns/1",
        "campaign-new": "/campaigns/new",
    },
    "admin": {
        "outbox": "/outbox",
        "message-texts": "/admin/messages",
        "users": "/admin/users",
        "audit": "/admin/audit",
        "settings": "/admin/settings",
        "account": "/account",
    },
}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-sync",
]


def main() -> None:
    """Take the pictures."""
    options = _options()
    options.folder.mkdir(parents=True, exist_ok=True)
    with _demo(small=options.small) as (base, people), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for short, locale in LOCALES.items():
            link = _staff(browser, base, people, locale, options.folder, short)
            _customer(browser, link, locale, options.folder, short)
        browser.close()
    print(f"{len(list(options.folder.glob('*.png')))} pictures in {options.folder}")


def _staff(browser: Browser, base: str, people: dict[str, str], locale: str, folder: Path, short: str) -> str:
    """Walk every role's pages; return a personal link from the outbox that nobody has answered."""
    link = ""
    for name, pages in STAFF_PAGES.items():
        context = browser.new_context(viewport={"width": 1366, "height": 650}, locale=locale)
        page = context.new_page()
        page.goto(f"{base}/login")
        if name == "officer":
            page.screenshot(path=folder / f"login-{short}.png")
        page.fill("[name=name]", name)
        page.fill("[name=password]", people[name])
        page.click("main form .btn-primary")
        for shot, path in pages.items():
            page.goto(base + path)
            page.screenshot(path=folder / f"{shot}-{short}.png", full_page=True)
        link = _more(page, base, name, folder, short) or link
        context.close()
    return link


def _more(page: Page, base: str, name: str, folder: Path, short: str) -> str:
    """Take the pictures that need a step first."""
    if name == "officer":
        page.goto(f"{base}/cases?state=closed")
        page.goto(base + str(page.locator("main a[href*='/cases/20']").first.get_attribute("href")))
        page.screenshot(path=folder / f"case-{short}.png", full_page=True)
    if name == "agent":
        page.goto(f"{base}/callbacks")
        with page.expect_navigation():
            page.locator("form[action$='/callbacks/next'] button").first.click()
        page.screenshot(path=folder / f"desk-{short}.png")
    if name == "analyst":
        _editor(page, base, folder, short)
    return _open_link(page, base, folder, short) if name == "admin" else ""


def _editor(page: Page, base: str, folder: Path, short: str) -> None:
    """Take the pictures of a questionnaire being edited; the second language finds the draft of the first."""
    page.goto(f"{base}/questionnaires/return_visit/edit")
    begin = page.locator("form[action$='/return_visit/edit'] button")
    if begin.count():
        with page.expect_navigation():
            begin.first.click()
    for shot, path in {
        "editor": "",
        "editor-item": "/items/attitude",
        "editor-texts": "/translations",
    }.items():
        page.goto(f"{base}/questionnaires/return_visit/edit{path}")
        page.wait_for_load_state("networkidle")  # the preview is a page of its own
        page.screenshot(path=folder / f"{shot}-{short}.png", full_page=bool(path))


def _open_link(page: Page, base: str, folder: Path, short: str) -> str:
    """Read messages in the outbox until one holds a link that nobody has answered."""
    page.goto(f"{base}/outbox")
    messages = page.locator("main a[href*='/outbox/']")
    for path in [messages.nth(place).get_attribute("href") for place in range(messages.count())]:
        page.goto(f"{base}{path}")
        with page.expect_navigation():
            page.locator("main form button").first.click()
        page.screenshot(path=folder / f"message-{short}.png", full_page=True)
        found = re.search(r"/s/[0-9A-Za-z]{22}", page.content())
        if found and 'name="overall"' in page.request.get(base + found.group(0)).text():
            return base + found.group(0)
    raise LookupError("every link of the demo is answered")


def _customer(browser: Browser, link: str, locale: str, folder: Path, short: str) -> None:
    phone: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    context = browser.new_context(**phone, device_scale_factor=2, locale=locale)
    page = context.new_page()
    page.goto(f"{link}?lang={locale}")
    page.screenshot(path=folder / f"respondent-{short}.png")
    page.screenshot(path=folder / f"respondent-whole-{short}.png", full_page=True)
    with page.expect_navigation():
        page.locator("button.send").click()
    page.screenshot(path=folder / f"respondent-error-{short}.png")
    page.goto(f"{link}/stop?lang={locale}")
    page.screenshot(path=folder / f"respondent-stop-{short}.png")
    page.goto(link.rsplit("/", 1)[0] + "/" + "2" * 22 + f"?lang={locale}")
    page.screenshot(path=folder / f"respondent-closed-{short}.png")
    context.close()


@contextmanager
def _demo(*, small: bool) -> Iterator[tuple[str, dict[str, str]]]:
    folder, port = Path(tempfile.mkdtemp(prefix="huifang-pictures-")), free_port()
    env = {"HUIFANG_DATA_DIR": str(folder), "HUIFANG_PUBLIC_URL": f"http://localhost:{port}"}
    command = ["-c", "from app import cli; cli()"]
    fill = [*command, "demo", *(["--small"] if small else [])]
    subprocess.run([sys.executable, *fill], check=True, cwd=ROOT, env={**os.environ, **env})
    with running([*command, "serve", "--no-scheduler", "--port", str(port)], port, env):
        yield f"http://localhost:{port}", {name: secret for name, secret, _role in sign_ins(folder)}
    shutil.rmtree(folder, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pictures")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--small", action="store_true", help="a smaller demo, quicker to make")
    return parser.parse_args()


if __name__ == "__main__":
    main()
