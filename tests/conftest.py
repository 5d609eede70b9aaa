"""What every test may ask for: settings, a database of either kind, a fixed time, a client."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import hypothesis
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.engine import make_url
from werkzeug.routing import Rule

from app import create_app
from core import db, schema
from core.auth import passwords
from core.auth.models import User
from core.db import Database
from core.settings import Settings, checked
from tests import people as staff
from tests.databases import SharedPostgres, on_server, share_what_is_dear
from tests.postgres import postgres_server

# A busy machine is no defect: no example of a property has a deadline of its own.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")

SECRET = "a secret that only the tests know, long enough"
# Saturday 2026-11-21 is a make-up day nowhere: 2026-11-18 is a plain Wednesday, 10:00 in Shanghai.
NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """Hash passwords weakly: every test that signs somebody in would wait for argon2 otherwise."""
    passwords.use(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="session", autouse=True)
def _dear_things_shared() -> None:
    """Let all engines of one kind share what is dear to make."""
    db._make_engine = share_what_is_dear(db._make_engine)


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let all applications share what Jinja compiled."""
    kept = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    Flask.jinja_options = Flask.jinja_options | {"bytecode_cache": kept}


@pytest.fixture(scope="session", autouse=True)
def _addresses_compiled_once() -> None:
    """Let all applications share what Werkzeug compiled: it was half the time of a test with pages."""
    compile_one, made = Rule._compile_builder, dict[tuple[object, ...], Callable[..., tuple[str, str]]]()

    def compiled(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (rule.rule, *rule._trace, repr(rule.defaults), append_unknown)
        if key not in made:
            made[key] = compile_one(rule, append_unknown)
        return made[key]

    Rule._compile_builder = compiled  # type: ignore[method-assign]


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


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with the schema and nothing in it, migrated once for all tests."""
    folder = tmp_path_factory.mktemp("migrated")
    template = Database(checked(Settings(data_dir=folder, secret_key=SECRET)))
    schema.upgrade(template)
    template.dispose()  # the last connection writes everything into the one file
    assert not (folder / "huifang.db-wal").exists()
    return folder / "huifang.db"


@pytest.fixture(scope="session")
def shared_postgres(postgres_url: str) -> SharedPostgres:
    """A migrated PostgreSQL database that one test after the other may use."""
    return SharedPostgres(postgres_url, SECRET)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings for an empty database, of each kind; with its schema if the test asks for ``database``."""
    migrated = "database" in request.fixturenames
    if request.param == "sqlite":
        yield request.getfixturevalue("migrated_settings" if migrated else "sqlite_settings")
        return
    if migrated:
        shared = request.getfixturevalue("shared_postgres")
        yield checked(Settings(data_dir=tmp_path, secret_key=SECRET, database_url=shared.empty()))
        return
    server, name = request.getfixturevalue("postgres_url"), f"t{uuid4().hex[:12]}"
    on_server(server, f"CREATE DATABASE {name}")
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    yield checked(Settings(data_dir=tmp_path, secret_key=SECRET, database_url=url))
    on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> Settings:
    """Settings for an empty SQLite database, for tests that need one kind only."""
    return checked(Settings(data_dir=tmp_path, secret_key=SECRET))


@pytest.fixture
def migrated_settings(sqlite_settings: Settings, migrated_file: Path) -> Settings:
    """The same, for a database that has its schema."""
    shutil.copyfile(migrated_file, sqlite_settings.data_dir / "huifang.db")
    return sqlite_settings


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A migrated, empty database, once of each kind."""
    database = Database(settings)
    yield database
    database.dispose()


@pytest.fixture
def app(database: Database) -> Flask:
    """The application on that database."""
    return create_app(database.settings, database)


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
