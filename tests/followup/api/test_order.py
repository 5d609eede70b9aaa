"""The order of what happened, from plain values."""

from datetime import UTC, datetime
from itertools import permutations

from followup.api.order import Moment, closings, extends, renumbered, steps


def at(hour: int, kind: str, name: str = "") -> Moment:
    return Moment(datetime(2026, 11, 16, hour, tzinfo=UTC), kind, name or f"{kind}{hour}")


CLOSED_8, CLOSED_10, CLOSED_12 = at(8, "closed"), at(10, "closed"), at(12, "closed")
REOPENED_11, CANCELLED_11 = at(11, "reopened"), at(11, "cancelled")


def test_closings_and_reopenings_take_turns() -> None:
    told = [CLOSED_12, REOPENED_11, CLOSED_8, CLOSED_10]
    assert steps(told) == [CLOSED_8, REOPENED_11, CLOSED_12]
    assert all(steps(order) == steps(told) for order in permutations(told))


def test_a_reopening_of_an_open_case_says_nothing() -> None:
    assert steps([REOPENED_11, CLOSED_12]) == [CLOSED_12]


def test_nothing_comes_after_a_cancelling() -> None:
    assert steps([CLOSED_12, CANCELLED_11, CLOSED_8]) == [CLOSED_8, CANCELLED_11]


def test_at_the_same_time_the_closing_comes_first() -> None:
    told = [at(11, "reopened"), at(11, "closed")]
    assert [step.kind for step in steps(told)] == ["closed", "reopened"]


def test_two_of_a_kind_at_the_same_time_are_ordered_by_their_ids() -> None:
    told = [at(11, "closed", "b"), at(11, "closed", "a")]
    assert [step.id for step in steps(told)] == ["a"]


def test_a_closing_that_becomes_known_moves_the_later_ones_on() -> None:
    before, after = steps([CLOSED_12]), steps([CLOSED_12, REOPENED_11, CLOSED_10])
    assert not extends(after, before)
    assert renumbered(before, after) == {1: 2}
    assert [moment.at.hour for moment in closings(after)] == [10, 12]


def test_what_only_goes_on_gives_no_new_numbers() -> None:
    before, after = steps([CLOSED_10]), steps([CLOSED_10, REOPENED_11, CLOSED_12])
    assert extends(after, before)
    assert renumbered(before, after) == {}
