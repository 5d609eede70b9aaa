"""Which rule owes a closing something, and when it falls due."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendar import CalendarError, load_calendar
from core.db import settings_of
from followup.models import Case, FollowUp
from followup.rules.policy import Snapshot, Terms, first_fitting
from followup.rules.queries import RuleCard, rule, rules

log = logging.getLogger("huifang.followup")


def snapshot_of(session: Session, case: Case, now: datetime) -> Snapshot:
    """Return the case as it stands at closing."""
    return Snapshot(
        kind=case.kind,
        severity=case.severity,
        category=case.category,
        department=case.department,
        service_type=case.service_type,
        district=case.district,
        close_reason=case.close_reason,
        closed_on=(case.closed_at or now).astimezone(settings_of(session).zone).date(),
    )


def fitting_rule(session: Session, snapshot: Snapshot, before: FollowUp | None) -> RuleCard | None:
    """Return the rule of the remedied follow-up, else the first active one that fits."""
    if before is not None:
        return rule(session, before.rule_id)
    return first_fitting(((c, c.terms) for c in rules(session, active_only=True)), snapshot)


def recovery_source(session: Session, case: Case) -> FollowUp | None:
    """Return the follow-up of the closing before, if its answer asked for a remedy."""
    if case.resolution_no < 2:
        return None
    wanted = select(FollowUp).where(
        FollowUp.case_id == case.id,
        FollowUp.state == "remedy",
        FollowUp.resolution_no == case.resolution_no - 1,
    )
    return session.scalar(wanted.order_by(FollowUp.id).limit(1))


def due_time(session: Session, terms: Terms, now: datetime) -> datetime:
    """Return when to ask.

    Closing a case never waits for a calendar: where the year's holidays are not published yet, the delay
    is counted in hours of the clock, and the alarm is in the log.
    """
    plain = now + timedelta(hours=terms.delay_hours)
    if terms.delay_in == "elapsed":
        return plain
    try:
        return load_calendar(session).add_working_hours(now, terms.delay_hours)
    except CalendarError as error:
        log.error("a follow-up was planned without the working calendar: %s", error)
        return plain
