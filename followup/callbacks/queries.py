"""Reading the call queue, and everything one callback needs on one screen."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from core.auth.models import User
from core.calendar import load_calendar
from core.contacts import queries as contacts
from core.contacts.queries import ContactCard
from core.db import settings_of, vault_of
from core.errors import NotFoundError
from core.i18n import _
from core.outbox.models import Message
from core.texts import mask_name, mask_phone
from followup.callbacks import reasons
from followup.callbacks.attempts import last_at, this_try, tries
from followup.callbacks.holding import draft_of
from followup.callbacks.outcome_table import outcome_table
from followup.callbacks.outcomes import Code, Effect, Outcomes
from followup.callbacks.policy import Decision, after, counted, queue_reason
from followup.callbacks.taking import end_of_day
from followup.cases import texts
from followup.models import Attempt, Callback, Case, FollowUp
from followup.rules.queries import terms_of
from surveys.queries import LoadedVersion, load_version


@dataclass(frozen=True, slots=True)
class PastCall:
    """One line of the desk's history."""

    at: datetime
    who: str
    outcome: str
    note: str
    channel: str = "phone"
    undone_by: str = ""  # who took it back; it counts nowhere


@dataclass(frozen=True, slots=True)
class OtherNumber:
    """A number of the customer that is not the one of this call."""

    phone_id: int
    masked: str
    kind: str  # mobile | landline


@dataclass(frozen=True, slots=True)
class Desk:
    """One callback with everything the agent looks at. Answers given by link before are not among it."""

    callback: Callback
    case: Case
    title: str
    description: str
    result: str
    customer: str
    has_name: bool
    number: str
    is_revealed: bool
    others: tuple[OtherNumber, ...]
    reason: str
    history: tuple[PastCall, ...]
    version: LoadedVersion
    started_at: datetime | None
    counted: int  # calls so far that count against it
    max_attempts: int
    outcomes: Outcomes  # the code table in force
    decisions: dict[Code, Decision | None]
    draft: dict[str, str]
    is_recovery: bool
    poor: reasons.Asked | None  # why the customer is not content


def callback_of(session: Session, callback_id: int) -> Callback:
    """Return a callback, or raise ``NotFoundError``."""
    callback = session.get(Callback, callback_id)
    if callback is None:
        raise NotFoundError(_("There is no such callback; the queue shows what is there."))
    return callback


def calls_today(session: Session, agent_id: int, *, now: datetime) -> int:
    """Count the calls that an agent made on this local day."""
    midnight = end_of_day(session, now) - timedelta(days=1)
    made = select(func.count()).where(
        Attempt.agent_id == agent_id, Attempt.ended_at >= midnight, Attempt.undone_at.is_(None)
    )
    return session.scalar(made) or 0


def desk(session: Session, callback: Callback, *, now: datetime) -> Desk:
    """Open one callback for the agent who holds it."""
    follow_up = session.get_one(FollowUp, callback.follow_up_id)
    case = session.get_one(Case, follow_up.case_id)
    card = contacts.card(session, callback.contact_id) if callback.contact_id else None
    terms, outcomes = terms_of(session, follow_up.rule_version_id), outcome_table(session)
    is_revealed = callback.state == "in_call"
    version = load_version(session, follow_up.version_id)
    alive = [phone for phone in card.phones if not phone.dead] if card else []
    number = next((phone.number for phone in alive if phone.id == callback.phone_id), "")
    midnight = end_of_day(session, now)
    return Desk(
        callback=callback,
        case=case,
        title=texts.title(session, case),
        description=texts.description(session, case),
        result=texts.result(session, case),
        customer=name_of(card, is_revealed),
        has_name=bool(card and card.name),
        number=number if is_revealed else mask_phone(number),
        is_revealed=is_revealed,
        others=tuple(
            OtherNumber(phone.id, mask_phone(phone.number), phone.kind)
            for phone in alive
            if phone.id != callback.phone_id
        ),
        reason=queue_reason(callback.priority, callback.deadline, callback.attempts, end_of_day=midnight),
        history=_history(session, callback, follow_up),
        version=version,
        started_at=last_at(session, callback, "dial") if is_revealed else None,
        counted=counted(tries(session, callback), outcomes),
        max_attempts=terms.max_attempts,
        outcomes=outcomes,
        decisions=_decisions(
            session,
            callback,
            outcomes,
            max_attempts=terms.max_attempts,
            has_other=len(alive) > 1,
            is_complaint=case.kind == "complaint",
            now=now,
        ),
        draft=draft_of(session, callback),
        is_recovery=follow_up.recovery_of_id is not None,
        poor=reasons.asked(session, version),
    )


def version_of(session: Session, callback_id: int) -> LoadedVersion:
    """Return the questionnaire that a callback asks."""
    asked = select(FollowUp.version_id).join(Callback, Callback.follow_up_id == FollowUp.id)
    version_id = session.scalar(asked.where(Callback.id == callback_id))
    if version_id is None:
        raise NotFoundError(_("There is no such callback; the queue shows what is there."))
    return load_version(session, version_id)


def _decisions(
    session: Session,
    callback: Callback,
    outcomes: Outcomes,
    *,
    max_attempts: int,
    has_other: bool,
    is_complaint: bool,
    now: datetime,
) -> dict[Code, Decision | None]:
    """Work out what each button would lead to if it were pressed now."""
    calendar, past = load_calendar(session), tries(session, callback)
    this = this_try(session, callback, next(iter(outcomes.values())), now)
    return {
        code: None
        if outcome.effect is Effect.APPOINT or outcome.answers
        else after(
            code,
            [*past, replace(this, code=code, result=outcome.counts_as, contacted=outcome.contacted)],
            outcomes=outcomes,
            now=now,
            max_attempts=max_attempts,
            hours=settings_of(session).call_hours,
            calendar=calendar,
            has_other_number=has_other,
            is_complaint=is_complaint,
        )
        for code, outcome in outcomes.items()
        if outcome.place != "off"
    }


def _history(session: Session, callback: Callback, follow_up: FollowUp) -> tuple[PastCall, ...]:
    """Return the calls and messages of this follow-up, the newest first."""
    undoer = aliased(User)
    calls = select(Attempt, User.display_name, undoer.display_name).join(User, User.id == Attempt.agent_id)
    calls = calls.outerjoin(undoer, undoer.name == Attempt.undone_by).where(
        Attempt.callback_id == callback.id
    )
    vault = vault_of(session)
    found = [
        PastCall(
            attempt.ended_at,
            name,
            attempt.outcome,
            vault.open(attempt.note_sealed, f"attempt.note:{attempt.uid}") if attempt.note_sealed else "",
            undone_by=undone_by or attempt.undone_by,
        )
        for attempt, name, undone_by in session.execute(calls)
    ]
    sent = select(Message).where(
        Message.subject_type == "follow_up", Message.subject_id == follow_up.id, Message.sent_at.is_not(None)
    )
    found += [
        PastCall(m.sent_at, "", m.purpose, "", m.channel)
        for m in session.scalars(sent)
        if m.sent_at is not None
    ]
    return tuple(sorted(found, key=lambda past: past.at, reverse=True))


def name_of(card: ContactCard | None, is_revealed: bool) -> str:
    """Return the name of a customer, masked until the number was shown."""
    if card is None or not card.name:
        return _("Customer")
    return card.name if is_revealed else mask_name(card.name)
