"""The one order in which rows are locked: links, calls, follow-ups, each kind by number; then cases.

On PostgreSQL whoever works at several of them locks them here first, so that no two wait for each other.
"""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from followup.models import Callback, FollowUp
from surveys.models import Invitation


def hold(session: Session, whose: ColumnElement[bool]) -> list[FollowUp]:
    """Lock follow-ups with their links and calls, and return them as they stand now."""
    for model, place in (
        (Invitation, FollowUp.invitation_id == Invitation.id),
        (Callback, Callback.follow_up_id == FollowUp.id),
    ):
        held = select(model.id).join(FollowUp, place).where(whose).order_by(model.id)
        session.execute(held.with_for_update(of=model))
    wanted = select(FollowUp).where(whose).order_by(FollowUp.id)
    return list(session.scalars(wanted.with_for_update().execution_options(populate_existing=True)))
