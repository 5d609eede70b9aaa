"""How many phone numbers one person may look at in a day: more is not calling but copying."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.db import settings_of
from core.errors import ForbiddenError
from core.i18n import _
from core.installation import wait_for_turn

SHOWN = ("callback.reveal", "contact.revealed", "correction.reveal")  # the entries that tell of a number


def reveals_left(session: Session, user_name: str, now: datetime) -> int:
    """Return how many more numbers this person may look at until midnight."""
    settings = settings_of(session)
    midnight = now.astimezone(settings.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    shown = select(func.count()).select_from(AuditEntry).where(
        AuditEntry.actor == user_name, AuditEntry.at >= midnight, AuditEntry.action.in_(SHOWN)
    )  # fmt: skip
    return max(0, settings.reveals_per_day - (session.scalar(shown) or 0))


def require_reveal(session: Session, user_name: str, now: datetime) -> None:
    """Refuse the number that would be one too many, also of several that are asked for at one moment."""
    wait_for_turn(session, f"numbers shown to {user_name}")
    if not reveals_left(session, user_name, now):
        raise ForbiddenError(_("You have looked at the most numbers a day allows; ask a supervisor."))
