"""What may happen to a message, in one table.

``sending`` is committed before the network is touched. A row found in that state long afterwards may or
may not have been delivered: it is parked as ``uncertain`` until a person decides.
"""

from core.transitions import Machine, Step

ACTOR = "outbox"  # who moves a message when no person does
QUEUED, SENDING, SENT, FAILED = "queued", "sending", "sent", "failed"
UNCERTAIN, CANCELLED = "uncertain", "cancelled"
STATES = (QUEUED, SENDING, UNCERTAIN, FAILED, SENT, CANCELLED)

MESSAGES = Machine(
    "message",
    [
        Step(QUEUED, "claim", SENDING),
        Step(QUEUED, "cancel", CANCELLED),
        Step(QUEUED, "spoil", FAILED),  # it could not even be prepared, again and again
        Step(SENDING, "deliver", SENT),
        Step(SENDING, "retry", QUEUED),
        Step(SENDING, "fail", FAILED),
        Step(SENDING, "lose", UNCERTAIN),
        Step(UNCERTAIN, "deliver", SENT),  # a slow sender came back with the receipt, or a person knows
        Step(UNCERTAIN, "send_again", QUEUED),
        Step(FAILED, "send_again", QUEUED),
        # The provider reports about it, so it was handed over, whatever we thought; also the time before.
        *(Step(state, "report", SENT) for state in (QUEUED, SENDING, UNCERTAIN, FAILED)),
    ],
)
