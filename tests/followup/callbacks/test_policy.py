"""What each outcome leads to: waits, other parts of the day, other days, the end."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.calendar import Calendar
from core.errors import InputError
from followup.callbacks.outcomes import DELIVERED, Code, Effect, offered
from followup.callbacks.policy import Decision, Try, after, may_call, priority_of, queue_reason
from followup.callbacks.words import REASON

HOURS = "09:00-11:30,14:30-19:30"
CHINA = Calendar("CN", ZoneInfo("Asia/Shanghai"))
DAY = date(2026, 11, 18)  # a Wednesday


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """A moment in Shanghai."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai"))


def decide(code: Code, tries: list[Try], now: datetime, **given: object) -> Decision:
    values: dict[str, object] = {
        "outcomes": DELIVERED,
        "max_attempts": 3,
        "hours": HOURS,
        "calendar": CHINA,
    } | given
    return after(code, tries, now=now, **values)  # type: ignore[arg-type]


def first(code: Code, part: str = "morning") -> list[Try]:
    return [Try(DAY, part, code)]


@pytest.mark.parametrize(
    ("code", "now", "again"),
    [
        (Code.BUSY, at(18, 10), at(18, 10, 30)),
        (Code.BUSY, at(18, 11, 20), at(18, 14, 30)),  # the lunch break is not ours
        (Code.NO_ANSWER, at(18, 10), at(18, 14, 30)),  # three hours, and another part of the day
        (Code.VOICEMAIL, at(18, 9), at(18, 14, 30)),
        (Code.BREAKOFF, at(18, 10), at(18, 10, 30)),
        (Code.BLOCKED, at(18, 10), at(19, 10)),
        (Code.AWAY, at(18, 10), at(25, 10)),
        (Code.REFUSED_SOFT, at(18, 10), at(25, 10)),
    ],
)
def test_a_first_try_waits_as_its_outcome_says(code: Code, now: datetime, again: datetime) -> None:
    assert decide(code, first(code), now) == Decision("retry", ready_at=again.astimezone(UTC))


def test_an_afternoon_without_an_answer_is_followed_by_an_evening() -> None:
    decision = decide(Code.NO_ANSWER, [Try(DAY, "afternoon", Code.NO_ANSWER)], at(18, 14, 45))
    assert decision.ready_at == at(18, 18, 15)  # half an hour at a time


def test_a_friday_evening_is_followed_by_monday_morning() -> None:
    friday = [Try(date(2026, 11, 20), "evening", Code.NO_ANSWER)]
    assert decide(Code.NO_ANSWER, friday, at(20, 19)).ready_at == at(23, 9)


def test_the_last_attempt_falls_on_another_day_and_part() -> None:
    tries = [Try(DAY, "morning", Code.BUSY), Try(DAY, "morning", Code.BUSY)]
    again = decide(Code.BUSY, tries, at(18, 10)).ready_at
    assert again == at(19, 14, 30)


def test_twice_unreachable_waits_for_the_next_day() -> None:
    tries = [Try(DAY, "morning", Code.UNREACHABLE), Try(DAY, "afternoon", Code.UNREACHABLE)]
    again = decide(Code.UNREACHABLE, tries, at(18, 15), max_attempts=5).ready_at
    assert again == at(19, 9)


