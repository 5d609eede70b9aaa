"""What a call leads to, and which callback is next. Plain values in, decisions out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from core.calendar import CalendarError
from core.errors import InputError
from core.i18n import _
from followup.callbacks.outcomes import Code, Effect, Outcome, Outcomes

MIN_DAY_PARTS = 2
MIN_WORKDAYS = 2
ABSENT_AFTER = timedelta(minutes=15)  # an appointment whose agent is away goes to any agent
STEP = timedelta(minutes=30)
LONGEST_SEARCH = timedelta(days=14)  # longer than any holiday

# Smaller is sooner. UNHAPPY is a complaint, SERIOUS another case whose severity asks for haste; what is due
# today is worked out when the queue is asked.
APPOINTMENT, RECOVERY, UNHAPPY, SERIOUS, DUE_TODAY, RETRY, PLAIN = 10, 16, 20, 25, 30, 40, 50
_HASTE = {"urgent": 2, "serious": 1}  # how many places a severity moves a complaint forward


class Hours(Protocol):
    """What is asked of the working calendar."""

    @property
    def zone(self) -> ZoneInfo:
        """Where people's clock hangs."""

    def next_open(self, moment: datetime, hours: str) -> datetime:
        """Return the earliest moment, not before ``moment``, inside the hours of a workday."""

    def day_part(self, moment: datetime) -> str:
        """Return morning, afternoon or evening."""


