"""What every test may ask for: settings, a database of either kind, a fixed time, a client."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from app import create_app
from core import schema
from core.auth import passwords
from core.auth.models import User
from core.db import Database
from core.settings import Settings, checked
from tests import people as staff
from tests.postgres import postgres_server

SECRET = "a secret that only the tests know, long enough"
# Saturday 2026-11-21 is a make-up day nowhere: 2026-11-18 is a plain Wednesday, 10:00 in Shanghai.
NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """Hash passwords weakly: every test that signs somebody in would wait for argon2 otherwise."""
    passwords.use(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def now() -> datetime:
    """Wednesday 2026-11-18, 10:00 in Shanghai."""
    return NOW


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of the test run's own, on a socket.

    Its data are not in pytest's folder: a second run as root closes that to the server's user.
    """
    with TemporaryDirectory(prefix="hf-data-") as folder, postgres_server(Path(folder)) as url:
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


@pytest.fixture
def people(database: Database) -> dict[str, User]:
    """Ada, Olga, Anna, Amir, Sven, Lena and Aldo work here; tests/people.py says as what."""
    return {name: staff.hire(database, name) for name in staff.ROLES}


@pytest.fixture
def client_for(app: Flask, people: dict[str, User]) -> Callable[[str], FlaskClient]:
    """Return a function that signs one of the people in and returns the browser."""
    return lambda name: staff.sign_in(app.test_client(), name)


@pytest.fixture
def csrf() -> Callable[[FlaskClient, str], str]:
    """Return a function that reads the token of the forms on a page."""
    return staff.csrf_token
