"""Which rule owes a closing something, and when it falls due: for one closing or for many at once."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.calendar import Calendar, CalendarError, load_calendar
from core.db import settings_of
from core.logs import redact
from core.transitions import Transition
from followup.lifecycle import FOLLOW_UPS
from followup.models import Case, FollowUp
from followup.rules.policy import Snapshot, Terms, first_fitting
from followup.rules.queries import RuleCard, rule, rules
from surveys import actions as surveys
from surveys.models import DIMENSIONS, Questionnaire

log = logging.getLogger("huifang.followup")

SYSTEM = "system"
CHUNK = 500  # closings that share their statements
Key = tuple[int, int, int]  # case, resolution_no, rule: what the database holds once


@dataclass(frozen=True, slots=True)
class Owed:
    """What one rule owes one closing; ``before`` is the follow-up whose answer asked for the remedy."""

    case: Case
    card: RuleCard
    before: FollowUp | None
    at: datetime

    @property
    def key(self) -> Key:
        return self.case.id, self.case.resolution_no, self.card.id


@dataclass
class _Run:
    """What is read once for all closings of one call."""

    session: Session
    remedied: dict[int, RuleCard] = field(default_factory=dict)
    versions: dict[int, int | None] = field(default_factory=dict)
    strata: dict[tuple[str, ...], int] = field(default_factory=dict)
    alarmed: bool = False  # the log said once that a year's days off are missing

    @cached_property
    def active(self) -> list[tuple[RuleCard, Terms]]:
        return [(card, card.terms) for card in rules(self.session, active_only=True)]

    @cached_property
    def calendar(self) -> Calendar:
        return load_calendar(self.session)


def plan_closings(session: Session, cases: Sequence[Case], now: datetime | None) -> list[FollowUp]:
    """Plan what the rules owe these closings, at ``now`` or else each at the moment it was closed.

    The statements are counted by ``CHUNK`` and not by case. What was planned before is found, not made anew.
    """
    session.flush()
    run = _Run(session)
    chunks = (cases[start : start + CHUNK] for start in range(0, len(cases), CHUNK))
    return [follow_up for chunk in chunks for follow_up in _plan_chunk(run, chunk, now)]


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
        resolution_no=case.resolution_no,
        channel=case.channel,
    )


def _plan_chunk(run: _Run, cases: Sequence[Case], now: datetime | None) -> list[FollowUp]:
    owed = _owed(run, cases, now)
    known = _known(run.session, owed)
    fresh = {each.key: each for each in owed if each.key not in known}
    if fresh:
        known |= _write(run, list(fresh.values()))
    return [known[each.key] for each in owed]


def _owed(run: _Run, cases: Sequence[Case], now: datetime | None) -> list[Owed]:
    """Return what is owed: after a remedy by the rule that asked before, else by the first that fits."""
    before = _recovery_sources(run.session, cases)
    found = []
    for case in cases:
        at, source = now or case.closed_at, before.get(case.id)
        if at is None:
            raise ValueError(f"case {case.number} is not closed: there is nothing to plan")
        card = _card(run, case, source, at)
        if card is not None:
            found.append(Owed(case, card, source, at))
    return found


def _card(run: _Run, case: Case, source: FollowUp | None, at: datetime) -> RuleCard | None:
    if source is None:
        return first_fitting(run.active, snapshot_of(run.session, case, at)) if run.active else None
    if source.rule_id not in run.remedied:
        run.remedied[source.rule_id] = rule(run.session, source.rule_id)
    return run.remedied[source.rule_id]


def _recovery_sources(session: Session, cases: Iterable[Case]) -> dict[int, FollowUp]:
    """Return by case the follow-up of the closing before, where its answer asked for a remedy."""
    again = {case.id: case.resolution_no - 1 for case in cases if case.resolution_no > 1}
    if not again:
        return {}
    wanted = select(FollowUp).where(FollowUp.case_id.in_(again), FollowUp.state == "remedy")
    found: dict[int, FollowUp] = {}
    for follow_up in session.scalars(wanted.order_by(FollowUp.id)):
        if follow_up.resolution_no == again[follow_up.case_id]:
            found.setdefault(follow_up.case_id, follow_up)
    return found


def _known(session: Session, owed: Iterable[Owed]) -> dict[Key, FollowUp]:
    """Return what was planned before for these cases."""
    wanted = select(FollowUp).where(FollowUp.case_id.in_({each.case.id for each in owed}))
    return {_key(row): row for row in session.scalars(wanted)}


def _write(run: _Run, owed: Sequence[Owed]) -> dict[Key, FollowUp]:
    """Write follow-ups and the row of history of each."""
    session, handlers = run.session, _handlers(run.session, owed)
    rows = [_row(run, each, handlers) for each in owed]
    made = {_key(row): row for row in session.scalars(insert(FollowUp).returning(FollowUp), rows)}
    session.execute(
        insert(Transition),
        [
            {"machine": FOLLOW_UPS.name, "subject_id": made[each.key].id, "event": "plan", "old": "",
             "new": "planned", "reason": redact(each.card.name)[:500], "actor": SYSTEM, "at": each.at}
            for each in owed
        ],
    )  # fmt: skip
    return made


def _key(row: FollowUp) -> Key:
    return row.case_id, row.resolution_no, row.rule_id


def _handlers(session: Session, owed: Iterable[Owed]) -> dict[int, str]:
    """Return the names of the handlers who have an account."""
    ids = {each.case.handler_id for each in owed if each.case.handler_id and not each.case.handler_name}
    if not ids:
        return {}
    return {row.id: row.display_name for row in session.scalars(select(User).where(User.id.in_(ids)))}


def _row(run: _Run, owed: Owed, handlers: dict[int, str]) -> dict[str, Any]:
    case, card = owed.case, owed.card
    return {
        "case_id": case.id,
        "resolution_no": case.resolution_no,
        "rule_id": card.id,
        "rule_version_id": card.version_id,
        "recovery_of_id": owed.before.id if owed.before else None,
        "version_id": _version(run, card.questionnaire_id),
        "contact_id": case.contact_id,
        "stratum_id": _stratum(run, case),
        "handler_id": case.handler_id,
        "handler_name": case.handler_name or handlers.get(case.handler_id or 0, ""),
        "state": "planned",
        "due_at": _due_time(run, card.terms, owed.at),
        "reason": "",
        "created_at": owed.at,
    }


def _due_time(run: _Run, terms: Terms, at: datetime) -> datetime:
    """Return when to ask.

    Closing a case never waits for a calendar: where the year's holidays are not published yet, the delay
    is counted in hours of the clock, and the alarm is in the log.
    """
    plain = at + timedelta(hours=terms.delay_hours)
    if terms.delay_in == "elapsed":
        return plain
    try:
        return run.calendar.add_working_hours(at, terms.delay_hours)
    except CalendarError as error:
        if not run.alarmed:
            log.error("a follow-up was planned without the working calendar: %s", error)
        run.alarmed = True
        return plain


def _version(run: _Run, questionnaire_id: int) -> int | None:
    if questionnaire_id not in run.versions:
        questionnaire = run.session.get_one(Questionnaire, questionnaire_id)
        run.versions[questionnaire_id] = questionnaire.current_version_id
    return run.versions[questionnaire_id]


def _stratum(run: _Run, case: Case) -> int:
    key = tuple(str(getattr(case, name)) for name in DIMENSIONS)
    if key not in run.strata:
        run.strata[key] = surveys.stratum_id(run.session, **dict(zip(DIMENSIONS, key, strict=True)))
    return run.strata[key]
