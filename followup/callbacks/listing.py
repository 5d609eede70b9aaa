"""Where the queue stands for the one who asks, and the supervisor's lists of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true, union_all
from sqlalchemy.orm import Session

from core.auth.models import User
from core.auth.roles import DESK
from core.calendar import CalendarError, load_calendar
from core.contacts import queries as contacts
from core.contacts.models import Contact
from core.db import settings_of, vault_of
from core.texts import mask_name
from followup.callbacks.lifecycle import IN_HAND, MOVABLE, OPEN
from followup.callbacks.policy import APPOINTMENT, RECOVERY, SERIOUS, UNHAPPY, queue_reason
from followup.callbacks.standing import Counts, counts, taken_at
from followup.callbacks.taking import end_of_day, left_for
from followup.models import Attempt, Callback, Case, FollowUp

PAGE = 25
PAGES = 40  # who looks for something further down narrows the list
VIEWS = {
    "open": OPEN,
    "in_hand": IN_HAND,
    "held": ("held",),
    "overdue": OPEN,
    "appointed": ("appointed",),
    "ended": ("done", "cancelled"),
}


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
class Wanted:
    """What a list is asked for."""

    view: str = "open"
    department: str = ""
    reason: str = ""
    agent_id: int | None = None

    @property
    def is_narrowed(self) -> bool:
        return bool(self.department or self.reason or self.agent_id)


@dataclass(frozen=True, slots=True)
class Row:
    """One task of the supervisor's list; no number, and the name masked."""

    id: int
    case_number: str
    kind: str
    department: str
    customer: str
    state: str
    reason: str
    ready_at: datetime
    deadline: datetime | None
    ended_at: datetime | None
    is_overdue: bool
    holder: str
    held_since: datetime | None
    attempts: int
    outcome: str
    last_call: str  # how the call ended after which the callback was held
    note: str  # and what the agent wrote

    @property
    def can_move(self) -> bool:
        return self.state in MOVABLE


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and where they stand in the list."""

    rows: list[Row]
    number: int
    pages: int
    total: int
    is_more: bool  # than ``total``: further down nobody counts


def figures(session: Session, user_id: int, *, now: datetime) -> Figures:
    """Count the queue."""
    opens_at, is_open = _opening(session, now)
    midnight = end_of_day(session, now) - timedelta(days=1)
    done = select(func.count()).where(
        Attempt.agent_id == user_id, Attempt.ended_at >= midnight, Attempt.undone_at.is_(None)
    )
    n = counts(session, now)
    return Figures(
        ready=n.ready,
        waiting=n.waiting + n.appointed,
        promised=n.promised,
        overdue=n.overdue,
        in_hand=n.in_hand,
        held=n.held,
        mine_ready=left_for(session, user_id, now),
        done_by_me=session.scalar(done) or 0,
        is_open=is_open,
        opens_at=opens_at,
    )


def page(
    session: Session, wanted: Wanted, number: int, *, now: datetime, known: Counts | None = None
) -> Page:
    """Return one page of a list, the last one where there are not so many.

    ``known`` are the counts of the whole queue, where the caller has them: nothing is counted twice. Where
    there is no such count, the beginning of the list is looked up once, and the page cut out of it.
    """
    total = _known_total(wanted, known) if known else None
    most = PAGE * PAGES
    begin = _ids(session, wanted, 0, most + 1, now) if total is None else []
    found = len(begin) if total is None else total
    pages = min(PAGES, max(1, -(-found // PAGE)))
    number = min(max(number, 1), pages)
    skip = (number - 1) * PAGE
    ids = begin[skip : skip + PAGE] if total is None else _ids(session, wanted, skip, PAGE, now)
    is_more = total is None and found > most
    return Page(_rows(session, ids, now), number, pages, most if is_more else found, is_more)


def staff(session: Session) -> list[User]:
    """Return who can be given calls."""
    wanted = select(User).where(User.active, User.role.in_(DESK)).order_by(User.display_name, User.id)
    return list(session.scalars(wanted))


def _known_total(wanted: Wanted, n: Counts) -> int | None:
    if wanted.is_narrowed:
        return None
    known = {"open": n.open, "in_hand": n.in_hand, "held": n.held, "overdue": n.overdue}
    return (known | {"appointed": n.appointed}).get(wanted.view)


def _ids(session: Session, wanted: Wanted, skip: int, n: int, now: datetime) -> list[int]:
    """Return some ids of a list: of each state as many as are needed, ordered by an index, then merged."""
    order: tuple[Any, ...] = (Callback.priority, Callback.ready_at, Callback.id)
    if wanted.view == "overdue":
        order = (Callback.deadline, Callback.id)
    if wanted.view == "ended":
        order = (Callback.ended_at.desc(), Callback.id.desc())
    if wanted.view == "ended" or wanted.department:  # one index has all of them, or few are left to sort
        some = _narrowed(select(Callback.id), wanted, session, now)
        some = some.where(Callback.state.in_(VIEWS[wanted.view])).order_by(*order)
        return list(session.scalars(some.limit(n).offset(skip)))
    parts = []
    for state in VIEWS[wanted.view]:
        part = _narrowed(select(*order), wanted, session, now).where(Callback.state == state)
        parts.append(select(part.order_by(*order).limit(skip + n).subquery()))
    every = union_all(*parts).subquery()
    columns = list(every.columns)
    merged = select(columns[-1]).order_by(*columns)
    return list(session.scalars(merged.limit(n).offset(skip)))


def _narrowed(query: Select[Any], wanted: Wanted, session: Session, now: datetime) -> Select[Any]:
    if wanted.department:
        query = query.join(FollowUp, FollowUp.id == Callback.follow_up_id)
        query = query.join(Case, Case.id == FollowUp.case_id).where(Case.department == wanted.department)
    if wanted.agent_id:
        query = query.where(Callback.agent_id == wanted.agent_id)
    if wanted.view == "overdue":
        query = query.where(Callback.deadline < now)
    if wanted.view == "ended":
        query = query.where(Callback.ended_at.is_not(None))
    return query.where(_for_reason(wanted.reason, end_of_day(session, now))) if wanted.reason else query


def _for_reason(reason: str, midnight: datetime) -> ColumnElement[bool]:
    """Say in SQL what ``policy.queue_reason`` says of one callback."""
    plain = Callback.priority > SERIOUS
    later = or_(Callback.deadline.is_(None), Callback.deadline >= midnight)
    return {
        "appointment": Callback.priority <= APPOINTMENT,
        "recovery": Callback.priority.between(APPOINTMENT + 1, RECOVERY),
        "unhappy": Callback.priority.between(RECOVERY + 1, UNHAPPY),
        "serious": Callback.priority.between(UNHAPPY + 1, SERIOUS),
        "due_today": and_(plain, Callback.deadline < midnight),
        "retry": and_(plain, later, Callback.attempts > 0),
        "oldest": and_(plain, later, Callback.attempts == 0),
    }.get(reason, true())


def _rows(session: Session, ids: Sequence[int], now: datetime) -> list[Row]:
    wanted = (
        select(Callback, Case, User.display_name)
        .join(FollowUp, FollowUp.id == Callback.follow_up_id)
        .join(Case, Case.id == FollowUp.case_id)
        .outerjoin(User, User.id == Callback.agent_id)
        .where(Callback.id.in_(ids))
    )
    found = {row[0].id: row for row in session.execute(wanted)}
    ids_of = {row[0].contact_id for row in found.values()}
    people = {each.id: each for each in session.scalars(select(Contact).where(Contact.id.in_(ids_of)))}
    since = taken_at(session, [row[0].id for row in found.values() if row[0].state in IN_HAND])
    last = _last_calls(session, [row[0].id for row in found.values() if row[0].state == "held"])
    return [
        _row(
            session, *found[each], contact=people.get(found[each][0].contact_id or 0),
            since=since.get(each), last=last.get(each), now=now,
        )
        for each in ids
        if each in found
    ]  # fmt: skip


def _last_calls(session: Session, ids: Sequence[int]) -> dict[int, Attempt]:
    """Return the last call of each callback that was not undone."""
    wanted = select(Attempt).where(Attempt.callback_id.in_(ids), Attempt.undone_at.is_(None))
    return {each.callback_id: each for each in session.scalars(wanted.order_by(Attempt.id))} if ids else {}


def _row(
    session: Session,
    callback: Callback,
    case: Case,
    holder: str | None,
    *,
    contact: Contact | None,
    since: datetime | None,
    last: Attempt | None,
    now: datetime,
) -> Row:
    sealed = last.note_sealed if last else None
    midnight = end_of_day(session, now)
    return Row(
        id=callback.id,
        case_number=case.number,
        kind=case.kind,
        department=case.department,
        customer=mask_name(contacts.opened(session, contact, "name")) if contact else "",
        state=callback.state,
        reason=queue_reason(callback.priority, callback.deadline, callback.attempts, end_of_day=midnight),
        ready_at=callback.ready_at,
        deadline=callback.deadline,
        ended_at=callback.ended_at,
        is_overdue=callback.state in OPEN and callback.deadline is not None and callback.deadline < now,
        holder=(holder or "") if callback.state in OPEN else "",
        held_since=since,
        attempts=callback.attempts,
        outcome=callback.outcome,
        last_call=last.outcome if last else "",
        note=vault_of(session).open(sealed, f"attempt.note:{last.uid}") if last and sealed else "",
    )


def _opening(session: Session, now: datetime) -> tuple[datetime | None, bool]:
    """Return when calls may be made next, and whether they may be made now."""
    try:
        opens = load_calendar(session).next_open(now, settings_of(session).call_hours)
    except CalendarError:
        return None, False
    return opens, opens <= now
