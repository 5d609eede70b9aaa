"""How much a whole answer costs: GET and POST of a personal link, beside a minimal application.

``python -m bench.answering [--quick] [--json] [--database sqlite|postgres|both]``

Both applications run in turn in one run, on the same kind of server and the same kind of database; CPU
time is what the operating system counts for application and database together. The questionnaire has ten
Likert items and two texts. ``cpu_ratio`` is our journey (GET and POST, link, signature, checks, tally)
divided by the minimal application's (an empty page and one insert of the same rows).
"""

import argparse
import json
import re
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from bench.load import Browser, drive
from bench.servers import cpu_seconds, database_url, free_port, machine, place, running
from bench.stock import Stock
from core import schema
from core.db import Database
from core.settings import Settings, checked

SECRET = "benchmarks need a secret that both processes know"
CONCURRENCY = 16
ROUNDS = 4


def main() -> None:
    """Measure on each database and print the figures."""
    options = _options()
    kinds = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    found: dict[str, Any] = {}
    for kind in kinds:
        with place() as folder, database_url(kind, folder, durable=True) as (url, postmaster):
            found[kind] = measure(url, folder, postmaster, quick=options.quick)
    figures = {"database": kinds[0], **found[kinds[0]], "by_database": found}
    document = {
        "name": "answering",
        "machine": machine(),
        "settings": {"concurrency": CONCURRENCY, "items": "10 Likert, 2 texts", "quick": options.quick},
        "figures": figures,
    }
    print(json.dumps(document, indent=2) if options.json else _table(document))


def measure(url: str, folder: Path, postmaster: psutil.Process | None, *, quick: bool) -> dict[str, Any]:
    """Measure one database with few and with many responses stored."""
    settings = checked(Settings(data_dir=folder, database_url=url, secret_key=SECRET))
    database = Database(settings)
    schema.upgrade(database)
    stock = Stock(database)
    runs: dict[int, dict[str, Any]] = {}
    for stored in (1_000, 20_000) if quick else (1_000, 200_000):
        stock.fill_up_to(stored)
        before = _size(database)
        runs[stored] = _compare(stock, url, folder, postmaster, journeys=100 if quick else 400)
        runs[stored]["database_mb"] = round(before / 1e6, 1)
    few, many = min(runs), max(runs)
    growth = round(runs[many]["cpu_ms"] / runs[few]["cpu_ms"], 2)
    database.dispose()
    return {**runs[many], "growth_of_cpu": growth, "by_stored_responses": runs}


def _compare(
    stock: Stock, url: str, folder: Path, postmaster: psutil.Process | None, *, journeys: int
) -> dict[str, Any]:
    """Run both applications in turn, several rounds each."""
    ours, minimal = free_port(), free_port()
    env = {
        "HUIFANG_DATABASE_URL": url,
        "HUIFANG_DATA_DIR": str(folder),
        "HUIFANG_SECRET_KEY": SECRET,
        "HUIFANG_PUBLIC_URL": f"http://127.0.0.1:{ours}",
        "HUIFANG_LOG_LEVEL": "WARNING",
    }
    serve = ["-c", "from app import cli; cli()", "serve", "--no-scheduler", "--port", str(ours)]
    other = url if postmaster else f"sqlite:///{folder}/minimal.db"
    with (
        running(serve, ours, env) as app,
        running(["-m", "bench.minimal", other, str(minimal)], minimal) as yard,
    ):
        extra = [postmaster] if postmaster else []
        _warm_up(stock, ours, minimal)
        runs = [
            _one_round(stock, ours, minimal, [app, *extra], [yard, *extra], journeys) for _ in range(ROUNDS)
        ]
        return _summary(runs, app)


def _one_round(
    stock: Stock, ours: int, minimal: int, app: list[Any], yard: list[Any], journeys: int
) -> dict[str, Any]:
    tokens = stock.invite(2 * journeys)
    stored = stock.stored()
    _looks, look_cpu, _ = _timed(app, tokens[:journeys], lambda token: _look(ours, token))
    answers, cpu, database_cpu = _timed(app, tokens[journeys:], lambda token: _answer(ours, token))
    _empties, empty_cpu, _ = _timed(yard, tokens[:journeys], lambda _token: _empty(minimal))
    floor, floor_cpu, floor_database_cpu = _timed(
        yard, tokens[journeys:], lambda token: _minimal(minimal, token)
    )
    return {
        "ours": answers, "cpu": cpu, "look_cpu": look_cpu, "database_cpu": database_cpu,
        "floor": floor, "floor_cpu": floor_cpu, "empty_cpu": empty_cpu,
        "floor_database_cpu": floor_database_cpu,
        "stored": stock.stored() - stored,
    }  # fmt: skip


