"""What may happen to an invitation. Only a finished answer spends a link; looking at it changes nothing."""

from datetime import datetime, timedelta

from core.transitions import Machine, Step

INVITATIONS = Machine(
    "invitation",
    [
        Step("open", "answer", "answered"),
        Step("open", "withdraw", "withdrawn"),  # the case was reopened, or somebody answered by phone
        Step("withdrawn", "restore", "open"),  # what took it back was undone
        Step("open", "revoke", "revoked"),  # it went to a wrong number
        Step("open", "replace", "replaced"),  # a newer link was sent
        Step("open", "opt_out", "opted_out"),
        Step("answered", "lock", "locked"),
    ],
)


WRITING = timedelta(hours=1)  # who opened the page in time may finish writing


def may_finish(state: str, answer_by: datetime, now: datetime) -> bool:
    """Tell whether answers that were begun in time are still taken: nobody loses what was being written."""
    return may_answer(state, answer_by + WRITING, now)


def may_answer(state: str, answer_by: datetime, now: datetime) -> bool:
    """Tell whether a link still takes a first answer."""
    return state == "open" and now < answer_by


def may_amend(state: str, lock_at: datetime | None, now: datetime) -> bool:
    """Tell whether an answer may still be changed."""
    return state == "answered" and lock_at is not None and now < lock_at
