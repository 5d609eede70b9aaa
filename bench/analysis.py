"""How long the comparison page takes, by the number of answers.

``python -m bench.analysis [--quick] [--json] [--database sqlite|postgres|both]``

A questionnaire of 20 Likert items is answered for two years in 12 groups (4 districts, 3 services) and two
ways of answering. The answers are stored, the tally is rebuilt from them. Of one signed-in analyst, medians:

- ``page_ms``: whole requests of the comparison page without its picture; ``page_cpu_ms`` its CPU time in
  application and database, which a busy machine does not lengthen as much; ``figures_ms`` the comparison
  alone, all figures of the page. ``growth_exponent`` is that of ``page_ms``.
- ``group_by_ms``: the counts of both periods by GROUP BY on the answers; ``scipy_ms``: the same tests by
  SciPy on arrays of the answers; both in the same run, with ``*_ratio`` to ``figures_ms``.
- ``chart_first_ms`` draws the chart, ``chart_cached_ms`` gives it again, ``docx_s`` writes the Word report.
- ``tally_us_per_response``: counting one response in; ``recount_s``: counting all answers anew.
"""

import argparse
import gc
import json
import re
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from flask.testing import FlaskClient
from scipy import stats
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from analysis.drivers import moments
from analysis.periods import Period, parse_period
from analysis.queries import comparison
from app import create_app
from bench.servers import cpu_seconds, database_url, machine, place
from bench.stored import answer
from core import clock, schema
from core.db import Database
from core.settings import Settings, checked
from surveys import actions, queries, tallies
from surveys.definition import from_dict
from surveys.models import Answer, Response, Tally
from surveys.queries import LoadedVersion
from tests import people

