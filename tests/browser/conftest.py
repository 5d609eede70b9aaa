"""A real browser on the real server: pages are watched for violations, errors and lost requests."""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import waitress
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app import create_app
from core.db import Database
from core.settings import Settings

expect.set_options(timeout=15_000)  # a busy machine is no defect; what passes never waits for it
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
WATCH = """document.addEventListener('securitypolicyviolation',
  e => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"""
# What Chromium itself says about a page whose status is 4xx; the status is the tests' own business.
STATUS_NOISE = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the browser; one worker runs it, so that timings stay honest."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium, or skip: REQUIRE_BROWSER=1 turns the skip into a failure."""
    program = os.environ.get("CHROMIUM") or next((found for n in NAMES if (found := shutil.which(n))), None)
    if program is None:
        reason = "no Chromium here: apt-get install chromium, or name one in CHROMIUM"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield browser
        browser.close()


@dataclass
class Site:
    """A running server with its database."""

    database: Database
    url: str
    app: Flask


@pytest.fixture
def site(migrated_settings: Settings) -> Iterator[Site]:
    """Serve an empty installation on a free port of this machine, as ``huifang serve`` does."""
    database = Database(migrated_settings)
    app = create_app(database.settings, database)
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Site(database, f"http://127.0.0.1:{server.effective_port}", app)
    server.trigger.pull_trigger(server.close)  # in the server's own thread, between two polls
    thread.join(timeout=5)
    server.task_dispatcher.shutdown()
    database.dispose()


@dataclass
class Watch:
    """What went wrong on the watched pages."""

    errors: list[str] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def on(self, page: Page) -> None:
        """Listen to a page."""
        page.on("console", lambda m: self._note(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self._note(f"script error: {error}"))
        page.on("requestfailed", self._lost)
        page.on("request", self._sent)

    def _note(self, text: str) -> None:
        if not STATUS_NOISE.search(text):
            self.errors.append(text)

    def _lost(self, request: Any) -> None:
        given_up = "ERR_ABORTED" in (request.failure or "")  # a page left before its last request came back
        if not given_up and request.resource_type != "fetch":
            self.errors.append(f"request failed: {request.url} {request.failure}")

    def _sent(self, request: Any) -> None:
        self.hosts.add(request.url.split("/")[2])
        if request.method == "POST":
            self.posts.append(request.url)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Collect what goes wrong; a test may look, and nothing may be left at its end."""
    watch = Watch()
    yield watch
    assert watch.errors == []


Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, watch: Watch) -> Iterator[Open]:
    """Return a function that opens a watched page in a browser window of its own."""
    contexts = []

    def opened(
        *, size: tuple[int, int] = (390, 844), language: str = "zh-CN", scripts: bool = True, **more: Any
    ) -> Page:
        mobile = size[0] < 700
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            is_mobile=mobile,
            has_touch=mobile,
            device_scale_factor=2 if mobile else 1,
            locale=language,
            java_script_enabled=scripts,
            **more,
        )
        context.add_init_script(WATCH)
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        watch.on(page)
        return page

    yield opened
    for context in contexts:
        context.close()
