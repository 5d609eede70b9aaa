"""Why a customer is not asked, looked at when the question is due and never earlier."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.contacts import governance, wishes
from core.contacts.routes import route_to
from core.errors import TransitionError
from followup.matters import Matter, due_matter
from followup.models import Case, FollowUp
from followup.rules.policy import sampled


def why_not(session: Session, matter: Matter, now: datetime) -> str | None:
    """Return why this customer is not asked, or None. After a remedy neither sample nor cap counts."""
    reason = objection(matter, now)
    if reason or matter.card is None:
        return reason or "no_contact"
    case, terms = matter.case, matter.terms
    is_exempt = matter.is_recovery or terms.is_uncapped(case.kind, case.severity)
    if not is_exempt and terms.cap_days and is_bundled(session, matter, now):
        return "bundled"
    verdict = governance.may_ask(session, matter.card.id, cap_days=terms.cap_days, now=now, exempt=is_exempt)
    if verdict.reason == "busy":
        raise TransitionError  # another tick asks this household about another case just now: next time
    return verdict.reason or call_under_way(session, matter.follow_up, verdict.circle) or None


def may_change(session: Session, matter: Matter, now: datetime) -> bool:
    """Tell whether the customer's wish for no contact may still be taken back: nothing ends for it yet."""
    wants_none = matter.card is not None and matter.card.do_not_contact
    return wants_none and wishes.is_fresh(session, matter.follow_up.contact_id, now)


def call_under_way(session: Session, follow_up: FollowUp, circle: Collection[int]) -> str:
    """Return the reason where a call to one of these customers is queued, which no cap has counted yet."""
    wanted = select(FollowUp.contact_id).where(
        FollowUp.contact_id.in_(circle), FollowUp.state == "call_queued", FollowUp.id != follow_up.id
    )
    called = set(session.scalars(wanted)) if circle else set()
    return "" if not called else "cap" if follow_up.contact_id in called else "cap_household"


def objection(matter: Matter, now: datetime) -> str | None:
    """Return what speaks against this question whatever else the customer was or is asked."""
    card, case, terms = matter.card, matter.case, matter.terms
    if card is None or not (by_link(matter) or by_phone(matter)):
        return "no_contact"
    if card.do_not_contact:
        return "dnc"
    if now - (case.closed_at or now) > timedelta(days=terms.max_age_days):
        return "too_old"
    rule_id, closing = matter.follow_up.rule_id, case.resolution_no
    if not matter.is_recovery and not sampled(
        terms, case_number=case.number, resolution_no=closing, rule_id=rule_id, kind=case.kind
    ):
        return "not_sampled"
    return None


def is_bundled(session: Session, matter: Matter, now: datetime) -> bool:
    """Tell whether the customer is about to be asked about a later closing: one message a person.

    So it comes when several of a customer's cases are closed together, or after hours without a scheduler.
    """
    follow_up = matter.follow_up
    mine = matter.case.closed_at or now, follow_up.id
    # By customer and by nothing else: a database might prefer the index of everything that is due.
    wanted = select(FollowUp, Case).join(Case, Case.id == FollowUp.case_id)
    wanted = wanted.where(FollowUp.contact_id == follow_up.contact_id, FollowUp.id != follow_up.id)
    return any(
        _is_due(other, case, now)
        and (case.closed_at or now, other.id) > mine
        # looked at last: this locks the other one
        and _is_asked(session, other.id, now)
        for other, case in session.execute(wanted.order_by(FollowUp.id)).all()
    )


def _is_due(follow_up: FollowUp, case: Case, now: datetime) -> bool:
    stands = case.state == "closed" and case.resolution_no == follow_up.resolution_no
    return stands and follow_up.state == "planned" and follow_up.due_at <= now


def _is_asked(session: Session, follow_up_id: int, now: datetime) -> bool:
    other = due_matter(session, follow_up_id, ("planned",), now)
    if other is None:
        raise TransitionError  # another tick decides about that one just now: next time
    return objection(other, now) is None


def by_link(matter: Matter) -> bool:
    """After a remedy the customer is called; only one who has no number gets a link instead."""
    phone_first = matter.is_recovery or matter.terms.channel == "phone_then_link"
    wanted = not matter.has_phone if phone_first else matter.terms.channel != "phone"
    return wanted and route_to(matter.card, matter.terms.written) is not None


def by_phone(matter: Matter) -> bool:
    """Tell whether an agent may call this customer about it."""
    return matter.has_phone and (matter.is_recovery or matter.terms.channel != "link")
