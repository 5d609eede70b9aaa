"""The requests to open a case again, as a file: what was asked, why, and what was decided."""

import csv
from collections.abc import Mapping
from datetime import datetime
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.db import settings_of
from core.periods import Period
from core.tabular.reports import safe_cell
from followup.callbacks import reasons
from followup.cases.labels import CAUSE
from followup.figures.groups import Span
from followup.models import Case, FollowUp, ReopenRequest
from surveys.models import Stratum

HEAD = (
    "case", "kind", "severity", "category", "department", "district", "closing", "after_remedy", "asked_at",
    "cause", "cause_in_words", "reason", "reason_in_words", "state", "decided_at", "decided_by", "decision",
    "hours_to_decision",
)  # fmt: skip


def to_csv(session: Session, period: Period, language: str) -> str:
    """Return one row for each request of a period, the oldest first.

    What the customer said stays sealed with the case: a file goes further than the page.
    """
    zone = settings_of(session).zone
    wanted = (
        select(ReopenRequest, Case, Stratum.department, FollowUp.recovery_of_id, User.display_name)
        .join(Case, Case.id == ReopenRequest.case_id)
        .join(FollowUp, FollowUp.id == ReopenRequest.follow_up_id)
        .outerjoin(Stratum, Stratum.id == FollowUp.stratum_id)
        .outerjoin(User, User.id == ReopenRequest.decided_by)
        .where(Span(period, zone).within(ReopenRequest.created_at))
        .order_by(ReopenRequest.created_at, ReopenRequest.id)
    )
    found = session.execute(wanted).all()
    said = reasons.said(session, list({row[0].reason for row in found}), language)
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(HEAD)
    for row in found:
        writer.writerow([safe_cell(str(value)) for value in _row(row, said, zone)])
    return text.getvalue()


def _row(row: Any, said: Mapping[str, str], zone: ZoneInfo) -> tuple[object, ...]:
    request, case, department, recovery_of, decided_by = row
    return (
        case.number, case.kind, case.severity, case.category, department or "", case.district,
        request.resolution_no, "yes" if recovery_of else "no", _moment(request.created_at, zone),
        request.cause, CAUSE[request.cause], request.reason, said.get(request.reason, ""), request.state,
        _moment(request.decided_at, zone), decided_by or "", request.decision, _hours(request),
    )  # fmt: skip


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def _hours(request: ReopenRequest) -> str:
    if request.decided_at is None:
        return ""
    return f"{(request.decided_at - request.created_at).total_seconds() / 3600:.1f}"
