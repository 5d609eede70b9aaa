"""What is due, late, held and asked of somebody today."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.outbox.models import Message
from followup.callbacks import standing
from followup.callbacks.lifecycle import IN_HAND
from followup.callbacks.taking import end_of_day
from followup.cases import texts
from followup.cases.lifecycle import OPEN
from followup.cases.policy import NEAR_DUE_HOURS
from followup.cases.queries import Viewer, is_overdue, overdue, visible_to
from followup.models import Attempt, Callback, Case, FollowUp, ReopenRequest
from surveys.campaigns import queries as campaign_queries
from surveys.campaigns.queries import CampaignRow

SHOWN = 6
Part = Callable[[Session, str, int], dict[str, object]]  # the role and the number of who looks
ABOVE: list[Part] = []  # what the floors above show on this page


UNFINISHED = ("draft", "running", "paused")


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case that wants something."""

    number: str
    title: str
    state: str
    severity: str
    due_at: datetime | None
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class CaseWork:
    """What the register asks of somebody."""

    total: int
    to_assign: int
    overdue: int
    near_due: int
    to_review: int
    in_hand: int
    urgent: tuple[CaseLine, ...]  # overdue first, then what is due soon
    reviews: tuple[CaseLine, ...]


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One reopen request that waits for a decision."""

    number: str
    title: str
    cause: str
    reason: str  # coded; "" where nobody asked for it
    words: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One call in somebody's hands, or held for the supervisor."""

    number: str
    agent: str
    state: str
    lease_until: datetime | None


@dataclass(frozen=True, slots=True)
class Desk:
    """The callbacks."""

    left: int
    late: int
    promised: int
    held: tuple[HeldLine, ...]
    done_today: int = 0
    mine: HeldLine | None = None


@dataclass(frozen=True, slots=True)
class Outbox:
    """Messages that need a person, and those that wait."""

    queued: int
    failed: int
    uncertain: int


def above(session: Session, role: str, user_id: int) -> dict[str, object]:
    """Return what the floors above show to somebody."""
    return {name: shown for part in ABOVE for name, shown in part(session, role, user_id).items()}


def campaigns(session: Session) -> list[CampaignRow]:
    """Return the campaigns that are being made or run, the newest first."""
    found = campaign_queries.campaigns(session)
    return [row for row in found if row.campaign.state in UNFINISHED][:SHOWN]


def case_work(session: Session, viewer: Viewer, now: datetime) -> CaseWork:
    """Return the cases that want something from the viewer."""
    soon = Case.state.in_(OPEN) & (Case.due_at >= now) & (Case.due_at < now + timedelta(hours=NEAR_DUE_HOURS))
    soon &= Case.paused_at.is_(None)  # what waits for the customer stands still
    review = (Case.state == "close_review") & or_(Case.handler_id.is_(None), Case.handler_id != viewer.id)
    late = overdue(now)
    return CaseWork(
        total=_count(session, viewer),
        to_assign=_count(session, viewer, Case.state == "registered"),
        overdue=_count(session, viewer, late),
        near_due=_count(session, viewer, soon),
        to_review=_count(session, viewer, review),
        in_hand=_count(session, viewer, Case.state.in_(OPEN), Case.handler_id == viewer.id),
        urgent=_lines(session, viewer, or_(late, soon), now),
        reviews=_lines(session, viewer, review, now),
    )


def reopen_requests(session: Session, viewer: Viewer) -> tuple[int, list[RequestLine]]:
    """Return how many requests wait, and the oldest of them."""
    waiting = (
        select(ReopenRequest, Case)
        .join(Case, Case.id == ReopenRequest.case_id)
        .where(ReopenRequest.state == "open", visible_to(viewer))
    )
    total = session.scalar(
        select(func.count()).select_from(waiting.with_only_columns(ReopenRequest.id).subquery())
    )
    rows = session.execute(waiting.order_by(ReopenRequest.created_at).limit(SHOWN))
    return total or 0, [
        RequestLine(
            case.number,
            texts.title(session, case),
            request.cause,
            request.reason,
            texts.reopen_words(session, request),
            request.created_at,
        )
        for request, case in rows
    ]


def desk(session: Session, now: datetime, *, agent_id: int | None = None) -> Desk:
    """Return how the callbacks stand, counted as on the board; with ``agent_id`` what that agent holds."""
    n, midnight = standing.counts(session, now), end_of_day(session, now) - timedelta(days=1)
    held = _held(session, Callback.state.in_((*IN_HAND, "held")))
    done = select(func.count()).where(Attempt.ended_at >= midnight, Attempt.undone_at.is_(None))
    mine = _held(session, Callback.state.in_(IN_HAND), Callback.agent_id == agent_id) if agent_id else ()
    return Desk(
        left=n.left_today,
        late=n.overdue,
        promised=n.promised,
        held=held,
        done_today=session.scalar(done.where(Attempt.agent_id == agent_id) if agent_id else done) or 0,
        mine=mine[0] if mine else None,
    )


def outbox(session: Session) -> Outbox:
    """Return how many messages wait or need a person."""
    counted = select(Message.state, func.count()).group_by(Message.state)
    n = {row[0]: row[1] for row in session.execute(counted)}
    return Outbox(n.get("queued", 0), n.get("failed", 0), n.get("uncertain", 0))


def _count(session: Session, viewer: Viewer, *conditions: ColumnElement[bool]) -> int:
    wanted = select(func.count()).select_from(Case).where(visible_to(viewer), *conditions)
    return session.scalar(wanted) or 0


def _lines(
    session: Session, viewer: Viewer, condition: ColumnElement[bool], now: datetime
) -> tuple[CaseLine, ...]:
    wanted = select(Case).where(visible_to(viewer), condition).order_by(Case.due_at, Case.id).limit(SHOWN)
    return tuple(
        CaseLine(
            case.number,
            texts.title(session, case) if viewer.may_read_texts else "",
            case.state,
            case.severity,
            case.due_at,
            is_overdue(case, now),
        )
        for case in session.scalars(wanted)
    )


def _held(session: Session, *conditions: ColumnElement[bool]) -> tuple[HeldLine, ...]:
    wanted = (
        select(Case.number, User.display_name, Callback.state, Callback.lease_until)
        .select_from(Callback)
        .join(FollowUp, FollowUp.id == Callback.follow_up_id)
        .join(Case, Case.id == FollowUp.case_id)
        .outerjoin(User, User.id == Callback.agent_id)
        .where(*conditions)
        .order_by(Callback.lease_until, Callback.id)
        .limit(SHOWN)
    )
    return tuple(
        HeldLine(number, agent or "", state, until) for number, agent, state, until in session.execute(wanted)
    )
