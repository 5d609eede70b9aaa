"""How many calls the next working days will ask for: arithmetic only, every assumption is an argument."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

WORKDAYS = 10


@dataclass(frozen=True, slots=True)
class Assumed:
    """One figure of experience: on how many cases it rests, and whether it is a mere assumption."""

    value: float
    n: int
    is_fallback: bool


@dataclass(frozen=True, slots=True)
class Experience:
    """What the past says about the days to come."""

    unanswered: Assumed  # share of links that come to the phone because nobody answers
    calls: Assumed  # for each callback until it is finished
    seconds: Assumed  # of one call with what is done after it


@dataclass(frozen=True, slots=True)
class WorkDay:
    """One day of the calendar; ``minutes`` in which calls are permitted, None on a day off."""

    day: date
    minutes: int | None

    @property
    def is_open(self) -> bool:
        return bool(self.minutes)


@dataclass(frozen=True, slots=True)
class Due:
    """What comes to the phone, by the day from which it may be called."""

    waiting: Mapping[tuple[date, int], int]  # callbacks that exist, by day and calls made so far
    planned: Mapping[date, int]  # follow-ups that begin on the phone
    links: Mapping[date, int]  # links that come to the phone on that day if nobody answers


@dataclass(frozen=True, slots=True)
class Load:
    """What one day asks for; a day off asks for nothing."""

    day: WorkDay
    waiting: int = 0
    planned: int = 0
    links: int = 0  # links out of which some will come
    calls: float = 0.0
    seconds: float = 0.0

    @property
    def hours(self) -> float:
        return self.seconds / 3600

    @property
    def agents(self) -> int | None:
        """Return how many people must call all of the permitted hours; None where there are none."""
        if not self.day.minutes:
            return None
        return ceil(round(self.seconds / 60 / self.day.minutes, 6))


@dataclass(frozen=True, slots=True)
class Forecast:
    """The days, and what falls after the last of them."""

    loads: tuple[Load, ...]
    calls_later: float

    @property
    def calls(self) -> float:
        return sum(load.calls for load in self.loads)

    @property
    def hours(self) -> float:
        return sum(load.hours for load in self.loads)


def forecast(days: Sequence[WorkDay], due: Due, experience: Experience) -> Forecast:
    """Spread the calls over the days.

    What is due before the first day or on a day off is called on the next day that is open. The first call of
    a task is made on its day, the further calls it needs on the average on the open day after; calls beyond
    the last day are counted apart, so that none is lost.
    """
    opens = [each.day for each in days if each.is_open]
    share, needed = experience.unanswered.value, max(1.0, experience.calls.value)
    waiting, planned, links = (
        defaultdict[date, int](int),
        defaultdict[date, int](int),
        defaultdict[date, int](int),
    )
    calls = defaultdict[date | None, float](float)
    for (day, made), n in due.waiting.items():
        at = _open_day(opens, day)
        _spread(calls, opens, at, n, max(1.0, needed - made))
        if at:
            waiting[at] += n
    for kind, counted, weight in ((due.planned, planned, 1.0), (due.links, links, share)):
        for day, n in kind.items():
            at = _open_day(opens, day)
            _spread(calls, opens, at, n * weight, needed)
            if at:
                counted[at] += n
    loads = [
        Load(
            each,
            waiting[each.day],
            planned[each.day],
            links[each.day],
            calls[each.day],
            calls[each.day] * experience.seconds.value,
        )
        for each in days
    ]
    return Forecast(tuple(loads), calls[None])


def horizon(days: Iterable[WorkDay], first: date) -> date:
    """Return the first day that the forecast says nothing about."""
    return max((each.day for each in days), default=first - timedelta(days=1)) + timedelta(days=1)


def _open_day(opens: Sequence[date], day: date) -> date | None:
    return next((each for each in opens if each >= day), None)


def _spread(
    calls: dict[date | None, float], opens: Sequence[date], at: date | None, tasks: float, each: float
) -> None:
    """Put the first call of some tasks on a day and the others on the next open one; None is later."""
    calls[at] += tasks
    following = _open_day(opens, at + timedelta(days=1)) if at else None
    calls[following] += tasks * (each - 1)
