"""How a call ended: an outcome code, or the filled questionnaire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.calendar import load_calendar
from core.contacts.actions import mark_number_dead, set_do_not_contact
from core.contacts.models import Phone
from core.contacts.wishes import BY_CALL
from core.db import settings_of
from core.errors import InputError
from core.i18n import _
from core.texts import clean_text
from followup import actions as follow_ups
from followup.callbacks import before
from followup.callbacks.attempts import seconds, this_try, tries, write_attempt
from followup.callbacks.ending import finish
from followup.callbacks.holding import draft_of, held
from followup.callbacks.lifecycle import CALLBACKS
from followup.callbacks.outcome_table import outcome_table
from followup.callbacks.outcomes import Code, Outcome
from followup.callbacks.policy import APPOINTMENT, Decision, after, priority_of
from followup.callbacks.queueing import next_phone
from followup.callbacks.settling import lock_in_order, settle_now
from followup.callbacks.taking import Agent
from followup.corrections import actions as corrections
from followup.models import Attempt, Callback, Case, FollowUp
from followup.rules.queries import terms_of
from surveys import answering
from surveys.parsing import Given
from surveys.queries import load_version


class NotDialledError(InputError):
    """Show the number and call before you say how the call ended."""


def check_note(outcome: Outcome, note: str) -> None:
    """Refuse an outcome without the customer's words where it needs them."""
    if outcome.needs_note and not clean_text(note):
        raise InputError(_("Write in the note what the customer said, then choose this outcome again."))


def record_outcome(
    session: Session,
    callback_id: int,
    agent: Agent,
    code: Code,
    *,
    note: str = "",
    typed: Mapping[str, str] | None = None,
    appointment: datetime | None = None,
    anyone: bool = False,
    version: int | None = None,
    now: datetime,
) -> Decision:
    """Write the attempt and do what its outcome leads to; what cannot be taken back waits, see settling.py.

    An appointment is kept by the agent who made it; with ``anyone`` by whoever is free at that time.
    ``typed`` is what stands in the fields of the desk: it comes back with an undo.
    """
    outcomes = outcome_table(session)
    outcome = outcomes[code]
    if outcome.answers or not outcome.key:
        raise InputError(_("This outcome cannot be chosen by hand."))
    lock_in_order(session, callback_id)
    if outcome.place == "off":  # the page is older than the change
        raise InputError(_("This outcome is no longer offered. Choose another one."))
    callback = _in_call(session, callback_id, agent, version, now)
    check_note(outcome, note)
    follow_up = _follow_up(session, callback)
    other = next_phone(session, callback.contact_id, [callback.phone_id] if callback.phone_id else [])
    decision = after(
        code,
        [*tries(session, callback), this_try(session, callback, outcome, now)],
        outcomes=outcomes,
        now=now,
        max_attempts=terms_of(session, follow_up.rule_version_id).max_attempts,
        hours=settings_of(session).call_hours,
        calendar=load_calendar(session),
        appointment=appointment,
        has_other_number=other is not None,
        is_complaint=session.get_one(Case, follow_up.case_id).kind == "complaint",
    )
    attempt = _write(session, callback, agent, outcome, note=note, typed=typed, now=now)
    _protect(session, callback, attempt, outcome, actor=agent.name, now=now)
    _apply(session, callback, agent, decision, now, reason=code, anyone=anyone)
    return decision


def complete(
    session: Session,
    callback_id: int,
    agent: Agent,
    answers: Mapping[str, Given],
    *,
    code: Code = Code.COMPLETE,
    note: str = "",
    typed: Mapping[str, str] | None = None,
    reason: str = "",
    words: str = "",
    language: str,
    version: int | None = None,
    now: datetime,
) -> int:
    """Store the questionnaire that was asked by phone; return the response. Saved twice, it is one.

    ``reason`` and ``words`` say why the customer is not content, where the answers are poor.
    """
    lock_in_order(session, callback_id)
    callback = _in_call(session, callback_id, agent, version, now)
    follow_up = _follow_up(session, callback)
    loaded = load_version(session, follow_up.version_id)
    overall = loaded.with_role("overall")
    if code is Code.PARTIAL and overall and not answers[overall.item_key].is_answer:
        raise InputError(_("Without the overall item this is a call that broke off; choose that outcome."))
    recorded = answering.record(
        session,
        loaded,
        answers,
        mode="phone",
        stratum_id=follow_up.stratum_id,
        handler=follow_up.handler_name,
        language=language,
        now=now,
        external_id=f"callback:{callback.id}",
        entered_by=agent.id,
        seconds=seconds(session, callback, now),
    )
    _write(session, callback, agent, outcome_table(session)[code], note=note, typed=typed, now=now)
    finish(session, callback, agent.name, code, now)
    follow_ups.complete_by_phone(
        session, follow_up, recorded, actor=agent.name, reason=reason, words=words, now=now
    )
    return recorded.response_id


