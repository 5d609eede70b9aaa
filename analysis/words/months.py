"""When a single answer was given, as finely as its period's figures may be shown: seldom the day."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from analysis.complements import Place
from analysis.periods import Period, parse_period
from analysis.series import Series
from analysis.timed import Timed

Told = Mapping[Any, set[Place]]  # dimensions -> values that are named beside the answers
When = Callable[[date], Period]


def when(series: Series, period: Period, judge: Timed, told: Told) -> When:
    """Return what may stand beside an answer as its time.

    Parameters
    ----------
    series : Series
        The question.
    period : Period
        Whose answers are listed.
    judge : Timed
        Of this question, by the dimensions that are named beside its answers.
    told : mapping of dimensions to values

    Returns
    -------
    callable
        From a day to its month, quarter, half year or year: the shortest that the comparison would show,
        of everyone and of each value that is named; else to the whole period. Who lists a year would
        otherwise read from the list what the figures of its months hide.
    """

    def may_be_said(span: Period) -> bool:
        parts = (judge.places(series.item_ids, span, names) & named for names, named in told.items())
        return not judge.cuts(series.item_ids, span) and not any(parts)

    @cache
    def of_month(first: date) -> Period:
        for one in _around(first):
            start, end = max(one.start, period.start), min(one.end, period.end)
            if (start, end) == (period.start, period.end):
                break
            if may_be_said(Period(f"{start}..{end}", start, end)):
                return one
        return period

    return lambda day: of_month(day.replace(day=1))


def _around(first: date) -> Iterator[Period]:
    year, month = first.year, first.month
    quarter, half = (month + 2) // 3, (month + 5) // 6
    names: Sequence[str] = (f"{year}-{month:02}", f"{year}Q{quarter}", f"{year}H{half}", str(year))
    return map(parse_period, names)
