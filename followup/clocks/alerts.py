"""The alerts that somebody has to see, and seeing them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from core.auth.roles import Role
from core.calendar import is_published, load_calendar
from core.errors import NotFoundError
from core.i18n import _
from followup.cases import texts
from followup.cases.lifecycle import OPEN
from followup.cases.queries import Viewer, visible_to
from followup.clocks.conditions import BREACH, DECISION, ESCALATED, WARNING, without_limit
from followup.clocks.models import CaseAlert
from followup.models import Case

SHOWN = 8
RANK = (WARNING, BREACH, ESCALATED)


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One clock that ran low or out, and that nobody said to have seen."""

    id: int
    number: str
    title: str
    clock: str
    level: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Alerts:
    """What the page Today says about clocks."""

    total: int
    lines: tuple[AlertLine, ...]
    without_limit: int
    years: tuple[int, ...]  # whose days off are not known


def alerts_for(session: Session, viewer: Viewer, now: datetime) -> Alerts:
    """Return the alerts that a viewer has to see, the highest level and the oldest limit first.

    Of one clock only the highest level is told; supervisors and administrators are spared warnings.
    """
    order = {level: n for n, level in enumerate(RANK)}
    rank = case(order, value=CaseAlert.level)
    higher = aliased(CaseAlert)
    outdone = exists().where(
        higher.case_id == CaseAlert.case_id,
        higher.resolution_no == CaseAlert.resolution_no,
        higher.clock == CaseAlert.clock,
        case(order, value=higher.level) > rank,
    )
    wanted = (
        select(CaseAlert, Case)
        .join(Case, Case.id == CaseAlert.case_id)
        .where(visible_to(viewer), CaseAlert.seen_at.is_(None), _still_true(), ~outdone)
    )
    if viewer.role != Role.OFFICER:
        wanted = wanted.where(CaseAlert.level != WARNING)
    total = session.scalar(
        select(func.count()).select_from(wanted.with_only_columns(CaseAlert.id).subquery())
    )
    rows = session.execute(wanted.order_by(rank.desc(), CaseAlert.due_at, CaseAlert.id).limit(SHOWN))
    lines = tuple(
        AlertLine(a.id, c.number, texts.title(session, c), a.clock, a.level, a.due_at) for a, c in rows
    )
    return Alerts(total or 0, lines, count_without_limit(session, viewer), unknown_years(session, now))


def count_without_limit(session: Session, viewer: Viewer | None = None) -> int:
    """Return how many open cases have no limit, because the days off of a year are not known."""
    wanted = select(func.count()).select_from(Case).where(without_limit())
    return session.scalar(wanted.where(visible_to(viewer)) if viewer else wanted) or 0


def unknown_years(session: Session, now: datetime) -> tuple[int, ...]:
    """Return which of this year and the next are not known."""
    calendar = load_calendar(session)
    year = now.astimezone(calendar.zone).year
    known = (is_published(calendar.country, y) or y in calendar.declared for y in (year, year + 1))
    return tuple(y for y, is_known in zip((year, year + 1), known, strict=True) if not is_known)


def _still_true() -> ColumnElement[bool]:
    """Return the condition that what was alarmed about still holds."""
    same = CaseAlert.resolution_no == Case.resolution_no
    undecided = (CaseAlert.clock == DECISION) & (Case.state == "reopen_requested")
    unanswered = (CaseAlert.clock == "response") & Case.state.in_(OPEN) & Case.responded_at.is_(None)
    unsolved = (CaseAlert.clock == "resolution") & Case.state.in_(OPEN)
    return same & or_(undecided, unanswered, unsolved)


def see(session: Session, alert_id: int, viewer: Viewer, *, user_id: int, now: datetime) -> Case:
    """Note who has seen an alert, with the lower ones of the same clock; the first one who saw it stays."""
    found = session.execute(
        select(CaseAlert, Case)
        .join(Case, Case.id == CaseAlert.case_id)
        .where(CaseAlert.id == alert_id, visible_to(viewer))
    ).one_or_none()
    if found is None:
        raise NotFoundError(_("There is no such alert, or it belongs to another department."))
    alert, its_case = found
    session.execute(
        update(CaseAlert)
        .where(
            CaseAlert.case_id == alert.case_id,
            CaseAlert.resolution_no == alert.resolution_no,
            CaseAlert.clock == alert.clock,
            CaseAlert.seen_at.is_(None),
            CaseAlert.level.in_(RANK[: RANK.index(alert.level) + 1]),
        )
        .values(seen_by=user_id, seen_at=now)
        .execution_options(synchronize_session=False)
    )
    return its_case
