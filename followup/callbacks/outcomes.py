"""How a call can end: the code table of the callback desk.

``result`` is the AAPOR group by which response rates are counted: I complete, P partial, R refusal or
breakoff, NC the customer was not reached, O other, NE out of the sample. ``connected`` says that a person
picked up, ``contacted`` that it was the customer. The delays are those of queXS, except where its table has
none or asks at once again. ``DELIVERED`` is the table as it comes; an administrator may change what
``outcome_table.py`` allows, so everything that decides is given the table in force.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType


class Code(enum.StrEnum):
    """The outcome codes, final and not final."""

    COMPLETE = "COMPLETE"
    SELF_DONE = "SELF_DONE"
    PARTIAL = "PARTIAL"
    BREAKOFF = "BREAKOFF"
    APPT_FIXED = "APPT_FIXED"
    APPT_SOFT = "APPT_SOFT"
    REFUSED_SOFT = "REFUSED_SOFT"
    REFUSED_HARD = "REFUSED_HARD"
    DO_NOT_CONTACT = "DO_NOT_CONTACT"
    NOT_SELF = "NOT_SELF"
    VOICEMAIL = "VOICEMAIL"
    NO_ANSWER = "NO_ANSWER"
    BUSY = "BUSY"
    UNREACHABLE = "UNREACHABLE"
    BLOCKED = "BLOCKED"
    WRONG_NUMBER = "WRONG_NUMBER"
    DEAD_NUMBER = "DEAD_NUMBER"
    LANGUAGE = "LANGUAGE"
    UNABLE = "UNABLE"
    DECEASED = "DECEASED"
    AWAY = "AWAY"
    SUPERVISOR = "SUPERVISOR"
    MAX_ATTEMPTS = "MAX_ATTEMPTS"
    VOID_REOPENED = "VOID_REOPENED"
    VOID_DUP = "VOID_DUP"


class Effect(enum.StrEnum):
    """What an outcome does to the task."""

    FINISH = "finish"
    RETRY = "retry"
    APPOINT = "appoint"
    OTHER_NUMBER = "other_number"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the table."""

    code: Code
    effect: Effect
    result: str  # AAPOR group
    aapor: str
    key: str = ""  # the letter at the desk; empty where only the system sets the code
    connected: bool = False
    contacted: bool = False
    eligible: bool | None = None  # None: not known from this call
    delay_minutes: int = 0
    other_day_part: bool = False
    next_workday: bool = False
    next_workday_if_twice: bool = False  # in a row
    at_most: int = 0  # how often one callback may end a call so; 0 sets no limit of its own
    again_for_complaints: bool = True  # False: who complained is not called again after it
    counts: bool = True  # as one of the permitted attempts; what the customer asked for does not
    number_dead: bool = False
    needs_note: bool = False
    needs_confirmation: bool = False
    answers: bool = False  # the questionnaire is stored with it
    place: str = "more"  # at the desk: first, more (one press away), off (not offered)
    position: int = 0

    @property
    def counts_as(self) -> str:
        """The group in which such a call counts: out of the sample where it says so."""
        return "NE" if self.eligible is False else self.result


