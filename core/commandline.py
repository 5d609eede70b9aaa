"""What every command of ``huifang`` shares: an open database, errors as one line, JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click
from sqlalchemy.exc import OperationalError

from core import logs, schema
from core.db import Database
from core.errors import HuifangError
from core.settings import Settings, load


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


def _end(ctx: click.Context, words: str, code: int) -> NoReturn:
    click.echo("huifang: " + " ".join(words.split()), err=True)
    ctx.exit(code)
