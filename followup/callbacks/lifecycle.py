"""What may happen to a callback. It is in one agent's hand at a time, from ``claimed`` to the outcome."""

from core.transitions import Machine, Step

IN_HAND = ("claimed", "in_call")
OPEN = ("waiting", "ready", *IN_HAND, "appointed", "held")
ENDED = ("done", "cancelled")
MOVABLE = ("waiting", "ready", "appointed")  # in nobody's hands: can be given to somebody

CALLBACKS = Machine(
    "callback",
    [
        Step("waiting", "wake", "ready"),
        Step("appointed", "wake", "ready"),
        Step("ready", "claim", "claimed"),
        Step("claimed", "dial", "in_call"),
        Step("claimed", "take_up", "in_call"),  # the call goes on that a lost lease had interrupted
        *(Step(state, "take_over", state) for state in IN_HAND),  # a supervisor steps in
        *(Step(state, "reassign", state) for state in MOVABLE),  # a supervisor gives it to somebody
        *(Step(state, "release", "ready") for state in IN_HAND),
        Step("in_call", "finish", "done"),
        Step("in_call", "retry", "waiting"),
        Step("in_call", "appoint", "appointed"),
        Step("in_call", "try_other_number", "ready"),
        Step("in_call", "hold", "held"),
        # The outcome was chosen by mistake: the call goes on in the same hand.
        *(Step(state, "undo", "in_call") for state in ("done", "waiting", "appointed", "held", "ready")),
        *(Step(state, "ask_again", "waiting") for state in ENDED),  # it ended for its number alone
        Step("held", "resume", "ready"),
        Step("held", "finish", "done"),
        *(Step(state, "cancel", "cancelled") for state in OPEN),
    ],
)
