"""Everything that happened around a case, newest first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.db import vault_of
from core.outbox.models import Message
from core.transitions import Transition, history
from followup.cases import texts
from followup.clocks.models import CaseAlert
from followup.models import Attempt, Callback, Case, CaseNote, FollowUp


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event: when, who, what (machine and event), words, by which way, how it ended."""

    at: datetime
    actor: str
    machine: str  # case | follow_up | callback | message | note | attempt
    kind: str
    words: str = ""
    channel: str = ""
    outcome: str = ""
    is_sealed: bool = False  # words that only some roles may read
    undone_by: str = ""  # who said that it was entered by mistake; it counts nowhere


def timeline(session: Session, case: Case) -> list[TimelineEntry]:
    """Return the events of the case, its follow-ups, calls, messages and notes, newest first."""
    follow_up_ids = list(session.scalars(select(FollowUp.id).where(FollowUp.case_id == case.id)))
    callback_ids = list(session.scalars(select(Callback.id).where(Callback.follow_up_id.in_(follow_up_ids))))
    moved = [
        *history(session, "case", [case.id]),
        *(t for t in history(session, "follow_up", follow_up_ids) if t.event != "send"),  # "sent" says it
        *(t for t in history(session, "callback", callback_ids) if t.event in _TOLD),
    ]
    entries = [
        *_moves(sorted(moved, key=lambda move: move.id)),
        *_messages(session, follow_up_ids),
        *_attempts(session, callback_ids),
        *_notes(session, case),
        *_alerts(session, case),
    ]
    order = {id(entry): n for n, entry in enumerate(entries)}
    return sorted(entries, key=lambda e: (e.at, order[id(e)]), reverse=True)


# Of a call task the claims and leases are noise here; the attempts tell the rest.
_TOLD = ("hold", "cancel", "resume", "unhold", "undo")


def _moves(found: Iterable[Transition]) -> Iterator[TimelineEntry]:
    for move in found:
        yield TimelineEntry(
            move.at, move.actor, move.machine, move.event, words=move.reason, outcome=move.new
        )


def _messages(session: Session, follow_up_ids: list[int]) -> Iterator[TimelineEntry]:
    wanted = select(Message).where(Message.subject_type == "follow_up", Message.subject_id.in_(follow_up_ids))
    for message in session.scalars(wanted.order_by(Message.id)):
        yield TimelineEntry(
            message.sent_at or message.created_at,
            "system",
            "message",
            message.purpose,
            channel=message.channel,
            outcome=message.receipt_state or message.state,
        )


def _attempts(session: Session, callback_ids: list[int]) -> Iterator[TimelineEntry]:
    wanted = (
        select(Attempt, User.display_name)
        .join(User, User.id == Attempt.agent_id)
        .where(Attempt.callback_id.in_(callback_ids))
        .order_by(Attempt.id)
    )
    for attempt, agent in session.execute(wanted):
        note = attempt.note_sealed
        words = vault_of(session).open(note, f"attempt.note:{attempt.uid}") if note else ""
        yield TimelineEntry(
            attempt.ended_at, agent, "attempt", str(attempt.number), words=words, channel="phone",
            outcome=attempt.outcome, is_sealed=True, undone_by=attempt.undone_by,
        )  # fmt: skip


def _alerts(session: Session, case: Case) -> Iterator[TimelineEntry]:
    """Say when a clock ran low or out, and who took notice."""
    wanted = (
        select(CaseAlert, User.name)
        .outerjoin(User, User.id == CaseAlert.seen_by)
        .where(CaseAlert.case_id == case.id)
        .order_by(CaseAlert.id)
    )
    for alert, seen_by in session.execute(wanted):
        yield TimelineEntry(alert.at, "system", "clock", alert.level, channel=alert.clock)
        if alert.seen_at is not None:
            yield TimelineEntry(alert.seen_at, seen_by or "", "clock", "seen", channel=alert.clock)


def _notes(session: Session, case: Case) -> Iterator[TimelineEntry]:
    wanted = select(CaseNote).where(CaseNote.case_id == case.id).order_by(CaseNote.id)
    for row in session.scalars(wanted):
        yield TimelineEntry(row.at, row.actor, "note", "note", words=texts.note(session, row), is_sealed=True)
