"""What every command of ``huifang`` shares: an open database, errors as one line, JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click
from sqlalchemy.exc import OperationalError

from core import logs, schema
from core.db import Database
from core.errors import HuifangError, InputError
from core.settings import Settings, load
from core.tabular import ImportReport, list_errors
from core.tabular.reports import as_lines

LINES = 50  # errors on the screen; --errors FILE has all


class Commands(click.Group):
    """A group whose commands end with one line and an exit code when something is wrong."""

    def invoke(self, ctx: click.Context) -> object:
        """Turn errors into one line on standard error; the exit code is 2 for bad input, 1 for a failure."""
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.ClickException as error:
            _end(ctx, error.format_message(), error.exit_code)
        except HuifangError as error:
            _end(ctx, str(error), 2 if error.status < 500 else 1)
        except OperationalError as error:
            _end(ctx, f"The database cannot be used: {logs.redact(str(error.orig))}", 1)


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Database]:
    """Open the database with its schema up to date: the start of every command."""
    settings = settings or load()
    logs.setup(settings.log_level)
    database = Database(settings)
    try:
        schema.make_ready(database)
        yield database
    finally:
        database.dispose()


def print_json(document: object) -> None:
    """Print one JSON document and nothing else."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def print_report(report: ImportReport, *, errors: Path | None, as_json: bool) -> None:
    """Print what an import did and write the list of errors; errors in the file end with exit code 2."""
    if errors is not None and report.errors:
        try:
            errors.write_text(list_errors(report), "utf-8")
        except OSError as error:
            raise InputError(f"{errors.name} cannot be written ({error.strerror}).") from None
    if as_json:
        print_json(report.as_dict())
    elif report.ok:
        end = " Nothing was written: this was a dry run." if report.dry_run else ""
        counts = f"{report.new} new, {report.updated} changed, {report.unchanged} as before"
        click.echo(f"{report.rows} rows: {counts}.{end}")
    if not report.ok:
        if not as_json:
            for line in as_lines(report.errors[:LINES]):
                click.echo(line, err=True)
        more = f" (the first {LINES} are shown)" if len(report.errors) > LINES and not as_json else ""
        click.echo(f"huifang: {len(report.errors)} errors{more}; nothing was imported.", err=True)
        raise click.exceptions.Exit(2)


def _end(ctx: click.Context, words: str, code: int) -> NoReturn:
    click.echo("huifang: " + " ".join(words.split()), err=True)
    ctx.exit(code)
