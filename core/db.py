"""Database engine, sessions and the one place that commits."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine import Connection, Dialect, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from core.crypto import Vault
from core.settings import Settings

REST_SECONDS = 1.0  # a connection unused for longer is asked before it is trusted again
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMING)


class UtcTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored time must be aware, got {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """One engine with its sessions. ``begin`` is the only way to write."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = _make_engine(settings)
        self.vault = Vault(settings.secret_key)
        info = {"vault": self.vault, "settings": settings, "cache": {}}  # one cache for all sessions
        self._sessions = sessionmaker(self.engine, expire_on_commit=False, info=info)
        reading = self.engine.execution_options(huifang_read=True)
        self._readers = sessionmaker(reading, expire_on_commit=False, autoflush=False, info=info)
        looking = (
            reading if settings.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )
        self._lookers = sessionmaker(looking, expire_on_commit=False, autoflush=False, info=info)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a session; commit when the block ends well, roll back when it does not."""
        session = self._sessions()
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that never commits."""
        session = self._readers()
        try:
            yield session
        finally:
            session.close()  # not rollback: what was read stays readable after the block

    @contextmanager
    def look(self) -> Iterator[Session]:
        """Open a session for one quick question: on PostgreSQL no transaction is begun and ended for it."""
        session = self._lookers()
        try:
            yield session
        finally:
            session.close()

    def dispose(self) -> None:
        self.engine.dispose()


def vault_of(session: Session) -> Vault:
    """Return the vault that seals and opens personal data for this session."""
    vault = session.info["vault"]
    assert isinstance(vault, Vault)
    return vault


def settings_of(session: Session) -> Settings:
    """Return the settings of the installation this session belongs to."""
    settings = session.info["settings"]
    assert isinstance(settings, Settings)
    return settings


def cache_of(session: Session) -> dict[object, Any]:
    """Return the process-wide cache of what never changes in this database, such as published versions."""
    cache: dict[object, Any] = session.info["cache"]
    return cache


def _make_engine(settings: Settings) -> Engine:
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_size=8, max_overflow=16, hide_parameters=True)
        _ping_after_rest(engine)
        return engine
    from pysqlite3 import dbapi2  # noqa: PLC0415 # carries an SQLite that has the WAL-reset fix

    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        module=dbapi2,
        pool_size=8,
        max_overflow=16,
        hide_parameters=True,  # what customers wrote must not end in a log
        connect_args={"timeout": 30},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _ping_after_rest(engine: Engine) -> None:
    """Ask a connection that rested whether it still stands; asking each time costs a round trip a request."""

    def note(_connection: Any, record: Any) -> None:
        record.info["resting_since"] = time.monotonic()

    def ask(connection: Any, record: Any, _proxy: object) -> None:
        if time.monotonic() - record.info.get("resting_since", math.inf) < REST_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error  # all connections from before are renewed

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", ask)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we begin ourselves, see _begin_sqlite
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the start: a lock taken later fails at once instead of waiting."""
    reading = connection.get_execution_options().get("huifang_read", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def is_alive(database: Database) -> bool:
    """Ask the database for one row."""
    with database.read() as session:
        return bool(session.execute(text("SELECT 1")).scalar_one() == 1)
