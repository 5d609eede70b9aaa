"""``huifang report``."""

import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core import clock
from core.commandline import opened, print_json
from core.db import Database
from core.errors import InputError
from core.i18n import LANGUAGES, named
from core.seasons.queries import seasons

if TYPE_CHECKING:
    from analysis.asking import Asked

KINDS = ("html", "docx", "xlsx", "pdf")  # as analysis.reports.writers has them; loaded with the command only


@click.command()
@click.argument("questionnaire", metavar="KEY")
@click.option("--before", required=True, metavar="PERIOD", help="The earlier period, such as 2025Q4.")
@click.option("--after", required=True, metavar="PERIOD", help="The later period, such as 2026Q1.")
@click.option(
    "-o", "--output", "file", required=True, type=click.Path(path_type=Path), help="The file to write."
)
@click.option("--format", "kind", type=click.Choice(KINDS), help="By default the ending of FILE says.")
@click.option("--item", "items", multiple=True, metavar="K", help="Only this item; may be repeated.")
@click.option("--by", metavar="DIM", help="Break the change down by a dimension, such as service_type.")
@click.option("--where", multiple=True, metavar="DIM=VALUE", help="Only these answers; may be repeated.")
@click.option("--adjust", default="", metavar="DIM,…", help="Hold the mix constant, such as mode,district.")
@click.option("--language", default="zh_Hans", show_default=True, help="zh_Hans or en.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document about the file.")
def report(
    *, questionnaire: str, before: str, after: str, file: Path, kind: str | None, items: tuple[str, ...],
    by: str | None, where: tuple[str, ...], adjust: str, language: str, as_json: bool,
) -> None:  # fmt: skip
    """Write the report of a period as a file: page, Word, Excel or PDF, all with the same figures."""
    spoken, wanted = _language(language), kind or _by_ending(file)
    with opened() as database:
        from analysis.asking import Asked  # noqa: PLC0415 # NumPy and its friends: not for other commands
        from analysis.periods import parse_period  # noqa: PLC0415
        from analysis.queries import read_filters  # noqa: PLC0415

        with database.read() as session:
            named_seasons = seasons(session)
        asked = Asked(
            questionnaire, parse_period(before, named_seasons), parse_period(after, named_seasons), items, by,
            tuple(name.strip() for name in adjust.split(",") if name.strip()),
            {name: tuple(values) for name, values in read_filters(where).items()},
        )  # fmt: skip
        fingerprint, data = _made(database, asked, wanted, spoken)
    _write(file, data)
    if as_json:
        print_json({"file": str(file), "format": wanted, "bytes": len(data), "fingerprint": fingerprint})
    else:
        click.echo(f"{file.name}: {len(data):,} bytes, fingerprint of the data {fingerprint}")


def _made(database: Database, asked: "Asked", kind: str, language: str) -> tuple[str, bytes]:
    """Read inside a transaction, draw and write after it."""
    from analysis.reports import contents, fingerprint, writers  # noqa: PLC0415 # see above
    from analysis.reports.edition import Edition  # noqa: PLC0415

    edition = Edition(language, clock.now(), database.settings)
    with database.read() as session:
        found = contents.gather(session, asked, edition)
    made = contents.compose(found, edition)
    return fingerprint.whole(made.fingerprint), writers.write(made, kind, now=edition.now)


def _language(text: str) -> str:
    found = named(text)
    if found is None:
        raise InputError(f"A language should be one of {', '.join(LANGUAGES)}, but is {text}.")
    return found


def _by_ending(file: Path) -> str:
    ending = file.suffix.lower().lstrip(".")
    if ending not in KINDS:
        raise InputError(f"The ending of {file.name} names no format; add --format {'|'.join(KINDS)}.")
    return ending


def _write(file: Path, data: bytes) -> None:
    """Write beside the place and move there at the end, so that half a file never looks like a whole one."""
    part = file.with_name(f".{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(data)
        part.replace(file)
    except OSError as error:
        raise InputError(f"{file.name} cannot be written ({error.strerror}).") from None
    finally:
        with suppress(OSError):  # where the folder cannot be used there is nothing to take away
            part.unlink()
