"""A wish to be left alone that was noted in a call a moment ago, and may still be taken back.

The wish holds at once: nobody writes or calls. What would end for good waits until the wish is certain.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session, aliased

from core.contacts.models import Contact, ContactEvent

TAKE_BACK = timedelta(minutes=5)  # how long what was noted in a call can be undone
BY_CALL = "callback"  # the reason of a wish that was said in a call


def is_fresh(session: Session, contact_id: int | None, now: datetime) -> bool:
    """Tell whether a customer's wish for no contact was said in a call and may still be taken back."""
    if contact_id is None:
        return False
    wanted = select(Contact.id).where(Contact.id == contact_id, Contact.do_not_contact, fresh(now))
    return session.scalar(wanted) is not None


def said_again(session: Session, contact_ids: Iterable[int], at: datetime) -> bool:
    """Tell whether one of these asked to be left alone once more, after a call that said so at ``at``."""
    wanted = select(ContactEvent.contact_id, ContactEvent.at, ContactEvent.reason, ContactEvent.purpose)
    wanted = wanted.where(ContactEvent.contact_id.in_(list(contact_ids)))
    wanted = wanted.where(ContactEvent.purpose.in_(("opt_out", "opt_in"))).order_by(ContactEvent.id)
    last = {row.contact_id: row for row in session.execute(wanted)}
    return any(row.purpose == "opt_out" and (row.at, row.reason) != (at, BY_CALL) for row in last.values())


def fresh(now: datetime) -> ColumnElement[bool]:
    """Select the contacts whose last wish is such a one; a wish by any other way is certain."""
    wish, later = aliased(ContactEvent), aliased(ContactEvent)
    said = and_(
        wish.contact_id == Contact.id,
        wish.purpose == "opt_out",
        wish.reason == BY_CALL,
        wish.at > now - TAKE_BACK,
        wish.at <= now + TAKE_BACK,  # the clocks of two machines may differ
    )
    again = exists().where(
        later.contact_id == wish.contact_id, later.purpose.in_(("opt_out", "opt_in")), later.id > wish.id
    )
    return exists().where(said, ~again)
