"""A follow-up that is due, with everything its next step looks at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.contacts import queries as contacts
from core.contacts.models import Contact
from core.contacts.queries import ContactCard
from followup.models import Case, FollowUp, RuleVersion
from followup.rules.policy import Terms

SYSTEM = "system"
LATER = timedelta(hours=1)  # until it is looked at again whether a case stays closed
# The case, the wording of the rule and the customer, in one statement that is built once.
_FACTS = (
    select(Case, RuleVersion, Contact)
    .select_from(Case)
    .join(RuleVersion, RuleVersion.id == bindparam("version"))
    .outerjoin(Contact, Contact.id == bindparam("contact"))
    .where(Case.id == bindparam("case"))
)


@dataclass(frozen=True, slots=True)
class Matter:
    """The follow-up, its case, what the rule says, and the customer where there still is one."""

    follow_up: FollowUp
    case: Case
    terms: Terms
    card: ContactCard | None
    contact: Contact | None = None  # held, so that what looks at the customer again need not read again

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
    given = {"case": follow_up.case_id, "version": follow_up.rule_version_id, "contact": follow_up.contact_id}
    case, version, contact = session.execute(_FACTS, given).one()  # after the lock: as they are now
    card = contacts.card(session, contact.id) if contact else None
    return Matter(follow_up, case, Terms.from_json(version.terms), card, contact)
