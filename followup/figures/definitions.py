"""What each figure says: its formula in words, what counts and what does not, and where it comes from."""

import enum
from dataclasses import dataclass
from typing import Any

from core.i18n import _l
from followup.figures.groups import By


class Section(enum.StrEnum):
    """The tables of the page."""

    FOLLOW_UPS = "follow_ups"
    CALLS = "calls"
    ANSWERS = "answers"
    CASES = "cases"
    RATES = "rates"


class Unit(enum.StrEnum):
    """How a value is written."""

    SHARE = "share"
    TIME = "time"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure. All texts are translated where they are shown."""

    code: str
    section: Section
    name: Any
    formula: Any
    inside: Any  # what counts, and by which day
    outside: Any  # what does not
    source: Any
    unit: Unit = Unit.SHARE
    breakdowns: tuple[By, ...] = (By.NOTHING, By.DEPARTMENT, By.AGENT, By.MONTH)
    is_answer: bool = False  # made of answers: small groups are hidden


NOT_BY_AGENT = (By.NOTHING, By.DEPARTMENT, By.MONTH)
OWN_CHOICE = _l("Our own definition: no authoritative formula was found.")
SECTION_NAME = {
    Section.FOLLOW_UPS: _l("Follow-ups"),
    Section.CALLS: _l("Phone calls"),
    Section.ANSWERS: _l("What customers said"),
    Section.CASES: _l("Cases"),
    Section.RATES: _l("Response rates (AAPOR)"),
}
_OWED_IN = _l(
    "Owed is every follow-up planned for a closing of the period, also where the customer had no way to be "
    "asked or we were too late, and also what is still under way."
)
_OWED_OUT = _l(
    "Not owed: not sampled, bundled with another question, asked lately (cap), wants no contact, excluded "
    "by the reason of closing, suppressed by hand, or made void because the case was opened again."
)
_AAPOR = _l("AAPOR, Standard Definitions, 8th edition (2015).")
_CALLS_IN = _l("Every call whose outcome was recorded in the period, however it ended.")
_CALLS_OUT = _l("Outcomes that were undone.")
_SATISFIED_SOURCE = _l(
    "Usual wording of service standards: satisfied answers of valid answers; what is not answered is left "
    "out and never counted as satisfied."
)
_RATINGS_IN = _l(
    "The overall item of follow-ups answered in the period, by link, on paper or by phone. Of two ratings "
    "of a case that was put right, the later counts if it was given before the period ended. Each scale has "
    "a line of its own: different scales are never added up."
)
_RATINGS_OUT = _l("Not asked, skipped, not applicable, refused and does not know; answers without a case.")

DEFINITIONS = (
    Definition(
        "attempted", Section.FOLLOW_UPS, _l("Follow-up rate, attempted"),
        _l("Follow-ups in which the customer was reached or tried as the norm asks, of all that were owed"),
        _l("All that count as reached, also while the calls go on (such as an appointment). Tried as the "
           "norm asks: calls up to the set number on two working days and in two parts of the day at least, "
           "an outcome that ends the calls (such as a refusal or a dead number), or a link that was "
           "delivered and ran out."),
        _OWED_OUT,
        _l("Industry practice (回访率): follow-ups done or tried as the norm asks, of the cases to be "
           "followed up."),
        breakdowns=NOT_BY_AGENT,
    ),
    Definition(
        "reached", Section.FOLLOW_UPS, _l("Follow-up rate, reached"),
        _l("Follow-ups in which the customer answered or was spoken to, of all that were owed"),
        _OWED_IN, _OWED_OUT,
        _l("Shown beside the rate of those attempted, because one says what we did and the other what came "
           "of it."),
        breakdowns=NOT_BY_AGENT,
    ),
    Definition(
        "phone_reached", Section.FOLLOW_UPS, _l("Reach rate by phone"),
        _l("Callbacks in which the customer himself was spoken to, of all callbacks owed"),
        _l("Case level: however many calls it took. By agent: callbacks by who made the last call."),
        _l("Customers who answered by link before anybody called, and callbacks taken back with their case."),
        _l("Industry practice (触达率): cases in which the person was contacted, of the cases to be called."),
    ),
    Definition(
        "first_try", Section.FOLLOW_UPS, _l("Success at the first call"),
        _l("Callbacks answered in full at the first call, of all callbacks that ended after at least one "
           "call"),
        _l("The first call that counts; by agent: who made the last call."),
        _l("Callbacks that are not over, or ended without a call, and what was not owed."),
        OWN_CHOICE,
    ),
    Definition(
        "connected", Section.CALLS, _l("Connection rate"),
        _l("Calls in which a person picked up, of all calls made"),
        _CALLS_IN, _CALLS_OUT,
        _l("Industry practice (接通率 of outgoing calls). Not to be confused with the rate of incoming calls "
           "answered in 15 seconds (GB/T 33358-2016)."),
    ),
    Definition(
        "calls_per_complete", Section.CALLS, _l("Calls for each full answer"),
        _l("Calls made, divided by calls that ended in a full answer"),
        _CALLS_IN, _CALLS_OUT, OWN_CHOICE, unit=Unit.RATIO,
    ),
    Definition(
        "talk", Section.CALLS, _l("Talk time, median (min:s)"),
        _l("The middle value of the time from showing the number to the outcome; the quartiles beside it"),
        _l("Calls in which a person picked up. Dialling and ringing are in it."),
        _l("Calls over four hours and calls without a beginning."), OWN_CHOICE, unit=Unit.TIME,
    ),
    Definition(
        "wrap_up", Section.CALLS, _l("Time between calls, median (min:s)"),
        _l("The middle value of the time from one outcome to the next number shown; the quartiles beside it"),
        _l("Two calls of the same agent, one after the other on the same day."),
        _l("Waits with a pause in them and waits over 30 minutes. A number that was shown without an "
           "outcome is not seen, so its time is in the wait."),
        OWN_CHOICE, unit=Unit.TIME,
    ),
    Definition(
        "satisfied", Section.ANSWERS, _l("Satisfaction rate"),
        _l("Satisfied answers of all valid answers: the top two of the five-step scale, the top three where "
           "the middle says “basically satisfied”"),
        _RATINGS_IN, _RATINGS_OUT, _SATISFIED_SOURCE, is_answer=True,
    ),
    Definition(
        "satisfied_strict", Section.ANSWERS, _l("Satisfaction rate, strict"),
        _l("Answers at the very top of the scale (“very satisfied”), of all valid answers"),
        _RATINGS_IN, _RATINGS_OUT, _SATISFIED_SOURCE, is_answer=True,
    ),
    Definition(
        "resolved", Section.ANSWERS, _l("Resolution rate"),
        _l("Answers “yes” to whether the matter was solved, of all valid answers"),
        _l("The item about the solution, of the same answers as the satisfaction rate."),
        _RATINGS_OUT,
        _l("One of the three rates of the Beijing hotline (解决率); its exact formula was not found."),
        is_answer=True,
    ),
    Definition(
        "closed", Section.CASES, _l("Completion rate"),
        _l("Cases that are closed now, of all registered in the period"),
        _l("Cases registered in the period; the department is the present one."),
        _l("Cancelled and merged cases."),
        _l("Industry practice (办结率): completed of accepted."),
        breakdowns=NOT_BY_AGENT,
    ),
    Definition(
        "on_time", Section.CASES, _l("On-time completion rate"),
        _l("Closings by their limit, of all limits that ended in the period"),
        _l("What is still open after its limit counts as late; a case that was closed twice counts twice."),
        _l("Cancelled and merged cases, cases that stand still, cases without a limit."),
        _l("Industry practice (按时办结率): completed by the limit of those due."),
        breakdowns=NOT_BY_AGENT,
    ),
    Definition(
        "repeats", Section.CASES, _l("Repeated complaints"),
        _l("Complaints of the same household about the same category as a case shortly before, of all "
           "complaints"),
        _l("Complaints registered in the period. How many days count as shortly is a setting (30 as "
           "delivered)."),
        _l("Cancelled and merged cases."), OWN_CHOICE, breakdowns=NOT_BY_AGENT,
    ),
)  # fmt: skip

# Of the AAPOR rates the formula is its own definition; what the letters count stands above the table.
RATE_NAME = {
    "rr1": _l("Response rate 1"), "rr2": _l("Response rate 2"), "rr3": _l("Response rate 3"),
    "rr4": _l("Response rate 4"), "rr5": _l("Response rate 5"), "rr6": _l("Response rate 6"),
    "coop1": _l("Cooperation rate 1"), "coop2": _l("Cooperation rate 2"),
    "coop3": _l("Cooperation rate 3"), "coop4": _l("Cooperation rate 4"),
    "con1": _l("Contact rate 1"), "ref1": _l("Refusal rate 1"),
}  # fmt: skip
FORMULA = {
    "rr1": "I / ((I+P) + (R+NC+O) + (UH+UO))",
    "rr2": "(I+P) / ((I+P) + (R+NC+O) + (UH+UO))",
    "rr3": "I / ((I+P) + (R+NC+O) + e(UH+UO))",
    "rr4": "(I+P) / ((I+P) + (R+NC+O) + e(UH+UO))",
    "rr5": "I / ((I+P) + (R+NC+O))",
    "rr6": "(I+P) / ((I+P) + (R+NC+O))",
    "coop1": "I / ((I+P) + R + O)",
    "coop2": "(I+P) / ((I+P) + R + O)",
    "coop3": "I / ((I+P) + R)",
    "coop4": "(I+P) / ((I+P) + R)",
    "con1": "((I+P) + R + O) / ((I+P) + (R+NC+O) + (UH+UO))",
    "ref1": "R / ((I+P) + (R+NC+O) + (UH+UO))",
}
LETTER = {
    "I": _l("answered in full"), "P": _l("answered in part"), "R": _l("refused or broken off"),
    "NC": _l("customer not reached"), "O": _l("other: reached without an answer"),
    "UH": _l("not known whether the number exists"), "UO": _l("not known whether eligible"),
}  # fmt: skip
RATES_IN = _l(
    "One unit is one follow-up of a closing of the period that is over. An answer counts before a refusal, "
    "a refusal in any call before the rest. A wrong or dead number and a phone that nobody answers are NC: "
    "the customer of a closed case is known, so nothing is of unknown eligibility (UH = UO = 0), RR1 = RR3 "
    "= RR5 and RR2 = RR4 = RR6, and e changes nothing."
)
RATES_OUT = _l(
    "What was not owed, and what is still under way. By phone: customers who answered by link before "
    "anybody called. By link: an answer by phone counts as NC, because the link brought none."
)
RATES_SOURCE = _AAPOR
CHANNELS = ("phone", "link", "all")
NEITHER = "neither"
COUNTED = ("phone", "link", NEITHER, "all")  # the lines of what was counted
CHANNEL_NAME = {
    "phone": _l("Asked by phone"), "link": _l("Asked by link"),
    NEITHER: _l("Neither by phone nor by link"), "all": _l("Altogether"),
}  # fmt: skip
REASON = {
    "not_sampled": _l("not sampled"), "bundled": _l("bundled with another question"),
    "cap": _l("asked lately"), "cap_household": _l("the household was asked lately"),
    "dnc": _l("wants no contact"), "close_reason": _l("excluded by the reason of closing"),
    "suppressed": _l("suppressed by hand"), "void": _l("case opened again, cancelled or merged"),
}  # fmt: skip
