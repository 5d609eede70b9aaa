"""What may happen to an open link, and how one stands at a moment."""

from datetime import datetime

from core.transitions import Machine, Step

OPEN_LINKS = Machine(
    "open_link",
    [
        Step("open", "close", "closed"),
        Step("closed", "reopen", "open"),
    ],
)
STANDINGS = ("open", "full", "ended", "closed")


def standing(
    state: str, answer_by: datetime | None, quota: int | None, taken_today: int, now: datetime
) -> str:
    """Say how a link stands: it takes answers, is full for today, past its last day, or closed."""
    if state == "closed":
        return "closed"
    if answer_by is not None and now >= answer_by:
        return "ended"
    return "full" if quota is not None and taken_today >= quota else "open"
