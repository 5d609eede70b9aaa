"""How long an agent waits from "save the answers" to the next callback, with twenty agents at work at once.

``python -m bench.desk [--quick] [--json] [--database sqlite|postgres|both] [--sizes 1000,100000]``

Real server processes, real sign-ins; each of the twenty agents takes the next callback, shows the number,
answers six items and saves, over HTTP. ``p50_ms`` and ``p95_ms`` are the time from the press on "save" until
the next desk page has arrived whole, with 100 000 callbacks in the queue (quick: 10 000), and
``p95_ms_1000_open`` with 1 000. ``growth`` is the median with the long queue divided by that with the short
one, ``growth_of_cpu`` the same of the CPU time. Agents think for ``THINK`` seconds before each press, so
that two cores are not what is measured: that is still ten times the pace of people who talk. ``hurried`` is
the same without any pause: what the machine can do, which is ``calls_per_s``.
"""

import argparse
import json
import re
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from bench.calls import PASSWORD, fill_up_to, hire
from bench.export import settings_at
from bench.load import Browser
from bench.servers import cpu_seconds, database_url, free_port, machine, place, running
from core import schema
from core.db import Database
from core.installation import CalendarDay

AGENTS = 20
SIZES = {True: (1_000, 10_000), False: (1_000, 100_000)}
SAVES = {True: 2, False: 15}  # of each agent, unhurried
HURRIED = {True: 1, False: 15}
THINK = {True: 1.5, False: 2.0}  # seconds before each of the two presses of a call
ANSWERS = {
    "overall": "5", "resolved": "2", "attitude": "5", "speed": "4", "quality": "5", "result": "5",
    "note": "客户表示满意。",
    "outcome": "COMPLETE",
}  # fmt: skip


def main() -> None:
    """Measure on each database and print the figures."""
    options = _options()
    kinds = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    sizes = tuple(int(size) for size in options.sizes.split(",")) if options.sizes else SIZES[options.quick]
    found: dict[str, Any] = {}
    for kind in kinds:
        with place() as folder, database_url(kind, folder, durable=True) as (url, postmaster):
            found[kind] = measure(url, folder, postmaster, sizes, quick=options.quick)
    figures = {"database": kinds[0], **found[kinds[0]], "by_database": found}
    document = {
        "name": "desk",
        "machine": machine(),
        "settings": {
            "agents": AGENTS,
            "sizes": sizes,
            "think_s": 2 * THINK[options.quick],
            "quick": options.quick,
        },
        "figures": figures,
    }
    print(json.dumps(document, indent=2) if options.json else _table(document))


def measure(
    url: str, folder: Path, postmaster: psutil.Process | None, sizes: Sequence[int], *, quick: bool
) -> dict[str, Any]:
    """Measure one database with a short and with a long queue."""
    database = Database(settings_at(url, folder))
    schema.upgrade(database)
    now = datetime.now(UTC)
    names = hire(database, AGENTS, now)
    with database.begin() as session:  # today is a workday, whatever the calendar says
        today = now.astimezone(database.settings.zone).date()
        session.add_all(CalendarDay(day=today + timedelta(n), is_workday=True) for n in range(-3, 9))
    fill_up_to(database, min(sizes), now)
    runs = {}
    with _serving(url, folder) as (app, port):
        processes = [app, *([postmaster] if postmaster else [])]
        agents = [AtTheDesk(port, name) for name in names]
        for size in sizes:
            fill_up_to(database, size, now)
            runs[size] = _work(agents, processes, quick=quick)
        for agent in agents:
            agent.browser.close()
    database.dispose()
    few, many = runs[min(sizes)], runs[max(sizes)]
    cpu = many["hurried"]["cpu_ms_per_call"] / few["hurried"]["cpu_ms_per_call"]
    return {
        "p50_ms": many["p50_ms"], "p95_ms": many["p95_ms"], "p95_ms_1000_open": few["p95_ms"],
        "growth": round(many["p50_ms"] / few["p50_ms"], 2), "growth_of_cpu": round(cpu, 2),
        "hurried": many["hurried"], "by_open_tasks": runs,
    }  # fmt: skip


