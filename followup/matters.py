"""A follow-up that is due, with everything its next step looks at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.contacts import queries as contacts
from core.contacts.queries import ContactCard
from followup.models import Case, FollowUp
from followup.rules.policy import Terms
from followup.rules.queries import terms_of

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Matter:
    """The follow-up, its case, what the rule says, and the customer where there still is one."""

    follow_up: FollowUp
    case: Case
    terms: Terms
    card: ContactCard | None

    @property
    def is_recovery(self) -> bool:
        return self.follow_up.recovery_of_id is not None

    @property
    def has_phone(self) -> bool:
        return self.card is not None and any(not phone.dead for phone in self.card.phones)

    @property
    def may_contact(self) -> bool:
        return self.card is not None and not self.card.do_not_contact


def due_matter(
    session: Session, follow_up_id: int, states: Sequence[str], now: datetime | None
) -> Matter | None:
    """Lock a follow-up in one of the states, due at ``now``; None when it is not, or in other hands."""
    wanted = select(FollowUp).where(FollowUp.id == follow_up_id, FollowUp.state.in_(states))
    wanted = wanted.where(FollowUp.due_at <= now) if now is not None else wanted
    follow_up = session.scalar(wanted.with_for_update(skip_locked=True))
    if follow_up is None:
        return None
    return Matter(
        follow_up,
        session.get_one(Case, follow_up.case_id),
        terms_of(session, follow_up.rule_version_id),
        contacts.card(session, follow_up.contact_id) if follow_up.contact_id else None,
    )
