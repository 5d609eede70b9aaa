"""How long the comparison page takes, by the number of answers.

``python -m bench.analysis [--quick] [--json] [--database sqlite|postgres|both]``

A questionnaire of 20 Likert items is answered for two years in 12 groups (4 districts, 3 services) and two
ways of answering. The tally is filled as the answers would fill it; the page reads nothing else, so that the
answers themselves can stay away. ``page_ms`` is the median of whole requests of a signed-in analyst, figures
and table without the picture, ``page_cpu_ms`` its CPU time in application and database, which a busy machine
does not lengthen as much; ``chart_first_ms`` draws it, ``chart_cached_ms`` gives it again.
"""

import argparse
import gc
import json
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import create_app
from bench.servers import cpu_seconds, database_url, machine, place
from core import clock, schema
from core.db import Database
from core.settings import Settings, checked
from surveys import actions, queries, tallies
from surveys.definition import from_dict
from surveys.models import Tally
from tests import people

SECRET = "benchmarks need a secret that both processes know"
ITEMS, DAYS = 20, 730
DISTRICTS, SERVICES, MODES = (
    ("城东区", "城西区", "高新区", "老城区"),
    ("供暖", "供水", "燃气"),
    ("web", "phone"),
)
SHARES = (0.05, 0.06, 0.12, 0.40, 0.37)
SIZES = {True: (1_000, 10_000, 50_000), False: (10_000, 100_000, 1_000_000)}
BREAKDOWN = "&by=district&adjust=mode"


def main() -> None:
    """Measure on each database and print the figures."""
    options = _options()
    kinds = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    found: dict[str, Any] = {}
    for kind in kinds:
        with place() as folder, database_url(kind, folder, durable=False) as (url, postmaster):
            found[kind] = measure(url, folder, postmaster, quick=options.quick)
    figures = {"database": kinds[0], **found[kinds[0]], "by_database": found}
    document = {
        "name": "analysis",
        "machine": machine(),
        "settings": {"items": ITEMS, "groups": 12, "modes": 2, "days": DAYS, "quick": options.quick},
        "figures": figures,
    }
    print(json.dumps(document, indent=2) if options.json else _table(document))


def measure(url: str, folder: Path, postmaster: psutil.Process | None, *, quick: bool) -> dict[str, Any]:
    """Measure one database with ever more answers."""
    settings = checked(Settings(data_dir=folder, database_url=url, secret_key=SECRET, log_level="WARNING"))
    database = Database(settings)
    schema.upgrade(database)
    people.lena(database)
    client = people.sign_in(create_app(settings, database).test_client(), "lena")
    item_ids, strata = _publish(database, url.partition(":")[0])  # a title of its own: no picture is kept
    processes = [psutil.Process(), postmaster] if postmaster else [psutil.Process()]
    found: dict[str, Any] = {"page_ms": {}, "page_cpu_ms": {}, "page_breakdown_ms": {}, "tally_rows": {}}
    stored = 0
    for size in SIZES[quick]:
        found["tally_us_per_response"] = _count_in(database, item_ids, strata)
        _fill(database, item_ids, strata, responses=size - stored)
        stored = size
        page = f"/analysis?questionnaire=bench&before={_quarter(-4)}&after={_quarter(0)}"
        _ms(client, page, 1)  # the first one loads matplotlib and the templates
        gc.collect()
        gc.freeze()  # what filled the database is not what a server carries
        start = cpu_seconds(processes)
        found["page_ms"][str(size)] = _ms(client, page, 15)
        found["page_cpu_ms"][str(size)] = round((cpu_seconds(processes) - start) / 15 * 1000, 1)
        found["page_breakdown_ms"][str(size)] = _ms(client, page + BREAKDOWN, 7)
        with database.read() as session:
            found["tally_rows"][str(size)] = session.scalar(select(func.count()).select_from(Tally))
        chart = page.replace("/analysis", "/analysis/chart.png")
        found["chart_first_ms"] = _ms(client, chart, 1)
        found["chart_cached_ms"] = _ms(client, chart, 9)
    found["growth_exponent"] = _growth(found["page_ms"])
    database.dispose()
    return found


def _publish(database: Database, title: str = "Benchmark") -> tuple[list[int], list[int]]:
    items = [
        {"key": f"q{n}", "scale": "sat5", "role": "overall" if n == 0 else "driver",
         "text": {"en": f"Part {n} of our service", "zh_Hans": f"我们的第{n}项服务"}}
        for n in range(ITEMS)
    ]  # fmt: skip
    definition = from_dict({"title": {"en": title, "zh_Hans": title}, "items": items})
    with database.begin() as session:
        actions.publish(session, definition, key="bench", actor="bench", now=clock.now())
        version = queries.current_version(session, "bench")
        strata = [
            actions.stratum_id(session, district=district, service_type=service)
            for district in DISTRICTS
            for service in SERVICES
        ]
    return [item.id for item in version.items], strata


def _fill(database: Database, item_ids: list[int], strata: list[int], *, responses: int) -> None:
    """Count as many responses in as asked for, spread over days, groups and ways of answering."""
    rng = np.random.default_rng(7)
    last = clock.now().date() - timedelta(days=1)
    shape = (DAYS, len(strata), len(MODES), len(SHARES))
    cells = np.prod(shape[:3])
    chances = np.tile(np.array(SHARES) / cells, cells)
    for item_id in item_ids:
        counts = rng.multinomial(responses, chances / chances.sum()).reshape(shape)
        keys: dict[tallies.Key, int] = {
            (item_id, last - timedelta(days=int(d)), MODES[m], strata[s], int(v) + 1): int(counts[d, s, m, v])
            for d, s, m, v in np.argwhere(counts)
        }
        with database.begin() as session:
            tallies.apply(session, keys)


def _count_in(database: Database, item_ids: list[int], strata: list[int], rounds: int = 50) -> float:
    """Return the microseconds that counting one response costs inside a transaction."""
    day = date(2024, 1, 1)
    with database.begin() as session:
        start = time.perf_counter()
        for n in range(rounds):
            tallies.add(
                session, [(item, day, "web", strata[n % len(strata)], 1 + n % 5) for item in item_ids]
            )
        spent = time.perf_counter() - start
    return round(spent / rounds * 1e6, 1)


def _ms(client: FlaskClient, address: str, times: int) -> float:
    def once() -> float:
        start = time.perf_counter()
        answer = client.get(address)
        assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
        return (time.perf_counter() - start) * 1000

    return round(statistics.median(once() for _ in range(times)), 2)


def _quarter(back: int) -> str:
    """Return the name of the last complete quarter, or of one so many before it."""
    today = datetime.now(UTC).date()
    number = today.year * 4 + (today.month - 1) // 3 - 1 + back
    return f"{number // 4}Q{number % 4 + 1}"


def _growth(times: dict[str, float]) -> float:
    """Return the exponent b of time = a n^b that fits best."""
    sizes = [log(float(size)) for size in times]
    logs = [log(value) for value in times.values()]
    return round(float(np.polyfit(sizes, logs, 1)[0]), 3)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.analysis")
    parser.add_argument("--quick", action="store_true", help="at most 50 000 responses")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    return parser.parse_args()


def _table(document: dict[str, Any]) -> str:
    lines = [f"{document['name']} on {document['machine']}, {document['settings']}"]
    for kind, figures in document["figures"]["by_database"].items():
        lines += [f"{kind} {name}: {json.dumps(value)}" for name, value in figures.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
