"""What may happen to a call that was drawn for a second listen or a second call."""

from core.transitions import Machine, Step

DONE = ("agrees", "differs", "not_possible")

REVIEWS = Machine(
    "review",
    [
        Step("waiting", "take", "in_hand"),
        Step("in_hand", "release", "waiting"),
        Step("in_hand", "agree", "agrees"),
        Step("in_hand", "differ", "differs"),
        Step("in_hand", "impossible", "not_possible"),
        Step("waiting", "lapse", "lapsed"),  # nobody looked in time; counted, never compared
    ],
)
