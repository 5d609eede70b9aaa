"""``huifang questionnaires``."""

import click

from core.commandline import opened, print_json
from surveys import queries


@click.group()
def questionnaires() -> None:
    """Questionnaires and their versions."""


@questionnaires.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def questionnaires_list(as_json: bool) -> None:
    """List the questionnaires with their current version and how often they were answered."""
    with opened() as database, database.read() as session:
        rows = queries.listing(session)
    if as_json:
        print_json({"questionnaires": rows})
        return
    for row in rows:
        click.echo(
            f"{row['key']:<20} version {row['version']}, {row['items']} items, {row['responses']} responses"
        )
