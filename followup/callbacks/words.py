"""What people read for the codes of the callback desk."""

from datetime import datetime, timedelta

from core.contacts import words as contact_words
from core.i18n import _, _l, language, ngettext, said_duration
from followup.callbacks.outcomes import Code, Effect, Outcome
from followup.callbacks.policy import Decision

OUTCOME = {
    Code.COMPLETE: _l("Answered in full"),
    Code.SELF_DONE: _l("Answered by link"),
    Code.PARTIAL: _l("Answered in part"),
    Code.BREAKOFF: _l("Broke off"),
    Code.APPT_FIXED: _l("Call again at"),
    Code.APPT_SOFT: _l("Call another time"),
    Code.REFUSED_SOFT: _l("Not now"),
    Code.REFUSED_HARD: _l("Refused the call"),
    Code.DO_NOT_CONTACT: _l("Do not contact"),
    Code.NOT_SELF: _l("Somebody else answered"),
    Code.VOICEMAIL: _l("Voicemail"),
    Code.NO_ANSWER: _l("No answer"),
    Code.BUSY: _l("Busy"),
    Code.UNREACHABLE: _l("Switched off"),
    Code.BLOCKED: _l("Blocked or cut off"),
    Code.WRONG_NUMBER: _l("Wrong person"),
    Code.DEAD_NUMBER: _l("Dead number"),
    Code.LANGUAGE: _l("No common language"),
    Code.UNABLE: _l("Cannot answer"),
    Code.DECEASED: _l("Has died"),
    Code.AWAY: _l("Away for long"),
    Code.SUPERVISOR: _l("Hand to supervisor"),
    Code.MAX_ATTEMPTS: _l("Tried often enough"),
    Code.VOID_REOPENED: _l("Case reopened"),
    Code.VOID_DUP: _l("Duplicate"),
}
contact_words.OUTCOME.update(
    {str(code): words for code, words in OUTCOME.items()}
)  # the ledger of a contact says how each call ended
STATE = {
    "waiting": _l("Waiting"),
    "ready": _l("Ready"),
    "claimed": _l("In hand"),
    "in_call": _l("In a call"),
    "appointed": _l("Appointment"),
    "held": _l("With the supervisor"),
    "done": _l("Done"),
    "cancelled": _l("Cancelled"),
}
STATE_TONE = {
    "ready": "info", "claimed": "warn", "in_call": "warn", "held": "bad", "done": "good",
}  # fmt: skip
REASON = {
    "appointment": _l("Promised time"),
    "recovery": _l("Recovery"),
    "unhappy": _l("Complaint"),
    "serious": _l("Serious case"),
    "due_today": _l("Due by today"),
    "retry": _l("Second try"),
    "oldest": _l("Oldest in the queue"),
}
REASON_TONE = {
    "appointment": "bad", "recovery": "bad", "unhappy": "warn", "serious": "warn", "due_today": "warn",
    "retry": "info",
}  # fmt: skip
PART = {"morning": _l("morning"), "afternoon": _l("afternoon"), "evening": _l("evening")}
GIVE_BACK = {
    "not_my_language": _l("The customer speaks a language I do not"),
    "known": _l("I know the customer"),
    "break": _l("I have to stop now"),
    "technical": _l("The line does not work"),
}


EFFECT = {
    Effect.FINISH: _l("ends the callback"),
    Effect.RETRY: _l("is called again"),
    Effect.APPOINT: _l("is called at the agreed time"),
    Effect.OTHER_NUMBER: _l("the other number is called; without one it ends"),
    Effect.HOLD: _l("waits for the supervisor"),
}
GROUP = {
    "I": _l("answer"),
    "P": _l("answer in part"),
    "R": _l("refusal"),
    "NC": _l("customer not reached"),
    "O": _l("other reason"),
    "NE": _l("not counted"),
}
PLACE = {
    "first": _l("In sight"),
    "more": _l("Under “More outcomes”"),
    "off": _l("Not offered"),
}


def said_terms(outcome: Outcome) -> list[str]:
    """Say what a code leads to, whatever the callback: one phrase for each condition."""
    if outcome.effect is not Effect.RETRY:
        return [str(EFFECT[outcome.effect])]
    said = [_said_wait(outcome)]
    if outcome.other_day_part:
        said.append(_("in another part of the day"))
    if outcome.next_workday_if_twice:
        said.append(_("twice in a row: not before the next working day"))
    if outcome.at_most:
        said.append(
            ngettext("%(num)s such call, then it ends", "%(num)s such calls, then it ends", outcome.at_most)
        )
    if not outcome.again_for_complaints:
        said.append(_("ends at once where the case is a complaint"))
    return said


def _said_wait(outcome: Outcome) -> str:
    delay = said_duration(timedelta(minutes=outcome.delay_minutes), language())
    if not outcome.next_workday:
        return _("again after %(delay)s", delay=delay)
    if not outcome.delay_minutes:
        return _("again on the next working day")
    return _("again after %(delay)s, on another working day", delay=delay)


def effect(outcome: Outcome, decision: Decision | None, said: str, *, number: int, at_most: int) -> str:
    """Say under a button what pressing it leads to; ``said`` is the time of the next call in words."""
    if outcome.code is Code.APPT_FIXED:
        return _("you call at that time")
    if outcome.code is Code.DO_NOT_CONTACT:
        return _("no more contact, ever")
    if outcome.effect is Effect.HOLD:
        return _("waits for a decision")
    if outcome.effect is Effect.OTHER_NUMBER:
        return _("next: the other number") if decision and not decision.code else _("ends: no other number")
    if decision is None or decision.code is not None:
        return _said_end(outcome, decision)
    return _("%(when)s (%(number)s/%(at_most)s)", when=said, number=number + 1, at_most=at_most)


def _said_end(outcome: Outcome, decision: Decision | None) -> str:
    if outcome.effect is not Effect.RETRY:
        return _("ends this callback")
    is_left_alone = decision is not None and decision.code is outcome.code
    return _("ends: one call after a complaint") if is_left_alone else _("ends: tried often enough")


def confirmation(code: Code, name: str) -> str:
    """Ask before what cannot be taken back."""
    if code is Code.DO_NOT_CONTACT:
        return _("%(name)s will never be written to or called again. Is that what was said?", name=name)
    if code is Code.SUPERVISOR:
        return _("The callback leaves the queue and a supervisor decides about it. Hand it over?")
    if code is Code.DECEASED:
        return _("The callback ends, and nobody will be asked. Is that right?")
    if code in {Code.WRONG_NUMBER, Code.DEAD_NUMBER}:
        return _("This number will never be dialled again. Is it really wrong?")
    return _("Save this call as “%(outcome)s”?", outcome=OUTCOME[code])


def saved(code: Code, again: datetime | None) -> str:
    """Say what was saved."""
    if again is None:
        return _("Saved as: %(outcome)s.", outcome=OUTCOME[code])
    return _("Saved as: %(outcome)s. The call is planned again.", outcome=OUTCOME[code])
