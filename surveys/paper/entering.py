"""Taking in what came back on paper. Nothing here commits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core import audit
from core.db import settings_of, vault_of
from core.errors import ConflictError
from core.i18n import _
from surveys import anonymity, answering
from surveys.actions import blank_stratum, stratum_id
from surveys.paper.models import PaperEntry
from surveys.paper.queries import NOT_LOOKED_AT, FoundSheet
from surveys.parsing import Given

KEPT = ("service_type", "district", "department", "category")  # dimensions a batch of sheets shares
_FINE = 10_000  # steps of the draw


class UsedError(ConflictError):
    """This sheet was typed in before."""


class LateError(ConflictError):
    """This sheet cannot be corrected any more."""


@dataclass(frozen=True, slots=True)
class Typist:
    """Who types."""

    id: int
    name: str


def enter(
    session: Session,
    sheet: FoundSheet,
    answers: Mapping[str, Given],
    *,
    day: date,
    dimensions: Mapping[str, str],
    typist: Typist,
    now: datetime,
) -> bool:
    """Store the answers of one sheet; pressing twice stores once. Tell whether they are new.

    Raises
    ------
    UsedError
        When somebody typed this sheet in before, or the same person typed other answers.
    """
    entry_id = _claim(session, sheet, typist, now=now)
    if entry_id is None:
        _refuse_other(session, sheet, answers, typist)
        return False
    anonymous = sheet.version.definition.anonymous
    recorded = answering.record(
        session,
        sheet.version,
        answers,
        mode="paper",
        stratum_id=blank_stratum(session) if anonymous else stratum_id(session, **dimensions),
        handler="",
        language=sheet.language,
        now=now,
        external_id=f"paper:{sheet.serial}",
        entered_by=typist.id,
        submitted_at=None if anonymous else _moment(session, day, now),
    )
    if anonymous:  # the entry says that the number is used, and nothing else; the trail would tell the minute
        return True
    picked = is_picked(session, sheet.serial)
    session.execute(
        update(PaperEntry)
        .where(PaperEntry.id == entry_id)
        .values(response_id=recorded.response_id, state="to_check" if picked else "entered")
    )
    note(session, "paper.enter", sheet.serial, typist.name, now=now, version=sheet.version.number)
    return True


def own_entry(
    session: Session, sheet: FoundSheet, typist: Typist, *, now: datetime, lock: bool = False
) -> int:
    """Return the response of a sheet that its typist may still correct.

    Raises
    ------
    LateError
        When it is another day, somebody else's sheet or an anonymous one, or a second person read it.
    """
    wanted = select(PaperEntry.response_id).where(
        PaperEntry.questionnaire_id == sheet.version.questionnaire_id,
        PaperEntry.serial == sheet.serial,
        PaperEntry.entered_by == typist.id,
        PaperEntry.entered_at >= anonymity.day_only(session, now),
        PaperEntry.state.in_(NOT_LOOKED_AT),
    )
    found = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise LateError(
            _("Only who typed a sheet corrects it, on the same day and before a second person read it.")
        )
    return found


def correct(
    session: Session, sheet: FoundSheet, answers: Mapping[str, Given], *, typist: Typist, now: datetime
) -> None:
    """Put right what was typed wrongly; the earlier answers stay as a revision."""
    response_id = own_entry(session, sheet, typist, now=now, lock=True)
    done = answering.amend(session, sheet.version, response_id, answers, now=now, keep_words=False)
    if done.created:
        note(session, "paper.correct", sheet.serial, typist.name, now=now, revision=done.revision)


def is_picked(session: Session, serial: str) -> bool:
    """Tell whether a sheet is to be typed twice.

    A keyed hash of its number decides: nobody who types can foresee it or steer it, and it is the same
    whoever asks.
    """
    share = settings_of(session).paper_check_percent / 100
    drawn = int.from_bytes(vault_of(session).blind_index(serial, "paper.check")[:8], "big") % _FINE
    return drawn < share * _FINE


def note(session: Session, action: str, serial: str, actor: str, *, now: datetime, **detail: Any) -> None:
    """Write into the audit trail what became of a sheet; never an answer."""
    audit.record(session, actor=actor, action=action, subject=f"paper:{serial}", now=now, **detail)


def _claim(session: Session, sheet: FoundSheet, typist: Typist, *, now: datetime) -> int | None:
    """Take the number; of two who press at once one gets it."""
    anonymous = sheet.version.definition.anonymous
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(PaperEntry).values(
        questionnaire_id=sheet.version.questionnaire_id,
        serial=sheet.serial,
        state="entered",
        entered_by=typist.id,
        entered_at=anonymity.day_only(session, now) if anonymous else now,
        compared=[],
        differing=[],
        decisions={},
    )
    found: int | None = session.execute(
        statement.on_conflict_do_nothing().returning(PaperEntry.id)
    ).scalar_one_or_none()
    return found


def _refuse_other(session: Session, sheet: FoundSheet, answers: Mapping[str, Given], typist: Typist) -> None:
    entry = session.scalars(
        select(PaperEntry).where(
            PaperEntry.questionnaire_id == sheet.version.questionnaire_id, PaperEntry.serial == sheet.serial
        )
    ).one()
    if entry.entered_by != typist.id:
        raise UsedError
    if entry.response_id is not None:
        stored = answering.stored_answers(session, sheet.version, entry.response_id)
        if any(stored[key] != given for key, given in answers.items()):
            raise UsedError


def _moment(session: Session, day: date, now: datetime) -> datetime:
    """Return when a sheet counts: on its day; today's count from now, so that no time lies ahead."""
    zone = settings_of(session).zone
    return now if day >= now.astimezone(zone).date() else datetime.combine(day, time(12), zone)
