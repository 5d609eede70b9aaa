"""What can be suppressed, and how often who did."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.auth.roles import LEADS
from core.transitions import Transition
from followup.lifecycle import FOLLOW_UPS
from followup.models import Case, FollowUp, Rule
from followup.suppression.policy import DAYS, EVENTS, SUPPRESSIBLE
from followup.suppression.words import REASON


@dataclass(frozen=True, slots=True)
class Waiting:
    """One follow-up of a case that has not asked yet."""

    id: int
    state: str
    due_at: datetime
    rule: str
    is_recovery: bool

    @property
    def reasons(self) -> dict[str, str]:
        """Return why it may be suppressed, in the language of the page."""
        return {code: str(word) for code, word in REASON.items()}


@dataclass(frozen=True, slots=True)
class Lately:
    """How many follow-ups were suppressed in the last days, by whom and why."""

    total: int
    by: tuple[tuple[str, int], ...]  # most first
    reasons: tuple[tuple[str, int], ...]  # in words


def offered(session: Session, case: Case, role: str) -> list[Waiting]:
    """Return what the page of a case offers to suppress: to those who lead only."""
    return waiting(session, case) if role in LEADS else []


def waiting(session: Session, case: Case) -> list[Waiting]:
    """Return the follow-ups of a case that can be suppressed."""
    wanted = select(FollowUp, Rule.name).join(Rule, Rule.id == FollowUp.rule_id)
    wanted = wanted.where(FollowUp.case_id == case.id, FollowUp.state.in_(SUPPRESSIBLE))
    return [
        Waiting(row.id, row.state, row.due_at, name, row.recovery_of_id is not None)
        for row, name in session.execute(wanted.order_by(FollowUp.id))
    ]


def lately(session: Session, now: datetime) -> Lately:
    """Count what was suppressed in the last days."""
    wanted = (
        select(Transition.actor, Transition.reason, User.display_name, func.count())
        .outerjoin(User, User.name == Transition.actor)
        .where(
            Transition.machine == FOLLOW_UPS.name,
            Transition.event.in_(EVENTS),
            Transition.at >= now - timedelta(days=DAYS),
        )
        .group_by(Transition.actor, Transition.reason, User.display_name)
    )
    people, reasons = Counter[str](), Counter[str]()
    for actor, reason, name, n in session.execute(wanted):
        people[name or actor] += n
        reasons[reason] += n
    said = tuple((str(REASON.get(code, code)), n) for code, n in reasons.most_common())
    return Lately(people.total(), tuple(people.most_common()), said)
