"""After the question went out: remind once, hand over to the phone or let it expire, make answers final.

Each step looks at one row that is due, decides anew from what holds now, and writes in the running
transaction. It returns the word under which the tick counts it, or None when another tick was faster.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.calendar import CalendarError, load_calendar
from core.contacts import wishes
from followup import actions
from followup.callbacks.queueing import queue_call
from followup.invitations import first_message, write_message
from followup.lifecycle import FOLLOW_UPS, WAITING
from followup.matters import LATER, SYSTEM, Matter, due_matter
from followup.refusals import may_change
from followup.rules.policy import Terms
from surveys.links import link_in
from surveys.models import Invitation

log = logging.getLogger("huifang.followup")


def chase(session: Session, follow_up_id: int, now: datetime) -> str | None:
    """Nobody answered yet: remind once, then let an agent call or the question expire, as the rule says.

    A reminder that comes so late that the next step is due as well is left out.
    """
    matter = due_matter(session, follow_up_id, WAITING, now)
    if matter is None:
        return None
    follow_up, terms = matter.follow_up, matter.terms
    if matter.case.state == "reopen_requested":  # somebody is deciding; nobody is pressed meanwhile
        follow_up.due_at = now + LATER
        return "later"
    if may_change(session, matter, now):
        follow_up.due_at = now + wishes.TAKE_BACK
        return "later"
    invitation = session.get_one(Invitation, follow_up.invitation_id)
    message = first_message(session, follow_up)
    sent_at = (message.sent_at if message else None) or invitation.created_at
    last = next_step_at(session, terms, sent_at, invitation.answer_by, reminded=True)
    if follow_up.state == "sent" and terms.reminder_after_workdays is not None and now < last:
        link = link_in(session, message) if message else None
        if link and matter.may_contact and invitation.state == "open":
            write_message(session, matter, invitation, purpose="reminder", link=link, now=now)
        FOLLOW_UPS.move(session, follow_up, "remind", actor=SYSTEM, now=now, changes={"due_at": last})
        return "reminded"
    if terms.channel == "link_then_phone" and matter.has_phone and matter.may_contact:
        return call(session, matter, now)
    FOLLOW_UPS.move(session, follow_up, "expire", actor=SYSTEM, now=now, changes={"reason": "no_answer"})
    return "expired"


def lock(session: Session, follow_up_id: int, now: datetime) -> str | None:
    """Make an answer final."""
    matter = due_matter(session, follow_up_id, ("answered",), now)
    if matter is None:
        return None
    actions.lock(session, matter.follow_up, now=now)
    return "locked"


def next_step_at(
    session: Session, terms: Terms, sent_at: datetime, answer_by: datetime, *, reminded: bool
) -> datetime:
    """Return when an unanswered link needs the next step: reminder, phone, or its last day."""
    last = answer_by
    if terms.channel == "link_then_phone":
        last = min(answer_by, _workdays_later(session, sent_at, terms.phone_after_workdays))
    if reminded or terms.reminder_after_workdays is None:
        return last
    return min(last, _workdays_later(session, sent_at, terms.reminder_after_workdays))


def _workdays_later(session: Session, moment: datetime, n: int) -> datetime:
    """Count working days; into a year whose days off are not published yet, days of the calendar.

    As in planning: a message that went out must not wait for the State Council.
    """
    try:
        return load_calendar(session).add_workdays(moment, n)
    except CalendarError as error:
        log.warning("a step was planned without the working calendar: %s", error)
        return moment + timedelta(days=n)


def call(session: Session, matter: Matter, now: datetime) -> str:
    """Hand the question over to the phone."""
    FOLLOW_UPS.move(session, matter.follow_up, "call", actor=SYSTEM, now=now)
    queue_call(session, matter.follow_up, matter.case, matter.terms, now)
    return "called"
