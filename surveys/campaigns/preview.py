"""What a campaign would do if it were started now."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendar import parse_hours
from core.contacts import governance
from core.contacts.models import Contact, Phone
from core.db import settings_of
from surveys.campaigns.audiences import population
from surveys.campaigns.policy import Terms, sending_days
from surveys.campaigns.sampling import Candidate, draw

LOOKED_AT = 200  # people who are asked about one by one; each costs a handful of questions to the database
_BLOCK = 500


@dataclass(frozen=True, slots=True)
class Preview:
    """How many people, by which way, who not and why, and how long it takes."""

    population: int
    people: int
    doubles: int  # of the same household as somebody who is asked
    by_sms: int
    by_email: int
    unreachable: int
    looked_at: int
    left_out: list[tuple[str, int]]  # reason, how many of those looked at
    hours: float
    days: int
    groups: dict[str, int]

    @property
    def asked(self) -> int:
        """Return how many messages would go out, as far as one can tell."""
        share = 1 - sum(n for _reason, n in self.left_out) / self.looked_at if self.looked_at else 1.0
        return round(share * self.people)


def preview(session: Session, campaign_id: int, terms: Terms, *, now: datetime) -> Preview:
    """Look at the list as it stands; the sample itself is drawn anew when the campaign starts."""
    sample = draw(population(session, campaign_id, terms, now=now), terms, seed=0)
    mobile, email = _reach(session, sample.people)
    ways: Counter[str] = Counter()
    for person in sample.people:
        has = {"sms": person.contact_id in mobile, "email": person.contact_id in email}
        ways[next((channel for channel in terms.channels if has[channel]), "")] += 1
    looked_at = sample.people[:LOOKED_AT]
    reasons = _left_out(session, looked_at, terms, mobile, email, now=now)
    hours = parse_hours(settings_of(session).message_hours)
    a_day = sum(last - first for first, last in hours) / 60
    return Preview(
        population=sample.population,
        people=len(sample.people),
        doubles=len(sample.doubles),
        by_sms=ways["sms"],
        by_email=ways["email"],
        unreachable=ways[""],
        looked_at=len(looked_at),
        left_out=reasons.most_common(),
        hours=len(sample.people) / terms.pace,
        days=sending_days(len(sample.people), terms.pace, a_day),
        groups=dict(sample.groups) if terms.sample == "stratified" else {},
    )


def _reach(session: Session, people: Sequence[Candidate]) -> tuple[set[int], set[int]]:
    """Return who has a living mobile number, and who an e-mail address."""
    mobile: set[int] = set()
    email: set[int] = set()
    ids = [person.contact_id for person in people]
    for start in range(0, len(ids), _BLOCK):
        block = ids[start : start + _BLOCK]
        phones = select(Phone.contact_id).where(Phone.kind == "mobile", Phone.dead.is_(False))
        mobile.update(session.scalars(phones.where(Phone.contact_id.in_(block))))
        wanted = select(Contact.id).where(Contact.id.in_(block), Contact.email_index.is_not(None))
        email.update(session.scalars(wanted))
    return mobile, email


def _left_out(
    session: Session,
    people: Sequence[Candidate],
    terms: Terms,
    mobile: set[int],
    email: set[int],
    *,
    now: datetime,
) -> Counter[str]:
    ways = {"sms": mobile, "email": email}
    reachable = set[int]().union(*(ways[channel] for channel in terms.channels))
    reasons: Counter[str] = Counter()
    for person in people:
        verdict = governance.may_ask(
            session, person.contact_id, cap_days=terms.cap_days, now=now, exempt=terms.exempt, hold=False
        )
        reason = verdict.reason or ("" if person.contact_id in reachable else "no_contact")
        if reason:
            reasons[reason] += 1
    return reasons
