"""Wrong and dead numbers on their way to being right again."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import ConflictError
from core.i18n import _
from followup.corrections.models import Correction
from followup.models import Attempt, Callback


class CheckedError(ConflictError):
    """Somebody has checked this number in the meantime."""


def report(
    session: Session, callback: Callback, attempt: Attempt, *, wrong: bool, actor: str, now: datetime
) -> Correction | None:
    """Put the number of a call on the list of numbers to check; a number stands there once."""
    if callback.contact_id is None or attempt.phone_id is None:
        return None
    wanted = select(Correction).where(Correction.phone_id == attempt.phone_id, Correction.state == "open")
    known = session.scalar(wanted.limit(1))
    if known is not None:
        return known
    correction = Correction(
        contact_id=callback.contact_id,
        phone_id=attempt.phone_id,
        callback_id=callback.id,
        attempt_id=attempt.id,
        kind="wrong" if wrong else "dead",
        reported_by=actor,
        reported_at=now,
    )
    session.add(correction)
    session.flush()
    return correction


def take_back(session: Session, attempt: Attempt, *, actor: str, now: datetime) -> None:
    """Take a number off the list because the call that reported it was undone."""
    wanted = select(Correction).where(Correction.attempt_id == attempt.id).with_for_update()
    for correction in session.scalars(wanted.execution_options(populate_existing=True)).all():
        if correction.state != "open":
            raise CheckedError(_("Somebody has checked the number in the meantime; what you said stands."))
        correction.state, correction.decided_by, correction.decided_at = "undone", actor, now
