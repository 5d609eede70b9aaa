"""How many closed cases are planned and queued in a second, by number of cases; and how fast cases come in.

``python -m bench.followup [--quick] [--json] [--database sqlite|postgres|both] [--sizes 10000,100000]``

10 000, 100 000 and 1 000 000 closed cases of as many customers (quick: 1 000, 5 000, 30 000) are planned by
one rule, as an import does it, and then queued by the tick: each is looked at again, gets its link, and its
message stands in the outbox. Of 100 000 all are queued, of the other sizes at most ``QUEUED``, out of the
full stock.

``plan_per_s`` and ``queue_per_s`` are those of 100 000 cases (quick: of the largest size);
``plan_cpu_ms`` and ``queue_cpu_ms`` are CPU milliseconds an item, application and database together (on
PostgreSQL of all its processes). ``growth_exponent`` is that of the CPU time of planning and queueing all
cases, over all sizes; 1 is linear. ``import_rows_per_s`` and ``peak_mb`` are those of the largest file of
``bench.imports``; ``peak_mb_by_size`` is the memory of planning and queueing.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import func, select

from bench import imports
from bench.closings import NOW, fill, numbers_of
from bench.export import growth, peak_mb, settings_at
from bench.servers import ROOT, cpu_seconds, database_url, machine, place
from core import schema
from core.db import Database
from core.outbox.models import Message
from core.rounds import each
from followup import actions
from followup.models import Case, FollowUp
from followup.sending import send

SIZES = {True: (1_000, 5_000, 30_000), False: (10_000, 100_000, 1_000_000)}
IMPORTED = {True: (500, 1_500), False: (10_000, 30_000, 100_000)}
QUEUED = {True: 200, False: 20_000}
SHOWN = 100_000  # the size whose speed is the answer
CHUNK = 5_000  # cases planned in one transaction
LATER = NOW + timedelta(days=1)  # when everything is due


def main() -> None:
    """Measure on each database and print the figures."""
    options = _options()
    if options.one is not None:
        print(json.dumps(_measured(options)))
        return
    kinds = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    sizes = tuple(int(size) for size in options.sizes.split(",")) if options.sizes else SIZES[options.quick]
    found = {kind: measure(kind, sizes, quick=options.quick) for kind in kinds}
    document = {
        "name": "followup",
        "machine": machine(),
        "settings": {"sizes": sizes, "queued_at_most": QUEUED[options.quick], "quick": options.quick},
        "figures": {"database": kinds[0], **found[kinds[0]], "by_database": found},
    }
    print(json.dumps(document, indent=2) if options.json else _table(document))


def measure(kind: str, sizes: tuple[int, ...], *, quick: bool) -> dict[str, Any]:
    """Measure one kind of database at every size, and the import."""
    runs = {
        size: _in_new_database(kind, size, min(size, SHOWN if size == SHOWN else QUEUED[quick]))
        for size in sizes
    }
    shown = runs[SHOWN if SHOWN in runs else sizes[-1]]
    imported = imports.measure(kind, IMPORTED[quick])
    totals = {str(n): (run["plan_cpu_ms"] + run["queue_cpu_ms"]) * n for n, run in runs.items()}
    by_size = ("plan_per_s", "plan_cpu_ms", "queue_per_s", "queue_cpu_ms", "peak_mb")
    return {
        "plan_per_s": shown["plan_per_s"],
        "queue_per_s": shown["queue_per_s"],
        "plan_cpu_ms": shown["plan_cpu_ms"],
        "queue_cpu_ms": shown["queue_cpu_ms"],
        "growth_exponent": growth(totals),
        "import_rows_per_s": imported["import_rows_per_s"],
        "peak_mb": imported["peak_mb"],
        "import": imported,
        **{f"{name}_by_size": {str(n): run[name] for n, run in runs.items()} for name in by_size},
    }


def _in_new_database(kind: str, size: int, queued: int) -> dict[str, Any]:
    """Let a process of its own measure one size, so that its memory is its own."""
    with place() as folder, database_url(kind, folder, durable=True) as (url, postmaster):
        words = [
            sys.executable, "-m", "bench.followup", "--one", str(size), "--queued", str(queued), "--url", url,
            "--folder", str(folder), "--postmaster", str(postmaster.pid if postmaster else 0),
        ]  # fmt: skip
        done = subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        figures: dict[str, Any] = json.loads(done.stdout)
        return figures


def _measured(options: argparse.Namespace) -> dict[str, Any]:
    database = Database(settings_at(options.url, options.folder))
    schema.upgrade(database)
    fill(database, options.one)
    processes = [psutil.Process(os.getpid())]
    processes += [psutil.Process(options.postmaster)] if options.postmaster else []
    start, cpu = time.perf_counter(), cpu_seconds(processes)
    planned = _plan(database, options.one)
    plan_s, plan_cpu = time.perf_counter() - start, cpu_seconds(processes) - cpu
    start, cpu = time.perf_counter(), cpu_seconds(processes)
    queued = _queue(database, options.queued)
    queue_s, queue_cpu = time.perf_counter() - start, cpu_seconds(processes) - cpu
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(FollowUp)) == planned == options.one
        assert session.scalar(select(func.count()).select_from(Message)) == queued
    database.dispose()
    return {
        "plan_per_s": round(planned / plan_s, 1), "plan_cpu_ms": round(1000 * plan_cpu / planned, 3),
        "queue_per_s": round(queued / queue_s, 1), "queue_cpu_ms": round(1000 * queue_cpu / queued, 3),
        "peak_mb": peak_mb(),
    }  # fmt: skip


def _plan(database: Database, size: int) -> int:
    planned = 0
    for numbers in numbers_of(size, CHUNK):
        with database.begin() as session:
            closed = select(Case).where(Case.id.between(numbers[0], numbers[-1])).order_by(Case.id)
            planned += len(actions.plan_many(session, session.scalars(closed).all()))
    return planned


def _queue(database: Database, wanted: int) -> int:
    """Queue by the very step of the tick, its batches cut at ``wanted``."""
    queued = 0
    while queued < wanted:
        with database.read() as session:
            due = select(FollowUp.id).where(FollowUp.state == "planned", FollowUp.due_at <= LATER)
            due = due.order_by(FollowUp.due_at, FollowUp.id).limit(min(500, wanted - queued))
            ids = session.scalars(due).all()
        done = each(database, send, FollowUp, ids, LATER)
        assert set(done) == {"invited"}, done
        queued += done["invited"]
    return queued


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.followup")
    parser.add_argument("--quick", action="store_true", help="at most 30 000 cases")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--sizes", default="", help="other numbers of cases, such as 10000,30000,100000")
    for name, kind in (("one", int), ("queued", int), ("postmaster", int), ("url", str), ("folder", Path)):
        parser.add_argument(f"--{name}", type=kind, help=argparse.SUPPRESS)
    return parser.parse_args()


def _table(document: dict[str, Any]) -> str:
    lines = [f"{document['name']} on {document['machine']}, {document['settings']}"]
    for kind, figures in document["figures"]["by_database"].items():
        lines += [f"{kind} {name}: {json.dumps(value)}" for name, value in figures.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