@contextmanager
def _serving(url: str, folder: Path) -> Iterator[tuple[psutil.Process, int]]:
    port = free_port()
    env = {
        "HUIFANG_DATABASE_URL": url, "HUIFANG_DATA_DIR": str(folder), "HUIFANG_LOG_LEVEL": "WARNING",
        "HUIFANG_SECRET_KEY": settings_at(url, folder).secret_key,
        "HUIFANG_PUBLIC_URL": f"http://127.0.0.1:{port}", "HUIFANG_CALL_HOURS": "00:00-24:00",
    }  # fmt: skip
    serve = ["-c", "from app import cli; cli()", "serve", "--no-scheduler", "--port", str(port)]
    with running(serve, port, env) as app:
        yield app, port


def _work(
    agents: Sequence["AtTheDesk"], processes: Sequence[psutil.Process], *, quick: bool
) -> dict[str, Any]:
    """Let everybody work at the pace of people, and then without a pause."""
    _together(agents, saves=1, think=0.0)  # the first page of each template is not what is measured
    calm = _together(agents, saves=SAVES[quick], think=THINK[quick])
    cpu, start = cpu_seconds(processes), time.perf_counter()
    hurried = _together(agents, saves=HURRIED[quick], think=0.0)
    cpu, seconds = cpu_seconds(processes) - cpu, time.perf_counter() - start
    return {
        **_quantiles(calm),
        "saved": len(calm),
        "hurried": {
            **_quantiles(hurried),
            "calls_per_s": round(len(hurried) / seconds, 1),
            "cpu_ms_per_call": round(1000 * cpu / len(hurried), 1),
        },
    }


class AtTheDesk:
    """One agent in a browser, signed in, with a callback in hand."""

    def __init__(self, port: int, name: str) -> None:
        self.browser, self.times = Browser(port), list[float]()
        _status, page = self.browser.request("GET", "/login")
        form = {"name": name, "password": PASSWORD, "csrf_token": _field(page, "csrf_token")}
        status, _page = self.browser.request("POST", "/login", form)
        assert status == 303, f"{name} could not sign in"
        _status, page = self.browser.request("GET", "/callbacks")
        status, _page = self._press("/callbacks/next", {"csrf_token": _field(page, "csrf_token")})
        self.path, self.page = self.browser.path, _page

    def calls(self, saves: int, think: float) -> None:
        """Make so many calls; note how long each save and the page after it took."""
        for _n in range(saves):
            time.sleep(think)
            token = {"csrf_token": _field(self.page, "csrf_token")}
            _status, self.page = self._press(f"{self.path}/reveal", token)
            time.sleep(think)
            form = ANSWERS | {name: _field(self.page, name) for name in ("csrf_token", "version")}
            before, start = self.path, time.perf_counter()
            status, self.page = self._press(self.path, form)
            self.times.append((time.perf_counter() - start) * 1000)
            self.path = self.browser.path
            assert status == 200, f"{before} answered with {status}"
            assert self.path != before, "the next callback did not come"

    def _press(self, path: str, form: dict[str, str]) -> tuple[int, str]:
        """Send a form and follow to the page that it leads to."""
        status, page = self.browser.request("POST", path, form)
        if status != 303:
            return status, page
        return self.browser.request("GET", self.browser.location)


def _together(agents: Sequence[AtTheDesk], *, saves: int, think: float) -> list[float]:
    """Let all agents work at once; return how long each save took."""
    failures: list[BaseException] = []

    def work(agent: AtTheDesk, late: float) -> None:
        time.sleep(late)  # nobody presses in step with the others
        try:
            agent.calls(saves, think)
        except (AssertionError, OSError) as error:
            failures.append(error)

    threads = []
    for number, agent in enumerate(agents):
        agent.times.clear()
        threads.append(threading.Thread(target=work, args=(agent, 2 * think * number / len(agents))))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"{len(failures)} agents could not go on, the first because: {failures[0]}")
    return [spent for agent in agents for spent in agent.times]


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found, f"the page has no field {name}"
    return found.group(1)


def _quantiles(times: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {"p50_ms": round(cuts[49], 1), "p95_ms": round(cuts[94], 1)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.desk")
    parser.add_argument("--quick", action="store_true", help="fewer calls and at most 20 000 open tasks")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--sizes", default="", help="other numbers of open tasks, such as 1000,30000")
    return parser.parse_args()


def _table(document: dict[str, Any]) -> str:
    lines = [f"{document['name']} on {document['machine']}, {document['settings']}"]
    for kind, found in document["figures"]["by_database"].items():
        for size, run in found["by_open_tasks"].items():
            lines.append(f"{kind}, {size} open: {json.dumps(run)}")
        lines.append(f"{kind}: growth of the median {found['growth']}, of the CPU {found['growth_of_cpu']}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