def test_before_a_year_that_is_not_known_nobody_is_called_again_on_the_same_day() -> None:
    """The last working day of 2026: what has to wait for another day waits until it is known what that is."""
    last_day = date(2026, 12, 31)
    midnight = datetime(2027, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
    twice = [Try(last_day, "morning", Code.UNREACHABLE), Try(last_day, "afternoon", Code.UNREACHABLE)]
    assert decide(Code.UNREACHABLE, twice, at(31, 15, month=12), max_attempts=5).ready_at == midnight
    evening = [Try(last_day, "evening", Code.NO_ANSWER)]
    assert decide(Code.NO_ANSWER, evening, at(31, 18, month=12)).ready_at == midnight


def test_the_national_holiday_is_left_out() -> None:
    eve = [Try(date(2026, 9, 30), "evening", Code.NO_ANSWER)]
    assert decide(Code.NO_ANSWER, eve, at(30, 19, month=9)).ready_at == at(8, 9, month=10)


def test_a_make_up_saturday_is_a_day_for_calls() -> None:
    friday = [Try(date(2026, 10, 9), "evening", Code.NO_ANSWER)]
    assert decide(Code.NO_ANSWER, friday, at(9, 19, month=10)).ready_at == at(10, 9, month=10)


def test_attempts_are_used_up_after_three() -> None:
    tries = [Try(DAY, "morning", Code.NO_ANSWER)] * 3
    assert decide(Code.NO_ANSWER, tries, at(18, 10)) == Decision("finish", Code.MAX_ATTEMPTS)


def test_an_appointment_does_not_count_as_an_attempt() -> None:
    tries = [Try(DAY, "morning", c) for c in (Code.APPT_FIXED, Code.NO_ANSWER, Code.NO_ANSWER)]
    assert decide(Code.NO_ANSWER, tries, at(18, 10)).event == "retry"


def test_a_soft_refusal_is_asked_once_more_and_never_again() -> None:
    tries = [Try(DAY, "morning", Code.REFUSED_SOFT)] * 2
    assert decide(Code.REFUSED_SOFT, tries, at(18, 10), max_attempts=9).code is Code.MAX_ATTEMPTS


def test_who_complained_and_does_not_want_to_talk_is_left_alone() -> None:
    soft = first(Code.REFUSED_SOFT)
    assert decide(Code.REFUSED_SOFT, soft, at(18, 10), is_complaint=True) == Decision(
        "finish", Code.REFUSED_SOFT
    )
    assert decide(Code.NO_ANSWER, first(Code.NO_ANSWER), at(18, 10), is_complaint=True).event == "retry"


def test_the_other_number_gets_the_call_that_a_wrong_one_used_up() -> None:
    tries = [Try(DAY, "morning", c) for c in (Code.NO_ANSWER, Code.NO_ANSWER, Code.WRONG_NUMBER)]
    assert decide(Code.WRONG_NUMBER, tries, at(18, 10), has_other_number=True).event == "try_other_number"
    last = [*tries, Try(DAY, "morning", Code.NO_ANSWER)]
    assert decide(Code.NO_ANSWER, last, at(18, 10)) == Decision("finish", Code.MAX_ATTEMPTS)


def test_an_appointment_is_kept_to_the_minute() -> None:
    agreed = at(21, 20, 15)  # a Saturday evening: the customer asked for it
    decision = decide(Code.APPT_FIXED, first(Code.APPT_FIXED), at(18, 10), appointment=agreed)
    assert decision == Decision("appoint", ready_at=agreed)


@pytest.mark.parametrize("agreed", [None, at(18, 9), at(18, 10) + timedelta(days=61)])
def test_an_appointment_that_cannot_be_kept_is_refused(agreed: datetime | None) -> None:
    with pytest.raises(InputError):
        decide(Code.APPT_FIXED, first(Code.APPT_FIXED), at(18, 10), appointment=agreed)


def test_a_wrong_number_leads_to_the_other_number_or_to_the_end() -> None:
    tries = first(Code.WRONG_NUMBER)
    assert decide(Code.WRONG_NUMBER, tries, at(18, 10), has_other_number=True) == Decision("try_other_number")
    assert decide(Code.WRONG_NUMBER, tries, at(18, 10)) == Decision("finish", Code.WRONG_NUMBER)


def test_a_supervisor_case_is_held() -> None:
    assert decide(Code.SUPERVISOR, first(Code.SUPERVISOR), at(18, 10)) == Decision("hold")


@pytest.mark.parametrize("code", [c for c, o in DELIVERED.items() if o.effect is Effect.FINISH])
def test_final_outcomes_are_final(code: Code) -> None:
    assert decide(code, first(code), at(18, 10)) == Decision("finish", code)


def test_hours_within_one_part_of_the_day_still_lead_to_a_call() -> None:
    again = decide(Code.NO_ANSWER, first(Code.NO_ANSWER), at(18, 10), hours="09:00-10:00").ready_at
    assert again is not None


def test_every_outcome_has_its_own_key_at_the_desk() -> None:
    at_desk = (*offered(DELIVERED, "first"), *offered(DELIVERED, "more"))
    keys = [DELIVERED[c].key for c in at_desk]
    reserved = {"C", "J", "K", "S", "M"}  # show the number, next, keep the lease, give back, more outcomes
    assert len(set(keys)) == len(keys)
    assert not reserved & set(keys)
    by_hand = {code for code, row in DELIVERED.items() if row.key}
    assert by_hand == {*at_desk, Code.COMPLETE}


def test_the_handler_of_the_case_may_not_call() -> None:
    assert may_call(None, 7)
    assert may_call(8, 7)
    assert not may_call(7, 7)


@pytest.mark.parametrize(
    ("priority", "deadline", "attempts", "reason"),
    [
        (10, None, 1, "appointment"),
        (16, at(18, 18), 1, "recovery"),
        (18, None, 0, "unhappy"),
        (20, at(18, 18), 2, "unhappy"),
        (24, None, 0, "serious"),
        (25, at(18, 18), 1, "serious"),
        (50, at(18, 18), 0, "due_today"),
        (40, at(20, 18), 1, "retry"),
        (50, at(20, 18), 0, "oldest"),
    ],
)
def test_the_queue_says_why(priority: int, deadline: datetime | None, attempts: int, reason: str) -> None:
    assert queue_reason(priority, deadline, attempts, end_of_day=at(19, 0)) == reason
    assert REASON[reason]


def test_the_queue_goes_by_promise_redone_work_complaint_severity_and_age() -> None:
    asked = [
        ("repair", "normal", True),
        ("complaint", "urgent", False),
        ("complaint", "serious", False),
        ("complaint", "minor", False),
        ("inquiry", "urgent", False),
        ("repair", "serious", False),
        ("repair", "normal", False),
    ]
    places = [priority_of(kind, severity, is_recovery=again) for kind, severity, again in asked]
    assert places == [16, 18, 19, 20, 24, 25, 50]
    second_tries = [priority_of(k, s, is_recovery=again, is_retry=True) for k, s, again in asked]
    assert second_tries == [16, 18, 19, 20, 24, 25, 40]  # only who is not unhappy stands behind what is due


def test_a_year_without_a_published_calendar_does_not_keep_an_agent_from_saving() -> None:
    eve = [Try(date(2026, 12, 31), "evening", Code.NO_ANSWER)]
    unknown = Calendar("CN", ZoneInfo("Asia/Shanghai"))
    decision = decide(Code.NO_ANSWER, eve, at(31, 19, month=12), calendar=unknown)
    assert decision.ready_at == at(31, 0, month=12) + timedelta(
        days=1
    )  # the tick asks the calendar again, and says so
