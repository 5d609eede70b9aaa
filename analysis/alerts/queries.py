"""Reading alerts: the list with its filters, one alert with its history, what is not watched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session, aliased

from analysis.alerts.lifecycle import ALERTS, STATES, UNRESOLVED
from analysis.alerts.models import Alert, AlertRound, Unwatched
from analysis.alerts.policy import KINDS
from core.auth.models import User
from core.auth.roles import ANALYSIS
from core.errors import NotFoundError
from core.i18n import _
from core.transitions import history as transitions

PAGE = 30
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; "" is all, but for the state, where it is what waits."""

    state: str = ""
    kind: str = ""
    department: str = ""
    mine: bool = False

    @classmethod
    def read(cls, state: str, kind: str, department: str, *, mine: bool) -> "Filters":
        """Take what is known; anything else is no filter."""
        return cls(
            state if state in {*STATES, "all"} else "", kind if kind in KINDS else "", department[:60], mine
        )

    @property
    def args(self) -> dict[str, str]:
        """The parameters of the address."""
        given = {"state": self.state, "kind": self.kind, "department": self.department}
        return {name: value for name, value in given.items() if value} | (
            {"mine": "yes"} if self.mine else {}
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One page of alerts with who has them."""

    rows: Sequence[tuple[Alert, str]]
    total: int
    number: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True, slots=True)
class Happened:
    """One step of an alert."""

    event: str
    at: datetime
    who: str
    words: str


def page(session: Session, filters: Filters, user_id: int, number: int) -> Page:
    """Return one page of alerts: those that nobody took up first, then the newest."""
    total = session.scalar(_filtered(select(func.count(Alert.id)), filters, user_id)) or 0
    number = min(max(1, number), max(1, -(-total // PAGE)))
    waits = case({"open": 0, "acknowledged": 1}, value=Alert.state, else_=2)
    found: Any = select(Alert, User.display_name)
    wanted = (
        _filtered(found, filters, user_id)
        .outerjoin(User, User.id == Alert.assigned_to)
        .order_by(waits, Alert.end.desc(), Alert.id.desc())
    )
    rows = session.execute(wanted.limit(PAGE).offset(PAGE * (number - 1)))
    return Page([(alert, name or "") for alert, name in rows], total, number)


def departments(session: Session) -> list[str]:
    """Return the departments that alerts are about."""
    wanted = select(Alert.group).where(Alert.dimension == "department").distinct().order_by(Alert.group)
    return list(session.scalars(wanted))


def unwatched(session: Session) -> Sequence[tuple[Unwatched, str]]:
    """Return what is switched off, and by whom."""
    wanted = select(Unwatched, User.display_name).outerjoin(User, User.name == Unwatched.by)
    rows = session.execute(wanted.order_by(Unwatched.kind, Unwatched.dimension, Unwatched.group))
    return [(row, name or row.by) for row, name in rows]


def last_round(session: Session) -> AlertRound | None:
    """Return the last look at a closed period."""
    done = select(AlertRound).where(AlertRound.done_at.is_not(None))
    return session.scalar(done.order_by(AlertRound.done_at.desc(), AlertRound.name).limit(1))


def alert(session: Session, alert_id: int) -> Alert:
    """Return an alert, or raise ``NotFoundError``."""
    found = session.get(Alert, alert_id)
    if found is None:
        raise NotFoundError(_("There is no such alert."))
    return found


def happened(session: Session, alert_id: int) -> list[Happened]:
    """Return what was done about an alert, the newest first."""
    steps = transitions(session, ALERTS.name, [alert_id])
    names = people_named(session, {step.actor for step in steps})
    return [Happened(step.event, step.at, names.get(step.actor, ""), step.reason) for step in reversed(steps)]


def people_named(session: Session, sign_ins: set[str]) -> dict[str, str]:
    """Return what to call those who sign in under these names."""
    rows = session.execute(select(User.name, User.display_name).where(User.name.in_(sign_ins)))
    return {row.name: row.display_name for row in rows}


def people(session: Session) -> list[User]:
    """Return those to whom an alert may be given."""
    wanted = select(User).where(User.active, User.role.in_([role.value for role in ANALYSIS]))
    return list(session.scalars(wanted.order_by(User.display_name)))


def waiting(session: Session, user_id: int) -> tuple[int, Sequence[Alert]]:
    """Return what the page Today shows: alerts nobody took up, and those in the reader's own hands."""
    concerns = (Alert.state == "open") | ((Alert.state == "acknowledged") & (Alert.assigned_to == user_id))
    concerns &= ~_under_one_in(UNRESOLVED)
    total = session.scalar(select(func.count(Alert.id)).where(concerns)) or 0
    if not total:
        return 0, []
    wanted = select(Alert).where(concerns).order_by(Alert.end.desc(), Alert.id.desc()).limit(SHOWN)
    return total, session.scalars(wanted).all()


def under(session: Session, alert_ids: Sequence[int]) -> dict[int, list[Alert]]:
    """Return the alerts that were told as part of some others."""
    found: dict[int, list[Alert]] = {}
    for one in session.scalars(select(Alert).where(Alert.under.in_(alert_ids)).order_by(Alert.id)):
        found.setdefault(one.under or 0, []).append(one)
    return found


def _under_one_in(states: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that an alert stands under one that is in some state: that one is shown."""
    leads = aliased(Alert)
    return select(leads.id).where(leads.id == Alert.under, leads.state.in_(states)).exists()


def _filtered(wanted: Select[Any], filters: Filters, user_id: int) -> Select[Any]:
    states = STATES if filters.state == "all" else (filters.state,) if filters.state else UNRESOLVED
    wanted = wanted.where(Alert.state.in_(states))
    if not filters.department and not filters.mine:  # these may narrow to one whose leader is not shown
        wanted = wanted.where(~_under_one_in(states))
    if filters.kind:
        wanted = wanted.where(Alert.kind == filters.kind)
    if filters.department:
        wanted = wanted.where(Alert.dimension == "department", Alert.group == filters.department)
    return wanted.where(Alert.assigned_to == user_id) if filters.mine else wanted
