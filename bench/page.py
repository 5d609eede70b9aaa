"""What the customer's page weighs and how soon it is there, on a slow phone and a slow line.

``python -m bench.page [--quick] [--json]`` serves the return visit, and a questionnaire of forty items of
every kind (keys that begin with ``long_``), and opens a personal link to each in Chromium with 1.6 Mbit/s,
150 ms round trip and a processor four times slower, each time in a fresh window with an empty cache. The
budget of both: 30 KB and 4 requests in all, largest paint within 2.5 s, layout shift at most 0.02.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from bench.instruments import LENGTH, long
from bench.servers import free_port, machine, running
from core import clock, schema
from core.db import Database
from core.settings import Settings, checked
from surveys import actions, queries, seeds
from surveys.definition import from_dict

LONG = "heating_season"
KEYS = (seeds.RETURN_VISIT, LONG)
LANGUAGES = ("zh_Hans", "en")
SECRET = "benchmarks need a secret that both processes know"
LINE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
SLOWER = 4
BUDGET = {"bytes": 30_000, "requests": 4, "lcp_ms": 2_500, "cls": 0.02}
OBSERVE = """
window.__lcp = 0; window.__cls = 0;
new PerformanceObserver(l => l.getEntries().forEach(e => window.__lcp = e.startTime))
  .observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver(l => l.getEntries().forEach(e => window.__cls += e.value))
  .observe({type: 'layout-shift', buffered: true});
"""


def main() -> None:
    """Measure the page in both languages and print the figures."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="huifang-page-"))
    try:
        figures = measure(folder, visits=2 if options.quick else 7)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    document = {
        "name": "page",
        "machine": machine(),
        "settings": {"line": LINE, "cpu_slower": SLOWER, "database": "sqlite", "quick": options.quick},
        "figures": figures,
    }
    print(json.dumps(document, indent=2) if options.json else _table(document))


def measure(folder: Path, *, visits: int) -> dict[str, Any]:
    """Return the worst of the two languages for each figure, and each language's own."""
    settings = checked(Settings(data_dir=folder, secret_key=SECRET))
    database = Database(settings)
    schema.upgrade(database)
    with database.begin() as session:
        seeds.seed(session, clock.now())
        actions.publish(session, from_dict(long()), key=LONG, actor="bench", now=clock.now())
    tokens = {(key, said): _invite(database, key, said) for key in KEYS for said in LANGUAGES}
    database.dispose()
    port = free_port()
    env = {
        "HUIFANG_DATABASE_URL": settings.database_url, "HUIFANG_DATA_DIR": str(folder),
        "HUIFANG_SECRET_KEY": SECRET, "HUIFANG_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    serve = ["-c", "from app import cli; cli()", "serve", "--no-scheduler", "--port", str(port)]
    with running(serve, port, env), sync_playwright() as playwright:
        program = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        found = {
            page: _page(browser, f"http://127.0.0.1:{port}/s/{token}", visits)
            for page, token in tokens.items()
        }
        browser.close()
    standard, forty = ({said: found[key, said] for said in LANGUAGES} for key in KEYS)
    long_figures = {f"long_{name}": value for name, value in _worst(forty).items()}
    return _worst(standard) | {"long_items": LENGTH} | long_figures


def _worst(found: dict[str, dict[str, float]]) -> dict[str, Any]:
    worst = {name: max(pages[name] for pages in found.values()) for name in BUDGET}
    return worst | {"by_language": found, "within_budget": all(worst[k] <= BUDGET[k] for k in BUDGET)}


def _invite(database: Database, key: str, language: str) -> str:
    now = clock.now()
    with database.begin() as session:
        version = queries.current_version(session, key)
        _invitation, token = actions.invite(
            session, version_id=version.id, contact_id=None,
            stratum_id=actions.stratum_id(session, service_type="供暖"), handler="",
            reference="20261118-0042",
            about={"addressee": "王*", "on": "2026-11-18"}, language=language, channel="sms",
            answer_by=now + timedelta(days=1), now=now,
        )  # fmt: skip
    return token


def _page(browser: Browser, address: str, visits: int) -> dict[str, float]:
    found = [_visit(browser, address) for _ in range(visits)]
    return {name: round(statistics.median(visit[name] for visit in found), 4) for name in BUDGET}


def _visit(browser: Browser, address: str) -> dict[str, float]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True
    )
    page = context.new_page()
    page.add_init_script(OBSERVE)
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", LINE)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    page.wait_for_timeout(500)
    sizes = [size for size in sizes if size]  # what the browser takes twice from its memory crosses no wire
    figures = {
        "bytes": sum(sizes),
        "requests": len(sizes),
        "lcp_ms": page.evaluate("window.__lcp"),
        "cls": page.evaluate("window.__cls"),
    }
    context.close()
    return figures


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.page")
    parser.add_argument("--quick", action="store_true", help="two visits a language in the place of seven")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args()


def _table(document: dict[str, Any]) -> str:
    figures = document["figures"]
    lines = [f"{document['name']} on {document['machine']} (budget in brackets)"]
    lines += [f"  {name}: {figures[name]} ({limit})" for name, limit in BUDGET.items()]
    lines += [
        f"  {name} of {LENGTH} items: {figures[f'long_{name}']} ({limit})" for name, limit in BUDGET.items()
    ]
    within = figures["within_budget"] and figures["long_within_budget"]
    return "\n".join([*lines, f"  within budget: {within}"])


if __name__ == "__main__":
    main()
