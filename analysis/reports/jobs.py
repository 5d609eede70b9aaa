"""The job of the saved reports: what is due is made, kept and announced, each period once and by itself."""

from collections import Counter
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.reports import actions, queries
from analysis.reports.models import ReportDefinition
from core.db import Database
from core.periods import Period
from core.rounds import BATCH, each_prepared

if TYPE_CHECKING:
    from analysis.reports.actions import Made


def make_reports(database: Database, *, now: datetime) -> dict[str, int]:
    """Make the reports that are due; return how many, and how many failed."""
    wanted = select(ReportDefinition.id).where(
        ReportDefinition.active, ReportDefinition.next_due <= now,
        ReportDefinition.try_at.is_(None) | (ReportDefinition.try_at <= now),
    )  # fmt: skip
    with database.read() as session:
        ids = session.scalars(wanted.order_by(ReportDefinition.next_due).limit(BATCH)).all()
    counts: Counter[str] = Counter()
    for number in ids:
        for period in _owed(database, number, now):
            counts.update(_make_one(database, number, period, now))
    return dict(counts)


def _owed(database: Database, number: int, now: datetime) -> list[Period]:
    with database.read() as session:
        return queries.owed(session, queries.definition(session, number), now)


def _make_one(database: Database, number: int, period: Period, now: datetime) -> dict[str, int]:
    """Draw outside of any transaction, then keep all in one: two schedulers at once make one report.

    A period that fails is tried again in an hour; those beside it are kept all the same.
    """

    def keep_report(session: Session, drawn: tuple[int, "Made"], at: datetime) -> str | None:
        return _kept(session, number, *drawn, at)

    make = partial(_made, database, number, period, now)
    return each_prepared(database, make, keep_report, number, now, model=ReportDefinition, due="try_at")


def _made(database: Database, number: int, period: Period, now: datetime) -> tuple[int, "Made"]:
    """Return the report of a period, and which version of its definition it follows."""
    # NumPy, SciPy and matplotlib cost 100 MB: only where a report is due.
    from analysis.reports import making  # noqa: PLC0415
    from analysis.reports.edition import Edition  # noqa: PLC0415

    with database.read() as session:
        found = queries.definition(session, number)
        asked, name, version = queries.asked_about(session, found, period), found.title, found.version
        edition = Edition(found.language, now, database.settings)
    return version, making.make(database, asked, edition, name=name)


def _kept(session: Session, number: int, version: int, made: "Made", now: datetime) -> str | None:
    found = queries.definition(session, number, lock=True)
    if found.version != version or not found.active:
        return None  # changed while it was drawn: the next round makes it as it is wanted now
    run = actions.keep(session, found, made, now=now)
    actions.settle(session, found, now=now)
    return "made" if run else None
