"""How long the figures of the callbacks take: server time of the whole page, by the number of closings.

``python -m bench.indicators [--quick] [--json] [--database sqlite|postgres|both]``

A year of closings in 30 departments, 20 agents, about as many calls as closings, half of them answered, four
pauses a day. ``month_ms``, ``quarter_ms`` and ``year_ms`` are medians of the page without a breakdown,
``by_department_ms`` of the quarter by department, each by the number of closings; ``cpu_ms`` is the CPU time
of the quarter in application and database, which a busy machine does not lengthen as much.
"""

import argparse
import json
import statistics
import time
from datetime import UTC, datetime, timedelta
from math import log
from pathlib import Path
from random import Random
from typing import Any

import psutil
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import create_app
from bench.export import settings_at
from bench.servers import cpu_seconds, database_url, machine, place
from core import schema
from core.db import Database
from followup.callbacks.models import Pause
from followup.models import Attempt, Callback, Case, FollowUp, Rule, RuleVersion
from surveys.models import Answer, Item, Response, Stratum, Version
from tests import people
from tests.followup import factories as make

SIZES = {True: (2_000, 5_000, 10_000), False: (10_000, 30_000, 100_000)}
FIRST, DAYS = datetime(2025, 1, 1, tzinfo=UTC), 365
DEPARTMENTS, AGENTS, LOOKS = 30, 20, 5
PAGES = {
    "month_ms": "/callbacks/figures?period=2025-11",
    "quarter_ms": "/callbacks/figures?period=2025Q4",
    "year_ms": "/callbacks/figures?period=2025",
    "by_department_ms": "/callbacks/figures?period=2025Q4&by=department",
}


