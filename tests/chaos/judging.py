"""The verdict: what people were told and what arrived at the mail server, against what is stored."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.crypto import token_hash
from core.db import Database
from core.outbox.models import Message
from core.transitions import Transition
from followup.cases import texts
from followup.lifecycle import FOLLOW_UPS
from followup.models import Attempt, Callback, Case, FollowUp, ReopenRequest
from surveys.answering import stored_answers
from surveys.links import link_in
from surveys.models import Invitation, Item, Response, Tally, Version
from surveys.queries import load_version
from tests.chaos.people import Ledger
from tests.chaos.sink import Sink

REACHED = {"sent", "reminded", "call_queued", "answered", "remedy", "closed_no_response", "locked"}


@dataclass
class Verdict:
    """What is wrong, sentence by sentence, and what was counted."""

    wrong: list[str] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)


def judge(database: Database, sink: Sink, ledger: Ledger, kills: int) -> Verdict:
    """Compare the three histories."""
    verdict = Verdict()
    with database.read() as session:
        for part in (
            _cases(session, ledger), _closings(session, ledger), _answers(session, ledger),
            _calls(session, ledger), _mails(session, sink, kills), _owed(session),
            _decisions(session, ledger), _tally(session), _one_state(session),
        ):  # fmt: skip
            verdict.wrong += list(part)
        verdict.counts = _counts(session, sink, ledger, kills)
    return verdict


def _cases(session: Session, ledger: Ledger) -> Iterator[str]:
    subjects = Counter(texts.title(session, case) for case in session.scalars(select(Case)))
    for subject, number in ledger.cases.items():
        if subjects[subject] != 1:
            yield f"case {number} was acknowledged and is stored {subjects[subject]} times"
    if set(subjects) - set(ledger.cases):
        yield f"{len(set(subjects) - set(ledger.cases))} cases are stored that nobody was told about"


def _closings(session: Session, ledger: Ledger) -> Iterator[str]:
    for case in session.scalars(select(Case)):
        told = ledger.closings[case.number]
        if case.resolution_no != told:
            yield f"case {case.number} was closed {told} times and says {case.resolution_no}"


def _answers(session: Session, ledger: Ledger) -> Iterator[str]:
    for token, words in ledger.answers.items():
        wanted = select(Response).join(Invitation, Invitation.id == Response.invitation_id)
        found = session.scalars(wanted.where(Invitation.token_hash == token_hash(token))).all()
        said = [_comment(session, each) for each in found]
        if len(said) != 1 or said[0] not in {words[-1], *ledger.unsure.get(token, [])}:
            yield f"an acknowledged answer is stored as {said}, expected {words[-1]}"
    on_phone = Counter(
        _comment(session, each) for each in session.scalars(select(Response).where(Response.mode == "phone"))
    )
    for words_said, callback in ledger.spoken.items():
        if on_phone[words_said] != 1:
            yield f"what was said in callback {callback} is stored {on_phone[words_said]} times"


def _comment(session: Session, response: Response) -> str:
    version = load_version(session, response.version_id)
    return stored_answers(session, version, response.id)["comment"].words or ""


def _calls(session: Session, ledger: Ledger) -> Iterator[str]:
    stored: dict[int, list[str]] = defaultdict(list)
    for attempt in session.scalars(select(Attempt).order_by(Attempt.id)):
        stored[attempt.callback_id].append(attempt.outcome)
    for callback, outcomes in ledger.calls.items():
        most = len(outcomes) + ledger.unsure_calls[callback]
        if Counter(outcomes) - Counter(stored[callback]) or len(stored[callback]) > most:
            yield f"callback {callback} ended {outcomes} and has {stored[callback]}"


def _mails(session: Session, sink: Sink, kills: int) -> Iterator[str]:
    for number, n in Counter(mail.number for mail in sink.mails).items():
        if n > 1:
            yield f"the message {number} arrived {n} times"
    arrived = Counter(mail.token for mail in sink.mails)
    uncertain = 0
    for message in session.scalars(select(Message).where(Message.channel == "email")):
        n = arrived[(link_in(session, message) or "").rpartition("/")[2]]
        allowed = {"sent": {1}, "uncertain": {0, 1}, "cancelled": {0}}.get(message.state)
        uncertain += message.state == "uncertain"
        if allowed is None or n not in allowed:
            yield f"message {message.id} is {message.state} and arrived {n} times"
    if uncertain > kills:
        yield f"{uncertain} messages are uncertain after {kills} kills: each process sends one at a time"


def _owed(session: Session) -> Iterator[str]:
    owed: dict[tuple[int, int], list[FollowUp]] = defaultdict(list)
    for follow_up in session.scalars(select(FollowUp)):
        owed[follow_up.case_id, follow_up.resolution_no].append(follow_up)
    for case in session.scalars(select(Case)):
        for closing in range(1, case.resolution_no + 1):
            found = [(each.state, each.reason) for each in owed[case.id, closing]]
            if len(found) != 1:
                yield f"closing {closing} of case {case.number} has the follow-ups {found}"
            elif closing == case.resolution_no and case.state == "closed" and found[0][0] not in REACHED:
                yield f"nobody asks about case {case.number}: {found}"
    waiting = select(FollowUp).where(FollowUp.state == "call_queued")
    for follow_up in session.scalars(waiting):
        state = session.scalar(select(Callback.state).where(Callback.follow_up_id == follow_up.id))
        if state in {None, "done", "cancelled"}:
            yield f"follow-up {follow_up.id} waits for a call, which is {state}"


def _decisions(session: Session, ledger: Ledger) -> Iterator[str]:
    for number, word in ledger.decided.items():
        request = session.get_one(ReopenRequest, int(number))
        if request.state == "open":
            yield f"reopen request {number}: {word} was acknowledged and it is open"


def _tally(session: Session) -> Iterator[str]:
    answers = session.scalar(select(func.count()).select_from(Response))
    overall = select(Item.id).join(Version, Version.id == Item.version_id).where(Item.item_key == "overall")
    counted = session.scalar(select(func.sum(Tally.n)).where(Tally.item_id.in_(overall))) or 0
    if answers != counted:
        yield f"{answers} answers are stored and {counted} are counted"


def _one_state(session: Session) -> Iterator[str]:
    """Each state is the last one that the history tells of."""
    for machine, model in (("follow_up", FollowUp), ("case", Case), ("message", Message)):
        last = select(func.max(Transition.id)).where(Transition.machine == machine)
        last = last.group_by(Transition.subject_id)
        rows = session.execute(select(Transition.subject_id, Transition.new).where(Transition.id.in_(last)))
        told = {row.subject_id: row.new for row in rows}
        for number, state in session.execute(select(model.id, model.state)):
            if told.get(number, "queued") != state:
                yield f"{machine} {number} is {state}; its history says {told.get(number)}"
    bad = select(Transition).where(Transition.machine == "follow_up", Transition.old != "")
    for row in session.scalars(bad):
        if (row.old, row.event) not in FOLLOW_UPS.steps:
            yield f"follow-up {row.subject_id}: {row.event} from {row.old} is no step"


def _counts(session: Session, sink: Sink, ledger: Ledger, kills: int) -> dict[str, Any]:
    states = select(Message.state, func.count()).where(Message.channel == "email").group_by(Message.state)
    return {
        "cases": len(ledger.cases), "closings": sum(ledger.closings.values()),
        "answers": len(ledger.answers), "calls": sum(map(len, ledger.calls.values())),
        "decisions": len(ledger.decided), "mails": len(sink.mails),
        "messages": {row[0]: row[1] for row in session.execute(states)},
        "kills": kills, "requests_without_answer": ledger.unknown, "links_refused": ledger.refused,
        "unsure_answers": sum(map(len, ledger.unsure.values())), "unsure_calls": ledger.unsure_calls.total(),
    }  # fmt: skip


def is_whole(database: Database) -> bool:
    """Ask SQLite whether its file is whole; PostgreSQL was not killed."""
    if not database.settings.is_sqlite:
        return True
    with database.read() as session:
        broken = session.execute(text("PRAGMA foreign_key_check")).all()
        return session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok" and not broken