@dataclass(frozen=True, slots=True)
class Try:
    """One earlier attempt, as far as the spread of attempts asks."""

    local_day: date
    day_part: str
    code: str = ""
    phone_id: int | None = None
    result: str = ""  # AAPOR group, as it was when the call ended
    contacted: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The event of the callback machine, with the final code or the time of the next call."""

    event: str
    code: Code | None = None
    ready_at: datetime | None = None


def after(
    code: Code,
    tries: Sequence[Try],
    *,
    outcomes: Outcomes,
    now: datetime,
    max_attempts: int,
    hours: str,
    calendar: Hours,
    appointment: datetime | None = None,
    has_other_number: bool = False,
    is_complaint: bool = False,
) -> Decision:
    """Decide what an outcome leads to; ``tries`` has this call as its last."""
    outcome = outcomes[code]
    if outcome.effect is Effect.FINISH or (is_complaint and is_left_alone(outcome)):
        return Decision("finish", code)
    if outcome.effect is Effect.HOLD:
        return Decision("hold")
    if outcome.effect is Effect.APPOINT:
        return Decision("appoint", ready_at=checked_appointment(appointment, now=now))
    if outcome.effect is Effect.OTHER_NUMBER:
        return Decision("try_other_number") if has_other_number else Decision("finish", code)
    if is_used_up(code, tries, max_attempts, outcomes):
        return Decision("finish", Code.MAX_ATTEMPTS)
    again_at = next_try(
        code, tries, outcomes=outcomes, now=now, max_attempts=max_attempts, hours=hours, calendar=calendar
    )
    return Decision("retry", ready_at=again_at)


def is_left_alone(outcome: Outcome) -> bool:
    """Tell whether somebody who complained is not called again after such a call."""
    return outcome.effect is Effect.RETRY and not outcome.again_for_complaints


def is_used_up(code: Code, tries: Sequence[Try], max_attempts: int, outcomes: Outcomes) -> bool:
    """Tell whether one more call would be a nuisance."""
    at_most = outcomes[code].at_most
    if at_most and sum(t.code == code for t in tries) >= at_most:
        return True
    return counted(tries, outcomes) >= max_attempts


def counted(tries: Sequence[Try], outcomes: Outcomes) -> int:
    """Return how many of the permitted attempts were made.

    A call that the customer asked for is none, nor is one to a number that turned out not to be the
    customer's: the other number is called in its stead.
    """
    free = {code for code, outcome in outcomes.items() if not outcome.counts}
    return sum(t.code not in free for t in tries)


def next_try(
    code: Code,
    tries: Sequence[Try],
    *,
    outcomes: Outcomes,
    now: datetime,
    max_attempts: int,
    hours: str,
    calendar: Hours,
) -> datetime:
    """Return when to call again: inside the hours, after the delay, spread over parts of the day and days.

    The last permitted attempt makes the spread whole: at least two parts of the day and two working days.
    """
    outcome, last = outcomes[code], tries[-1]
    is_last = counted(tries, outcomes) == max_attempts - 1
    is_twice = len(tries) > 1 and tries[-2].code == code
    other_day = (
        outcome.next_workday
        or (outcome.next_workday_if_twice and is_twice)
        or (is_last and len({t.local_day for t in tries}) < MIN_WORKDAYS)
    )
    other_part = outcome.other_day_part or (is_last and len({t.day_part for t in tries}) < MIN_DAY_PARTS)
    earliest = now + timedelta(minutes=outcome.delay_minutes)
    try:
        return _spread(
            earliest, last, other_day=other_day, other_part=other_part, hours=hours, calendar=calendar
        )
    except CalendarError:  # the tick looks again when the callback wakes, and raises the alarm
        return _next_day(earliest, last, calendar)


def _next_day(earliest: datetime, last: Try, calendar: Hours) -> datetime:
    """Return the beginning of another day than that of the last call: so far the calendar goes."""
    local = earliest.astimezone(calendar.zone)
    if local.date() > last.local_day:
        return earliest
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight.astimezone(UTC)


def _spread(
    earliest: datetime, last: Try, *, other_day: bool, other_part: bool, hours: str, calendar: Hours
) -> datetime:
    moment = calendar.next_open(earliest, hours)
    fallback: datetime | None = None
    while moment < earliest + LONGEST_SEARCH:
        wrong_day = other_day and moment.astimezone(calendar.zone).date() <= last.local_day
        if not wrong_day and not (other_part and calendar.day_part(moment) == last.day_part):
            return moment
        fallback = fallback if wrong_day or fallback else moment
        moment = calendar.next_open(moment + STEP, hours)
    return fallback or moment  # the hours lie in one part of the day: better the same part than never


def checked_appointment(appointment: datetime | None, *, now: datetime) -> datetime:
    """Return the agreed time, or raise ``InputError`` when there is none or it cannot be kept."""
    if appointment is None:
        raise InputError(_("Enter the day and the time that the customer agreed to."))
    if appointment <= now:
        raise InputError(_("The agreed time has passed already; enter a later one."))
    if appointment > now + timedelta(days=60):
        raise InputError(_("The agreed time is more than 60 days away; agree an earlier one."))
    return appointment


def priority_of(kind: str, severity: str, *, is_recovery: bool, is_retry: bool = False) -> int:
    """Return the place of a callback in the queue, which a second try of the unhappy keeps."""
    if is_recovery:
        return RECOVERY
    haste = _HASTE.get(severity, 0)
    if kind == "complaint":
        return UNHAPPY - haste
    if haste:
        return SERIOUS + 1 - haste
    return RETRY if is_retry else PLAIN


def queue_reason(priority: int, deadline: datetime | None, attempts: int, *, end_of_day: datetime) -> str:
    """Say why a task is next, as the chip at the desk shows it."""
    for highest, reason in (
        (APPOINTMENT, "appointment"), (RECOVERY, "recovery"), (UNHAPPY, "unhappy"), (SERIOUS, "serious"),
    ):  # fmt: skip
        if priority <= highest:
            return reason
    if deadline is not None and deadline < end_of_day:
        return "due_today"
    return "retry" if attempts else "oldest"


def result_of_all(code: Code, tries: Sequence[Try], outcomes: Outcomes) -> str:
    """Return the AAPOR group of a callback that ends with ``code``: of all its calls, not of the last one.

    An answer counts as such; else a refusal in any call is a refusal, and a customer who was spoken to and
    gave no answer is "other" (2.30), one who never was is a non-contact. Source: AAPOR Standard Definitions;
    McCarty, most recent against final disposition.
    """
    last = outcomes[code].counts_as
    if last in {"I", "P", "NE"}:
        return last
    if last == "R" or any(t.result == "R" for t in tries):
        return "R"
    return "O" if last == "O" or any(t.contacted for t in tries) else "NC"


def may_call(
    handler_id: int | None, agent_id: int, handler_name: str = "", names: Sequence[str] = ()
) -> bool:
    """Tell whether this agent may ask: never the person who handled the case, by account or by name."""
    return (handler_id is None or handler_id != agent_id) and not (handler_name and handler_name in names)