_ROWS = (
    Outcome(
        Code.COMPLETE,
        Effect.FINISH,
        "I",
        "1.1",
        "Enter",
        connected=True,
        contacted=True,
        eligible=True,
        answers=True,
    ),
    Outcome(Code.SELF_DONE, Effect.FINISH, "I", "1.1", eligible=True),
    Outcome(
        Code.PARTIAL,
        Effect.FINISH,
        "P",
        "1.2",
        "P",
        connected=True,
        contacted=True,
        eligible=True,
        answers=True,
    ),
    Outcome(Code.NO_ANSWER, Effect.RETRY, "NC", "3.13", "A", delay_minutes=180, other_day_part=True),
    Outcome(Code.BUSY, Effect.RETRY, "NC", "3.12", "B", delay_minutes=30),
    Outcome(
        Code.APPT_FIXED,
        Effect.APPOINT,
        "O",
        "2.12a",
        "L",
        connected=True,
        contacted=True,
        eligible=True,
        counts=False,
    ),
    Outcome(
        Code.APPT_SOFT,
        Effect.RETRY,
        "O",
        "2.13a",
        "T",
        connected=True,
        contacted=True,
        eligible=True,
        delay_minutes=180,
        other_day_part=True,
    ),
    Outcome(
        Code.WRONG_NUMBER,
        Effect.OTHER_NUMBER,
        "NC",
        "4.70",
        "W",
        connected=True,
        counts=False,
        number_dead=True,
        needs_confirmation=True,
    ),
    Outcome(
        Code.DEAD_NUMBER,
        Effect.OTHER_NUMBER,
        "NC",
        "4.32",
        "X",
        counts=False,
        number_dead=True,
        needs_confirmation=True,
    ),
    Outcome(
        Code.REFUSED_HARD,
        Effect.FINISH,
        "R",
        "2.112b",
        "R",
        connected=True,
        contacted=True,
        eligible=True,
        needs_note=True,
    ),
    Outcome(
        Code.DO_NOT_CONTACT,
        Effect.FINISH,
        "R",
        "2.11",
        "D",
        connected=True,
        contacted=True,
        eligible=True,
        needs_confirmation=True,
    ),
    Outcome(
        Code.SUPERVISOR,
        Effect.HOLD,
        "O",
        "2.34",
        "E",
        connected=True,
        contacted=True,
        needs_note=True,
        needs_confirmation=True,
    ),
    Outcome(
        Code.REFUSED_SOFT,
        Effect.RETRY,
        "R",
        "2.112a",
        "F",
        connected=True,
        contacted=True,
        eligible=True,
        delay_minutes=7 * 24 * 60,
        needs_note=True,
        at_most=2,
        again_for_complaints=False,
    ),
    Outcome(
        Code.NOT_SELF, Effect.RETRY, "NC", "2.20", "N", connected=True, delay_minutes=180, other_day_part=True
    ),
    Outcome(Code.VOICEMAIL, Effect.RETRY, "NC", "2.22", "V", delay_minutes=180, other_day_part=True),
    Outcome(
        Code.UNREACHABLE,
        Effect.RETRY,
        "NC",
        "3.16",
        "U",
        delay_minutes=180,
        other_day_part=True,
        next_workday_if_twice=True,
    ),
    Outcome(
        Code.BLOCKED, Effect.RETRY, "NC", "3.15", "H", delay_minutes=24 * 60, next_workday=True, at_most=2
    ),
    Outcome(
        Code.BREAKOFF,
        Effect.RETRY,
        "R",
        "2.35a",
        "Q",
        connected=True,
        contacted=True,
        eligible=True,
        delay_minutes=30,
    ),
    Outcome(Code.AWAY, Effect.RETRY, "NC", "2.36", "Y", connected=True, delay_minutes=7 * 24 * 60),
    Outcome(Code.LANGUAGE, Effect.FINISH, "O", "2.33", "G", connected=True, contacted=True, needs_note=True),
    Outcome(Code.UNABLE, Effect.FINISH, "O", "2.32", "I", connected=True, contacted=True, needs_note=True),
    Outcome(Code.DECEASED, Effect.FINISH, "O", "2.31", "O", connected=True, needs_confirmation=True),
    Outcome(Code.MAX_ATTEMPTS, Effect.FINISH, "NC", "2.30"),
    Outcome(Code.VOID_REOPENED, Effect.FINISH, "NE", "4.10"),
    Outcome(Code.VOID_DUP, Effect.FINISH, "NE", "4.10"),
)
# What stands open at the right of the desk; the rest is one press further away.
_FIRST = (
    Code.NO_ANSWER, Code.BUSY, Code.APPT_FIXED, Code.WRONG_NUMBER, Code.DEAD_NUMBER, Code.REFUSED_HARD,
    Code.DO_NOT_CONTACT, Code.SUPERVISOR,
)  # fmt: skip
_MORE = (
    Code.PARTIAL, Code.BREAKOFF, Code.APPT_SOFT, Code.NOT_SELF, Code.VOICEMAIL, Code.UNREACHABLE,
    Code.BLOCKED, Code.AWAY, Code.REFUSED_SOFT, Code.LANGUAGE, Code.UNABLE, Code.DECEASED,
)  # fmt: skip
GAP = 1 << 20  # between two positions, so that a code can be put between any two
_PLACES = {
    code: (place, n * GAP)
    for place, codes in (("first", _FIRST), ("more", _MORE))
    for n, code in enumerate(codes, start=1)
}


def _placed(row: Outcome) -> Outcome:
    place, position = _PLACES.get(row.code, ("off", 0))
    return replace(row, place=place, position=position)


Outcomes = Mapping[Code, Outcome]
DELIVERED: Outcomes = MappingProxyType({row.code: _placed(row) for row in _ROWS})


def offered(outcomes: Outcomes, place: str) -> tuple[Code, ...]:
    """Return the codes that stand at one place of the desk, in their order."""
    rows = sorted((row.position, row.code) for row in outcomes.values() if row.place == place)
    return tuple(code for _position, code in rows)
