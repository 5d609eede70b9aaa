"""How fast cases come in from a CSV file, and how much memory that takes, by number of rows.

``python -m bench.imports [--quick] [--json] [--database sqlite|postgres|both]``

10 000, 30 000 and 100 000 cases of as many customers (quick: 1 000, 3 000, 10 000), a third of them closed
and followed up by a rule, are imported by a process of its own, as the command line does it: checked as a
whole, then stored in batches. ``import_rows_per_s`` and ``peak_mb`` are those of the largest file,
``base_mb`` is the memory of an import of one row, ``cpu_s`` the CPU time of that process (a busy machine
lengthens it less), ``again_s`` what the same file takes a second time, when it changes nothing.
"""

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench.export import growth, peak_mb, settings_at
from bench.servers import ROOT, database_url, machine, place
from core import schema
from core.db import Database
from followup.cases.importing import import_cases
from followup.rules import actions as rules
from followup.rules.policy import Terms
from surveys.models import Questionnaire
from surveys.seeds import seed

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
SIZES = {True: (1_000, 3_000, 10_000), False: (10_000, 30_000, 100_000)}
HEADER = (
    "工单号,类型,标题,内容,严重程度,责任部门,经办人,姓名,电话,户号,地址,登记时间,办结时间,处理结果,关闭原因"
)
KINDS = ("投诉", "报修", "咨询", "建议")
SEVERITIES = ("一般", "严重", "轻微", "紧急")


def main() -> None:
    """Measure on each database and print the figures."""
    options = _options()
    if options.one is not None:
        print(json.dumps(_import(options.one, options.url, options.folder)))
        return
    kinds = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    found = {kind: measure(kind, SIZES[options.quick]) for kind in kinds}
    document = {
        "name": "imports",
        "machine": machine(),
        "settings": {"columns": HEADER.count(",") + 1, "sizes": SIZES[options.quick], "quick": options.quick},
        "figures": {"database": kinds[0], **found[kinds[0]], "by_database": found},
    }
    print(json.dumps(document, indent=2) if options.json else _table(document))


def measure(kind: str, sizes: tuple[int, ...], *, durable: bool = True) -> dict[str, Any]:
    """Import one file of each size into a new database of that kind; also called by ``bench.followup``."""
    runs = {size: _in_new_database(kind, size, durable=durable) for size in (1, *sizes)}
    largest = runs[sizes[-1]]
    return {
        "import_rows_per_s": round(sizes[-1] / largest["s"], 1),
        "peak_mb": largest["peak_mb"],
        "base_mb": runs[1]["peak_mb"],
        "s": {str(size): runs[size]["s"] for size in sizes},
        "cpu_s": {str(size): runs[size]["cpu_s"] for size in sizes},
        "peak_mb_by_size": {str(size): runs[size]["peak_mb"] for size in sizes},
        "again_s": largest["again_s"],
        "growth_exponent": growth({str(size): runs[size]["cpu_s"] for size in sizes}),
    }


def write_cases(path: Path, size: int) -> None:
    """Write a file of cases in GB18030, as Chinese programs do; in UTF-8 the largest is over 20 MiB."""
    with path.open("w", encoding="gb18030") as file:
        file.write(HEADER + "\n")
        for n in range(size):
            file.write(_line(n) + "\n")


def _line(n: int) -> str:
    opened = NOW - timedelta(days=1 + n % 60, minutes=n % 1440)
    closed = f"{opened + timedelta(hours=20):%Y-%m-%d %H:%M}" if n % 3 == 0 else ""
    result = "师傅上门排气，回水温度恢复，客户确认已热" if closed else ""
    return (
        f"K{n:07d},{KINDS[n % 4]},暖气不热，{n}号楼,客户来电反映客厅温度只有十六度，希望尽快上门查看,"
        f"{SEVERITIES[n % 4]},第{n % 12}供热所,师傅{n % 40},客户{n},138{n:08d},H{n:07d},幸福路{n % 300}号,"
        f"{opened:%Y-%m-%d %H:%M},{closed},{result},{'已解决' if closed else ''}"
    )


def _in_new_database(kind: str, size: int, *, durable: bool) -> dict[str, Any]:
    with place() as folder, database_url(kind, folder, durable=durable) as (url, _postmaster):
        database = Database(settings_at(url, folder))
        schema.upgrade(database)
        _switch_on_a_rule(database)
        database.dispose()
        write_cases(folder / "cases.csv", size)
        words = [
            sys.executable,
            "-m",
            "bench.imports",
            "--one",
            str(size),
            "--url",
            url,
            "--folder",
            str(folder),
        ]
        done = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
        figures: dict[str, Any] = json.loads(done.stdout)
        return figures


def _switch_on_a_rule(database: Database) -> None:
    with database.begin() as session:
        seed(session, NOW)
        asked = session.scalars(select(Questionnaire).where(Questionnaire.key == "return_visit")).one()
        rule = rules.create(
            session,
            name="all",
            terms=Terms(delay_hours=24),
            questionnaire_id=asked.id,
            actor="bench",
            now=NOW,
        )
        rules.switch(session, rule.id, active=True, actor="bench", now=NOW)


def _import(size: int, url: str, folder: Path) -> dict[str, Any]:
    database = Database(settings_at(url, folder))
    path = folder / "cases.csv"
    start, cpu = time.perf_counter(), time.process_time()
    report = import_cases(database, path, source="bench", now=NOW, actor="bench")
    spent, cpu_spent = time.perf_counter() - start, time.process_time() - cpu
    assert (report.new, report.errors) == (size, []), report.errors[:3]
    peak = peak_mb()
    start = time.perf_counter()
    assert import_cases(database, path, source="bench", now=NOW, actor="bench").unchanged == size
    again = time.perf_counter() - start
    database.dispose()
    return {"s": round(spent, 3), "cpu_s": round(cpu_spent, 3), "peak_mb": peak, "again_s": round(again, 3)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.imports")
    parser.add_argument("--quick", action="store_true", help="at most 10 000 cases")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _table(document: dict[str, Any]) -> str:
    lines = [f"{document['name']} on {document['machine']}, {document['settings']}"]
    for kind, figures in document["figures"]["by_database"].items():
        lines += [f"{kind} {name}: {json.dumps(value)}" for name, value in figures.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
