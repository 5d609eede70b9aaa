"""What may happen to a follow-up: what one rule owes one closing of a case."""

from core.transitions import Facts, Machine, Step

OPEN = ("planned", "sending", "sent", "reminded", "call_queued")  # not answered yet, still under way
WAITING = ("sent", "reminded")  # the link is out, nobody has answered
ENDED = ("locked", "closed_no_response", "expired", "skipped", "void")

# Why a follow-up was skipped or made void; followup/words.py says it to people.
REASONS = (
    "not_sampled", "bundled", "cap", "cap_household", "dnc", "no_contact", "close_reason", "too_old",
    "reopened", "opted_out", "undeliverable", "no_answer", "suppressed",
)  # fmt: skip


def _is_poor(facts: Facts) -> str | None:
    if facts.get("dissatisfied") or facts.get("unresolved"):
        return None
    return "Only a dissatisfied or unresolved answer asks for a remedy."


FOLLOW_UPS = Machine(
    "follow_up",
    [
        Step("planned", "send", "sending"),
        Step("planned", "call", "call_queued"),
        *(Step(state, "skip", "skipped") for state in ("planned", "sending")),
        Step("sending", "sent", "sent"),
        *(Step(state, "fall_back", "sending") for state in ("sending", *WAITING)),  # by the next channel
        Step("sending", "call", "call_queued"),
        Step("sending", "expire", "expired"),
        Step("sent", "remind", "reminded"),
        *(Step(state, "call", "call_queued") for state in WAITING),
        *(Step(state, "expire", "expired") for state in WAITING),
        *(Step(state, "answer", "answered") for state in ("sending", *WAITING, "call_queued")),
        # The link outlives the calls and the clock of the rule: until its own last day it can be answered.
        *(Step(state, "answer", "answered") for state in ("expired", "closed_no_response")),
        *(
            Step(state, "opt_out", "closed_no_response")
            for state in ("planned", "sending", *WAITING, "call_queued")
        ),
        Step("call_queued", "give_up", "closed_no_response"),
        Step("closed_no_response", "ask_again", "call_queued"),  # the number was wrong, now it is right
        Step("call_queued", "write", "sending"),  # no call reached the customer: a link
        *(Step(state, "suppress", "skipped") for state in ("planned", "sending", "call_queued")),
        Step("call_queued", "suppress_calls", "closed_no_response"),  # a link is out and can be answered
        Step("answered", "complain", "remedy", _is_poor),
        Step("answered", "lock", "locked"),
        *(Step(state, "undo", "call_queued") for state in ("answered", "remedy")),  # entered by mistake
        *(Step(state, "void", "void") for state in OPEN),
    ],
)
