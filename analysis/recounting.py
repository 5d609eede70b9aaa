"""Watching the tally: each night one month is counted anew from the answers, and a difference is said aloud.

Every figure rests on the tally, and everything that writes answers writes it too. Should that ever fail, by a
mistake or by somebody's hand in the database, it must not stay unseen.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Date, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Database, UtcTime
from core.errors import HuifangError
from core.findings import BAD, OK, Finding
from core.rounds import each, each_prepared
from surveys import tallies
from surveys.models import Response, Version

AT = timedelta(hours=3)  # after local midnight: few answers come then


class Recount(Base):
    """The month that was counted anew on one local day, and in how many places its counts differed."""

    __tablename__ = "recounts"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    month: Mapped[date] = mapped_column(Date)
    differences: Mapped[int]
    done_at: Mapped[datetime] = mapped_column(UtcTime)


class TallyDiffersError(HuifangError):
    """The counts of a month are not those of its answers; run: huifang responses recount --mend"""

    def __init__(self, month: date, places: int) -> None:
        super().__init__(
            f"The counts of {month:%Y-%m} differ from its answers in {places} places; run: "
            "huifang responses recount --mend"
        )


def recount_a_month(database: Database, *, now: datetime) -> dict[str, int]:
    """Count one month anew, once a day after three at night; the months take turns.

    A night in which nobody ticked, or a round took too long, is made up for later the same day.
    """
    local = now.astimezone(database.settings.zone)
    if local - local.replace(hour=0, minute=0, second=0, microsecond=0) < AT:
        return {}
    with database.read() as session:
        if session.get(Recount, local.date()) is not None:
            return {}
        months = list(closed_months(session, local.date()))
    if not months:
        return {}
    month = months[local.date().toordinal() % len(months)]

    def count() -> int:
        with database.read() as session:
            return differences(session, month)

    def keep(session: Session, found: int, at: datetime) -> str | None:
        return _keep(session, Recount(day=local.date(), month=month, differences=found, done_at=at))

    keep.__name__, row = recount_month.__name__, month.year * 100 + month.month
    done = each_prepared(database, count, keep, row, now)
    if "different" in done:  # kept first, so that it is said once a day and not in every round
        done = each(database, recount_month, None, [row], now)
    return done


def _keep(session: Session, row: Recount) -> str | None:
    """Keep what was found; None where another process was faster."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"day": row.day, "month": row.month, "differences": row.differences, "done_at": row.done_at}
    kept = insert(Recount).values(values).on_conflict_do_nothing().returning(Recount.day)
    if session.scalar(kept) is None:
        return None
    return "different" if row.differences else "equal"


def recount_month(session: Session, _month: int, now: datetime) -> str | None:
    """Say aloud what a recount found; failures are listed under this name."""
    row = session.scalars(select(Recount).where(Recount.done_at == now)).one()
    raise TallyDiffersError(row.month, row.differences)


def differences(session: Session, month: date) -> int:
    """Count one month anew; return in how many places the tally says something else."""
    found = tallies.recount(session, month, after(month))
    if found:  # an answer may have come in between two statements: what is wrong is wrong twice
        found = dict(found.items() & tallies.recount(session, month, after(month)).items())
    return len(found)


def finding(database: Database, *, now: datetime) -> Finding:
    """Return what the doctor says: the last month that is over, counted anew."""
    with database.read() as session:
        month = next(closed_months(session, now.astimezone(database.settings.zone).date()), None)
        if month is None:
            return Finding("tally", OK, "There is no month of answers to count anew.")
        found = differences(session, month)
    if found:
        return Finding("tally", BAD, str(TallyDiffersError(month, found)))
    return Finding("tally", OK, f"The counts of {month:%Y-%m} are those of its answers.")


def closed_months(session: Session, today: date) -> Iterator[date]:
    """Return the months with answers that are over, the latest first."""
    oldest = select(func.min(Response.day)).where(Response.version_id == Version.id).scalar_subquery()
    first = min(filter(None, session.scalars(select(oldest).select_from(Version))), default=None)
    month = before(today.replace(day=1))
    while first is not None and month >= first.replace(day=1):
        yield month
        month = before(month)


def before(month: date) -> date:
    """Return the month before."""
    return (month - timedelta(days=1)).replace(day=1)


def after(month: date) -> date:
    """Return the month after."""
    return (month + timedelta(days=31)).replace(day=1)