def _in_call(
    session: Session, callback_id: int, agent: Agent, version: int | None, now: datetime
) -> Callback:
    callback = held(session, callback_id, agent, version=version, now=now)
    if callback.state != "in_call":
        raise NotDialledError(_("Show the number and call before you say how the call ended."))
    return callback


def _write(
    session: Session,
    callback: Callback,
    agent: Agent,
    outcome: Outcome,
    *,
    note: str,
    typed: Mapping[str, str] | None,
    now: datetime,
) -> Attempt:
    """Write the attempt with all that an undo needs; an earlier outcome can be undone no more."""
    settle_now(session, callback, now)
    kept = dict(typed) if typed is not None else draft_of(session, callback)
    attempt = write_attempt(
        session, callback, agent, outcome, note=note, before=before.snapshot(callback), now=now
    )
    before.keep(session, attempt, typed=kept or {"note": note})
    callback.settles_at = now + before.UNDO
    return attempt


def _protect(
    session: Session, callback: Callback, attempt: Attempt, outcome: Outcome, *, actor: str, now: datetime
) -> None:
    """Do at once what protects people: never dial a wrong number again, leave alone who wants no contact."""
    done: dict[str, Any] = {}
    phone = session.get(Phone, attempt.phone_id) if outcome.number_dead and attempt.phone_id else None
    if phone is not None:
        done["killed"] = not phone.dead
        mark_number_dead(session, phone.id)
        is_wrong = outcome.code is Code.WRONG_NUMBER
        corrections.report(session, callback, attempt, wrong=is_wrong, actor=actor, now=now)
    if outcome.code is Code.DO_NOT_CONTACT and callback.contact_id:
        who = {"actor": actor, "channel": "phone", "reason": BY_CALL, "now": now}
        done["silenced"] = set_do_not_contact(session, callback.contact_id, **who)  # type: ignore[arg-type]
    attempt.before = (attempt.before or {}) | done
    session.flush()


def _apply(
    session: Session,
    callback: Callback,
    agent: Agent,
    decision: Decision,
    now: datetime,
    *,
    reason: str,
    anyone: bool,
) -> None:
    if decision.event == "finish":
        assert decision.code is not None
        finish(session, callback, agent.name, decision.code, now, reason=reason)
        return
    is_promise = decision.event == "appoint"
    changes: dict[str, Any] = {
        "agent_id": agent.id if is_promise and not anyone else None,
        "lease_until": None,
        "draft_sealed": None,
        "version": callback.version + 1,
        "ready_at": decision.ready_at or now,
        "priority": APPOINTMENT if is_promise else _place_of_retry(session, callback),
    }
    if decision.event == "try_other_number":
        phone = next_phone(session, callback.contact_id)
        changes |= {"phone_id": phone.id, "phone_index": phone.number_index} if phone else {}
    CALLBACKS.move(
        session, callback, decision.event, actor=agent.name, now=now, reason=reason, changes=changes
    )


def _place_of_retry(session: Session, callback: Callback) -> int:
    """Return where a callback stands in the queue that was called before, also by appointment."""
    follow_up = _follow_up(session, callback)
    case, again = session.get_one(Case, follow_up.case_id), follow_up.recovery_of_id is not None
    return priority_of(case.kind, case.severity, is_recovery=again, is_retry=True)


def _follow_up(session: Session, callback: Callback) -> FollowUp:
    return session.get_one(FollowUp, callback.follow_up_id, populate_existing=True)
