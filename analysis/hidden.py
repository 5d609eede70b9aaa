"""Why a figure is hidden to protect people, and which period could be looked at in its place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from analysis.asking import Asked
from analysis.compare import Comparison, ItemComparison, Reason
from analysis.periods import ONE_DAY, Period, is_open, parse_period, previous_year
from analysis.queries import over_time
from surveys.queries import LoadedVersion

_HIDING = (Reason.CUT, Reason.PROTECTED, Reason.SUPPRESSED)


@dataclass(frozen=True)
class Hiding:
    """One side that is hidden: why, and the periods to ask for instead, where there are such."""

    is_after: bool
    period: Period
    reason: Reason
    instead: tuple[Period, Period] | None = None


def hiding(
    session: Session, asked: Asked, versions: Sequence[LoadedVersion], comparison: Comparison, *,
    headline: ItemComparison | None, today: date, min_cell: int,
) -> list[Hiding]:  # fmt: skip
    """Say what is hidden of a comparison and which periods would be shown.

    Parameters
    ----------
    session : Session
    asked : Asked
    versions : sequence of LoadedVersion
    comparison : Comparison
    headline : ItemComparison or None
        The item that the page begins with.
    today : datetime.date
        The local day.
    min_cell : int

    Returns
    -------
    list of Hiding
        Costs nothing where nothing is hidden. Of a present period its whole months are tried, the longest
        span first; of another one the quarter, half year and year around it before its own months.
    """
    found = list(_sides(comparison, headline))
    if not found:
        return []
    key = headline.item.item_key if headline else None
    ids = [item.id for version in versions for item in version.items if key in {None, item.item_key}]
    wanted = {one: list(_around(one.period, today)) for one in found}
    periods = [period for several in wanted.values() for period in several]
    judge = over_time(
        session, versions, ids, [*periods, comparison.after.period], where=comparison.where, today=today,
        min_cell=min_cell,
    )  # fmt: skip
    return [
        Hiding(
            one.is_after, one.period, one.reason,
            next((_pair(asked, one, other) for other in wanted[one] if not judge.cuts(ids, other)), None)
            if one.reason is Reason.CUT
            else None,
        )
        for one in found
    ]  # fmt: skip


def _sides(comparison: Comparison, headline: ItemComparison | None) -> Iterator[Hiding]:
    """Give the sides that are hidden, wholly or in the item that the page begins with."""
    for is_after, summary in ((False, comparison.before), (True, comparison.after)):
        reasons = [summary.reason]
        if headline is not None:
            reasons.append((headline.after if is_after else headline.before).reason)
        reason = next((one for one in reasons if one in _HIDING), None)
        if reason is not None:
            yield Hiding(is_after, summary.period, reason)


def _pair(asked: Asked, one: Hiding, other: Period) -> tuple[Period, Period]:
    """Return both periods with the one that would be shown; the same period a year before stays that."""
    if not one.is_after:
        return other, asked.after
    was_year = (asked.before.start, asked.before.end) == _ends(previous_year(asked.after))
    return previous_year(other) if was_year else asked.before, other


def _ends(period: Period) -> tuple[date, date]:
    return period.start, period.end


def _around(period: Period, today: date) -> Iterator[Period]:
    """Give the periods that may be shown in the place of another, the likeliest first."""
    if is_open(period, today):
        yield from _months(period.start, today.replace(day=1))
        return
    year, month = period.start.year, period.start.month
    for name in (f"{year}-{month:02}", f"{year}Q{(month + 2) // 3}", f"{year}H{(month + 5) // 6}", str(year)):
        wider = parse_period(name)
        longer = wider.start <= period.start and period.end <= wider.end
        if longer and _ends(wider) != _ends(period):
            yield wider
    yield from _months(period.start, (period.end - ONE_DAY).replace(day=1))


def _months(start: date, end: date) -> Iterator[Period]:
    """Give what begins with a period and ends with a month, the longest first."""
    while end > start:
        yield parse_period(f"{start}..{end - ONE_DAY}")
        end = (end - ONE_DAY).replace(day=1)
