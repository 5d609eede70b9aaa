"""The first page of everyone: what is due, late, held, asked of me."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from core.auth.roles import ANALYSIS, CASES, LEADS, Role
from core.auth.routes import ROUTES
from core.i18n import language
from core.periods import Period, parse_period
from core.web import database, settings
from followup import today
from followup.callbacks import reasons
from followup.cases import labels
from followup.cases.imports import queries as imports
from followup.cases.imports import words as import_words
from followup.cases.queries import Viewer
from followup.clocks import today as clocks
from followup.corrections import queries as corrections
from followup.measures import shown as measures
from followup.suppression import queries as suppression
from surveys.campaigns import words as campaign_words

bp = Blueprint("today", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show what today asks of the one who looks."""
    role = Role(current_user.role)
    with database().read() as session:
        parts = _parts(session, role)
    return render_template(
        "followup/today.html",
        labels=labels,
        campaign_words=campaign_words,
        role=role.value,
        day=g.now.astimezone(settings().zone).date(),
        types_in=role in ROUTES["paper_entry.index"],
        periods=last_quarters(g.now, settings().zone) if role in ANALYSIS else None,
        **parts,
    )


def _parts(session: Session, role: Role) -> dict[str, object]:
    """Read only what the role works with."""
    viewer = Viewer(current_user.id, current_user.role, current_user.department)
    count, requests = today.reopen_requests(session, viewer) if role in LEADS else (0, [])
    agent_id = current_user.id if role is Role.AGENT else None
    sees_desk = role in (Role.AGENT, Role.SUPERVISOR)
    return {
        "cases": today.case_work(session, viewer, g.now) if role in CASES else None,
        "requests": requests,
        "numbers_to_check": corrections.waiting(session, g.now, viewer) if role in CASES else 0,
        "reopen_reasons": reasons.said(session, [line.reason for line in requests], language()),
        "request_count": count,
        "desk": today.desk(session, g.now, agent_id=agent_id) if sees_desk else None,
        "campaigns": today.campaigns(session) if role in ANALYSIS else [],
        "suppressed": suppression.lately(session, g.now) if role in LEADS else None,
        "outbox": today.outbox(session) if role in LEADS else None,
        "imports": imports.unfinished(session, viewer, current_user.name, g.now) if role in CASES else [],
        "import_words": import_words,
        **today.above(session, role.value, current_user.id),
        **(clocks.for_today(session, viewer, g.now) if role in CASES else {}),
        **(measures.for_today(session, viewer, g.now) if role in ROUTES["measures.step"] else {}),
    }


def last_quarters(now: datetime, zone: ZoneInfo) -> tuple[Period, Period]:
    """Return the last complete quarter and the same one a year before, as the analysis compares them."""
    day = now.astimezone(zone).date()
    start = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    last = start - timedelta(days=1)
    quarter = (last.month - 1) // 3 + 1
    return parse_period(f"{last.year}Q{quarter}"), parse_period(f"{last.year - 1}Q{quarter}")
