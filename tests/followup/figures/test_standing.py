"""How a follow-up stands, case by case: what is owed, tried, reached, and how each way of asking ended."""

import pytest

from followup.figures.standing import LEFT_OUT, Traits, standing

# traits; tried, reached, by phone, by link, altogether
CASES = {
    "by link": (Traits("answered", mode="web", has_link=True), True, True, "", "I", "I"),
    "on paper": (Traits("locked", mode="paper", has_link=True), True, True, "", "I", "I"),
    "by phone": (
        Traits("remedy", mode="phone", call="done", outcome="COMPLETE", result="I", tries=1, contacted=True),
        True, True, "I", "", "I",
    ),
    "in part by phone after a link": (
        Traits("answered", mode="phone", has_link=True, call="done", outcome="PARTIAL", result="P", tries=2,
               contacted=True),
        True, True, "P", "NC", "P",
    ),
    "by link before anybody called": (
        Traits("answered", mode="web", has_link=True, call="cancelled", outcome="SELF_DONE", result="I"),
        True, True, "", "I", "I",
    ),
    "by link after a call that nobody took": (
        Traits("answered", mode="web", has_link=True, call="cancelled", outcome="SELF_DONE", result="I",
               tries=1),
        True, True, "NC", "I", "I",
    ),
    "by link after not now on the phone": (
        Traits("answered", mode="web", has_link=True, call="cancelled", outcome="SELF_DONE", result="I",
               tries=1, contacted=True, refused=True),
        True, True, "R", "I", "I",
    ),
    "the link ran out": (Traits("expired", "no_answer", has_link=True), True, False, "", "NC", "NC"),
    "the message could not be delivered": (
        Traits("expired", "undeliverable", has_link=True), False, False, "", "NC", "NC",
    ),
    "no more such invitations, by link": (
        Traits("closed_no_response", "opted_out", has_link=True), True, True, "", "R", "R",
    ),
    "three calls on two days": (
        Traits("closed_no_response", "max_attempts", call="done", outcome="MAX_ATTEMPTS", result="NC",
               tries=2, spread=True),
        True, False, "NC", "", "NC",
    ),
    "three calls in one morning": (
        Traits("closed_no_response", "max_attempts", call="done", outcome="MAX_ATTEMPTS", result="NC",
               tries=2),
        False, False, "NC", "", "NC",
    ),
    "the link, then calls in one morning": (
        Traits("closed_no_response", "max_attempts", has_link=True, call="done", outcome="MAX_ATTEMPTS",
               result="NC", tries=2),
        False, False, "NC", "NC", "NC",
    ),
    "calls, then a link that ran out": (
        Traits("expired", "no_answer", has_link=True, call="done", outcome="MAX_ATTEMPTS", result="NC",
               tries=2),
        True, False, "NC", "NC", "NC",
    ),
    "refused": (
        Traits("closed_no_response", "refused_hard", call="done", outcome="REFUSED_HARD", result="R", tries=1,
               contacted=True, refused=True),
        True, True, "R", "", "R",
    ),
    "wants no more contact, said on the phone": (
        Traits("closed_no_response", "opted_out", has_link=True, call="done", outcome="DO_NOT_CONTACT",
               result="R", tries=1, contacted=True, refused=True),
        True, True, "R", "NC", "R",
    ),
    "a dead number": (
        Traits("closed_no_response", "dead_number", call="done", outcome="DEAD_NUMBER", result="NC", tries=1),
        True, False, "NC", "", "NC",
    ),
    "spoken to, never an answer": (
        Traits("closed_no_response", "max_attempts", call="done", outcome="MAX_ATTEMPTS", result="O", tries=2,
               contacted=True, spread=True),
        True, True, "O", "", "O",
    ),
    "still in the queue": (Traits("call_queued", call="ready", tries=1), False, False, "open", "", "open"),
    "an appointment was made": (
        Traits("call_queued", call="appointed", tries=1, contacted=True), True, True, "open", "", "open",
    ),
    "the link is out": (Traits("sent", has_link=True), False, False, "", "open", "open"),
    "planned": (Traits("planned"), False, False, "", "", "open"),
    "no way to ask": (Traits("skipped", "no_contact"), False, False, "", "", "NC"),
    "too late to ask": (Traits("skipped", "too_old"), False, False, "", "", "NC"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_follow_up_stands(name: str) -> None:
    traits, tried, reached, by_phone, by_link, altogether = CASES[name]
    found = standing(traits)
    assert found.is_owed
    assert (found.tried, found.reached) == (tried, reached)
    assert (found.by_phone, found.by_link, found.altogether) == (by_phone, by_link, altogether)


@pytest.mark.parametrize("reason", LEFT_OUT)
def test_what_was_decided_not_to_ask_is_not_owed(reason: str) -> None:
    assert standing(Traits("skipped", reason)).left_out == reason


def test_what_was_opened_again_or_suppressed_is_not_owed_and_an_answer_always_is() -> None:
    assert (
        standing(Traits("void", "reopened", has_link=True, call="cancelled", result="NE")).left_out == "void"
    )
    late = Traits("closed_no_response", "suppressed", has_link=True, call="cancelled", result="NE")
    assert standing(late).left_out == "suppressed"
    assert standing(Traits("answered", mode="web", has_link=True, call="cancelled", result="NE")).is_owed
