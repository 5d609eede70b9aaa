"""What a campaign says: read and written, refused with a sentence, and when its rounds begin."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.errors import InputError
from surveys.campaigns.policy import Terms, checked, first_start, next_start, sending_days

SHANGHAI = ZoneInfo("Asia/Shanghai")
QUARTERLY = Terms(schedule="quarterly", starts_on=date(2026, 11, 30), hour=9)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_terms_survive_the_database() -> None:
    terms = replace(QUARTERLY, channels=("email", "sms"), options={"days": 30, "kinds": ["repair"]})
    assert Terms.from_json(terms.to_json()) == terms
    assert Terms.from_json({"sample": "simple", "unknown": 1}) == Terms(sample="simple")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"audience": "everybody"}, "choose one of the values offered"),
        ({"sample": "stratified", "group_by": "name"}, "Groups by"),
        ({"sample_size": 0}, "from 1 to"),
        ({"hour": 24}, "from 0 to 23"),
        ({"reminders": 3}, "from 0 to 2"),
        ({"channels": ()}, "nobody can be asked"),
        ({"channels": ("sms", "sms")}, "twice"),
        ({"schedule": "quarterly"}, "the day of its first round"),
        ({"reminders": 2, "reminder_days": 7, "answer_days": 14}, "after the last day"),
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        checked(replace(Terms(), **changes))


def test_a_day_that_has_passed_means_at_once() -> None:
    now = utc(2026, 11, 18, 2)
    assert first_start(Terms(), SHANGHAI, now) == now
    assert first_start(replace(Terms(), starts_on=date(2026, 11, 1)), SHANGHAI, now) == now
    assert first_start(replace(Terms(), starts_on=date(2026, 12, 1)), SHANGHAI, now) == utc(2026, 12, 1, 1)


@pytest.mark.parametrize(
    ("after", "following"),
    [
        (utc(2026, 11, 30, 1), utc(2027, 2, 28, 1)),  # there is no 30 February
        (utc(2027, 2, 28, 1), utc(2027, 5, 30, 1)),  # and the day does not drift to the 28th
        (utc(2027, 9, 15), utc(2027, 11, 30, 1)),  # what was missed is not made up for
        (utc(2026, 11, 30, 0, 59), utc(2026, 11, 30, 1)),
    ],
)
def test_the_next_quarter_is_counted_from_the_first_day(after: datetime, following: datetime) -> None:
    assert next_start(QUARTERLY, SHANGHAI, after=after) == following


def test_half_a_year_and_once() -> None:
    terms = replace(QUARTERLY, schedule="half_yearly", starts_on=date(2026, 8, 31))
    assert next_start(terms, SHANGHAI, after=utc(2026, 8, 31, 1)) == utc(2027, 2, 28, 1)
    assert next_start(replace(QUARTERLY, schedule="once"), SHANGHAI, after=utc(2026, 12, 1)) is None


def test_the_days_of_sending_follow_from_the_pace() -> None:
    assert sending_days(0, 300, 13) == 0
    assert sending_days(300, 300, 13) == 1
    assert sending_days(10_000, 300, 13) == 3  # 33 hours at 13 a day
