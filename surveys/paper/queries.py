"""Reading printed runs and returned sheets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.i18n import _
from surveys.models import OpenLink, Version
from surveys.paper.models import PaperEntry, PaperRun
from surveys.paper.serials import serial_of


@dataclass(frozen=True, slots=True)
class PrintedRun:
    """One run of sheets and how many of them came back."""

    id: int
    first: str
    last: str
    sheets: int
    version: int
    language: str
    printed_at: datetime
    printed_by: str
    returned: int


def runs(session: Session, questionnaire_id: int, limit: int = 20) -> list[PrintedRun]:
    """Return what was printed of a questionnaire, the last run first."""
    rows = session.execute(
        select(PaperRun, Version.number)
        .join(Version, Version.id == PaperRun.version_id)
        .where(Version.questionnaire_id == questionnaire_id, PaperRun.elsewhere.is_(False))
        .order_by(PaperRun.first.desc())
        .limit(limit)
    ).all()
    return [_printed(session, run, number, questionnaire_id) for run, number in rows]


def _printed(session: Session, run: PaperRun, version: int, questionnaire_id: int) -> PrintedRun:
    serials = [serial_of(number) for number in range(run.first, run.first + run.sheets)]
    returned = select(func.count()).select_from(PaperEntry)
    returned = returned.where(PaperEntry.questionnaire_id == questionnaire_id, PaperEntry.serial.in_(serials))
    return PrintedRun(
        id=run.id,
        first=serials[0],
        last=serials[-1],
        sheets=run.sheets,
        version=version,
        language=run.language,
        printed_at=run.printed_at,
        printed_by=run.printed_by,
        returned=session.execute(returned).scalar_one(),
    )


def run_of(session: Session, run_id: int) -> PaperRun:
    """Return a run that was printed here.

    Raises
    ------
    NotFoundError
        When there is none.
    """
    run = session.get(PaperRun, run_id)
    if run is None or run.elsewhere:
        raise NotFoundError(_("There are no such sheets; the list shows what was printed."))
    return run


def open_links(session: Session, questionnaire_id: int, *, now: datetime) -> Sequence[OpenLink]:
    """Return the links for everybody whose code a sheet may show: open ones that still take answers."""
    lasting = or_(OpenLink.answer_by.is_(None), OpenLink.answer_by > now)
    wanted = select(OpenLink).where(
        OpenLink.questionnaire_id == questionnaire_id, OpenLink.state == "open", lasting
    )
    return session.scalars(wanted.order_by(OpenLink.label)).all()
