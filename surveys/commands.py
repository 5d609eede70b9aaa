"""``huifang questionnaires`` and ``huifang responses``."""

from pathlib import Path

import click

from core import clock
from core.commandline import opened, print_json, print_report
from core.tabular import load_mapping
from surveys import queries, tallies
from surveys.importing import import_responses

_PATH = click.Path(path_type=Path)


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


@click.group()
def responses() -> None:
    """Answers that were given elsewhere."""


@responses.command("import")
@click.argument("file", type=_PATH)
@click.option("--questionnaire", required=True, metavar="KEY", help="The questionnaire that was filled.")
@click.option("--map", "map_file", type=_PATH, help="A mapping file for columns and codes.")
@click.option("--create", is_flag=True, help="Make the questionnaire from the mapping where KEY is new.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--errors", type=_PATH, help="Write the errors to a CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def responses_import(
    *,
    file: Path,
    questionnaire: str,
    map_file: Path | None,
    create: bool,
    dry_run: bool,
    errors: Path | None,
    as_json: bool,
) -> None:
    """Import historic answers from wide CSV or XLSX; the same row again changes nothing."""
    mapping = load_mapping(map_file) if map_file else None
    with opened() as database:
        report = import_responses(
            database,
            file,
            questionnaire_key=questionnaire,
            mapping=mapping,
            create=create,
            dry_run=dry_run,
            now=clock.now(),
            actor="command line",
        )
    print_report(report, errors=errors, as_json=as_json)


@responses.command("recount")
@click.option("--mend", is_flag=True, help="Write the counts anew where they differ.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def responses_recount(*, mend: bool, as_json: bool) -> None:
    """Count all answers anew and compare with the counts that every figure rests on."""
    with opened() as database, database.begin() as session:
        differing = len(tallies.recount(session))
        if differing and mend:
            tallies.rebuild(session)
    if as_json:
        print_json({"differing": differing, "mended": bool(differing and mend)})
    elif not differing:
        click.echo("The counts are those of the answers.")
    else:
        after = "they were written anew" if mend else "write them anew with: huifang responses recount --mend"
        click.echo(f"The counts differ from the answers in {differing} places; {after}.")
    if differing and not mend:
        raise click.exceptions.Exit(1)
