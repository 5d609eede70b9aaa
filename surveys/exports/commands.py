"""``huifang responses export``."""

from datetime import datetime
from pathlib import Path

import click

from core import clock
from core.commandline import opened, print_json
from core.errors import InputError
from core.i18n import named
from surveys.commands import responses
from surveys.exports import actions
from surveys.exports.actions import ENDINGS, WRITERS, Exported, Wanted
from surveys.exports.reading import Span

_DAY = click.DateTime(["%Y-%m-%d"])


@responses.command("export")
@click.argument("key")
@click.option(
    "-o", "--output", "file", required=True, type=click.Path(path_type=Path), help="The file to write."
)
@click.option(
    "--format", "kind", type=click.Choice(list(WRITERS)), help="By default the ending of FILE says."
)
@click.option("--from", "first", type=_DAY, metavar="DAY", help="Only answers from this local day on.")
@click.option("--to", "last", type=_DAY, metavar="DAY", help="Only answers up to this day, included.")
@click.option("--labels", is_flag=True, help="Words in the place of scores and codes (CSV and XLSX).")
@click.option("--words/--no-words", help="With what people wrote; numbers and addresses in it are masked.")
@click.option("--reason", default="", help="Why words are taken out; for the audit trail.")
@click.option("--language", default="zh_Hans", show_default=True, help="Of labels and codebook.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def responses_export(
    *, key: str, file: Path, kind: str | None, first: datetime | None, last: datetime | None,
    labels: bool, words: bool, reason: str, language: str, as_json: bool,
) -> None:  # fmt: skip
    """Write the answers to a questionnaire into a file: CSV, XLSX, SPSS, JSON, or one row an answer."""
    span = Span(first.date() if first else None, last.date() if last else None)
    spoken = named(language) or language
    wanted = Wanted(key, kind or _by_ending(file), span, labels, words, spoken, reason)
    with opened() as database:
        made = actions.export(database, wanted, file, now=clock.now(), actor="command line")
    if as_json:
        print_json(_document(wanted, made, file))
        return
    cut = f" {made.cut} texts were cut to what a cell holds." if made.cut else ""
    click.echo(f"{made.rows} responses, {made.columns} columns written to {file.name}.{cut}")


def _by_ending(file: Path) -> str:
    ending = file.suffix.lower().lstrip(".")
    if ending not in ENDINGS:
        raise InputError(f"The ending of {file.name} names no format; add --format {'|'.join(WRITERS)}.")
    return ending


def _document(wanted: Wanted, made: Exported, file: Path) -> dict[str, object]:
    return {
        "questionnaire": wanted.key,
        "format": wanted.format,
        "file": str(file),
        "rows": made.rows,
        "columns": made.columns,
        "bytes": made.size,
        "words": wanted.words,
        "cut": made.cut,
        "number": made.number,
    }