SECRET = "benchmarks need a secret that both processes know"
ITEMS, DAYS = 20, 730
DISTRICTS, SERVICES = ("城东区", "城西区", "高新区", "老城区"), ("供暖", "供水", "燃气")
SIZES = {True: (10_000, 50_000, 200_000), False: (10_000, 100_000, 1_000_000, 10_000_000)}  # answers
BATCH = 50_000  # responses in one transaction
ON_RAW = 5  # rounds of what is compared with; one where it takes long
WORD = "/analysis/reports/file.docx"
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
    version, strata = _publish(database, url.partition(":")[0])  # a title of its own: no picture is kept
    processes = [psutil.Process(), postmaster] if postmaster else [psutil.Process()]
    found: dict[str, Any] = {}
    stored = 0
    for size in SIZES[quick]:
        one = {"tally_us_per_response": _count_in(database, [item.id for item in version.items], strata)}
        _fill(database, version, strata, low=stored + 1, high=size // ITEMS)
        stored = size // ITEMS
        one |= _counted_anew(database)
        _keep_moments(database)
        one |= _pages(client, processes) | _figures(database, version)
        for name, value in one.items():
            found.setdefault(name, {})[str(size)] = value
    for name in ("chart_first_ms", "chart_cached_ms", "docx_s", "tally_us_per_response"):
        found[name] = found[name][str(SIZES[quick][-1])]
    found["growth_exponent"] = _growth(found["page_ms"])
    database.dispose()
    return found


def _keep_moments(database: Database) -> None:
    """Let the scheduler's job have been at every month, as it is after a day."""
    now = clock.now()
    for month in {day.replace(day=1) for day in (now.date() - timedelta(days=n) for n in range(DAYS + 31))}:
        with database.begin() as session:
            version = queries.current_version(session, "bench")
            moments.store(session, moments.rows_of(session, version, month))


def _pages(client: FlaskClient, processes: list[psutil.Process]) -> dict[str, Any]:
    """Measure what an analyst asks for."""
    page = f"/analysis?questionnaire=bench&before={_quarter(-4).name}&after={_quarter(0).name}"
    _ms(client, page, 1)  # the first one loads matplotlib and the templates
    gc.collect()
    gc.freeze()  # what filled the database is not what a server carries
    start = cpu_seconds(processes)
    found: dict[str, Any] = {"page_ms": _ms(client, page, 15)}
    found["page_cpu_ms"] = round((cpu_seconds(processes) - start) / 15 * 1000, 1)
    found["page_breakdown_ms"] = _ms(client, page + BREAKDOWN, 7)
    chart = _address_of_chart(client, page)
    found["chart_first_ms"] = _ms(client, chart, 1)
    found["chart_cached_ms"] = _ms(client, chart, 9)
    found["docx_s"] = round(_ms(client, page.replace("/analysis", WORD), 3) / 1000, 3)
    return found


def _address_of_chart(client: FlaskClient, page: str) -> str:
    """Return the address by which the page asks for its chart; it names what is drawn."""
    found = re.search(r'src="(/analysis/chart\.png[^"]+)"', client.get(page).get_data(as_text=True))
    assert found
    return found[1].replace("&amp;", "&")


def _figures(database: Database, version: LoadedVersion) -> dict[str, Any]:
    """Measure the comparison alone, and what it would cost without the tally."""
    before, after, today = _quarter(-4), _quarter(0), clock.now().date()
    with database.read() as session:

        def ours() -> None:
            comparison(session, questionnaire="bench", before=before, after=after, today=today)

        def grouped() -> None:
            for period in (before, after):
                session.execute(_group_by(version, period)).all()

        arrays = [_arrays(session, version, period) for period in (before, after)]
        found: dict[str, Any] = {
            "tally_rows": session.scalar(select(func.count()).select_from(Tally)),
            "figures_ms": _median(ours, 15), "group_by_ms": _median(grouped, ON_RAW),
        }  # fmt: skip

    def on_arrays() -> None:
        for earlier, later in zip(*arrays, strict=True):
            stats.brunnermunzel(earlier, later)
            stats.mannwhitneyu(earlier, later)

    found["scipy_ms"] = _median(on_arrays, ON_RAW)
    return found | {
        f"{name}_ratio": round(found[f"{name}_ms"] / found["figures_ms"], 1) for name in ("group_by", "scipy")
    }


def _group_by(version: LoadedVersion, period: Period) -> Any:
    return (
        select(Answer.item_id, Response.mode, Answer.value, func.count())
        .join(Response, Response.id == Answer.response_id)
        .where(Response.version_id == version.id, Response.day >= period.start, Response.day < period.end)
        .group_by(Answer.item_id, Response.mode, Answer.value)
    )


def _arrays(session: Session, version: LoadedVersion, period: Period) -> list[np.ndarray]:
    """Return the scores of a period one by one, an array per item."""
    given: dict[int, dict[int, int]] = {item.id: {} for item in version.items}
    for item_id, _mode, value, n in session.execute(_group_by(version, period)):
        given[item_id][value] = given[item_id].get(value, 0) + n
    return [np.repeat([*counts], [*counts.values()]).astype(np.int8) for counts in given.values()]


def _counted_anew(database: Database) -> dict[str, float]:
    """Write the tally anew from the answers, and check it against them."""
    start = time.perf_counter()
    with database.begin() as session:
        tallies.rebuild(session)
    middle = time.perf_counter()
    with database.read() as session:
        assert not tallies.recount(session)
    return {"rebuild_s": round(middle - start, 2), "recount_s": round(time.perf_counter() - middle, 2)}


def _publish(database: Database, title: str) -> tuple[LoadedVersion, list[int]]:
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
    return version, strata


def _fill(database: Database, version: LoadedVersion, strata: list[int], *, low: int, high: int) -> None:
    """Store responses, spread over days, groups and ways of answering; the tally is written afterwards."""
    first = clock.now().date() - timedelta(days=DAYS)
    ids = [item.id for item in version.items]
    for start in range(low, high + 1, BATCH):
        with database.begin() as session:
            answer(
                session, version.id, ids, strata,
                low=start, high=min(start + BATCH - 1, high), first=first, days=DAYS,
            )  # fmt: skip
    with database.begin() as session:
        session.execute(text("ANALYZE"))


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


def _median(do: Callable[[], None], times: int) -> float:
    def once() -> float:
        start = time.perf_counter()
        do()
        return (time.perf_counter() - start) * 1000

    first = once()
    return round(statistics.median(once() for _ in range(times)) if first < 5_000 else first, 2)


def _quarter(back: int) -> Period:
    """Return the last complete quarter, or one so many before it."""
    today = clock.now().date()
    number = today.year * 4 + (today.month - 1) // 3 - 1 + back
    return parse_period(f"{number // 4}Q{number % 4 + 1}")


def _growth(times: dict[str, float]) -> float:
    """Return the exponent b of time = a n^b that fits best."""
    sizes = [log(float(size)) for size in times]
    logs = [log(value) for value in times.values()]
    return round(float(np.polyfit(sizes, logs, 1)[0]), 3)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.analysis")
    parser.add_argument("--quick", action="store_true", help="at most 200 000 answers")
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