def main() -> None:
    """Measure on each database and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.indicators")
    parser.add_argument("--quick", action="store_true", help="at most 10 000 closings")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    options = parser.parse_args()
    kinds = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    figures: dict[str, Any] = {}
    for kind in kinds:
        with place() as folder, database_url(kind, folder, durable=False) as (url, postmaster):
            figures[kind] = measure(url, folder, postmaster, SIZES[options.quick])
    settings = {"sizes": SIZES[options.quick], "departments": DEPARTMENTS, "agents": AGENTS, "looks": LOOKS}
    document = {"name": "indicators", "machine": machine(), "settings": settings, "figures": figures}
    print(json.dumps(document, indent=2) if options.json else _table(document))


def measure(
    url: str, folder: Path, postmaster: psutil.Process | None, sizes: tuple[int, ...]
) -> dict[str, Any]:
    """Look at each page with ever more closings in one database."""
    settings = settings_at(url, folder)
    database = Database(settings)
    schema.upgrade(database)
    people.lena(database)
    client = people.sign_in(create_app(settings, database).test_client(), "lena")
    processes = [psutil.Process(), postmaster] if postmaster else [psutil.Process()]
    found: dict[str, Any] = {name: {} for name in (*PAGES, "cpu_ms")}
    with database.begin() as session:
        year = _Year(session)
    for size in sizes:
        with database.begin() as session:
            year.grow(session, size)
        for name, address in PAGES.items():
            _ms(client, address, 1)
            start = cpu_seconds(processes)
            found[name][str(size)] = _ms(client, address, LOOKS)
            if name == "quarter_ms":
                found["cpu_ms"][str(size)] = round((cpu_seconds(processes) - start) / LOOKS * 1000, 1)
    found["growth_exponent"] = _growth(found["cpu_ms"])
    database.dispose()
    return found


class _Year:
    """A year of closings with what came of them; it grows from size to size."""

    def __init__(self, session: Session) -> None:
        self.random, self.made = Random(7), 0
        make.new_rule(session, now=FIRST)
        self.rule_id = session.scalars(select(Rule.id)).one()
        self.rule_version_id = session.scalars(select(RuleVersion.id)).one()
        self.version_id = session.scalars(select(Version.id)).one()
        self.items = {item.item_key: item.id for item in session.scalars(select(Item))}
        self.agents = [make.new_user(session, f"agent{n}", "agent", now=FIRST).id for n in range(AGENTS)]
        session.execute(
            insert(Stratum), [{"id": n + 1, "department": f"供热站 {n:02}"} for n in range(DEPARTMENTS)]
        )
        begins = [FIRST + timedelta(days=day, hours=hour) for day in range(DAYS) for hour in (2, 4, 7, 9)]
        rests = [
            {"agent_id": agent, "reason": "break", "began_at": at, "ended_at": at + timedelta(minutes=10)}
            for agent in self.agents
            for at in begins
        ]
        session.execute(insert(Pause), rests)

    def grow(self, session: Session, size: int) -> None:
        """Add closings until there are so many."""
        tables = (Case, Response, Answer, FollowUp, Callback, Attempt)
        while self.made < size:
            rows: dict[type, list[dict[str, Any]]] = {table: [] for table in tables}
            for n in range(self.made + 1, min(size, self.made + 2_000) + 1):
                self._closing(n, rows)
                self.made = n
            for table in tables:
                session.execute(insert(table), rows[table])

    def _closing(self, n: int, rows: dict[type, list[dict[str, Any]]]) -> None:
        draw = self.random
        at, stratum = (
            FIRST + timedelta(seconds=draw.randrange(DAYS * 86_400)),
            draw.randrange(DEPARTMENTS) + 1,
        )
        is_called, is_answered = draw.random() < 0.6, draw.random() < 0.5
        rows[Case].append({
            "id": n, "uid": f"{n:032x}", "number": f"B{n}", "kind": draw.choice(("repair", "complaint")),
            "severity": "normal", "title_sealed": b"x" * 60, "description_sealed": b"x" * 300,
            "department": f"供热站 {stratum - 1:02}", "registered_at": at - timedelta(days=1),
            "state": "closed", "closed_at": at, "due_at": at + timedelta(hours=draw.randrange(-9, 40)),
            "changed_at": at,
        })  # fmt: skip
        if is_answered:
            rows[Response].append({
                "id": n, "version_id": self.version_id, "stratum_id": stratum, "submitted_at": at,
                "mode": "phone" if is_called else "web", "day": at.date(),
                "entered_by": draw.choice(self.agents) if is_called else None,
            })  # fmt: skip
            rows[Answer] += [
                {"response_id": n, "item_id": id_, "value": 2 if key == "resolved" else draw.randrange(1, 6)}
                for key, id_ in self.items.items()
                if key not in {"reason", "comment"}
            ]
        gone = "closed_no_response" if is_called else "expired"
        rows[FollowUp].append({
            "id": n, "case_id": n, "resolution_no": 1, "rule_id": self.rule_id, "version_id": self.version_id,
            "rule_version_id": self.rule_version_id, "stratum_id": stratum, "due_at": at, "created_at": at,
            "state": "locked" if is_answered else gone, "response_id": n if is_answered else None,
        })  # fmt: skip
        if is_called:
            self._calls(n, at, rows, is_answered=is_answered)

    def _calls(
        self, n: int, at: datetime, rows: dict[type, list[dict[str, Any]]], *, is_answered: bool
    ) -> None:
        code, result = ("COMPLETE", "I") if is_answered else ("MAX_ATTEMPTS", "NC")
        rows[Callback].append({
            "id": n, "follow_up_id": n, "state": "done", "outcome": code, "result": result, "ready_at": at,
            "created_at": at, "ended_at": at,
        })  # fmt: skip
        tries = self.random.choice((1, 1, 2, 3))
        for number in range(1, tries + 1):
            began, is_last = at + timedelta(hours=20 * number), is_answered and number == tries
            rows[Attempt].append({
                "uid": f"{n * 4 + number:032x}", "callback_id": n, "number": number,
                "agent_id": self.random.choice(self.agents), "started_at": began,
                "ended_at": began + timedelta(seconds=self.random.randrange(20, 400)),
                "local_day": began.date(), "day_part": self.random.choice(("morning", "afternoon")),
                "outcome": code if is_last else "NO_ANSWER", "connected": is_last, "contacted": is_last,
                "result": result if is_last else "NC", "note_sealed": b"x" * 80,
            })  # fmt: skip


def _ms(client: FlaskClient, address: str, times: int) -> float:
    def once() -> float:
        start = time.perf_counter()
        answer = client.get(address)
        assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
        return (time.perf_counter() - start) * 1000

    return round(statistics.median(once() for _ in range(times)), 1)


def _growth(times: dict[str, float]) -> float:
    """Return the exponent b of time = a n^b, from the smallest to the largest size."""
    sizes = list(times)
    rise = log(times[sizes[-1]] / times[sizes[0]])
    return round(rise / log(int(sizes[-1]) / int(sizes[0])), 3)


def _table(document: dict[str, Any]) -> str:
    lines = [document["machine"]]
    for kind, figures in document["figures"].items():
        lines.append(f"{kind}, growth exponent {figures['growth_exponent']}")
        lines += [
            f"  {name}: " + ", ".join(f"{size}: {ms}" for size, ms in figures[name].items())
            for name in (*PAGES, "cpu_ms")
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
