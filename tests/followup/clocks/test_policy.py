"""Limits by kind and severity, and what a pause does to them; hand counts and properties."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import Calendar
from followup.cases.policy import KINDS, SEVERITIES
from followup.clocks.limits import for_case
from followup.clocks.policy import (
    DEFAULTS,
    HOURS,
    WORKDAYS,
    WORKING_HOURS,
    Limits,
    Span,
    due_after_pause,
    limits_of,
)

CHINA = Calendar("CN", ZoneInfo("Asia/Shanghai"))  # 09:00-12:00, 13:30-18:00


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA.zone)


@pytest.mark.parametrize(
    ("severity", "at", "response", "resolution"),
    [
        ("urgent", "2026-11-21T23:00", "2026-11-22T01:00", "2026-11-22T23:00"),  # a Saturday night
        ("serious", "2026-11-20T16:00", "2026-11-21T16:00", "2026-11-25T16:00"),
        ("normal", "2026-11-18T10:00", "2026-11-23T10:00", "2026-11-25T10:00"),
        ("minor", "2026-09-30T16:00", "2026-10-10T16:00", "2026-10-13T16:00"),  # over the National Day
        ("normal", "2026-02-13T12:30", "2026-02-25T12:00", "2026-02-27T12:00"),  # at lunch, Spring Festival
    ],
)
def test_the_seeded_limits(severity: str, at: str, response: str, resolution: str) -> None:
    assert for_case("complaint", severity, local(at), CHINA, {}) == (local(response), local(resolution))


def test_a_kind_of_its_own_wins_over_every_kind_and_that_over_the_program() -> None:
    own, every = (Limits(Span(n, WORKING_HOURS), Span(n + 1, WORKDAYS)) for n in (1, 2))
    table = {("repair", "urgent"): own, ("", "urgent"): every}
    assert limits_of("repair", "urgent", table) == own
    assert limits_of("praise", "urgent", table) == every
    assert limits_of("repair", "minor", table) == DEFAULTS["minor"]
    assert {severity for severity in SEVERITIES if severity in DEFAULTS} == set(SEVERITIES)
    assert all(limits_of(kind, severity, {}) for kind in KINDS for severity in SEVERITIES)


def test_of_a_year_that_is_not_known_only_plain_hours_are_said() -> None:
    at = datetime(2100, 3, 3, 2, 0, tzinfo=UTC)
    assert for_case("repair", "urgent", at, CHINA, {}) == (at + timedelta(hours=2), at + timedelta(hours=24))
    assert for_case("repair", "serious", at, CHINA, {}) == (at + timedelta(hours=24), None)
    assert for_case("repair", "normal", at, CHINA, {}) == (None, None)


# The fourth had run out before it was paused; of the last no working time was left.
@pytest.mark.parametrize(
    ("unit", "due", "paused", "resumed", "expected"),
    [
        (WORKDAYS, "2026-11-25T10:00", "2026-11-19T17:00", "2026-11-24T09:00", "2026-11-27T11:00"),
        (WORKING_HOURS, "2026-11-18T18:00", "2026-11-18T11:00", "2026-11-18T13:45", "2026-11-19T10:15"),
        (HOURS, "2026-11-21T10:00", "2026-11-20T22:00", "2026-11-21T08:00", "2026-11-21T20:00"),
        (WORKDAYS, "2026-11-18T10:00", "2026-11-19T10:00", "2026-11-24T09:00", "2026-11-18T10:00"),
        (WORKDAYS, "2026-11-18T18:00", "2026-11-18T18:00", "2026-11-24T09:00", "2026-11-18T18:00"),
        (WORKDAYS, "2026-11-19T09:00", "2026-11-18T19:00", "2026-11-20T10:00", "2026-11-20T10:00"),
    ],
)  # fmt: skip
def test_a_pause_moves_the_limit_by_what_was_left(
    unit: str, due: str, paused: str, resumed: str, expected: str
) -> None:
    found = due_after_pause(local(due), local(paused), local(resumed), Span(1, unit), CHINA)
    assert found == local(expected)


MOMENTS = st.integers(0, 60 * 24 * 60).map(lambda m: datetime(2026, 9, 1, tzinfo=UTC) + timedelta(minutes=m))
PAUSES = st.lists(st.tuples(st.integers(1, 3000), st.integers(0, 6000)), max_size=4)


@given(MOMENTS, st.sampled_from([WORKDAYS, WORKING_HOURS, HOURS]), st.integers(1, 5), PAUSES)
def test_however_often_it_stands_still_the_same_time_is_given(
    at: datetime, unit: str, amount: int, stops: list[tuple[int, int]]
) -> None:
    span = Span(amount, unit)
    due, moment = span.after(at, CHINA), at
    whole, ran = _time(at, due, span), timedelta(0)
    for running, standing in stops:
        paused = moment + timedelta(minutes=running)
        if paused >= due:
            break
        ran += _time(moment, paused, span)
        moment = paused + timedelta(minutes=standing)
        due = due_after_pause(due, paused, moment, span, CHINA)
    assert ran + _time(moment, due, span) == whole


def _time(start: datetime, end: datetime, span: Span) -> timedelta:
    return CHINA.working_time(start, end) if span.counts_work else end - start


@given(MOMENTS, st.sampled_from([WORKDAYS, WORKING_HOURS, HOURS]), st.integers(1, 5))
def test_the_last_fifth_of_a_limit_is_a_fifth_of_its_time(at: datetime, unit: str, amount: int) -> None:
    span = Span(amount, unit)
    end = span.last_part(0.2, at, CHINA)
    assert _time(at, end, span) == _time(at, span.after(at, CHINA), span) * 0.2
