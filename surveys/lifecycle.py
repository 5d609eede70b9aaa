"""What may happen to an invitation. Only a finished answer spends a link; looking at it changes nothing."""

from datetime import datetime

from core.transitions import Machine, Step

INVITATIONS = Machine(
    "invitation",
    [
        Step("open", "answer", "answered"),
        Step("open", "withdraw", "withdrawn"),  # the case was reopened, or somebody answered by phone
        Step("open", "revoke", "revoked"),  # it went to a wrong number
        Step("open", "replace", "replaced"),  # a newer link was sent
        Step("open", "opt_out", "opted_out"),
        Step("answered", "lock", "locked"),
    ],
)


def may_answer(state: str, answer_by: datetime, now: datetime) -> bool:
    """Tell whether a link still takes a first answer."""
    return state == "open" and now < answer_by


def may_amend(state: str, lock_at: datetime | None, now: datetime) -> bool:
    """Tell whether an answer may still be changed."""
    return state == "answered" and lock_at is not None and now < lock_at
