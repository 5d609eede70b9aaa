"""The job of the saved reports: what is due is made, kept and announced, each period once."""

from collections import Counter
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.reports.models import ReportDefinition
from core.db import Database, settings_of
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
        counts.update(_make_due(database, number, now))
    return dict(counts)


def _make_due(database: Database, number: int, now: datetime) -> dict[str, int]:
    """Draw outside of any transaction, then keep all in one: two schedulers at once make one report."""

    def keep_report(session: Session, drawn: tuple[int, list["Made"]], at: datetime) -> str | None:
        return _kept(session, number, *drawn, at)

    make = partial(_made, database, number, now)
    return each_prepared(database, make, keep_report, number, now, model=ReportDefinition, due="try_at")


def _made(database: Database, number: int, now: datetime) -> tuple[int, list["Made"]]:
    """Return the reports that a definition owes, and which version of it they follow."""
    # NumPy, SciPy and matplotlib cost 100 MB: only where a report is due.
    from analysis.reports import making, policy, queries  # noqa: PLC0415
    from analysis.reports.edition import Edition  # noqa: PLC0415

    settings = database.settings
    with database.read() as session:
        found = queries.definition(session, number)
        if not found.active or found.next_due is None:
            return found.version, []
        periods = policy.owed(found.every, found.next_due, now, settings.report_days, settings.zone)
        asked = [queries.asked_about(session, found, period) for period in periods]
        edition, name, version = Edition(found.language, now, settings), found.title, found.version
    return version, [making.make(database, one, edition, name=name) for one in asked]


def _kept(session: Session, number: int, version: int, made: list["Made"], now: datetime) -> str | None:
    from analysis.reports import actions, policy, queries  # noqa: PLC0415 # see above

    found = queries.definition(session, number, lock=True)
    if found.version != version or not found.active or not made:
        return None  # changed while it was drawn: the next round makes it as it is wanted now
    new = [one for one in made if actions.keep(session, found, one, now=now)]
    settings = settings_of(session)
    found.next_due = policy.next_due(found.every, now, settings.report_days, settings.zone)
    return "made" if new else None
