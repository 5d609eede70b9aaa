"""Two regular reports for the demo: one by quarter for the leads, one by month for the analyst."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.reports import actions, policy
from analysis.reports.actions import Terms
from core.auth.models import User
from core.db import settings_of
from surveys.seeds import RETURN_VISIT

_REPORTS: tuple[tuple[Terms, dict[str, str], tuple[str, ...]], ...] = (
    (Terms("回访满意度季度报告", "quarter", "year", "zh_Hans", ()), {"by": "district"},
     ("supervisor", "analyst")),
    (Terms("Return visits by month", "month", "previous", "en", ()), {}, ("analyst",)),
)  # fmt: skip


def fill(session: Session, *, now: datetime) -> None:
    """Save two reports whose last period is due: the first round makes them."""
    settings = settings_of(session)
    for terms, query, names in _REPORTS:
        readers = tuple(session.scalars(select(User.id).where(User.name.in_(names))))
        told = Terms(terms.title, terms.every, terms.compared_with, terms.language, readers)
        found = actions.create(session, RETURN_VISIT, query, told, actor="demo", now=now)
        period = policy.last_due(found.every, now, settings.report_days, settings.zone)
        found.next_due = policy.due_at(period, settings.report_days, settings.zone)
