"""Bringing the database schema up to date."""

from pathlib import Path
from typing import TYPE_CHECKING

from core.db import Database
from core.errors import SchemaError

if TYPE_CHECKING:  # Alembic is loaded where it is used: it costs 14 MB, and a web worker never migrates
    from alembic.config import Config
    from alembic.script import ScriptDirectory


class NewerSchemaError(SchemaError):
    """A later version of this program has used this database; start that one, or restore a backup."""


SCRIPTS = Path(__file__).resolve().parent.parent / "migrations"


def upgrade(database: Database, revision: str = "head") -> None:
    """Apply the migrations up to ``revision``."""
    from alembic import command  # noqa: PLC0415

    with database.engine.connect() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Take back the migrations down to ``revision`` (``base`` takes back all)."""
    from alembic import command  # noqa: PLC0415

    with database.engine.connect() as connection:
        command.downgrade(_config(connection), revision)


def is_current(database: Database) -> bool:
    """Tell whether the database has the schema that this program expects."""
    return _revision(database) == _scripts().get_current_head()


def make_ready(database: Database) -> None:
    """Migrate the embedded database by itself; refuse an old schema elsewhere.

    Raises
    ------
    SchemaError
        On PostgreSQL, when ``huifang db upgrade`` has to be run first.
    NewerSchemaError
        When a later program has used this database.
    """
    if is_current(database):
        return
    if _revision(database) not in {None, *(script.revision for script in _scripts().walk_revisions())}:
        raise NewerSchemaError
    if not database.settings.is_sqlite:
        raise SchemaError
    upgrade(database)


def _revision(database: Database) -> str | None:
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory.from_config(_config())


def _config(connection: object = None) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
