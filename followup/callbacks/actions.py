"""How a call ended: an outcome code, or the filled questionnaire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendar import load_calendar
from core.contacts.actions import mark_number_dead, set_do_not_contact
from core.contacts.models import Phone
from core.db import settings_of, vault_of
from core.errors import InputError
from core.i18n import _
from core.texts import clean_text
from followup import actions as follow_ups
from followup.callbacks.attempts import seconds, this_try, tries, write_attempt
from followup.callbacks.ending import cancel, finish
from followup.callbacks.holding import held, number_of
from followup.callbacks.lifecycle import CALLBACKS
from followup.callbacks.outcome_table import outcome_table
from followup.callbacks.outcomes import Code, Outcome
from followup.callbacks.policy import APPOINTMENT, RETRY, UNHAPPY, Decision, after
from followup.callbacks.queueing import next_phone
from followup.callbacks.taking import Agent
from followup.invitations import first_message
from followup.models import Attempt, Callback, FollowUp
from followup.rules.queries import terms_of
from followup.sending import write_after_calls
from surveys import actions as surveys
from surveys import answering
from surveys.models import Invitation
from surveys.parsing import Given
from surveys.queries import load_version

NOTE_LIMIT = 1000
_UNREACHED = frozenset({Code.MAX_ATTEMPTS, Code.DEAD_NUMBER, Code.WRONG_NUMBER})


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
    appointment: datetime | None = None,
    anyone: bool = False,
    version: int | None = None,
    now: datetime,
) -> Decision:
    """Write the attempt and do what its outcome leads to.

    An appointment is kept by the agent who made it; with ``anyone`` by whoever is free at that time.
    """
    outcomes = outcome_table(session)
    outcome = outcomes[code]
    if outcome.answers or not outcome.key:
        raise InputError(_("This outcome cannot be chosen by hand."))
    callback = _in_call(session, callback_id, agent, version, now)
    check_note(outcome, note)
    tried = [*tries(session, callback), this_try(session, callback, outcome, now)]
    other = _other_phone(session, callback, agent, now) if outcome.number_dead else None
    decision = after(
        code,
        tried,
        outcomes=outcomes,
        now=now,
        max_attempts=terms_of(session, _follow_up(session, callback).rule_version_id).max_attempts,
        hours=settings_of(session).call_hours,
        calendar=load_calendar(session),
        appointment=appointment,
        has_other_number=other is not None,
    )
    if code is Code.WRONG_NUMBER:
        _revoke_link(session, callback, agent, now)
    write_attempt(session, callback, agent, outcome, note=note, now=now)
    _apply(session, callback, agent, decision, now, reason=code, anyone=anyone)
    if code is Code.DO_NOT_CONTACT and callback.contact_id:
        set_do_not_contact(
            session, callback.contact_id, actor=agent.name, channel="phone", reason="callback", now=now
        )
        follow_ups.stop_contact(session, callback.contact_id, actor=agent.name, now=now)
    return decision


def complete(
    session: Session,
    callback_id: int,
    agent: Agent,
    answers: Mapping[str, Given],
    *,
    code: Code = Code.COMPLETE,
    note: str = "",
    reason: str = "",
    words: str = "",
    language: str,
    version: int | None = None,
    now: datetime,
) -> int:
    """Store the questionnaire that was asked by phone; return the response. Saved twice, it is one.

    ``reason`` and ``words`` say why the customer is not content, where the answers are poor.
    """
    _lock_invitation(session, callback_id)
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
    write_attempt(session, callback, agent, outcome_table(session)[code], note=note, now=now)
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


def _other_phone(session: Session, callback: Callback, agent: Agent, now: datetime) -> Phone | None:
    """Mark a dead number, for the other callbacks to it as well, and choose the next one to dial."""
    if callback.phone_id:
        mark_number_dead(session, callback.phone_id)
        _redirect_others(session, callback, agent, now)
    return next_phone(session, callback.contact_id)


def _revoke_link(session: Session, callback: Callback, agent: Agent, now: datetime) -> None:
    """Close the link that a stranger got by SMS at this number."""
    follow_up = _follow_up(session, callback)
    message = first_message(session, follow_up)
    if message is None or follow_up.invitation_id is None or message.channel != "sms":
        return
    to = vault_of(session).open(message.to_sealed, f"message.to:{message.uid}")
    if to == number_of(session, callback):
        surveys.revoke(session, follow_up.invitation_id, actor=agent.name, now=now, reason="wrong number")


def _redirect_others(session: Session, callback: Callback, agent: Agent, now: datetime) -> None:
    wanted = select(Callback).where(
        Callback.phone_id == callback.phone_id,
        Callback.id != callback.id,
        Callback.state.in_(("waiting", "ready", "appointed", "held")),
    )
    other = next_phone(session, callback.contact_id)
    for each in session.scalars(wanted.order_by(Callback.id).with_for_update()).all():
        if other is not None:
            each.phone_id, each.phone_index = other.id, other.number_index
            continue
        cancel(session, each, Code.DEAD_NUMBER, actor=agent.name, now=now, reason="dead number")
        _end_calls(session, each, Code.DEAD_NUMBER, actor=agent.name, now=now)


def _end_calls(session: Session, callback: Callback, code: Code, *, actor: str, now: datetime) -> None:
    """No call brought an answer: a link where the rule goes on so and nobody refused, else the end."""
    refused = select(Attempt.id).where(Attempt.callback_id == callback.id)
    refused = refused.where(Attempt.outcome == Code.REFUSED_SOFT).limit(1)
    may_write = code in _UNREACHED and session.scalar(refused) is None
    if not (may_write and write_after_calls(session, callback.follow_up_id, now)):
        follow_ups.give_up(session, _follow_up(session, callback), actor=actor, now=now, reason=code.lower())


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
        _end_calls(session, callback, decision.code, actor=agent.name, now=now)
        return
    is_promise = decision.event == "appoint"
    changes: dict[str, Any] = {
        "agent_id": agent.id if is_promise and not anyone else None,
        "lease_until": None,
        "draft_sealed": None,
        "version": callback.version + 1,
        "ready_at": decision.ready_at or now,
        "priority": APPOINTMENT
        if is_promise
        else callback.priority
        if callback.priority == UNHAPPY
        else RETRY,
    }
    if decision.event == "try_other_number":
        phone = next_phone(session, callback.contact_id)
        changes |= {"phone_id": phone.id, "phone_index": phone.number_index} if phone else {}
    CALLBACKS.move(
        session, callback, decision.event, actor=agent.name, now=now, reason=reason, changes=changes
    )


def _follow_up(session: Session, callback: Callback) -> FollowUp:
    return session.get_one(FollowUp, callback.follow_up_id, populate_existing=True)


def _lock_invitation(session: Session, callback_id: int) -> None:
    """Lock in the order in which an answer by link locks, so that the two never wait for each other."""
    wanted = (
        select(Invitation.id)
        .join(FollowUp, FollowUp.invitation_id == Invitation.id)
        .join(Callback, Callback.follow_up_id == FollowUp.id)
        .where(Callback.id == callback_id)
    )
    session.execute(wanted.with_for_update(of=Invitation))
