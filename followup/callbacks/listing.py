"""Where the queue stands, and the supervisor's list of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, selectinload

from core.auth.models import User
from core.calendar import CalendarError, load_calendar
from core.contacts import queries as contacts
from core.contacts.models import Contact
from core.db import settings_of
from followup.callbacks.attempts import last_at
from followup.callbacks.lifecycle import IN_HAND, OPEN
from followup.callbacks.policy import APPOINTMENT, queue_reason
from followup.callbacks.queries import name_of
from followup.callbacks.taking import end_of_day, next_best
from followup.models import Attempt, Callback, Case, FollowUp

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


def figures(session: Session, user_id: int, *, now: datetime) -> Figures:
    """Count the queue."""
    opens_at, is_open = _opening(session, now)
    midnight = end_of_day(session, now) - timedelta(days=1)
    done = select(func.count()).where(
        Attempt.agent_id == user_id, Attempt.ended_at >= midnight, Attempt.undone_at.is_(None)
    )
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


def _row(session: Session, callback: Callback, case: Case, holder: str, now: datetime) -> Row:
    card = contacts.card(session, callback.contact_id) if callback.contact_id else None
    held, midnight = callback.state in IN_HAND, end_of_day(session, now)
    return Row(
        id=callback.id,
        case_number=case.number,
        kind=case.kind,
        customer=name_of(card, is_revealed=False),
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