def _timed(processes: list[Any], jobs: list[str], journey: Any) -> tuple[Any, float, float]:
    """Return the figures, and the CPU milliseconds a journey: all, and of the database server alone."""
    start, database_start = cpu_seconds(processes), cpu_seconds(processes[1:])
    figures = drive(jobs, journey, CONCURRENCY)
    used, database_used = cpu_seconds(processes) - start, cpu_seconds(processes[1:]) - database_start
    return figures, used * 1000 / len(jobs), database_used * 1000 / len(jobs)


def _summary(runs: list[dict[str, Any]], app: psutil.Process) -> dict[str, Any]:
    def mean(name: str) -> float:
        return sum(run[name] for run in runs) / len(runs)

    times = [t for run in runs for t in run["ours"].times]
    merged = type(runs[0]["ours"])(
        sum(run["ours"].journeys for run in runs), sum(run["ours"].acknowledged for run in runs),
        sum(run["ours"].seconds for run in runs), times,
    )  # fmt: skip
    stored = sum(run["stored"] for run in runs)
    return {
        **merged.as_dict(),
        "stored": stored,
        "lost": merged.acknowledged - stored,
        "cpu_ms": round(mean("cpu"), 2),
        "get_cpu_ms": round(mean("look_cpu"), 2),
        "database_cpu_ms": round(mean("database_cpu"), 2),
        "floor_cpu_ms": round(mean("floor_cpu"), 2),
        "floor_get_cpu_ms": round(mean("empty_cpu"), 2),
        "floor_database_cpu_ms": round(mean("floor_database_cpu"), 2),
        "floor_journeys_per_s": round(
            sum(run["floor"].journeys for run in runs) / sum(run["floor"].seconds for run in runs), 1
        ),
        "cpu_ratio": round(mean("cpu") / mean("floor_cpu"), 2),
        "cpu_ratio_by_round": [round(run["cpu"] / run["floor_cpu"], 2) for run in runs],
        "memory_mb": round(app.memory_info().rss / 1e6),
    }


def _look(port: int, token: str) -> bool:
    browser = Browser(port)
    status, _page = browser.request("GET", f"/s/{token}")
    browser.close()
    return status == 200


def _answer(port: int, token: str) -> bool:
    """Open the link, read the hidden fields as a browser would, send the form, be thanked."""
    browser = Browser(port)
    _status, page = browser.request("GET", f"/s/{token}")
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    form |= {f"q{n}": str(1 + (n * 7 + len(token)) % 5) for n in range(10)}
    form |= {"t0": "师傅来得快，态度也好。", "t1": "希望提前一天通知。"}
    status, _page = browser.request("POST", f"/s/{token}", form)
    browser.close()
    return status == 303


def _empty(port: int) -> bool:
    browser = Browser(port)
    status, _page = browser.request("GET", "/empty")
    browser.close()
    return status == 200


def _minimal(port: int, token: str) -> bool:
    browser = Browser(port)
    browser.request("GET", "/empty")
    form = {f"q{n}": "4" for n in range(10)} | {"t0": "师傅来得快，态度也好。", "t1": "希望提前一天通知。"}
    status, _page = browser.request("POST", f"/{token}", form)
    browser.close()
    return status == 200


def _warm_up(stock: Stock, ours: int, minimal: int) -> None:
    for token in stock.invite(20):
        _answer(ours, token)
        _minimal(minimal, token)


def _size(database: Database) -> int:
    with database.engine.connect() as connection:
        if database.settings.is_sqlite:
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()
            return int(pages) * int(connection.execute(text("PRAGMA page_size")).scalar_one())
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.answering")
    parser.add_argument(
        "--quick", action="store_true", help="fewer journeys and at most 20 000 stored responses"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    return parser.parse_args()


def _table(document: dict[str, Any]) -> str:
    lines = [f"{document['name']} on {document['machine']}, {document['settings']}"]
    for kind, found in document["figures"]["by_database"].items():
        for stored, run in found["by_stored_responses"].items():
            lines.append(f"{kind}, {stored} responses stored: {json.dumps(run)}")
        lines.append(f"{kind}: growth of CPU {found['growth_of_cpu']}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
