"""How long exporting answers takes and how much memory it needs, by format and number of responses.

``python -m bench.export [--quick] [--json] [--database sqlite|postgres|both]``

A questionnaire of ten ratings and two texts (twelve answers a response) is answered 10 000, 30 000 and
100 000 times (quick: 1 000, 3 000, 10 000). Each file is written by a process of its own, as the command
line does it: ``s`` is the export without starting Python, ``cpu_s`` the CPU time of that process in it (a
busy machine lengthens it less), ``peak_mb`` its largest resident memory, ``base_mb`` that of an export of
nothing, ``mb`` the size of the file. ``csv_words`` opens two texts a response and masks them. Quick, only CSV
has all sizes.
"""

import argparse
import json
import subprocess
import sys
import time
from datetime import date
from math import log
from pathlib import Path
from typing import Any

from bench.servers import ROOT, database_url, machine, place
from bench.stock import NOW, Stock
from core import schema
from core.db import Database
from core.settings import Settings, checked
from surveys.exports import actions
from surveys.exports.actions import Wanted
from surveys.exports.reading import Span
from surveys.rows import words_place

SECRET = "benchmarks need a secret that both processes know"
KINDS = ("csv", "csv_words", "long-csv", "xlsx", "sav", "json")
SIZES = {True: (1_000, 3_000, 10_000), False: (10_000, 30_000, 100_000)}
WORDS = "师傅来得很快，暖气当天就热了，希望以后停暖之前早点通知我们小区的住户。"
FIGURES = ("s", "cpu_s", "peak_mb", "mb")
NOBODY = Span(first=date(2100, 1, 1))


class Sealed(Stock):
    """Responses whose texts can be opened again."""

    def _answers(self, response: int) -> list[dict[str, Any]]:
        rows = super()._answers(response)
        for row in rows:
            if row["words"]:
                row["words"] = self.database.vault.seal(WORDS, words_place(response, row["item_id"]))
        return rows


def main() -> None:
    """Measure on each database and print the figures."""
    options = _options()
    if options.one:
        print(json.dumps(_export(options.one, options.url, options.folder, everybody=not options.nobody)))
        return
    kinds = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    found: dict[str, Any] = {}
    for kind in kinds:
        with place() as folder, database_url(kind, folder, durable=False) as (url, _postmaster):
            found[kind] = measure(url, folder, quick=options.quick)
    document = {
        "name": "export",
        "machine": machine(),
        "settings": {"answers_per_response": 12, "sizes": SIZES[options.quick], "quick": options.quick},
        "figures": {"database": kinds[0], **found[kinds[0]], "by_database": found},
    }
    print(json.dumps(document, indent=2) if options.json else _table(document))


def measure(url: str, folder: Path, *, quick: bool) -> dict[str, Any]:
    """Measure one database with ever more responses."""
    database = Database(settings_at(url, folder))
    schema.upgrade(database)
    stock = Sealed(database)
    found: dict[str, Any] = {"base_mb": _run("csv", url, folder, "--nobody")["peak_mb"]}
    found |= {f"{kind}_{figure}": {} for kind in KINDS for figure in FIGURES}
    for size in SIZES[quick]:
        stock.fill_up_to(size)
        is_last = size == SIZES[quick][-1]
        for kind in KINDS if is_last or not quick else KINDS[:1]:
            figures = _run(kind, url, folder)
            assert figures["rows"] == size, figures
            for figure in FIGURES:
                found[f"{kind}_{figure}"][str(size)] = figures[figure]
    found["growth_exponent"] = growth(found["csv_s"])
    database.dispose()
    return found


def _run(kind: str, url: str, folder: Path, *more: str) -> dict[str, Any]:
    """Export once in a process of its own."""
    words = [
        sys.executable,
        "-m",
        "bench.export",
        "--one",
        kind,
        "--url",
        url,
        "--folder",
        str(folder),
        *more,
    ]
    done = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _export(kind: str, url: str, folder: Path, *, everybody: bool) -> dict[str, Any]:
    database = Database(settings_at(url, folder))
    span = Span() if everybody else NOBODY
    wanted = Wanted("bench", kind.removesuffix("_words"), span, words=kind.endswith("_words"))
    start, cpu = time.perf_counter(), time.process_time()
    made = actions.export(database, wanted, folder / "answers", now=NOW, actor="bench")
    spent = time.perf_counter() - start
    database.dispose()
    return {
        "s": round(spent, 3),
        "cpu_s": round(time.process_time() - cpu, 3),
        "rows": made.rows,
        "mb": round(made.size / 2**20, 2),
        "peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    """Return the largest resident memory of this process; getrusage would include its parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    [kib] = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return round(int(kib) / 1024, 1)


def settings_at(url: str, folder: Path) -> Settings:
    """Return the settings of a measured database."""
    return checked(Settings(data_dir=folder, database_url=url, secret_key=SECRET, log_level="WARNING"))


def growth(times: dict[str, float]) -> float:
    """Return the exponent b of time = a n^b that fits best."""
    points = [(log(float(size)), log(seconds)) for size, seconds in times.items()]
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return round(sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _b in points), 3)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.export")
    parser.add_argument("--quick", action="store_true", help="at most 10 000 responses")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--one", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--nobody", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _table(document: dict[str, Any]) -> str:
    lines = [f"{document['name']} on {document['machine']}, {document['settings']}"]
    for kind, figures in document["figures"]["by_database"].items():
        lines += [f"{kind} {name}: {json.dumps(value)}" for name, value in figures.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
