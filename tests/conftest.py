"""What every test may ask for: settings, a database of either kind, a fixed time, a client."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from app import create_app
from core import schema
from core.db import Database
from core.settings import Settings, checked
from tests.postgres import postgres_server

SECRET = "a secret that only the tests know, long enough"
# Saturday 2026-11-21 is a make-up day nowhere: 2026-11-18 is a plain Wednesday, 10:00 in Shanghai.
NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """Wednesday 2026-11-18, 10:00 in Shanghai."""
    return NOW


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the PostgreSQL server that comes with the test dependencies, on a socket in a folder of its own."""
    with postgres_server(tmp_path_factory.mktemp("pg")) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings for an empty database, once for each kind."""
    if request.param == "sqlite":
        yield checked(Settings(data_dir=tmp_path, secret_key=SECRET))
        return
    server = request.getfixturevalue("postgres_url")
    name = f"t{uuid4().hex[:12]}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    yield checked(Settings(data_dir=tmp_path, secret_key=SECRET, database_url=url))
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> Settings:
    """Settings for an empty SQLite database, for tests that need one kind only."""
    return checked(Settings(data_dir=tmp_path, secret_key=SECRET))


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A migrated, empty database, once of each kind."""
    database = Database(settings)
    schema.upgrade(database)
    yield database
    database.dispose()


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    """The application on that database."""
    return create_app(settings, database)
