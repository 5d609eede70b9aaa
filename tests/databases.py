"""Empty databases for thousands of tests: what is dear is made once, what is cheap is made anew.

An SQLite test gets a copy of one migrated file. The PostgreSQL tests of a worker share one database that
is emptied in between, and its connections: what a server reads about the tables when somebody connects is
dearer than most tests. A test that changed the schema, or left much behind, costs the next one a new copy.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url

from core import schema
from core.db import Database
from core.settings import Settings, checked

MUCH = 16 * 1024 * 1024  # bytes: emptying is no longer cheaper than a new copy
# Which tables, indexes, triggers and constraints there are, and when one of them changed last.
SHAPE = "concat_ws(' ', " + ", ".join(
    f"(SELECT concat_ws(' ', count(*), max(xmin::text::bigint)) FROM {catalogue})"
    for catalogue in ("pg_class WHERE relnamespace = 'public'::regnamespace", "pg_trigger", "pg_constraint")
) + ")"  # fmt: skip
# What stands in a database that was only migrated is kept beside it and put back.
PREPARE = f"""
CREATE SCHEMA tests;
CREATE TABLE tests.counters AS
  SELECT seqrelid, seqstart, pg_sequence_last_value(seqrelid) AS last FROM pg_sequence;
CREATE TABLE tests.delivered (name text);
DO $$ DECLARE it record; found bool; BEGIN
  FOR it IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', it.relname) INTO found;
    IF found THEN
      EXECUTE format('CREATE TABLE tests.%I AS TABLE public.%I', it.relname, it.relname);
      INSERT INTO tests.delivered VALUES (it.relname);
    END IF;
  END LOOP;
END $$;
CREATE FUNCTION tests.shape() RETURNS text LANGUAGE sql AS $$ SELECT {SHAPE} $$;
CREATE TABLE tests.expected AS SELECT tests.shape() AS shape;
CREATE FUNCTION tests.empty() RETURNS void LANGUAGE plpgsql AS $$ DECLARE it record; BEGIN
  FOR it IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                                           AND pg_relation_size(oid) > 0 LOOP
    EXECUTE format('DELETE FROM public.%I', it.relname);
  END LOOP;
  FOR it IN SELECT name FROM tests.delivered LOOP
    EXECUTE format('INSERT INTO public.%I SELECT * FROM tests.%I', it.name, it.name);
  END LOOP;
  PERFORM setval(seqrelid, coalesce(last, seqstart), last IS NOT NULL) FROM tests.counters
    WHERE pg_sequence_last_value(seqrelid) IS DISTINCT FROM last;
END $$;
"""
STRANGERS = """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND NOT pid = ANY(%s)
AND backend_type = 'client backend'"""
LIVING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
IS_AS_EXPECTED = (
    "SELECT (SELECT shape FROM tests.expected) = tests.shape() AND pg_database_size(current_database()) < %s"
)


def on_server(url: str, statement: str) -> None:
    """Say one thing to the server outside of a transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@dataclass
class KeptConnections:
    """Connections to the shared database that no test uses at the moment."""

    database: str = ""
    free: list[psycopg.Connection[Any]] = field(default_factory=list)

    def serve(self, engine: Engine) -> None:
        """Let this engine take its connections from here, and leave them here."""
        if engine.url.database == self.database:
            event.listen(engine, "do_connect", lambda *_all: self.free.pop() if self.free else None)

    def keep(self, close: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return what a dialect does instead of closing a connection."""

        def done_with(connection: psycopg.Connection[Any]) -> None:
            try:
                connection.rollback()
                connection.autocommit = False
                usable = connection.info.dbname == self.database
            except psycopg.Error:  # closed, or broken off in the middle of something
                usable = False
            if usable:
                self.free.append(connection)
            else:
                close(connection)

        return done_with

    def keep_living(self, living: set[int]) -> None:
        """Close those that the server no longer knows."""
        dead = [one for one in self.free if one.info.backend_pid not in living]
        self.free = [one for one in self.free if one not in dead]
        for one in dead:
            one.close()

    def forget(self) -> None:
        """Close all: their database goes."""
        while self.free:
            self.free.pop().close()


KEPT = KeptConnections()


def share_what_is_dear(make: Callable[[Settings], Engine]) -> Callable[[Settings], Engine]:
    """Return a maker whose engines of one kind share what SQLAlchemy compiled, and hurry.

    Compiling was half the time of a test, and waiting for the disk a third: SQLite does not wait here.
    """
    first = dict[str, Engine]()

    @wraps(make)
    def make_alike(settings: Settings) -> Engine:
        engine = make(settings)
        if engine.dialect.name not in first:
            first[engine.dialect.name] = engine
            if not settings.is_sqlite:
                engine.dialect.do_close = KEPT.keep(engine.dialect.do_close)  # type: ignore[method-assign]
        alike = first[engine.dialect.name]
        engine.dialect, engine._compiled_cache = alike.dialect, alike._compiled_cache
        if settings.is_sqlite:
            event.listen(engine, "connect", lambda connection, _record: _do_not_wait(connection))
        else:
            KEPT.serve(engine)
        return engine

    return make_alike


def _do_not_wait(connection: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


class SharedPostgres:
    """One migrated PostgreSQL database, empty whenever it is asked for."""

    def __init__(self, server: str, secret: str) -> None:
        self.server, self.url = server, ""
        self.migrated = f"migrated_{uuid4().hex[:8]}"
        on_server(server, f"CREATE DATABASE {self.migrated}")
        url = self._url(self.migrated)
        template = Database(checked(Settings(secret_key=secret, database_url=url)))
        schema.upgrade(template)
        template.dispose()
        with psycopg.connect(_plain(url), autocommit=True) as connection:
            connection.execute(PREPARE)

    def empty(self) -> str:
        """Return the address of the database, with nothing in it but what the migrations deliver."""
        if not self.url or not self._emptied():
            self._copy()
        return self.url

    def _url(self, name: str) -> str:
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def _copy(self) -> None:
        if KEPT.database:
            KEPT.forget()
            on_server(self.server, f"DROP DATABASE {KEPT.database} WITH (FORCE)")
        KEPT.database = f"t{uuid4().hex[:12]}"
        on_server(self.server, f"CREATE DATABASE {KEPT.database} TEMPLATE {self.migrated}")
        self.url = self._url(KEPT.database)

    def _emptied(self) -> bool:
        """Empty it; False when that is not enough."""
        connection = KEPT.free.pop() if KEPT.free else psycopg.connect(_plain(self.url))
        try:
            connection.execute(STRANGERS, ([one.info.backend_pid for one in KEPT.free],))
            KEPT.keep_living({pid for (pid,) in connection.execute(LIVING)})
            connection.execute("SET LOCAL session_replication_role = replica")  # no guards, no references
            connection.execute("SELECT tests.empty()")
            [as_expected] = connection.execute(IS_AS_EXPECTED, (MUCH,)).fetchone() or (False,)
            connection.commit()
        except psycopg.Error:
            connection.close()
            return False
        KEPT.free.append(connection)
        return bool(as_expected)


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg:", "postgresql:")
