"""``huifang tick``, ``scheduler``, ``demo`` and ``cases``; and what ``serve`` does before it serves."""

from pathlib import Path

import click
from sqlalchemy import select

from core import clock, serving
from core.auth.models import User
from core.commandline import opened, print_json, print_report
from core.db import Database
from core.installation import recall
from core.tabular import load_mapping
from followup import demo as demo_data
from followup import jobs
from followup.cases.categorising import seed_categories
from followup.cases.importing import import_cases
from followup.cases.severity_rules import seed_severity_rules
from followup.rules.actions import seed_rules
from followup.scheduler import run_forever
from surveys import seeds


@click.command()
def scheduler() -> None:
    """Run a scheduler process beside any number of web processes."""
    with opened() as database:
        serving.stop_on_signals()  # whoever reads the next line may already stop it
        click.echo(f"The scheduler ticks every {database.settings.tick_seconds} s (Ctrl+C stops it)")
        run_forever(database, database.settings)


@click.command()
@click.option("--at", metavar="ISO", help="The time to tick at, such as 2026-11-21T09:00 (local time).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def tick(at: str | None, as_json: bool) -> None:
    """Do one round of every job and print what each did."""
    with opened() as database:
        moment = clock.parse(at, database.settings.zone) if at else clock.now()
        done = jobs.tick(database, now=moment)
    if as_json:
        print_json({"at": moment.isoformat(), "jobs": done})
        return
    for name, counts in done.items():
        click.echo(f"{name}: " + (", ".join(f"{n} {what}" for what, n in counts.items()) or "nothing to do"))


@click.command()
@click.option("--small", is_flag=True, help="A tenth of the past, for a quick look.")
def demo(small: bool) -> None:
    """Fill an empty database with flagged demo data: staff, cases, two years of answers."""
    with opened() as database:
        made = demo_data.fill(database, now=clock.now(), small=small)
        click.echo(f"The demo has {made['answers']} answers and {made['cases']} cases.")
        print_sign_ins(database)


@click.group()
def cases() -> None:
    """The case register."""


@cases.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--source", default="import", show_default=True, help="The name of the system the file is from."
)
@click.option(
    "--map", "map_file", type=click.Path(path_type=Path), help="A mapping file for columns and words."
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--errors", type=click.Path(path_type=Path, dir_okay=False), help="Write the errors to a CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def cases_import(
    *, file: Path, source: str, map_file: Path | None, dry_run: bool, errors: Path | None, as_json: bool
) -> None:
    """Import cases from CSV or XLSX; the same row again changes nothing."""
    mapping = load_mapping(map_file) if map_file else None
    with opened() as database:
        report = import_cases(
            database,
            file,
            source=source,
            mapping=mapping,
            dry_run=dry_run,
            now=clock.now(),
            actor="command line",
        )
    print_report(report, errors=errors, as_json=as_json)


def fill_if_empty(database: Database) -> None:
    """Fill a database that has nobody in it with the demo."""
    with database.read() as session:
        if session.scalar(select(User.id).limit(1)) is not None:
            return
    click.echo("The database is empty: filling it with demo data (a minute at most)")
    demo_data.fill(database, now=clock.now())


def is_demo(database: Database) -> bool:
    """Tell whether these are demo data."""
    with database.read() as session:
        return recall(session, "demo") is not None


def seed(database: Database) -> None:
    """Give a new installation its questionnaire, two rules to switch on, categories and severities."""
    with database.begin() as session:
        seeds.seed(session, clock.now())
        seed_rules(session, actor="system", now=clock.now())
        seed_categories(session)
        seed_severity_rules(session)


def print_sign_ins(database: Database) -> None:
    """Print how to sign in to a demo; a real installation's secrets are never printed."""
    if not is_demo(database):
        return
    for name, password, role in demo_data.sign_ins(database.settings.data_dir):
        click.echo(f"  sign in as {name} / {password} ({role})")
