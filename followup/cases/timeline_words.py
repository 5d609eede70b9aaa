"""How the timeline of a case says what happened: one short line per kind of event."""

from core.i18n import _, _l, language
from followup.callbacks.outcomes import Code
from followup.callbacks.words import OUTCOME
from followup.cases.answers import Said
from followup.cases.labels import CAUSE, CHANNEL, EVENT, LINK, SEVERITY
from followup.cases.registering import SUGGESTED
from followup.cases.severity import Suggestion
from followup.cases.timeline import TimelineEntry
from followup.clocks.words import said_alert
from followup.suppression.words import REASON as SUPPRESSED_BECAUSE

FOLLOW_UP_STATE = {
    "planned": _l("Planned"),
    "sending": _l("Being sent"),
    "sent": _l("Link sent"),
    "reminded": _l("Reminded"),
    "call_queued": _l("To be called"),
    "answered": _l("Answered"),
    "remedy": _l("Answered, remedy asked for"),
    "locked": _l("Answered"),
    "closed_no_response": _l("Ended without an answer"),
    "expired": _l("Expired"),
    "skipped": _l("Left out"),
    "void": _l("Void"),
}
FOLLOW_UP_TONE = {
    "answered": "good",
    "locked": "good",
    "remedy": "bad",
    "sent": "info",
    "reminded": "info",
    "call_queued": "info",
}
REASON = {
    **{code.lower(): words for code, words in OUTCOME.items()},  # how the calls ended without an answer
    "not_sampled": _l("not in the sample"),
    "cap": _l("asked often enough lately"),
    "bundled": _l("the customer is asked about a later case instead"),
    "cap_household": _l("the household was asked often enough lately"),
    "dnc": _l("wants no contact"),
    "no_contact": _l("no way to reach the customer"),
    "close_reason": _l("closed for a reason that is not asked about"),
    "too_old": _l("closed too long ago"),
    "reopened": _l("the case was opened again"),
    "cancelled": _l("the case was cancelled"),
    "merged": _l("the case was merged"),
    "opted_out": _l("wants no contact"),
    "undeliverable": _l("the message could not be delivered"),
    "no_answer": _l("nobody answered"),
    "suppressed": _l("suppressed by hand"),
    **SUPPRESSED_BECAUSE,
}
FOLLOW_UP_EVENT = {
    "plan": _l("Follow-up planned"),
    "send": _l("Follow-up due"),
    "skip": _l("Follow-up left out"),
    "sent": _l("Link sent"),
    "write": _l("Not reached by phone; a link instead"),
    "fall_back": _l("Not delivered; sent by the next channel"),
    "remind": _l("Reminder sent"),
    "call": _l("Handed over to the phone"),
    "expire": _l("No answer in time"),
    "answer": _l("The customer answered"),
    "opt_out": _l("The customer wants no contact"),
    "give_up": _l("Calls ended without an answer"),
    "complain": _l("Dissatisfied or not solved"),
    "lock": _l("The answer is final"),
    "suppress": _l("Follow-up suppressed by hand"),
    "suppress_calls": _l("Calls suppressed by hand"),
    "void": _l("Follow-up void"),
    "undo": _l("Answer taken out again: the call was undone"),
    "ask_again": _l("Asked again: the number was put right"),
}
CALLBACK_EVENT = {
    "hold": _l("Call held for the supervisor"),
    "resume": _l("Call given back to the queue"),
    "cancel": _l("Call cancelled"),
    "undo": _l("Outcome undone, the call goes on"),
}
MESSAGE_PURPOSE = {
    "invitation": _l("Invitation"),
    "reminder": _l("Reminder"),
    "notice": _l("Notice"),
}
MESSAGE_STATE = {
    "queued": _l("waiting to be sent"),
    "sending": _l("being sent"),
    "sent": _l("sent"),
    "failed": _l("could not be sent"),
    "uncertain": _l("not known whether it was sent"),
    "cancelled": _l("cancelled"),
    "delivered": _l("arrived"),
    "undelivered": _l("did not arrive"),
}
MODE = {
    "web": _l("by link"),
    "phone": _l("by phone"),
    "paper": _l("on paper"),
    "import": _l("imported"),
}
MISSING = {
    "not_applicable": _l("Did not use / does not know"),
    "refused": _l("Refused"),
    "dont_know": _l("Does not know"),
}
WAY = {
    "sms": _l("SMS"),
    "email": _l("E-mail"),
    "phone": _l("Phone"),
    "webhook": _l("Webhook"),
    "notice": _l("Notice"),
}


def nobody() -> dict[str, str]:
    """Return what to call those who act without signing in."""
    return {"system": _("the system"), "customer": _("Customer"), "demo": _("Demo")}


def entry_label(entry: TimelineEntry) -> str:
    """Say an event in a few words."""
    if entry.machine == "message":
        purpose = MESSAGE_PURPOSE.get(entry.kind, entry.kind)
        parts = (
            WAY.get(entry.channel, entry.channel),
            purpose,
            MESSAGE_STATE.get(entry.outcome, entry.outcome),
        )
        return " · ".join(str(part) for part in parts)
    if entry.machine == "clock":
        return said_alert(entry.channel, entry.kind)
    if entry.machine == "attempt":
        ended = OUTCOME.get(Code(entry.outcome), entry.outcome)
        return str(_("Call %(number)s: %(outcome)s", number=entry.kind, outcome=ended))
    tables = {"case": EVENT, "follow_up": FOLLOW_UP_EVENT, "callback": CALLBACK_EVENT}
    return str(tables.get(entry.machine, {}).get(entry.kind, _("Staff note")))


def entry_words(entry: TimelineEntry) -> str:
    """Say a reason: our own codes in words, what people wrote as it stands.

    A held call needs no words: the call above it has them.
    """
    if entry.machine == "callback" and entry.words in set(Code):
        return ""
    if entry.kind == "first_answer":
        return str(CHANNEL.get(entry.words, entry.words))
    if entry.machine == "case" and entry.kind in ("link", "unlink"):
        kind, _blank, number = entry.words.partition(" ")
        return f"{LINK.get(kind, kind)} · {number}"
    if entry.machine == "case" and entry.words.startswith(SUGGESTED):
        found = Suggestion.from_text(entry.words.removeprefix(SUGGESTED))
        severity = SEVERITY[found.severity]
        return _("%(severity)s, as suggested: %(reason)s", severity=severity, reason=found.reason)
    if entry.kind == "fall_back":
        return str(WAY.get(entry.words, entry.words))
    return str(CAUSE.get(entry.words) or REASON.get(entry.words) or entry.words)


def said_words(said: Said) -> str:
    """Say one answer: the words of the score or options, a number or a day, or why there is none."""
    item, given = said.item, said.given
    if given.missing is not None:
        return str(MISSING.get(given.missing.key, given.missing.key))
    scale = item.scored()
    if scale and given.value is not None:
        return scale.word(given.value, language())
    if given.number is not None:
        return given.day.isoformat() if item.kind == "date" else f"{given.number:g}"
    chosen = given.codes or (given.value,)
    options = [option.texts.get(language(), "") for option in item.options if option.code in chosen]
    return ": ".join(part for part in ("; ".join(options), given.words) if part)
