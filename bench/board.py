"""How long the supervisor's board takes with a long queue: server time of whole pages.

``python -m bench.board [--quick] [--json] [--database sqlite|postgres|both]``

100 000 open callbacks (quick: 20 000), of which some wait, some are agreed, held or late, and four weeks of
calls (56 000; quick: 11 200). Each page is asked for over the application's own client, without a network;
``first_ms`` is the first look of a process, which counts the four weeks, ``p50_ms`` the median of the others
and ``cpu_ms`` the processor time of this process for it.
"""

import argparse
import json
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import insert, text

from app import create_app
from bench.calls import PASSWORD, fill_up_to, hire
from bench.export import settings_at
from bench.servers import database_url, machine, place
from core import schema
from core.auth import actions as staff
from core.auth.roles import Role
from core.db import Database
from core.installation import CalendarDay
from followup.models import Attempt
from tests.people import sign_in

SIZE = {True: 20_000, False: 100_000}
CALLS_A_DAY = {True: 400, False: 2_000}
LOOKS = 15
PAGES = {
    "board": "/callbacks/board",
    "moving part": "/callbacks/board/now",
    "a page deep down": "/callbacks/board?page=40",
    "overdue": "/callbacks/board?view=overdue",
    "one department": "/callbacks/board?department=%E7%AC%AC5%E4%BE%9B%E7%83%AD%E6%89%80",
    "due today": "/callbacks/board?reason=due_today",
    "forecast": "/callbacks/board/forecast",
}
SPREAD = (
    "UPDATE callbacks SET state = 'waiting', ready_at = :tomorrow WHERE id % 5 = 1",
    "UPDATE callbacks SET state = 'appointed', priority = 10, ready_at = :soon WHERE id % 50 = 2",
    "UPDATE callbacks SET state = 'held' WHERE id % 2000 = 3",
    "UPDATE callbacks SET deadline = :yesterday WHERE id % 100 = 4",
)


def main() -> None:
    """Measure on each database and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.board")
    parser.add_argument("--quick", action="store_true", help="20 000 open callbacks")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    options = parser.parse_args()
    kinds = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    figures: dict[str, Any] = {}
    for kind in kinds:
        with place() as folder, database_url(kind, folder, durable=False) as (url, _postmaster):
            figures[kind] = measure(url, folder, quick=options.quick)
    settings = {"open": SIZE[options.quick], "calls": 28 * CALLS_A_DAY[options.quick], "looks": LOOKS}
    document = {"name": "board", "machine": machine(), "settings": settings, "figures": figures}
    print(json.dumps(document, indent=2, ensure_ascii=False) if options.json else _table(document))


def measure(url: str, folder: Path, *, quick: bool) -> dict[str, dict[str, float]]:
    """Fill one database and look at every page."""
    settings = settings_at(url, folder)
    database = Database(settings)
    schema.upgrade(database)
    now = datetime.now(UTC)
    hire(database, 20, now)
    with database.begin() as session:
        staff.add_user(session, name="lead", role=Role.SUPERVISOR, password=PASSWORD, actor="bench", now=now)
        today = now.astimezone(settings.zone).date()
        session.add_all(CalendarDay(day=today + timedelta(n), is_workday=True) for n in range(-3, 12))
    fill_up_to(database, SIZE[quick], now)
    _fill(database, now, today, CALLS_A_DAY[quick])
    client = sign_in(create_app(settings, database).test_client(), "lead", PASSWORD)
    found = {name: _looked_at(client, path) for name, path in PAGES.items()}
    database.dispose()
    return found


def _fill(database: Database, now: datetime, today: date, calls: int) -> None:
    """Spread the callbacks over the states, and write the calls of four weeks."""
    moments = {
        "tomorrow": now + timedelta(days=1), "soon": now + timedelta(minutes=50),
        "yesterday": now - timedelta(days=1),
    }  # fmt: skip
    if database.settings.is_sqlite:
        moments = {name: at.replace(tzinfo=None) for name, at in moments.items()}
    with database.begin() as session:
        for statement in SPREAD:
            session.execute(text(statement), {k: v for k, v in moments.items() if f":{k}" in statement})
        for day in range(28):
            session.execute(insert(Attempt), [_call(n, now, today, day) for n in range(calls)])
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if database.settings.is_sqlite else "VACUUM ANALYZE"))


def _call(n: int, now: datetime, today: date, day: int) -> dict[str, Any]:
    ended = now - timedelta(days=day, seconds=20 * n)
    reached = n % 3 == 0
    return {
        "callback_id": 1 + n, "number": 1, "agent_id": 1 + n % 20, "ended_at": ended,
        "started_at": ended - timedelta(seconds=90), "local_day": today - timedelta(days=day),
        "outcome": "COMPLETE" if reached else "NO_ANSWER", "result": "I" if reached else "NC",
        "connected": reached, "contacted": reached,
    }  # fmt: skip


def _looked_at(client: FlaskClient, path: str) -> dict[str, float]:
    times, cpu = [], []
    for _look in range(LOOKS + 1):
        began, used = time.perf_counter(), time.process_time()
        answer = client.get(path)
        times.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - used))
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}, expected 200")
    return {
        "first_ms": round(times[0], 1), "p50_ms": round(statistics.median(times[1:]), 1),
        "min_ms": round(min(times[1:]), 1), "cpu_ms": round(statistics.median(cpu[1:]), 1),
    }  # fmt: skip


def _table(document: dict[str, Any]) -> str:
    lines = [f"{document['name']} on {document['machine']}, {document['settings']}"]
    for kind, pages in document["figures"].items():
        lines += [f"{kind}, {name}: {json.dumps(found)}" for name, found in pages.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
