"""How the day stands for the supervisor: what is left, who holds what, who is reached at which hour."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Integer, case, cast, extract, func, select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.db import cache_of, settings_of
from core.transitions import Transition
from followup.callbacks import lanes
from followup.callbacks.lifecycle import CALLBACKS, IN_HAND, OPEN
from followup.callbacks.models import Pause
from followup.callbacks.policy import APPOINTMENT
from followup.callbacks.taking import end_of_day
from followup.models import Attempt, Callback, Case, FollowUp

SOON = timedelta(hours=1)
ENDS_SOON = timedelta(minutes=2)  # a lease that runs out is shown before it does
MIN_CALLS = 10  # fewer calls say nothing about an hour
WEEKS = 4
DAYS_OF_REASONS = timedelta(days=28)  # for which the reasons of dissatisfaction are counted


@dataclass(frozen=True, slots=True)
class Counts:
    """What is open, each counted inside one index."""

    left_today: int
    overdue: int
    promised: int  # in the next hour, or due already
    in_hand: int
    held: int
    ready: int
    waiting: int
    appointed: int

    @property
    def open(self) -> int:
        return self.in_hand + self.held + self.ready + self.waiting + self.appointed


@dataclass(frozen=True, slots=True)
class InHand:
    """One callback in somebody's hands."""

    id: int
    case_number: str
    holder: str
    state: str
    since: datetime | None
    number: int  # of this try
    lease_until: datetime | None
    ends_soon: bool


@dataclass(frozen=True, slots=True)
class Hour:
    """How many calls of one hour of the day reached the customer: today, and in the weeks before."""

    hour: int
    calls: int = 0
    reached: int = 0
    calls_before: int = 0
    reached_before: int = 0

    @property
    def rate(self) -> float | None:
        """Return the share of today in percent; None where there are too few calls."""
        return _percent(self.reached, self.calls)

    @property
    def rate_before(self) -> float | None:
        """Return the share of the weeks before in percent; None where there are too few calls."""
        return _percent(self.reached_before, self.calls_before)


@dataclass(frozen=True, slots=True)
class AgentToday:
    """One person's day at the desk."""

    id: int
    name: str
    calls: int
    connected: int
    answered: int
    holds: str  # the case in hand
    paused_since: datetime | None
    pause_reason: str
    last_sign: datetime | None


def counts(session: Session, now: datetime) -> Counts:
    """Count what is open."""
    late = func.sum(case((Callback.deadline < now, 1), else_=0))
    wanted = select(Callback.state, func.count(), late).where(Callback.state.in_(OPEN))
    found = {row[0]: (row[1], row[2]) for row in session.execute(wanted.group_by(Callback.state))}
    n = {state: found.get(state, (0, 0))[0] for state in OPEN}
    callable_ = Callback.state.in_(("ready", "waiting", "appointed"))
    return Counts(
        left_today=_count(session, callable_, Callback.ready_at < end_of_day(session, now)),
        overdue=sum(row[1] for row in found.values()),
        promised=_count(
            session,
            Callback.state.in_(("appointed", "ready")),
            Callback.priority <= APPOINTMENT,
            Callback.ready_at <= now + SOON,
        ),
        in_hand=sum(n[state] for state in IN_HAND),
        held=n["held"],
        ready=n["ready"],
        waiting=n["waiting"],
        appointed=n["appointed"],
    )


def in_hand(session: Session, now: datetime) -> list[InHand]:
    """Return who holds what, what runs out first on top."""
    wanted = (
        select(Callback, Case.number, User.display_name)
        .join(FollowUp, FollowUp.id == Callback.follow_up_id)
        .join(Case, Case.id == FollowUp.case_id)
        .outerjoin(User, User.id == Callback.agent_id)
        .where(Callback.state.in_(IN_HAND))
        .order_by(Callback.lease_until, Callback.id)
    )
    rows = session.execute(wanted).all()
    since = taken_at(session, [row[0].id for row in rows])
    return [
        InHand(
            id=callback.id,
            case_number=number,
            holder=holder or "",
            state=callback.state,
            since=since.get(callback.id),
            number=callback.attempts + 1,
            lease_until=callback.lease_until,
            ends_soon=callback.lease_until is not None and callback.lease_until - now <= ENDS_SOON,
        )
        for callback, number, holder in rows
    ]


