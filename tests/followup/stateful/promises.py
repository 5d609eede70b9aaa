"""What must hold after every step, and once the clock has run on for long enough."""

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.outbox.models import Message
from followup.callbacks.lifecycle import IN_HAND
from followup.callbacks.lifecycle import OPEN as OPEN_CALLS
from followup.lifecycle import FOLLOW_UPS, OPEN
from followup.models import Attempt, Callback, Case, FollowUp, ReopenRequest
from surveys import tallies
from surveys.models import Invitation, Item, Response, Tally


class AskedAbout(Protocol):
    """What the model knows about one closing."""

    rating: tuple[int, bool] | None
    mode: str
    letters: Counter[str]


Model = Mapping[tuple[int, int], AskedAbout]
ANSWERS = {"COMPLETE", "PARTIAL"}
RATED = {"answered", "remedy", "locked"}


def check(session: Session, asked: Model) -> None:
    """Hold the database against the model."""
    follow_ups = list(session.scalars(select(FollowUp)))
    cases = {case.id: case for case in session.scalars(select(Case))}
    calls = {call.follow_up_id: call for call in session.scalars(select(Callback))}
    keys = [(each.case_id, each.resolution_no) for each in follow_ups]
    assert sorted(keys) == sorted(asked), "one follow-up for each closing, no more and no less"
    for follow_up in follow_ups:
        known = asked[follow_up.case_id, follow_up.resolution_no]
        _one(session, follow_up, cases[follow_up.case_id], calls.get(follow_up.id), known)
    _requests(session, cases, asked)
    _hands(list(calls.values()))
    _counted(session, asked)


def _one(session: Session, follow_up: FollowUp, case: Case, call: Callback | None, known: AskedAbout) -> None:
    state, is_current = follow_up.state, follow_up.resolution_no == case.resolution_no
    assert (state in RATED) == (known.rating is not None), f"{state}, the model says {known.rating}"
    assert (follow_up.response_id is not None) == (known.rating is not None)
    if state in OPEN:
        assert is_current, f"{state} about an earlier closing"
        assert case.state in {"closed", "reopen_requested"}, f"{state} while the case is {case.state}"
    if call is not None:
        is_settling = call.state == "done" and call.settles_at is not None  # its outcome can be undone still
        is_asked = state == "call_queued" and not is_settling
        assert (call.state in OPEN_CALLS) == is_asked, f"call {call.state}, {state}"
    assert state != "call_queued" or call is not None, "waits for a call that nobody makes"
    assert known.letters["invitation"] <= 1
    assert known.letters["reminder"] <= 1
    if follow_up.invitation_id and (state == "void" or (known.rating and known.mode == "phone")):
        link = session.get_one(Invitation, follow_up.invitation_id).state
        assert link not in {"open", "answered"}, f"the link is {link} and the follow-up {state}"


def _requests(session: Session, cases: Mapping[int, Case], asked: Model) -> None:
    """A poor answer about the present closing has its request; a waiting request keeps its case waiting."""
    requests = {request.follow_up_id: request for request in session.scalars(select(ReopenRequest))}
    for follow_up in session.scalars(select(FollowUp).where(FollowUp.state == "remedy")):
        case = cases[follow_up.case_id]
        if follow_up.resolution_no == case.resolution_no and case.state != "reopened":
            assert follow_up.id in requests or case.state == "assigned", "a poor answer without a request"
    for follow_up in session.scalars(select(FollowUp).where(FollowUp.state.in_(("answered", "locked")))):
        rating = asked[follow_up.case_id, follow_up.resolution_no].rating
        assert rating is not None
        assert rating[0] >= 3 and rating[1], f"{rating} asked for no remedy"  # noqa: PT018
    waiting = {request.case_id for request in requests.values() if request.state == "open"}
    assert waiting == {case.id for case in cases.values() if case.state == "reopen_requested"}


def _hands(calls: list[Callback]) -> None:
    """One agent holds a callback, one callback rings at a number."""
    held = [call for call in calls if call.state in IN_HAND]
    assert all(call.agent_id is not None and call.lease_until is not None for call in held)
    assert not held or max(Counter(call.phone_index for call in held).values()) == 1
    assert not held or max(Counter(call.agent_id for call in held).values()) == 1


def _counted(session: Session, asked: Model) -> None:
    """Each rating is stored once and counted once as what it is; silence is counted as nothing."""
    said = Counter((each.mode, each.rating[0]) for each in asked.values() if each.rating)
    overall = select(Item.id).where(Item.item_key == "overall")
    rows = select(Tally.mode, Tally.value, func.sum(Tally.n)).where(Tally.item_id.in_(overall), Tally.n > 0)
    counted = {(mode, value): n for mode, value, n in session.execute(rows.group_by(Tally.mode, Tally.value))}
    assert counted == dict(said), f"counted {counted}, said {dict(said)}"
    assert session.scalar(select(func.count()).select_from(Response)) == said.total()
    standing = select(Attempt).where(Attempt.undone_at.is_(None))
    numbers = [(each.callback_id, each.number) for each in session.scalars(standing)]
    assert len(set(numbers)) == len(numbers), "two attempts with one number"
    made = {each.id: each.attempts for each in session.scalars(select(Callback))}
    assert Counter(callback for callback, _number in numbers) == Counter(made), "an undone call is counted"
    phoned = {f"callback:{each.callback_id}" for each in session.scalars(standing) if each.outcome in ANSWERS}
    kept = set(session.scalars(select(Response.external_id).where(Response.mode == "phone")))
    assert kept == phoned, "an answer by phone without a call that stands"


def check_rest(session: Session) -> None:
    """Nothing that was due stays behind; what may have been sent waits for a person."""
    states = set(session.scalars(select(Message.state).where(Message.subject_type == "follow_up")))
    assert states <= {"sent", "failed", "cancelled", "uncertain"}, f"messages are left: {states}"
    left = select(FollowUp).join(Case, Case.id == FollowUp.case_id).where(Case.state == "closed")
    for follow_up in session.scalars(left.where(FollowUp.state.in_(("planned", "sending", *_WAITING)))):
        raise AssertionError(f"follow-up {follow_up.id} is {follow_up.state} and nobody will look again")
    assert not session.scalars(select(Callback.id).where(Callback.settles_at.is_not(None))).all()
    assert not session.scalars(select(Attempt.id).where(Attempt.before.is_not(None))).all()
    held = session.scalars(select(Callback.state).where(Callback.state.in_(IN_HAND))).all()
    assert not held, "a callback is still in the hands of who has gone"
    assert tallies.recount(session) == {}, "the tally is not what a recount says"
    late = session.scalars(select(FollowUp.state).where(FollowUp.state == "answered")).all()
    assert not late, "an answer that never locks"


_WAITING = FOLLOW_UPS.sources("remind") + FOLLOW_UPS.sources("expire")
