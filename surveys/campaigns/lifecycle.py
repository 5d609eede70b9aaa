"""What may happen to a campaign, to one of its waves, and to one person of a wave."""

from core.transitions import Machine, Step

CAMPAIGNS = Machine(
    "campaign",
    [
        Step("draft", "start", "running"),
        Step("draft", "end", "ended"),  # thrown away before anybody was asked
        Step("running", "pause", "paused"),
        Step("paused", "resume", "running"),
        *(Step(state, "end", "ended") for state in ("running", "paused")),
    ],
)
WAVES = Machine(
    "wave",
    [
        Step("running", "pause", "paused"),
        Step("paused", "resume", "running"),
        *(Step(state, "close", "closed") for state in ("running", "paused")),
    ],
)

ASKED = ("sending", "sent")  # the link is on its way or out, nobody has answered
UNDER_WAY = ("planned", *ASKED)
# Why somebody was not asked or asked no further; words.py says it to people. Those of
# core/contacts/governance.py come on top: dnc, cap, cap_household, no_contact.
REASONS = (
    "household", "too_late", "gone", "taken_back", "undeliverable", "uncertain", "opted_out", "ended",
    "no_answer", "saved", "withdrawn",
)  # fmt: skip

RECIPIENTS = Machine(
    "recipient",
    [
        Step("planned", "send", "sending"),
        *(Step(state, "skip", "skipped") for state in ("planned", "sending")),
        Step("sending", "sent", "sent"),
        *(Step(state, "fail", "failed") for state in ASKED),
        Step("sent", "remind", "sent"),
        *(Step(state, "expire", "expired") for state in ASKED),
        *(Step(state, "stop", "stopped") for state in UNDER_WAY),
        *(
            Step(state, "send_new", "sending") for state in (*ASKED, "failed")
        ),  # a link in the place of another
        # A link outlives what we decide: who has it in hand may answer until its last day.
        *(Step(state, "answer", "answered") for state in (*ASKED, "stopped", "failed", "skipped")),
    ],
)
