"""Reading the call queue, and everything one callback needs on one screen."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, selectinload

from core.auth.models import User
from core.calendar import CalendarError, load_calendar
from core.contacts import queries as contacts
from core.contacts.models import Contact
from core.contacts.queries import ContactCard
from core.db import settings_of, vault_of
from core.errors import NotFoundError
from core.i18n import _
from core.outbox.models import Message
from core.texts import mask_name, mask_phone
from followup.callbacks.actions import last_at, tries
from followup.callbacks.holding import draft_of, end_of_day, next_best
from followup.callbacks.lifecycle import IN_HAND, OPEN
from followup.callbacks.outcomes import FIRST_CODES, MORE_CODES, Code
from followup.callbacks.policy import APPOINTMENT, Decision, Try, after, queue_reason
from followup.cases import texts
from followup.models import Attempt, Callback, Case, FollowUp
from followup.rules.queries import terms_of
from surveys.queries import LoadedVersion, load_version

PAGE = 25
VIEWS = ("open", "in_hand", "held", "overdue", "appointed", "ended")


@dataclass(frozen=True, slots=True)
class Figures:
    """Where the queue stands now."""

    ready: int
    waiting: int
    promised: int  # in the next hour
    overdue: int
    in_hand: int
    held: int
    mine_ready: int  # what the asking person could be given now
    done_by_me: int
    is_open: bool
    opens_at: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """One task of the supervisor's list; no number, and the name masked."""

    id: int
    case_number: str
    kind: str
    customer: str
    state: str
    reason: str
    ready_at: datetime
    deadline: datetime | None
    is_overdue: bool
    holder: str
    held_since: datetime | None
    attempts: int
    outcome: str


@dataclass(frozen=True, slots=True)
class PastCall:
    """One line of the desk's history."""

    at: datetime
    who: str
    outcome: str
    note: str
    channel: str = "phone"


@dataclass(frozen=True, slots=True)
class Desk:
    """One callback with everything the agent looks at. Answers given by link before are not among it."""

    callback: Callback
    case: Case
    title: str
    description: str
    result: str
    customer: str
    number: str
    is_revealed: bool
    other_numbers: int
    reason: str
    history: tuple[PastCall, ...]
    version: LoadedVersion
    started_at: datetime | None
    max_attempts: int
    decisions: dict[Code, Decision | None]
    draft: dict[str, str]
    is_recovery: bool


def figures(session: Session, user_id: int, *, now: datetime) -> Figures:
    """Count the queue."""
    opens_at, is_open = _opening(session, now)
    midnight = end_of_day(session, now) - timedelta(days=1)
    done = select(func.count()).where(Attempt.agent_id == user_id, Attempt.ended_at >= midnight)
    mine = next_best(session, user_id, now).order_by(None).subquery()
    return Figures(
        ready=_count(session, Callback.state == "ready"),
        waiting=_count(session, Callback.state.in_(("waiting", "appointed"))),
        promised=_count(
            session,
            Callback.state.in_(("appointed", "ready")),
            Callback.priority <= APPOINTMENT,
            Callback.ready_at <= now + timedelta(hours=1),
        ),
        overdue=_count(session, _overdue(now)),
        in_hand=_count(session, Callback.state.in_(IN_HAND)),
        held=_count(session, Callback.state == "held"),
        mine_ready=session.scalar(select(func.count()).select_from(mine)) or 0,
        done_by_me=session.scalar(done) or 0,
        is_open=is_open,
        opens_at=opens_at,
    )


def rows(session: Session, view: str, *, page: int, now: datetime) -> tuple[list[Row], int]:
    """Return one page of the queue, the last one where there are not so many, and the count of all."""
    condition = _condition(view, now)
    total = _count(session, condition)
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    wanted = (
        select(Callback, Case, User.display_name)
        .join(FollowUp, FollowUp.id == Callback.follow_up_id)
        .join(Case, Case.id == FollowUp.case_id)
        .outerjoin(User, User.id == Callback.agent_id)
        .where(condition)
        .order_by(Callback.priority, Callback.ready_at, Callback.id)
    )
    found = session.execute(wanted.limit(PAGE).offset((page - 1) * PAGE)).all()
    ids = {row[0].contact_id for row in found}
    session.scalars(select(Contact).where(Contact.id.in_(ids)).options(selectinload(Contact.phones))).all()
    return [_row(session, row[0], row[1], row[2] or "", now) for row in found], total


def callback_of(session: Session, callback_id: int) -> Callback:
    """Return a callback, or raise ``NotFoundError``."""
    callback = session.get(Callback, callback_id)
    if callback is None:
        raise NotFoundError(_("There is no such callback; the queue shows what is there."))
    return callback


def holder_of(session: Session, callback: Callback) -> str:
    """Return the name of who holds a callback."""
    user = session.get(User, callback.agent_id) if callback.agent_id else None
    return user.display_name if user and callback.state in IN_HAND else ""


