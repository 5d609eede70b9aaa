"""Whatever happens to a callback: hours are kept, tries are spread, and nobody is called too often."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.calendar import Calendar
from followup.callbacks.outcome_rules import check, may_end
from followup.callbacks.outcomes import DELIVERED, Code, Effect, Outcome, Outcomes
from followup.callbacks.policy import LONGEST_SEARCH, Try, after, counted

SHANGHAI = ZoneInfo("Asia/Shanghai")
BY_HAND = [code for code, row in DELIVERED.items() if row.key and not row.answers]
AGAIN = [code for code in BY_HAND if DELIVERED[code].effect is Effect.RETRY]
FIRST_DAY, LAST_DAY = date(2026, 1, 5), date(2026, 11, 20)
WHOLE_DAY = ["09:00-11:30,14:30-19:30", "08:00-20:00", "09:00-12:00,13:00-21:00;sat=10:00-11:00"]

ONE_PART = ["09:00-10:00", "08:00-12:00", "14:00-17:30", "18:00-20:00"]  # of the day


@dataclass(frozen=True)
class World:
    """Where somebody is called: the rule, the calendar, the permitted hours, the code table."""

    max_attempts: int
    hours: str
    calendar: Calendar
    outcomes: Outcomes
    is_complaint: bool


@st.composite
def changed_tables(draw: st.DrawFn) -> Outcomes:
    """What administrators may make of the waits."""
    table = dict(DELIVERED)
    for code in draw(st.sets(st.sampled_from(AGAIN), max_size=4)):
        table[code] = draw(
            st.builds(changed, st.just(table[code]), st.integers(5, 20_000), *[st.booleans()] * 4)
        )
    return table


def changed(row: Outcome, minutes: int, *ticks: bool) -> Outcome:
    names = ("other_day_part", "next_workday", "next_workday_if_twice", "again_for_complaints")
    values: dict[str, object] = dict(zip(names, ticks, strict=True))
    values["again_for_complaints"] = ticks[-1] or not may_end(row.code)
    table = replace(row, delay_minutes=minutes, **values)  # type: ignore[arg-type]
    check(table, DELIVERED)
    return table


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """China in 2026, with days that an administrator declared to be off, or to be worked."""
    days = st.dates(FIRST_DAY, LAST_DAY)
    off = draw(st.dictionaries(days, st.booleans(), max_size=12))
    return Calendar("CN", SHANGHAI, off)


def worlds(hours: Sequence[str] = WHOLE_DAY) -> st.SearchStrategy[World]:
    return st.builds(
        World,
        st.integers(1, 6),
        st.sampled_from(hours),
        calendars(),
        changed_tables(),
        st.booleans(),
    )


def story(
    world: World, start: datetime, code_of: Callable[[], Code], other_numbers: int = 1
) -> tuple[list[Try], list[datetime], Code | None]:
    """Call until it ends: each call is made when the one before allowed it. Return the calls and the end."""
    tries: list[Try] = []
    moments, now = [], world.calendar.next_open(start, world.hours)
    for _call in range(40):
        code = code_of()
        row = world.outcomes[code]
        local = now.astimezone(SHANGHAI)
        part = world.calendar.day_part(now)
        tries.append(Try(local.date(), part, code, result=row.result, contacted=row.contacted))
        moments.append(now)
        decision = after(
            code, tries, outcomes=world.outcomes, now=now, max_attempts=world.max_attempts,
            hours=world.hours, calendar=world.calendar, appointment=now + timedelta(hours=30),
            has_other_number=other_numbers > 0, is_complaint=world.is_complaint,
        )  # fmt: skip
        if decision.event in {"finish", "hold"}:
            return tries, moments, decision.code
        other_numbers -= decision.event == "try_other_number"
        now = decision.ready_at or now
        if decision.event == "retry":
            assert now > moments[-1]
    raise AssertionError("never came to an end")


def starts() -> st.SearchStrategy[datetime]:
    clock = st.times(time(0), time(23, 59))
    return st.builds(
        lambda d, t: datetime.combine(d, t, tzinfo=SHANGHAI), st.dates(FIRST_DAY, date(2026, 8, 1)), clock
    )


@given(worlds(), starts(), st.data())
@settings(max_examples=70, deadline=None)
def test_retries_lie_inside_the_hours_and_after_the_delay(
    world: World, start: datetime, data: st.DataObject
) -> None:
    asked = iter(data.draw(st.lists(st.sampled_from(BY_HAND), min_size=12, max_size=12)))
    tries, moments, _end = story(world, start, lambda: next(asked, Code.NO_ANSWER))
    for n, moment in enumerate(moments[1:], start=1):
        before = tries[n - 1].code
        row = world.outcomes[Code(before)]
        if row.effect is not Effect.RETRY:  # a promise, or the other number at once
            continue
        assert world.calendar.is_open(moment, world.hours)
        assert moment >= moments[n - 1] + timedelta(minutes=row.delay_minutes)
        if row.next_workday:
            assert tries[n].local_day > tries[n - 1].local_day
        if row.other_day_part:
            assert tries[n].day_part != tries[n - 1].day_part


@given(worlds(), starts(), st.data())
@settings(max_examples=70, deadline=None)
def test_nobody_is_called_more_often_than_the_rule_says(
    world: World, start: datetime, data: st.DataObject
) -> None:
    asked = iter(data.draw(st.lists(st.sampled_from(BY_HAND), min_size=12, max_size=12)))
    tries, _moments, _end = story(world, start, lambda: next(asked, Code.NO_ANSWER), other_numbers=2)
    assert counted(tries, world.outcomes) <= world.max_attempts
    for code, row in world.outcomes.items():
        if row.at_most:
            assert sum(t.code == code for t in tries) <= row.at_most


@given(worlds(), starts(), st.data())
@settings(max_examples=70, deadline=None)
def test_who_is_given_up_was_tried_in_two_parts_of_the_day_and_on_two_days(
    world: World, start: datetime, data: st.DataObject
) -> None:
    unlimited = [code for code in AGAIN if not world.outcomes[code].at_most]
    asked = iter(data.draw(st.lists(st.sampled_from([*unlimited, Code.APPT_FIXED]), min_size=9, max_size=9)))
    tries, _moments, end = story(world, start, lambda: next(asked, Code.NO_ANSWER))
    assume(end is Code.MAX_ATTEMPTS and world.max_attempts > 1)
    assert len({t.local_day for t in tries}) >= 2
    assert len({t.day_part for t in tries}) >= 2


@given(worlds(ONE_PART), starts(), st.data())
@settings(max_examples=60, deadline=None)
def test_hours_in_one_part_of_the_day_spread_over_days_and_still_come_to_an_end(
    world: World, start: datetime, data: st.DataObject
) -> None:
    asked = iter(
        data.draw(
            st.lists(st.sampled_from([Code.NO_ANSWER, Code.BUSY, Code.UNREACHABLE]), min_size=6, max_size=6)
        )
    )
    tries, moments, end = story(world, start, lambda: next(asked, Code.NO_ANSWER))
    assert end is Code.MAX_ATTEMPTS
    assert all(world.calendar.is_open(moment, world.hours) for moment in moments)
    assert world.max_attempts == 1 or len({t.local_day for t in tries}) >= 2


@given(
    st.sampled_from(AGAIN),
    st.integers(0, 20),
    st.integers(9, 19),
    st.integers(0, 59),
    st.sampled_from(WHOLE_DAY),
)
@settings(max_examples=60, deadline=None)
def test_before_a_year_that_nobody_knows_the_callback_waits_and_never_goes_back(
    code: Code, days: int, hour: int, minute: int, hours: str
) -> None:
    now = datetime(2026, 12, 11, hour, minute, tzinfo=SHANGHAI) + timedelta(days=days)
    unknown = Calendar("CN", SHANGHAI)
    tried = [Try(now.date(), unknown.day_part(now), code)]
    decision = after(
        code, tried, outcomes=DELIVERED, now=now, max_attempts=3, hours=hours, calendar=unknown,
    )  # fmt: skip
    if decision.event == "finish":
        return
    assert decision.ready_at is not None
    row = DELIVERED[code]
    if decision.ready_at.astimezone(SHANGHAI).year == 2026:
        assert unknown.is_open(decision.ready_at, hours)
        assert decision.ready_at >= now + timedelta(minutes=row.delay_minutes)
    else:
        assert decision.ready_at.astimezone(SHANGHAI).date() > now.date()
    assert decision.ready_at < now + timedelta(minutes=row.delay_minutes) + LONGEST_SEARCH
    assert decision.ready_at.tzinfo is not None
    assert decision.ready_at.astimezone(UTC) > now.astimezone(UTC)
