"""The two tables of the follow-up engine, pinned step by step."""

import pytest

from core.errors import TransitionError
from core.transitions import Machine
from followup.callbacks.lifecycle import CALLBACKS
from followup.lifecycle import FOLLOW_UPS

FOLLOW_UP_STEPS = """
planned send sending | planned call call_queued | planned skip skipped | planned void void
planned opt_out closed_no_response
sending sent sent | sending call call_queued | sending expire expired | sending skip skipped
sending answer answered | sending void void | sending opt_out closed_no_response
sent remind reminded | sent call call_queued | sent expire expired | sent answer answered
sent void void | sent opt_out closed_no_response
reminded call call_queued | reminded expire expired | reminded answer answered | reminded void void
reminded opt_out closed_no_response
call_queued answer answered | call_queued give_up closed_no_response | call_queued void void
call_queued opt_out closed_no_response
expired answer answered | closed_no_response answer answered
answered complain remedy | answered lock locked
planned suppress skipped | sending suppress skipped | call_queued suppress skipped
call_queued suppress_calls closed_no_response | call_queued write sending
sending fall_back sending | sent fall_back sending | reminded fall_back sending
answered undo call_queued | remedy undo call_queued | closed_no_response ask_again call_queued
"""
CALLBACK_STEPS = """
waiting wake ready | appointed wake ready | ready claim claimed | claimed dial in_call
claimed release ready | in_call release ready
in_call finish done | in_call retry waiting | in_call appoint appointed | in_call try_other_number ready
in_call hold held | held resume ready | held finish done
done undo in_call | waiting undo in_call | appointed undo in_call | held undo in_call | ready undo in_call
done ask_again waiting | cancelled ask_again waiting
claimed take_up in_call | claimed take_over claimed | in_call take_over in_call
waiting reassign waiting | ready reassign ready | appointed reassign appointed
waiting cancel cancelled | ready cancel cancelled | claimed cancel cancelled | in_call cancel cancelled
appointed cancel cancelled | held cancel cancelled
"""


def read(table: str) -> set[tuple[str, ...]]:
    return {tuple(step.split()) for line in table.strip().splitlines() for step in line.split(" | ")}


@pytest.mark.parametrize(
    ("machine", "table"),
    [(FOLLOW_UPS, FOLLOW_UP_STEPS), (CALLBACKS, CALLBACK_STEPS)],
    ids=lambda x: str(x)[:12],
)
def test_the_machine_has_exactly_these_steps(machine: Machine, table: str) -> None:
    assert {(s.state, s.event, s.next) for s in machine.steps.values()} == read(table)


@pytest.mark.parametrize("state", ["skipped", "void", "locked", "remedy"])
def test_an_ended_follow_up_takes_no_answer(state: str) -> None:
    with pytest.raises(TransitionError):
        FOLLOW_UPS.next_state(state, "answer", {})


def test_only_a_poor_answer_asks_for_a_remedy() -> None:
    with pytest.raises(TransitionError):
        FOLLOW_UPS.next_state("answered", "complain", {"dissatisfied": False, "unresolved": False})
    assert FOLLOW_UPS.next_state("answered", "complain", {"unresolved": True}) == "remedy"


@pytest.mark.parametrize(("state", "events"), [("done", {"undo", "ask_again"}), ("cancelled", {"ask_again"})])
def test_an_ended_callback_comes_back_only_by_an_undo_or_a_number_put_right(
    state: str, events: set[str]
) -> None:
    assert set(CALLBACKS.events(state)) == events
