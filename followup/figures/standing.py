"""How one follow-up stands: was it owed, tried, reached, and how did each way of asking end.

The same pure rules make every figure of the page. They look at `Traits`, by which the database counts, so
that each rule is applied to a few hundred kinds of follow-ups and never to single ones.
"""

from dataclasses import dataclass

from followup.callbacks.lifecycle import ENDED
from followup.callbacks.outcomes import Code
from followup.lifecycle import OPEN

# Who was not owed a question: it was decided, by rule, customer or person, that nobody asks.
LEFT_OUT = ("not_sampled", "bundled", "cap", "cap_household", "dnc", "close_reason", "suppressed")
UNDER_WAY = "open"  # in the place of an AAPOR group: not over yet


@dataclass(frozen=True, slots=True)
class Traits:
    """What tells follow-ups apart, as the database counts them."""

    state: str
    reason: str = ""
    mode: str = ""  # how it was answered; "" is not at all
    has_link: bool = False
    call: str = ""  # state of the callback; "" is none
    outcome: str = ""
    result: str = ""
    tries: int = 0  # calls that count, at most 2: none, one, more
    contacted: bool = False  # the customer was spoken to in one of them
    refused: bool = False
    spread: bool = False  # over two parts of the day and over two working days, at least


@dataclass(frozen=True, slots=True)
class Standing:
    """What the figures count of one follow-up; its groups are those of AAPOR, "open", or "" for none."""

    left_out: str = ""  # why it was not owed
    tried: bool = False
    reached: bool = False
    by_phone: str = ""
    by_link: str = ""
    altogether: str = ""

    @property
    def is_owed(self) -> bool:
        return not self.left_out


def standing(traits: Traits) -> Standing:
    """Return how a follow-up with these traits stands."""
    left_out = why_left_out(traits)
    if left_out:
        return Standing(left_out)
    return Standing(
        tried=was_tried(traits),
        reached=was_reached(traits),
        by_phone=by_phone(traits),
        by_link=by_link(traits),
        altogether=altogether(traits),
    )


def why_left_out(traits: Traits) -> str:
    """Return why nothing was owed, or "". What we could not do, or did too late, stays owed."""
    if traits.mode:
        return ""
    if traits.state == "void":
        return "void"
    if traits.reason == "suppressed":  # also where only the calls were, and the link is still out
        return "suppressed"
    return traits.reason if traits.state == "skipped" and traits.reason in LEFT_OUT else ""


def was_tried(traits: Traits) -> bool:
    """Tell whether we did what the norm asks, or reached the customer, which is more than any try.

    The norm asks for a final outcome, enough calls, or a link that ran out.
    """
    if was_reached(traits):
        return True
    has_ended = traits.call in ENDED and traits.result not in {"", "NE"}
    if has_ended and (traits.outcome != Code.MAX_ATTEMPTS or traits.spread):
        return True
    return traits.state == "expired" and traits.has_link and traits.reason != "undeliverable"


def was_reached(traits: Traits) -> bool:
    """Tell whether the customer answered, was spoken to, or told us to stop."""
    return bool(traits.mode) or traits.contacted or _opted_out(traits)


def by_phone(traits: Traits) -> str:
    """Return how the calls ended; an answer by link is none of theirs."""
    if not traits.call or (traits.call in ENDED and traits.result in {"", "NE"}):
        return ""
    if traits.call not in ENDED:
        return UNDER_WAY
    if traits.outcome != Code.SELF_DONE:
        return traits.result
    if not traits.tries:
        return ""  # answered before anybody called: nobody had to
    return "R" if traits.refused else "O" if traits.contacted else "NC"


def by_link(traits: Traits) -> str:
    """Return how the link ended."""
    if not traits.has_link:
        return ""
    if traits.mode:
        return "NC" if traits.mode == "phone" else "I"
    if traits.state in OPEN:
        return UNDER_WAY
    return "R" if _opted_out(traits) and traits.call != "done" else "NC"


def altogether(traits: Traits) -> str:
    """Return how the whole follow-up ended: an answer counts before a refusal, that before the rest."""
    if traits.mode:
        return "P" if traits.mode == "phone" and traits.result == "P" else "I"
    if traits.state in OPEN:
        return UNDER_WAY
    if _opted_out(traits):
        return "R"
    called = by_phone(traits)
    return called if called not in {"", UNDER_WAY, "I", "P"} else "NC"


def _opted_out(traits: Traits) -> bool:
    return traits.reason == "opted_out"
