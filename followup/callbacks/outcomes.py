"""How a call can end: the code table of the callback desk.

``result`` is the AAPOR group by which response rates are counted: I complete, P partial, R refusal or
breakoff, NC nobody reached, O other, NE out of the sample. The delays are those of queXS, except where
its table has none or asks at once again.
"""

import enum
from dataclasses import dataclass


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
    contacted: bool = False
    eligible: bool | None = None  # None: not known from this call
    delay_minutes: int = 0
    other_day_part: bool = False
    next_workday: bool = False
    number_dead: bool = False
    needs_note: bool = False
    needs_confirmation: bool = False
    answers: bool = False  # the questionnaire is stored with it


_ROWS = (
    Outcome(Code.COMPLETE, Effect.FINISH, "I", "1.1", "Enter", contacted=True, eligible=True, answers=True),
    Outcome(Code.SELF_DONE, Effect.FINISH, "I", "1.1", eligible=True),
    Outcome(Code.PARTIAL, Effect.FINISH, "P", "1.2", "P", contacted=True, eligible=True, answers=True),
    Outcome(Code.NO_ANSWER, Effect.RETRY, "NC", "3.13", "A", delay_minutes=180, other_day_part=True),
    Outcome(Code.BUSY, Effect.RETRY, "NC", "3.12", "B", delay_minutes=30),
    Outcome(Code.APPT_FIXED, Effect.APPOINT, "O", "2.12", "L", contacted=True, eligible=True),
    Outcome(
        Code.APPT_SOFT, Effect.RETRY, "O", "2.13", "T", contacted=True, eligible=True,
        delay_minutes=180, other_day_part=True,
    ),
    Outcome(
        Code.WRONG_NUMBER, Effect.OTHER_NUMBER, "O", "4.70", "W", contacted=True,
        number_dead=True, needs_confirmation=True,
    ),
    Outcome(
        Code.DEAD_NUMBER, Effect.OTHER_NUMBER, "O", "4.32", "X", number_dead=True, needs_confirmation=True
    ),
    Outcome(
        Code.REFUSED_HARD, Effect.FINISH, "R", "2.112b", "R", contacted=True, eligible=True, needs_note=True
    ),
    Outcome(
        Code.DO_NOT_CONTACT, Effect.FINISH, "R", "2.11", "D", contacted=True, eligible=True,
        needs_confirmation=True,
    ),
    Outcome(
        Code.SUPERVISOR, Effect.HOLD, "O", "2.34", "E", contacted=True, needs_note=True,
        needs_confirmation=True,
    ),
    Outcome(
        Code.REFUSED_SOFT, Effect.RETRY, "R", "2.112a", "F", contacted=True, eligible=True,
        delay_minutes=7 * 24 * 60, needs_note=True,
    ),
    Outcome(Code.NOT_SELF, Effect.RETRY, "NC", "2.20", "N", delay_minutes=180, other_day_part=True),
    Outcome(Code.VOICEMAIL, Effect.RETRY, "NC", "2.22", "V", delay_minutes=180, other_day_part=True),
    Outcome(Code.UNREACHABLE, Effect.RETRY, "NC", "3.16", "U", delay_minutes=180, other_day_part=True),
    Outcome(Code.BLOCKED, Effect.RETRY, "NC", "3.15", "H", delay_minutes=24 * 60, next_workday=True),
    Outcome(Code.BREAKOFF, Effect.RETRY, "R", "2.35a", "Q", contacted=True, eligible=True, delay_minutes=30),
    Outcome(Code.AWAY, Effect.RETRY, "NC", "2.36", "Y", delay_minutes=7 * 24 * 60),
    Outcome(Code.LANGUAGE, Effect.FINISH, "O", "2.33", "G", contacted=True, needs_note=True),
    Outcome(Code.UNABLE, Effect.FINISH, "O", "2.32", "I", contacted=True, needs_note=True),
    Outcome(Code.DECEASED, Effect.FINISH, "O", "2.31", "O", contacted=True, needs_confirmation=True),
    Outcome(Code.MAX_ATTEMPTS, Effect.FINISH, "NC", "2.30"),
    Outcome(Code.VOID_REOPENED, Effect.FINISH, "NE", "4.10"),
    Outcome(Code.VOID_DUP, Effect.FINISH, "NE", "4.10"),
)  # fmt: skip
OUTCOMES: dict[Code, Outcome] = {row.code: row for row in _ROWS}

# What stands open at the right of the desk; the rest is one press further away.
FIRST_CODES = (
    Code.NO_ANSWER, Code.BUSY, Code.APPT_FIXED, Code.WRONG_NUMBER, Code.DEAD_NUMBER, Code.REFUSED_HARD,
    Code.DO_NOT_CONTACT, Code.SUPERVISOR,
)  # fmt: skip
MORE_CODES = (
    Code.PARTIAL, Code.BREAKOFF, Code.APPT_SOFT, Code.NOT_SELF, Code.VOICEMAIL, Code.UNREACHABLE,
    Code.BLOCKED, Code.AWAY, Code.REFUSED_SOFT, Code.LANGUAGE, Code.UNABLE, Code.DECEASED,
)  # fmt: skip
