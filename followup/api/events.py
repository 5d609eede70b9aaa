"""What another system tells about a case: kept always, acted upon by the time at which it happened there."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import audit
from core.i18n import _
from core.texts import clean_text
from core.transitions import history
from followup import actions as follow_ups
from followup.api import changing, words
from followup.api.errors import DiffersError, FieldsError
from followup.api.models import ApiKey, SourceEvent
from followup.api.order import CANCELLED, CLOSED, RANK, REOPENED, Moment, closings, extends, renumbered, steps
from followup.cases import actions
from followup.cases.lifecycle import OPEN
from followup.cases.requests import open_requests
from followup.clocks.models import PastClock
from followup.models import Case, FollowUp, ReopenRequest

SKEW = timedelta(minutes=10)  # clocks of two systems differ
ACTOR = "api:"  # and the name of the key
APPLIED, LATE, NOTHING = "applied", "late", "nothing"
_ASIDE = -1  # a number that no closing has, for a moment
# What people here did counts like what the other system told, at its own time.
_OURS = {"approve": CLOSED, "reopen": REOPENED, "agree": REOPENED, "cancel": CANCELLED}


def take(
    session: Session,
    key: ApiKey,
    case: Case,
    told: dict[str, Any],
    *,
    if_match: int | None = None,
    now: datetime,
) -> tuple[SourceEvent, bool]:
    """Keep an event and do what follows from it; return it, and whether it was new."""
    event_id = clean_text(told["event_id"], 80)
    _check(case, told, event_id, now)
    fields = sorted(told.get("changes", {}))
    known = session.scalar(
        select(SourceEvent).where(SourceEvent.source == key.source, SourceEvent.event_id == event_id)
    )
    if known is not None:
        said = case.id, told["event"], told["at"], fields
        if (known.case_id, known.kind, known.at_source, known.fields) != said:
            raise DiffersError(_("An event with this event_id is here already and says something else."))
        return known, False
    changing.check_version(case, told.get("version"), if_match)
    event = SourceEvent(
        source=key.source,
        event_id=event_id,
        case_id=case.id,
        kind=told["event"],
        at_source=told["at"],
        received_at=now,
        fields=fields,
        words_sealed=words.sealed(session, key.source, event_id, told),
        effect=NOTHING,
    )
    follow = changing.change if event.kind == "changed" else _move
    event.effect = follow(session, case, event, told, actor=f"{ACTOR}{key.name}", now=now)
    session.add(event)
    session.flush()
    audit.record(
        session, actor=f"{ACTOR}{key.name}", action="case.told", subject=f"case:{case.number}", now=now,
        event=event.kind, effect=event.effect, at=event.at_source,
    )  # fmt: skip
    return event, True


def _check(case: Case, told: dict[str, Any], event_id: str, now: datetime) -> None:
    if not event_id:
        raise FieldsError(_("The event_id holds no readable character."))
    if told["at"] > now + SKEW:
        raise FieldsError(_("The event lies in the future; compare the clock and the time zone."))
    if told["at"] < case.registered_at - SKEW:
        raise FieldsError(
            _("The event lies before the case was registered; tell registered_at with the case.")
        )
    if (told["event"] == "changed") != bool(told.get("changes")):
        raise FieldsError(_("“changes” belongs to an event “changed”, with at least one new value."))


def _move(
    session: Session, case: Case, event: SourceEvent, told: dict[str, Any], *, actor: str, now: datetime
) -> str:
    """Bring the case to where it would be, had everything been told in time."""
    if case.state in ("merged", "archived"):
        return NOTHING
    known, new = _known(session, case), Moment(event.at_source, event.kind, f"event:{event.event_id}")
    before, after = steps(known), steps([*known, new])
    is_late = any(moment.key > new.key for moment in known)
    if after == before:
        return LATE if is_late else NOTHING
    if extends(after, before):
        for step in after[len(before) :]:
            known_words = words.of_step(session, case.source, step.id)
            _step(session, case, step, told if step == new else known_words, actor)
    elif new.kind == CANCELLED:
        _cancel(session, case, told, actor, new.at)
        case.resolution_no = len(closings(after))
    else:
        _renumber(session, case, before, after, actor=actor, now=now)
    session.flush()
    return LATE if is_late else APPLIED


def _known(session: Session, case: Case) -> list[Moment]:
    told = select(SourceEvent).where(SourceEvent.case_id == case.id, SourceEvent.kind.in_(RANK))
    events = [Moment(row.at_source, row.kind, f"event:{row.event_id}") for row in session.scalars(told)]
    ours = [
        Moment(row.at, _OURS[row.event], f"ours:{row.id:012d}")
        for row in history(session, "case", [case.id])
        if row.event in _OURS and not row.actor.startswith(ACTOR)
    ]
    return events + ours


def _step(session: Session, case: Case, step: Moment, told: dict[str, Any], actor: str) -> None:
    if step.kind == CLOSED and case.state in OPEN:
        actions.close(
            session, case, result=clean_text(told.get("result", "")) or case.source, outside=case.source,
            close_reason=told.get("close_reason", ""), actor=actor, now=step.at,
        )  # fmt: skip
    elif step.kind == REOPENED:
        _reopen(session, case, told, actor, step.at)
    elif step.kind == CANCELLED:
        _cancel(session, case, told, actor, step.at)


def _reopen(session: Session, case: Case, told: dict[str, Any], actor: str, at: datetime) -> None:
    """Open the case again; where the customer asked for it too, both are answered with one step."""
    why = clean_text(told.get("reason", "")) or case.source
    if case.state == "closed":
        actions.reopen(session, case, actor=actor, reason=why, now=at)
    elif case.state == "reopen_requested":
        request = open_requests(session, case)[0]
        actions.accept_reopen(session, request, actor=actor, decision=why, now=at)


def _cancel(session: Session, case: Case, told: dict[str, Any], actor: str, at: datetime) -> None:
    """End the case; a closed one is opened for it, so that nobody is asked any more."""
    _reopen(session, case, told, actor, at)
    if case.state in OPEN:
        why = clean_text(told.get("reason", "")) or case.source
        actions.cancel(session, case, actor=actor, reason=why, now=at)


def _renumber(
    session: Session, case: Case, before: list[Moment], after: list[Moment], *, actor: str, now: datetime
) -> None:
    """Give the closings the numbers they have now that an earlier one is known.

    A question that is only planned is planned anew, because rules ask for the number of the closing; what
    was sent, answered or void stays with its closing.
    """
    present, numbers = case.resolution_no, renumbered(before, after)
    anew = case.state == "closed" and present in numbers and _only_planned(session, case)
    if anew:
        follow_ups.void_open(session, case, actor=actor, now=now, reason="late_event")
        _give_number(session, case, present, _ASIDE)
    for old, new in numbers.items():
        _give_number(session, case, old, new)
    case.resolution_no = present + len(closings(after)) - len(closings(before))
    if case.state != "cancelled" and closings(after):
        case.closed_at = closings(after)[-1].at
    session.flush()
    if anew and case.closed_at is not None:
        _give_number(session, case, _ASIDE, _inserted(before, after))  # as if it had been told in time
        follow_ups.plan(session, case, now=case.closed_at)


def _give_number(session: Session, case: Case, old: int, new: int) -> None:
    for model in (FollowUp, ReopenRequest, PastClock):
        session.execute(
            update(model)
            .where(model.case_id == case.id, model.resolution_no == old)
            .values(resolution_no=new)
            .execution_options(synchronize_session="fetch")
        )


def _inserted(before: list[Moment], after: list[Moment]) -> int:
    """Return the number of the closing that is new among those known before."""
    return next(n for n, moment in enumerate(closings(after), 1) if moment not in before)


def _only_planned(session: Session, case: Case) -> bool:
    wanted = select(FollowUp.state).where(
        FollowUp.case_id == case.id, FollowUp.resolution_no == case.resolution_no
    )
    return set(session.scalars(wanted)) == {"planned"}
