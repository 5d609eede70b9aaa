"""Commands that look after the installation: ``huifang db``, ``audit``, ``calendar``."""

from pathlib import Path

import click

import core.audit
from core import calendar_days, clock, schema
from core.commandline import opened
from core.db import Database
from core.settings import load


@click.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema up to date."""
    database = Database(load())
    schema.upgrade(database)
    database.dispose()
    click.echo("The schema is up to date.")


@click.group()
def audit() -> None:
    """The audit trail."""


@audit.command("verify")
def audit_verify() -> None:
    """Check that no entry of the audit trail was changed or taken away."""
    with opened() as database, database.read() as session:
        broken, entries = core.audit.first_broken(session), core.audit.count(session)
    if broken is not None:
        click.echo(f"huifang: Entry {broken} of the audit trail was changed or taken away.", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"The audit trail is whole: {entries} entries.")


@click.group()
def calendar() -> None:
    """Days off and make-up workdays."""


@calendar.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def calendar_import(file: Path) -> None:
    """Take over the days of a year from a JSON file (holiday-cn), once they are published."""
    year, days = calendar_days.read_days(file.read_bytes())
    with opened() as database, database.begin() as session:
        calendar_days.take_over(session, year, days, actor="command line", now=clock.now())
    click.echo(f"{len(days)} days of {year} were taken over.")
