"""Reading printed runs and returned sheets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, true
from sqlalchemy.orm import Session, aliased

from core.auth.models import User
from core.errors import NotFoundError
from core.i18n import _
from surveys.models import OpenLink, Questionnaire, Stratum, Version
from surveys.paper.models import PaperEntry, PaperRun
from surveys.paper.serials import serial_of
from surveys.queries import LoadedVersion, load_version

NOT_LOOKED_AT = ("entered", "to_check")  # by a second person


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


@dataclass(frozen=True, slots=True)
class FoundSheet:
    """A sheet that a number leads to."""

    serial: str
    version: LoadedVersion
    language: str
    printed_at: datetime
    elsewhere: bool


def find_sheet(session: Session, number: int) -> FoundSheet | None:
    """Return the sheet with this number, or None where none was printed."""
    run = session.scalars(
        select(PaperRun).where(PaperRun.first <= number).order_by(PaperRun.first.desc()).limit(1)
    ).first()
    if run is None or number >= run.first + run.sheets:
        return None
    version = load_version(session, run.version_id)
    return FoundSheet(serial_of(number), version, run.language, run.printed_at, run.elsewhere)


@dataclass(frozen=True, slots=True)
class Use:
    """Who typed a sheet in, and when; of an anonymous one the day only."""

    by: str
    user_id: int
    at: datetime


def use_of(session: Session, sheet: FoundSheet) -> Use | None:
    """Return who used a number already, or None."""
    row = session.execute(
        select(User.display_name, User.id, PaperEntry.entered_at)
        .join(PaperEntry, PaperEntry.entered_by == User.id)
        .where(
            PaperEntry.questionnaire_id == sheet.version.questionnaire_id, PaperEntry.serial == sheet.serial
        )
    ).first()
    return Use(row.display_name, row.id, row.entered_at) if row else None


def entered_since(session: Session, user_id: int, since: datetime) -> int:
    """Return how many sheets a person typed since a moment."""
    wanted = select(func.count()).select_from(PaperEntry)
    wanted = wanted.where(PaperEntry.entered_by == user_id, PaperEntry.entered_at >= since)
    return session.execute(wanted).scalar_one()


def corrigible(session: Session, user_id: int, since: datetime, limit: int = 5) -> list[str]:
    """Return the numbers of the last sheets that a person may still correct, the last one first."""
    wanted = select(PaperEntry.serial).where(
        PaperEntry.entered_by == user_id,
        PaperEntry.entered_at >= since,
        PaperEntry.response_id.is_not(None),
        PaperEntry.state.in_(NOT_LOOKED_AT),
    )
    return list(session.scalars(wanted.order_by(PaperEntry.id.desc()).limit(limit)))


def known_values(session: Session, names: Sequence[str], limit: int = 200) -> dict[str, list[str]]:
    """Return the values that each dimension has had, to be picked instead of typed anew."""
    found = {}
    for name in names:
        column = getattr(Stratum, name)
        wanted = select(column).where(column != "").distinct().order_by(column).limit(limit)
        found[name] = list(session.scalars(wanted))
    return found


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One sheet that waits for a second look, or for somebody who settles it."""

    id: int
    serial: str
    title: dict[str, str]
    entered_at: datetime
    first: str
    second: str
    mine: bool  # the reader typed it
    differing: int


def to_check(session: Session, user_id: int) -> int:
    """Return how many sheets a person may type for the second time."""
    wanted = select(func.count()).select_from(PaperEntry)
    wanted = wanted.where(PaperEntry.state == "to_check", PaperEntry.entered_by != user_id)
    return session.execute(wanted).scalar_one()


def check_rows(session: Session, state: str, user_id: int, limit: int = 200) -> list[CheckRow]:
    """Return the sheets in one state, the one that waits longest first; never their answers.

    Which of the own sheets wait for a second look is nobody's business: they would be read over first.
    """
    second = aliased(User)
    others = (PaperEntry.entered_by != user_id) if state == "to_check" else true()
    rows = session.execute(
        select(PaperEntry, Questionnaire.title, User.display_name, second.display_name.label("second"))
        .join(Questionnaire, Questionnaire.id == PaperEntry.questionnaire_id)
        .join(User, User.id == PaperEntry.entered_by)
        .outerjoin(second, second.id == PaperEntry.checked_by)
        .where(PaperEntry.state == state, others)
        .order_by(PaperEntry.id)
        .limit(limit)
    )
    return [
        CheckRow(
            id=entry.id,
            serial=entry.serial,
            title=title,
            entered_at=entry.entered_at,
            first=first,
            second=other or "",
            mine=user_id in {entry.entered_by, entry.checked_by},
            differing=len(entry.differing),
        )
        for entry, title, first, other in rows
    ]
