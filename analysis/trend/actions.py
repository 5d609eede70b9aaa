"""Marking a month from which limits are computed anew, and taking that back."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from analysis.trend.lifecycle import EARLIEST, LONGEST, MARKS, VALID
from analysis.trend.models import LimitMark
from core import audit
from core.auth.models import User
from core.errors import ConflictError, InputError, NotFoundError, TransitionError
from core.i18n import _
from core.texts import clean_text


def mark(
    session: Session, *, questionnaire: str, item_key: str, known: Sequence[str], month: str, note: str,
    today: date, by: User, now: datetime,
) -> LimitMark:  # fmt: skip
    """Record that limits are computed anew from a month on; ``item_key`` "" stands for every item."""
    first, said = _month(month, today), clean_text(note, LONGEST)
    if item_key and item_key not in known:
        raise InputError(_("Choose this question or all questions."))
    if not said:
        raise InputError(_("Say what changed in that month; whoever reads the chart next year needs it."))
    values = {"questionnaire": questionnaire, "item_key": item_key, "month": first}
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(LimitMark).values(**values, note=said, state=VALID, at=now, by=by.name)
    kept: LimitMark | None = session.scalar(row.on_conflict_do_nothing().returning(LimitMark))
    if kept is None:
        raise ConflictError(_("The limits are computed anew from this month on already."))
    MARKS.note(session, kept.id, "mark", "", VALID, actor=by.name, now=now, reason=said)
    _record(session, "limits.mark", kept, said, by=by, now=now)
    return kept


def take_back(session: Session, mark_id: int, *, reason: str, by: User, now: datetime) -> LimitMark:
    """Take a mark back: what it divided makes limits together again."""
    row, said = session.scalar(select(LimitMark).where(LimitMark.id == mark_id)), clean_text(reason, LONGEST)
    if row is None:
        raise NotFoundError(_("There is no such mark."))
    if not said:
        raise InputError(_("Give the reason in a few words; it is kept with your name."))
    try:
        MARKS.move(session, row, "take_back", actor=by.name, now=now, reason=said)
    except TransitionError:
        raise ConflictError(_("Somebody has taken this back already.")) from None
    _record(session, "limits.take_back", row, said, by=by, now=now)
    return row


def _month(text: str, today: date) -> date:
    try:
        first = date.fromisoformat(f"{text.strip()}-01")
    except ValueError:
        raise InputError(_("Choose the first month of the new limits.")) from None
    if not first.year >= EARLIEST or first > today:
        raise InputError(_("Choose a month that has begun."))
    return first


def _record(session: Session, action: str, row: LimitMark, said: str, *, by: User, now: datetime) -> None:
    audit.record(
        session, actor=by.name, action=action, subject=f"limits:{row.questionnaire}", now=now,
        item=row.item_key, month=f"{row.month:%Y-%m}", note=said,
    )  # fmt: skip
