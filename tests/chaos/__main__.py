"""``python -m tests.chaos --minutes 10``: kill processes at random under load and judge what is left."""

import json
import random
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from core.settings import Settings, checked
from tests.chaos.run import run
from tests.postgres import postgres_server

SECRET = "a secret that only this run knows, long enough"


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="How long people work, on each database.")
@click.option(
    "--database", "kind", default="both", type=click.Choice(["sqlite", "postgres", "both"]), show_default=True
)
@click.option("--seed", type=int, help="Chooses who dies when; printed, for the next time.")
def main(minutes: float, kind: str, seed: int | None) -> None:
    """Print one JSON document for each database; exit code 1 when anything is wrong."""
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    wrong = False
    for each in ("sqlite", "postgres") if kind == "both" else (kind,):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hf-chaos-")))
            server = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hf-data-")))
            url = stack.enter_context(postgres_server(server)) if each == "postgres" else ""
            settings = checked(Settings(data_dir=folder, secret_key=SECRET, database_url=url))
            verdict = run(settings, seconds=minutes * 60, seed=seed)
            click.echo(json.dumps({"database": each, **verdict.counts, "wrong": verdict.wrong}, indent=2))
            wrong = wrong or bool(verdict.wrong)
    sys.exit(1 if wrong else 0)


main()