def taken_at(session: Session, ids: Iterable[int]) -> dict[int, datetime]:
    """Return since when some callbacks are in the hand they are in."""
    wanted = select(Transition.subject_id, func.max(Transition.at)).where(
        Transition.machine == CALLBACKS.name,
        Transition.subject_id.in_(list(ids)),
        Transition.new == "claimed",
    )
    return {row[0]: row[1] for row in session.execute(wanted.group_by(Transition.subject_id))}


def hours(session: Session, now: datetime) -> list[Hour]:
    """Return the share of calls that reached the customer, by hour of the local day."""
    midnight = end_of_day(session, now) - timedelta(days=1)
    today = _by_hour(session, midnight, now + timedelta(minutes=1))
    before = _weeks_before(session, midnight)
    return [
        Hour(hour, *today.get(hour, (0, 0)), *before.get(hour, (0, 0)))
        for hour in sorted(today.keys() | before.keys())
    ]


def agents(session: Session, now: datetime) -> list[AgentToday]:
    """Return who calls today, who has a callback in hand and who is on pause."""
    midnight = end_of_day(session, now) - timedelta(days=1)
    said = _calls_today(session, midnight)
    holding = {
        row[0]: (row[1], row[2])
        for row in session.execute(
            select(Callback.agent_id, Case.number, Callback.lease_until)
            .join(FollowUp, FollowUp.id == Callback.follow_up_id)
            .join(Case, Case.id == FollowUp.case_id)
            .where(Callback.state.in_(IN_HAND))
        )
    }
    resting = select(Pause).join(User, User.id == Pause.agent_id)
    resting = resting.where(Pause.ended_at.is_(None), lanes.at_the_desk())  # who left has no pause any more
    paused = {row.agent_id: row for row in session.scalars(resting)}
    ids = said.keys() | holding.keys() | paused.keys()
    names = select(User.id, User.display_name).where(User.id.in_(ids)).order_by(User.display_name, User.id)
    lease = timedelta(minutes=settings_of(session).lease_minutes)
    lines = []
    for user_id, name in session.execute(names):
        calls, connected, answered, last = said.get(user_id, (0, 0, 0, None))
        number, until = holding.get(user_id, ("", None))
        signs = [sign for sign in (last, until - lease if until else None) if sign]
        pause = paused.get(user_id)
        lines.append(
            AgentToday(
                user_id, name, calls, connected, answered, number,
                pause.began_at if pause else None, pause.reason if pause else "",
                max(signs, default=None),
            )
        )  # fmt: skip
    return lines


def _calls_today(session: Session, midnight: datetime) -> dict[int, tuple[int, int, int, datetime | None]]:
    wanted = select(
        Attempt.agent_id,
        func.count(),
        func.count().filter(Attempt.connected),
        func.count().filter(Attempt.result.in_(("I", "P"))),
        func.max(Attempt.ended_at),
    ).where(Attempt.ended_at >= midnight, Attempt.undone_at.is_(None))
    rows = session.execute(wanted.group_by(Attempt.agent_id))
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


def _weeks_before(session: Session, midnight: datetime) -> dict[int, tuple[int, int]]:
    """Count the four weeks that end with yesterday; they stay the same all day, so one look is enough."""
    cache = cache_of(session)
    known = cache.get("callbacks.hours")
    if known is None or known[0] != midnight:
        known = midnight, _by_hour(session, midnight - timedelta(weeks=WEEKS), midnight)
        cache["callbacks.hours"] = known
    found: dict[int, tuple[int, int]] = known[1]
    return found


def _by_hour(session: Session, since: datetime, until: datetime) -> dict[int, tuple[int, int]]:
    hour = _local_hour(session, until).label("hour")
    wanted = select(hour, func.count(), func.count().filter(Attempt.contacted)).where(
        Attempt.ended_at >= since, Attempt.ended_at < until, Attempt.undone_at.is_(None)
    )
    return {int(row[0]): (row[1], row[2]) for row in session.execute(wanted.group_by(hour))}


def _local_hour(session: Session, now: datetime) -> ColumnElement[int]:
    """Return the hour of the local clock at which a call ended. SQLite knows no zones: today's offset."""
    zone = settings_of(session).zone
    if session.get_bind().dialect.name == "postgresql":
        return cast(extract("hour", func.timezone(str(zone.key), Attempt.ended_at)), Integer)
    offset = now.astimezone(zone).utcoffset() or timedelta(0)
    minutes = f"{int(offset.total_seconds()) // 60:+d} minutes"
    return cast(func.strftime("%H", Attempt.ended_at, minutes), Integer)


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole >= MIN_CALLS else None


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Callback).where(*conditions)) or 0