def desk(session: Session, callback: Callback, *, now: datetime) -> Desk:
    """Open one callback for the agent who holds it."""
    follow_up = session.get_one(FollowUp, callback.follow_up_id)
    case = session.get_one(Case, follow_up.case_id)
    card = contacts.card(session, callback.contact_id) if callback.contact_id else None
    terms = terms_of(session, follow_up.rule_version_id)
    is_revealed = callback.state == "in_call"
    alive = [phone for phone in card.phones if not phone.dead] if card else []
    number = next((phone.number for phone in alive if phone.id == callback.phone_id), "")
    midnight = end_of_day(session, now)
    return Desk(
        callback=callback,
        case=case,
        title=texts.title(session, case),
        description=texts.description(session, case),
        result=texts.result(session, case),
        customer=_name(card, is_revealed),
        number=number if is_revealed else mask_phone(number),
        is_revealed=is_revealed,
        other_numbers=max(0, len(alive) - 1),
        reason=queue_reason(callback.priority, callback.deadline, callback.attempts, end_of_day=midnight),
        history=_history(session, callback, follow_up),
        version=load_version(session, follow_up.version_id),
        started_at=last_at(session, callback, "dial") if is_revealed else None,
        max_attempts=terms.max_attempts,
        decisions=_decisions(session, callback, terms.max_attempts, len(alive) > 1, now),
        draft=draft_of(session, callback),
        is_recovery=follow_up.recovery_of_id is not None,
    )


def _decisions(
    session: Session, callback: Callback, max_attempts: int, has_other: bool, now: datetime
) -> dict[Code, Decision | None]:
    """Work out what each button would lead to if it were pressed now."""
    calendar, past = load_calendar(session), tries(session, callback)
    today, part = now.astimezone(calendar.zone).date(), calendar.day_part(now)
    return {
        code: None
        if code in {Code.APPT_FIXED, Code.PARTIAL}
        else after(
            code,
            [*past, Try(today, part, code, callback.phone_id)],
            now=now,
            max_attempts=max_attempts,
            hours=settings_of(session).call_hours,
            calendar=calendar,
            has_other_number=has_other,
        )
        for code in (*FIRST_CODES, *MORE_CODES)
    }


def _history(session: Session, callback: Callback, follow_up: FollowUp) -> tuple[PastCall, ...]:
    """Return the calls and messages of this follow-up, the newest first."""
    calls = select(Attempt, User.display_name).join(User, User.id == Attempt.agent_id)
    calls = calls.where(Attempt.callback_id == callback.id)
    vault = vault_of(session)
    found = [
        PastCall(
            attempt.ended_at,
            name,
            attempt.outcome,
            vault.open(attempt.note_sealed, f"attempt.note:{attempt.uid}") if attempt.note_sealed else "",
        )
        for attempt, name in session.execute(calls)
    ]
    sent = select(Message).where(
        Message.subject_type == "follow_up", Message.subject_id == follow_up.id, Message.sent_at.is_not(None)
    )
    found += [
        PastCall(m.sent_at, "", m.purpose, "", m.channel)
        for m in session.scalars(sent)
        if m.sent_at is not None
    ]
    return tuple(sorted(found, key=lambda past: past.at, reverse=True))


def _row(session: Session, callback: Callback, case: Case, holder: str, now: datetime) -> Row:
    card = contacts.card(session, callback.contact_id) if callback.contact_id else None
    held, midnight = callback.state in IN_HAND, end_of_day(session, now)
    return Row(
        id=callback.id,
        case_number=case.number,
        kind=case.kind,
        customer=_name(card, is_revealed=False),
        state=callback.state,
        reason=queue_reason(callback.priority, callback.deadline, callback.attempts, end_of_day=midnight),
        ready_at=callback.ready_at,
        deadline=callback.deadline,
        is_overdue=callback.state in OPEN and callback.deadline is not None and callback.deadline < now,
        holder=holder if held or callback.state == "appointed" else "",
        held_since=last_at(session, callback, "claim") if held else None,
        attempts=callback.attempts,
        outcome=callback.outcome,
    )


def _name(card: ContactCard | None, is_revealed: bool) -> str:
    if card is None or not card.name:
        return _("Customer")
    return card.name if is_revealed else mask_name(card.name)


def _condition(view: str, now: datetime) -> ColumnElement[bool]:
    return {
        "open": Callback.state.in_(OPEN),
        "in_hand": Callback.state.in_(IN_HAND),
        "held": Callback.state == "held",
        "overdue": _overdue(now),
        "appointed": Callback.state == "appointed",
        "ended": Callback.state.in_(("done", "cancelled")),
    }[view]


def _overdue(now: datetime) -> ColumnElement[bool]:
    return Callback.state.in_(OPEN) & (Callback.deadline < now)


def _opening(session: Session, now: datetime) -> tuple[datetime | None, bool]:
    """Return when calls may be made next, and whether they may be made now."""
    try:
        opens = load_calendar(session).next_open(now, settings_of(session).call_hours)
    except CalendarError:
        return None, False
    return opens, opens <= now


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Callback).where(*conditions)) or 0
