"""Bringing the database schema up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.db import Database
from core.errors import SchemaError

SCRIPTS = Path(__file__).resolve().parent.parent / "migrations"


def upgrade(database: Database, revision: str = "head") -> None:
    """Apply the migrations up to ``revision``."""
    with database.engine.connect() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Take back the migrations down to ``revision`` (``base`` takes back all)."""
    with database.engine.connect() as connection:
        command.downgrade(_config(connection), revision)


def is_current(database: Database) -> bool:
    """Tell whether the database has the schema that this program expects."""
    with database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found == ScriptDirectory.from_config(_config()).get_current_head()


def make_ready(database: Database) -> None:
    """Migrate the embedded database by itself; refuse an old schema elsewhere.

    Raises
    ------
    SchemaError
        On PostgreSQL, when ``huifang db upgrade`` has to be run first.
    """
    if is_current(database):
        return
    if not database.settings.is_sqlite:
        raise SchemaError
    upgrade(database)


def _config(connection: object = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
