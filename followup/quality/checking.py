"""The list of what is worth a look, and what people found who looked. Nothing here commits."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from core import audit
from core.auth.models import User
from core.db import vault_of
from core.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from core.i18n import _
from core.periods import Period, parse_period
from core.texts import clean_text
from followup.models import Attempt, Callback, Case, FollowUp
from followup.quality.comparing import Standing, standing_out
from followup.quality.models import SignalCheck
from followup.quality.reviewing import NOTE_LIMIT
from followup.quality.signals import OF_CALLS, SIGNALS
from followup.quality.spotting import spotted

FINDINGS = ("fine", "talk", "mistake")
PAGE = 25


@dataclass(frozen=True, slots=True)
class Spotted:
    """One call that shows a signal, with what somebody found who looked at it."""

    attempt_id: int
    signal: str
    agent_id: int
    agent: str
    ended_at: datetime
    outcome: str
    case_number: str
    amount: float | None = None
    of: int = 0
    standing: Standing | None = None
    finding: str = ""
    checked_by: str = ""
    checked_at: datetime | None = None
    note: str = ""


def rows(
    session: Session,
    signal: str,
    period: Period,
    standing: Iterable[Standing],
    *,
    is_checked: bool,
    page: int,
) -> list[Spotted]:
    """Return one page of the calls that show a signal, the latest first."""
    if signal in OF_CALLS:
        calls = spotted(session, signal, period).subquery()
        wanted = _facts(signal).join(calls, calls.c.attempt_id == Attempt.id)
        wanted = wanted.add_columns(calls.c.amount, calls.c.of)
        wanted = wanted.where(SignalCheck.attempt_id.is_not(None) == is_checked)
        wanted = wanted.order_by(Attempt.ended_at.desc(), Attempt.id.desc())
        found = session.execute(wanted.limit(PAGE).offset((max(page, 1) - 1) * PAGE))
        return [_spotted(session, signal, row) for row in found]
    of_signal = {one.attempt_id: one for one in standing if one.signal == signal}
    wanted = _facts(signal).where(Attempt.id.in_(of_signal))
    wanted = wanted.where(SignalCheck.attempt_id.is_not(None) == is_checked).order_by(Attempt.ended_at.desc())
    return [_spotted(session, signal, row, of_signal[row.id]) for row in session.execute(wanted)]


def one(session: Session, signal: str, attempt_id: int, period: Period) -> Spotted:
    """Return one call of the list, or raise ``NotFoundError``; ``period`` is that of the comparison."""
    wanted = _facts(signal).where(Attempt.id == attempt_id)
    row = session.execute(wanted).first() if signal in SIGNALS else None
    amount, of, standing = None, 0, None
    if row is not None and signal in OF_CALLS:
        seen = _seen(session, signal, attempt_id, row.local_day)
        amount, of = (seen.amount, seen.of) if seen else (None, 0)
        row = row if seen or row.finding else None
    elif row is not None:
        mine = (one for one in standing_out(session, period) if one.signal == signal)
        standing = next((one for one in mine if one.attempt_id == attempt_id), None)
        row = row if standing or row.finding else None
    if row is None:
        raise NotFoundError(_("There is no such call; the list shows what is worth a look."))
    return replace(_spotted(session, signal, row), amount=amount, of=of, standing=standing)


def _seen(session: Session, signal: str, attempt_id: int, day: date) -> Row[Any] | None:
    of_day = parse_period(f"{day}..{day}")
    return session.execute(spotted(session, signal, of_day).where(Attempt.id == attempt_id)).first()


def check(
    session: Session, signal: str, attempt_id: int, *, finding: str, note: str, period: Period,
    checker_id: int, actor: str, now: datetime,
) -> None:  # fmt: skip
    """Write down what somebody found who looked at a call; nobody does so about the own calls."""
    call = one(session, signal, attempt_id, period)
    if call.agent_id == checker_id:
        raise ForbiddenError(_("This is your own call; somebody else has to look at it."))
    if finding not in FINDINGS:
        raise InputError(_("Choose what you found."))
    uid, words = uuid.uuid4().hex, clean_text(note, NOTE_LIMIT)
    sealed = vault_of(session).seal(words, f"signal.note:{uid}") if words else None
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(SignalCheck).values(
        attempt_id=attempt_id, signal=signal, uid=uid, finding=finding, checked_by=checker_id,
        checked_at=now, note_sealed=sealed,
    )  # fmt: skip
    if session.execute(statement.on_conflict_do_nothing().returning(SignalCheck.uid)).first() is None:
        raise ConflictError(
            _("Somebody else looked at this call in the meantime; the list shows the finding.")
        )
    audit.record(
        session, actor=actor, action="signal.checked", subject=f"attempt:{attempt_id}", now=now,
        signal=signal, finding=finding,
    )  # fmt: skip


def _facts(signal: str) -> Select[*tuple[Any, ...]]:
    checker = aliased(User)
    wanted: Select[*tuple[Any, ...]] = select(
        Attempt.id,
        Attempt.agent_id,
        User.display_name.label("agent"),
        Attempt.ended_at,
        Attempt.local_day,
        Attempt.outcome,
        Case.number.label("case_number"),
        SignalCheck.finding,
        SignalCheck.checked_at,
        SignalCheck.uid,
        SignalCheck.note_sealed,
        checker.display_name.label("checked_by"),
    )
    wanted = wanted.select_from(Attempt).join(User, User.id == Attempt.agent_id)
    wanted = wanted.join(Callback, Callback.id == Attempt.callback_id)
    wanted = wanted.join(FollowUp, FollowUp.id == Callback.follow_up_id)
    wanted = wanted.join(Case, Case.id == FollowUp.case_id)
    mark = (SignalCheck.attempt_id == Attempt.id) & (SignalCheck.signal == signal)
    return wanted.outerjoin(SignalCheck, mark).outerjoin(checker, checker.id == SignalCheck.checked_by)


def _spotted(session: Session, signal: str, row: Row[Any], standing: Standing | None = None) -> Spotted:
    sealed = row.note_sealed
    return Spotted(
        attempt_id=row.id,
        signal=signal,
        agent_id=row.agent_id,
        agent=row.agent,
        ended_at=row.ended_at,
        outcome=row.outcome,
        case_number=row.case_number,
        amount=getattr(row, "amount", None),
        of=getattr(row, "of", 0),
        standing=standing,
        finding=row.finding or "",
        checked_by=row.checked_by or "",
        checked_at=row.checked_at,
        note=vault_of(session).open(sealed, f"signal.note:{row.uid}") if sealed else "",
    )
