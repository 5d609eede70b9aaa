"""Facts about this installation that live in the database, counters for shown numbers among them."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import String, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base


class Fact(Base):
    """One remembered fact, such as that the data is demo data."""

    __tablename__ = "facts"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class Counter(Base):
    """A counter that never gives the same number twice."""

    __tablename__ = "counters"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int]


class CalendarDay(Base):
    """A day that an administrator declared a workday or a day off, whatever the calendar says."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_workday: Mapped[bool]
    note: Mapped[str] = mapped_column(String(80), default="")


def remember(session: Session, key: str, value: str) -> None:
    """Set a fact."""
    session.merge(Fact(key=key, value=value))


def recall(session: Session, key: str) -> str | None:
    """Return a fact, or None."""
    fact = session.get(Fact, key)
    return fact.value if fact else None


def next_number(session: Session, key: str, count: int = 1) -> int:
    """Reserve ``count`` numbers and return the first."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Counter).values(key=key, value=count)
    statement = statement.on_conflict_do_update(index_elements=["key"], set_={"value": Counter.value + count})
    return int(session.execute(statement.returning(Counter.value)).scalar_one()) - count + 1


def wait_for_turn(session: Session, work: str, *, shared: bool = False) -> None:
    """Let nobody else begin this work until the transaction ends, such as importing from one source.

    Those who come with ``shared`` only wait for, and hold up, those who come without. On SQLite the write
    lock of the transaction does all this.
    """
    if session.get_bind().dialect.name == "postgresql":
        lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        session.execute(text(f"SELECT {lock}(hashtext(:work))"), {"work": work})


def wait_for_turns(session: Session, works: Collection[str]) -> None:
    """Wait for the turn of several works, always in one order, so that two never wait for each other."""
    if works and session.get_bind().dialect.name == "postgresql":
        turns = (
            "SELECT DISTINCT hashtext(work) AS turn FROM unnest(CAST(:works AS text[])) AS work ORDER BY turn"
        )
        lock = text(f"SELECT pg_advisory_xact_lock(turn) FROM ({turns}) AS turns")  # fixed words
        session.execute(lock, {"works": list(works)})
