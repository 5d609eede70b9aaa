"""How long drivers and scales take, by the number of answers.

``python -m bench.moments [--quick] [--json] [--database sqlite|postgres|both]``

A questionnaire of an overall rating and eight drivers is answered for two years in two ways of answering. The
answers are stored, the tally and the table of moments are made from them. Medians:

- ``page_ms``: whole requests of the page for a quarter whose months are kept; ``page_cpu_ms`` its CPU time in
  the application, which a busy machine does not lengthen as much; ``growth_exponent`` is that of the latter.
- ``read_ms``: the moments of that quarter from the table; ``raw_ms``: the same from the answers, and whether
  they are equal; ``raw_ratio`` between the two.
- ``keep_ms``: bringing one month up to date; ``idle_ms``: a round of the job with nothing to do.
- ``row_kb``: one row of the table.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from math import log
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from analysis.drivers import jobs, moments
from analysis.drivers.models import Moments
from analysis.periods import Period, parse_period, previous
from app import create_app
from bench.servers import database_url, machine, place
from bench.stored import answer
from core import clock, schema
from core.db import Database
from core.settings import Settings, checked
from surveys import actions, queries, tallies
from surveys.definition import from_dict
from surveys.queries import LoadedVersion
from tests import people

SECRET = "benchmarks need a secret that both processes know"
ITEMS, DAYS = 9, 730
SIZES = {True: (10_000, 50_000, 200_000), False: (10_000, 100_000, 1_000_000)}  # answers
BATCH = 50_000  # responses in one transaction


def main() -> None:
    """Measure on each database and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.moments")
    parser.add_argument("--quick", action="store_true", help="fewer answers, within a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="sqlite")
    options = parser.parse_args()
    kinds = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    found: dict[str, Any] = {}
    for kind in kinds:
        with place() as folder, database_url(kind, folder, durable=False) as (url, _postmaster):
            found[kind] = measure(url, folder, SIZES[options.quick])
    settings = {"items": ITEMS, "modes": 2, "days": DAYS, "quick": options.quick}
    document = {"name": "moments", "machine": machine(), "settings": settings}
    document["figures"] = {"database": kinds[0], **found[kinds[0]], "by_database": found}
    print(json.dumps(document, indent=2) if options.json else _table(document))


def measure(url: str, folder: Path, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Measure one database with ever more answers."""
    settings = checked(Settings(data_dir=folder, database_url=url, secret_key=SECRET, log_level="WARNING"))
    database = Database(settings)
    schema.upgrade(database)
    people.lena(database)
    client = people.sign_in(create_app(settings, database).test_client(), "lena")
    version, strata = _publish(database)
    found: dict[str, Any] = {}
    stored = 0
    for size in sizes:
        _fill(database, version, strata, low=stored + 1, high=size // ITEMS)
        stored = size // ITEMS
        one = _kept(database, version) | _read(database, version)
        quarter = _quarter()
        address = (
            f"/analysis/drivers?questionnaire=bench&after={quarter.name}&before={previous(quarter).name}"
        )

        def look(address: str = address) -> None:
            assert client.get(address).status_code == 200

        look()  # loads NumPy, matplotlib and the templates
        one |= {"page_ms": _median(look, 9), "page_cpu_ms": _median(look, 9, time.process_time)}
        for name, value in one.items():
            found.setdefault(name, {})[str(size)] = value
    found["growth_exponent"] = _growth(found["page_cpu_ms"])
    database.dispose()
    return found


def _kept(database: Database, version: LoadedVersion) -> dict[str, Any]:
    """Bring the table up to date; measure one month, and a round that finds nothing to do."""
    now, month = clock.now(), _quarter().start
    with database.begin() as session:
        start = time.perf_counter()
        moments.store(session, moments.rows_of(session, version, month))
        taken = time.perf_counter() - start
    for minute in range(600):
        jobs.keep_moments(database, now=now + timedelta(minutes=minute))
    with database.read() as session:
        row = session.scalars(select(Moments.sums).where(Moments.month == month)).first()

    def idle() -> None:
        assert jobs.keep_moments(database, now=now) == {}

    return {
        "keep_ms": round(1000 * taken, 1), "idle_ms": _median(idle, 5),
        "row_kb": round(len(json.dumps(row)) / 1024, 1),
    }  # fmt: skip


def _read(database: Database, version: LoadedVersion) -> dict[str, Any]:
    """Measure the moments of a quarter from the table, and from the answers."""
    quarter = _quarter()
    with database.read() as session:
        kept = moments.read(session, version, quarter)
        found: dict[str, Any] = {"n": kept.n}
        found["read_ms"] = _median(lambda: moments.read(session, version, quarter), 9)
        everybody = {"district": ("", "城东区", "城西区")}  # a filter that keeps all and that no table has
        assert moments.read(session, version, quarter, everybody) == kept
        found["raw_ms"] = _median(lambda: moments.read(session, version, quarter, everybody), 3)
    found["raw_ratio"] = round(found["raw_ms"] / found["read_ms"], 1)
    return found


def _publish(database: Database) -> tuple[LoadedVersion, list[int]]:
    items = [
        {"key": f"q{n}", "scale": "sat5", "role": "overall" if n == 0 else "driver",
         "text": {"en": f"Part {n} of our service", "zh_Hans": f"我们的第{n}项服务"}}
        for n in range(ITEMS)
    ]  # fmt: skip
    definition = from_dict({"title": {"en": "Benchmark", "zh_Hans": "基准"}, "items": items})
    with database.begin() as session:
        actions.publish(session, definition, key="bench", actor="bench", now=clock.now())
        version = queries.current_version(session, "bench")
        return version, [actions.stratum_id(session, district=name) for name in ("城东区", "城西区")]


def _fill(database: Database, version: LoadedVersion, strata: list[int], *, low: int, high: int) -> None:
    """Store responses; every driver repeats the overall rating for some of them."""
    ids = [item.id for item in version.items]
    first = clock.now().date() - timedelta(days=DAYS)
    for start in range(low, high + 1, BATCH):
        span = {"low": start, "high": min(start + BATCH - 1, high)}
        with database.begin() as session:
            answer(session, version.id, ids, strata, **span, first=first, days=DAYS)
            for place_, item_id in enumerate(ids[1:], start=2):
                session.execute(
                    text(
                        "UPDATE answers SET value = (SELECT o.value FROM answers AS o WHERE o.response_id = "
                        "answers.response_id AND o.item_id = :overall) WHERE item_id = :item AND "
                        "response_id BETWEEN :low AND :high AND response_id % :part = 0"
                    ),
                    span | {"overall": ids[0], "item": item_id, "part": place_},
                )
    with database.begin() as session:
        tallies.rebuild(session)


def _quarter() -> Period:
    day = clock.now().date() - timedelta(days=100)
    return previous(parse_period(f"{day.year}Q{(day.month + 2) // 3}"))


def _median(work: Callable[[], object], rounds: int, watch: Callable[[], float] = time.perf_counter) -> float:
    taken = []
    for _round in range(rounds):
        start = watch()
        work()
        taken.append(watch() - start)
    return round(1000 * statistics.median(taken), 2)


def _growth(by_size: dict[str, float]) -> float:
    """Return the slope of log time over log size."""
    sizes = [(log(int(size)), log(value)) for size, value in by_size.items()]
    mean_x, mean_y = (sum(pair[place] for pair in sizes) / len(sizes) for place in (0, 1))
    above = sum((x - mean_x) * (y - mean_y) for x, y in sizes)
    return round(above / sum((x - mean_x) ** 2 for x, _y in sizes), 3)


def _table(document: dict[str, Any]) -> str:
    lines = [f"{document['name']} on {document['machine']}"]
    for kind, figures in document["figures"]["by_database"].items():
        lines.append(kind)
        lines += [f"  {name:<16} {value}" for name, value in figures.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
