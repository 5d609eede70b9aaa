"""What may happen to a case: one table, guards as sentences."""

from core.i18n import _
from core.transitions import Facts, Machine, Step

OPEN = ("registered", "assigned", "in_progress", "waiting_customer", "close_review", "reopened")
CLOSED = ("closed", "reopen_requested", "archived")
ENDED = ("cancelled", "merged")
STATES = (*OPEN, *CLOSED, *ENDED)

# The steps from each open state up to the request for closing: what `close` walks in one press.
TO_CLOSING = {
    "registered": ("assign", "accept"),
    "assigned": ("accept",),
    "reopened": ("accept",),
    "waiting_customer": ("resume",),
    "in_progress": (),
}


def _has_somebody(facts: Facts) -> str | None:
    if facts.get("handler_id") or facts.get("handler_name") or facts.get("department"):
        return None
    return str(_("Name a handler or a department first, so that somebody owns the case."))


def _has_reason(facts: Facts) -> str | None:
    return None if str(facts.get("why", "")).strip() else str(_("Say why in a few words."))


def _has_result(facts: Facts) -> str | None:
    if str(facts.get("result", "")).strip():
        return None
    return str(_("Write what was done for the customer before the case is closed."))


def _is_another_person(facts: Facts) -> str | None:
    if facts.get("handler_id") is None or facts.get("handler_id") != facts.get("actor_id"):
        return None
    return str(_("The person who handled the case cannot approve its closing; ask somebody else."))


def _is_current_resolution(facts: Facts) -> str | None:
    if facts.get("resolution_no") == facts.get("current_resolution_no"):
        return None
    return str(_("The answer is about an earlier closing of this case."))


CASES = Machine(
    "case",
    [
        Step("registered", "assign", "assigned", _has_somebody),
        Step("assigned", "assign", "assigned", _has_somebody),
        Step("in_progress", "assign", "assigned", _has_somebody),
        Step("waiting_customer", "assign", "assigned", _has_somebody),
        Step("reopened", "assign", "assigned", _has_somebody),
        Step("assigned", "return", "registered", _has_reason),
        Step("assigned", "accept", "in_progress"),
        Step("reopened", "accept", "in_progress"),
        Step("in_progress", "wait", "waiting_customer", _has_reason),
        Step("waiting_customer", "resume", "in_progress"),
        Step("in_progress", "request_closing", "close_review", _has_result),
        Step("close_review", "approve", "closed", _is_another_person),
        Step("close_review", "reject", "in_progress", _has_reason),
        Step("closed", "request_reopen", "reopen_requested", _is_current_resolution),
        Step("closed", "reopen", "reopened", _has_reason),
        Step("reopen_requested", "agree", "reopened", _is_current_resolution),
        Step("reopen_requested", "decline", "closed", _has_reason),
        Step("reopen_requested", "withdraw", "closed"),  # the answer that asked was entered by mistake
        Step("closed", "archive", "archived"),
        *(Step(state, "cancel", "cancelled", _has_reason) for state in OPEN),
        *(Step(state, "merge", "merged", _has_reason) for state in OPEN),
    ],
)
