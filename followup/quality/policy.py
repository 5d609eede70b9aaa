"""Which calls are looked at again, who may do it, and what counts as the same answer: pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from followup.callbacks.policy import may_call
from surveys.definition import WRITTEN
from surveys.models import Missing
from surveys.parsing import Given
from surveys.queries import LoadedItem, LoadedVersion

FINE = 2**64
SETTLED = timedelta(minutes=6)  # an outcome can be undone for five minutes; what may vanish is not drawn
LOOK_BACK = timedelta(days=14)  # older calls are not drawn: nobody remembers them
WAITS = timedelta(days=28)  # a call that nobody looked at by then is looked at by nobody: recordings go
LEASE = timedelta(hours=1)  # listening and scoring take a few minutes, a second call may have to be tried
NOT_COMPARED = frozenset({*WRITTEN, "multiple"})  # what is written is not written twice alike
STEPS = frozenset({"likert", "rating"})  # kinds whose answers are steps of one scale
WAYS = ("listen", "call")
REASONS = ("no_recording", "not_reached", "wrong_person", "declined", "changed", "other")
_NOBODY_SAID = frozenset({Missing.NOT_ASKED, Missing.SKIPPED})

Marks = dict[str, list[int]]  # item key -> [value of the call, value of the second person]


def is_drawn(number: int, percent: int) -> bool:
    """Tell whether a call with this keyed hash belongs to the sample of ``percent`` in a hundred."""
    return number * 100 < percent * FINE


def lowest(calls: Iterable[tuple[int, str]], hashed: Callable[[str], int]) -> int | None:
    """Return the id of the call whose hash is the smallest: the one of a week in which none was drawn."""
    ranked = sorted((hashed(uid), call_id) for call_id, uid in calls)
    return ranked[0][1] if ranked else None


def weeks_to_close(today: date) -> list[tuple[date, date]]:
    """Return first and last day of the two weeks before this one: only a week that is over is looked at."""
    monday = today - timedelta(days=today.weekday())
    return [(monday - timedelta(days=7 * n), monday - timedelta(days=7 * n - 6)) for n in (1, 2)]


def may_review(
    reviewer_id: int, names: Iterable[str], *, agent_id: int, handler_id: int | None, handler_name: str
) -> bool:
    """Tell whether this person may: not who called, nor who could not have called."""
    return reviewer_id != agent_id and may_call(handler_id, reviewer_id, handler_name, tuple(names))


def why_not_call(
    *, is_closed: bool, wants_contact: bool, has_number: bool, is_open: bool, rang: int, at_most: int,
    ended_at: datetime, now: datetime,
) -> str | None:  # fmt: skip
    """Return why the customer cannot be called again, as a code; the recording can be listened to always."""
    reasons = (
        (not is_closed, "open_case"),
        (not wants_contact, "no_contact"),
        (not has_number, "no_number"),
        (ended_at < now - LOOK_BACK, "too_long_ago"),
        (rang >= at_most, "rang_enough"),
        (not is_open, "closed_hours"),
    )
    return next((code for holds, code in reasons if holds), None)


def comparable(version: LoadedVersion) -> LoadedVersion:
    """Return the questions that two people can compare: those with scores or options, in their order.

    A question that depends on one that is left out is left out as well.
    """
    kept: dict[str, LoadedItem] = {}
    for item in version.items:
        condition = item.definition.show_if
        if item.kind not in NOT_COMPARED and (condition is None or set(condition.items) <= set(kept)):
            asked = replace(item.definition, required=False)  # what cannot be heard is left blank
            kept[item.item_key] = replace(item, required=False, definition=asked)
    definition = replace(version.definition, items=tuple(item.definition for item in kept.values()))
    return replace(version, items=tuple(kept.values()), definition=definition)


def compare(version: LoadedVersion, first: Mapping[str, Given], second: Mapping[str, Given]) -> Marks:
    """Return both values of every question that both looked at.

    What the second person left blank, or what one of the two was not asked, says nothing about agreement.
    """
    marks: Marks = {}
    for item in version.items:
        one, other = first[item.item_key], second[item.item_key]
        if other.missing in _NOBODY_SAID or one.missing is Missing.NOT_ASKED:
            continue
        marks[item.item_key] = [coded(one), coded(other)]
    return marks


def coded(given: Given) -> int:
    """Return an answer as one number: the score or option, or the negative code of why there is none."""
    if given.missing is not None:
        return int(given.missing)
    return given.value if given.value is not None else int(Missing.SKIPPED)


def is_same(marks: Marks) -> bool:
    """Tell whether both people have the same answer everywhere."""
    return all(one == other for one, other in marks.values())
