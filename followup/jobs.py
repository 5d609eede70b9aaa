"""The tick: what is due is looked up in rows and done one row at a time, as core/rounds.py says."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from core.auth import throttle
from core.contacts import wishes
from core.contacts.models import Contact
from core.db import Database
from core.outbox.jobs import deliver
from core.outbox.models import Message
from core.rounds import BATCH, Step, each, each_due, whole
from followup import (
    actions,
    audiences,  # noqa: F401 # whom a campaign can ask: registered where the tick runs too
    lags,  # noqa: F401 # how late the jobs are: watched where the tick is known
)
from followup.api.idempotency import forget_old
from followup.api.telling import tell_others
from followup.callbacks import leases, settling
from followup.chasing import chase, lock
from followup.clocks import examining  # noqa: F401 # limits that are missing are watched too
from followup.clocks.jobs import watch as watch_clocks
from followup.lifecycle import OPEN, WAITING
from followup.matters import LATER
from followup.models import Callback, Case, FollowUp
from followup.quality.jobs import draw_reviews
from followup.sending import send, settle
from surveys import actions as surveys
from surveys import jobs as surveys_jobs
from surveys.lifecycle import may_answer
from surveys.models import Invitation

Job = Callable[..., dict[str, int]]  # database, now=
ABOVE: dict[str, Job] = {}  # the jobs of the floors above, by name: they come last in a round


def tick(database: Database, *, now: datetime) -> dict[str, dict[str, int]]:
    """Do everything that is due; return for each job how many rows it brought where."""
    work = {
        "leases": partial(release_leases, database, now=now),
        "wake": partial(wake_callbacks, database, now=now),
        "settle_calls": partial(settle_calls, database, now=now),
        "stop": partial(stop_contacts, database, now=now),
        "send": partial(send_due, database, now=now),
        "chase": partial(chase_due, database, now=now),
        "campaigns": partial(surveys_jobs.ask_campaigns, database, now=now),
        "clocks": partial(watch_clocks, database, now=now),
        "deliver": partial(deliver, database, now=now, guards=GUARDS),
        "events": partial(tell_others, database, now=now),  # a slow receiver holds up no message
        "settle": partial(settle_sent, database, now=now),
        "answers": partial(surveys_jobs.settle_campaigns, database, now=now),  # before their links lock
        "lock": partial(lock_answers, database, now=now),
        "calls": partial(forget_old, database, now=now),
        "reviews": partial(draw_reviews, database, now=now),
        "tries": partial(throttle.forget_old, database, now=now),
        "ballots": partial(surveys_jobs.ballots, database, now=now),
        "partials": partial(surveys_jobs.partials, database, now=now),
        **{name: partial(job, database, now=now) for name, job in ABOVE.items()},
    }
    return {name: whole(name, job, now) for name, job in work.items()}


def send_due(database: Database, *, now: datetime) -> dict[str, int]:
    """Ask the customers of the follow-ups that are due."""
    return _each_follow_up(database, send, FollowUp.state == "planned", now)


def chase_due(database: Database, *, now: datetime) -> dict[str, int]:
    """Remind, hand over to the phone, or let expire."""
    return _each_follow_up(database, chase, FollowUp.state.in_(WAITING), now)


def lock_answers(database: Database, *, now: datetime) -> dict[str, int]:
    """Make answers final whose time for changes is over, and spend their links."""
    with database.begin() as session:
        links = surveys.lock_due(session, now=now)
    counts = _each_follow_up(database, lock, FollowUp.state == "answered", now)
    return counts | ({"links": links} if links else {})


def settle_sent(database: Database, *, now: datetime) -> dict[str, int]:
    """Take over what became of the messages with links."""
    about = (Message.subject_type == "follow_up") & (Message.subject_id == FollowUp.id)
    about &= Message.purpose == "invitation"
    ended = Message.state.in_(("sent", "failed", "cancelled", "uncertain"))
    wanted = select(FollowUp.id).where(FollowUp.state == "sending", exists().where(about, ended))
    wanted = wanted.where(~exists().where(about, ~ended))  # one that fell back waits for its next channel
    wanted = wanted.order_by(FollowUp.id).limit(BATCH)
    return each_due(database, settle, FollowUp, lambda session: session.scalars(wanted).all(), now)


def release_leases(database: Database, *, now: datetime) -> dict[str, int]:
    """Give back the callbacks whose agent has gone away."""
    with database.read() as session:
        ids = leases.expired(session, now=now, limit=BATCH)
        drafts = leases.drafts_to_forget(session, now=now, limit=BATCH)
    counts = each(database, leases.release_expired, Callback, ids, now, due="ready_at")
    return counts | each(database, leases.forget_draft, Callback, drafts, now, due="ready_at")


def wake_callbacks(database: Database, *, now: datetime) -> dict[str, int]:
    """Put callbacks whose time has come into the queue, inside the permitted hours."""
    find = partial(leases.sleeping, now=now, limit=BATCH)
    return each_due(database, leases.wake, Callback, find, now, due="ready_at")


def settle_calls(database: Database, *, now: datetime) -> dict[str, int]:
    """Do what outcomes lead to that can be undone no more."""
    find = partial(settling.due, now=now, limit=BATCH)
    return each_due(database, settling.settle_call, Callback, find, now, due="settles_at")


def stop_contacts(database: Database, *, now: datetime) -> dict[str, int]:
    """End what is under way for customers who asked, by whatever way, to be left alone."""
    under_way = [state for state in OPEN if state != "planned"]  # what is only planned is skipped when due
    with database.read() as session:
        wanted = select(FollowUp.contact_id).join(Contact, Contact.id == FollowUp.contact_id)
        wanted = wanted.where(FollowUp.state.in_(under_way), Contact.do_not_contact, ~wishes.fresh(now))
        ids = [contact_id for contact_id in session.scalars(wanted.distinct().limit(BATCH)) if contact_id]
    return each(database, _stop, None, ids, now)


def _stop(session: Session, contact_id: int, now: datetime) -> str | None:
    return "stopped" if actions.stop_contact(session, contact_id, actor="system", now=now) else None


def why_not_deliver(session: Session, message: Message, now: datetime) -> str | None:
    """Look again at the moment of sending: never about an open case, never to who wants no contact."""
    follow_up = session.get(FollowUp, message.subject_id) if message.subject_id else None
    if follow_up is None:
        return "the follow-up is gone"
    case = session.get_one(Case, follow_up.case_id)
    if case.resolution_no != follow_up.resolution_no or case.state not in {"closed", "reopen_requested"}:
        return "the case is not closed any more"
    if follow_up.state not in OPEN:
        return f"the follow-up is {follow_up.state}"
    if case.state == "reopen_requested":  # somebody is deciding; what is asked then depends on it
        message.due_at = now + LATER
        return None
    return _why_not_reach(session, message, follow_up, now)


def _why_not_reach(session: Session, message: Message, follow_up: FollowUp, now: datetime) -> str | None:
    invitation = session.get(Invitation, follow_up.invitation_id) if follow_up.invitation_id else None
    if invitation is None or not may_answer(invitation.state, invitation.answer_by, now):
        return "the link takes no answer any more"  # such as after days without a mail server
    contact = session.get(Contact, follow_up.contact_id) if follow_up.contact_id else None
    if contact is not None and contact.do_not_contact and wishes.is_fresh(session, contact.id, now):
        message.due_at = now + wishes.TAKE_BACK
        return None
    if contact is None or contact.do_not_contact:
        return "the customer wants no contact"
    return None


GUARDS = {"invitation": why_not_deliver, "reminder": why_not_deliver} | surveys_jobs.GUARDS


def _each_follow_up(
    database: Database, step: Step, states: ColumnElement[bool], now: datetime
) -> dict[str, int]:
    wanted = select(FollowUp.id).where(states, FollowUp.due_at <= now)
    wanted = wanted.order_by(FollowUp.due_at, FollowUp.id).limit(BATCH)
    return each_due(database, step, FollowUp, lambda session: session.scalars(wanted).all(), now)
