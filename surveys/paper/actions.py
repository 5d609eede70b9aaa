"""Giving numbers to sheets of paper. Nothing here commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from core import audit
from core.errors import InputError
from core.i18n import _
from core.installation import next_number
from core.texts import clean_text
from surveys.models import OpenLink
from surveys.paper.models import PaperRun
from surveys.paper.printing import SIZES
from surveys.paper.serials import FIRST, serial_of
from surveys.queries import LoadedVersion

COUNTER = "paper.sheet"
MOST_SHEETS = 200
INSTRUCTIONS_LIMIT = 600


def print_run(
    session: Session,
    version: LoadedVersion,
    *,
    sheets: int,
    language: str,
    size: int,
    instructions: str,
    open_link_id: int | None,
    actor: str,
    now: datetime,
) -> PaperRun:
    """Reserve the numbers of some sheets, which from then on lead to this version."""
    if not 1 <= sheets <= MOST_SHEETS:
        raise InputError(_("Print from 1 to %(most)s sheets at a time.", most=MOST_SHEETS))
    if size not in SIZES or language not in version.definition.languages:
        raise InputError(_("Choose a language and a size from the list."))
    link = session.get(OpenLink, open_link_id) if open_link_id else None
    if open_link_id and (link is None or link.questionnaire_id != version.questionnaire_id):
        raise InputError(_("This link belongs to another questionnaire; choose one from the list."))
    run = PaperRun(
        version_id=version.id,
        first=_reserve(session, sheets),
        sheets=sheets,
        language=language,
        open_link_id=open_link_id,
        size=size,
        instructions=clean_text(instructions, INSTRUCTIONS_LIMIT),
        printed_at=now,
        printed_by=actor,
    )
    session.add(run)
    session.flush()
    _note(session, version, run, "paper.print", actor=actor, now=now)
    return run


def number_elsewhere(
    session: Session, version: LoadedVersion, *, language: str, actor: str, now: datetime
) -> str:
    """Give a number to one sheet that was printed elsewhere; return it for writing onto the sheet."""
    run = PaperRun(
        version_id=version.id,
        first=_reserve(session, 1),
        sheets=1,
        language=language,
        size=SIZES[0],
        elsewhere=True,
        printed_at=now,
        printed_by=actor,
    )
    session.add(run)
    session.flush()
    if not version.definition.anonymous:
        _note(session, version, run, "paper.number", actor=actor, now=now)
    return serial_of(run.first)


def _reserve(session: Session, sheets: int) -> int:
    return FIRST - 1 + next_number(session, COUNTER, sheets)


def _note(
    session: Session, version: LoadedVersion, run: PaperRun, action: str, *, actor: str, now: datetime
) -> None:
    audit.record(
        session,
        actor=actor,
        action=action,
        subject=f"questionnaire:{version.questionnaire_key}",
        now=now,
        version=version.number,
        first=serial_of(run.first),
        last=serial_of(run.first + run.sheets - 1),
    )
