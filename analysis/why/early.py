"""Early and late answers: who answered at once, and who had to be reminded or called again."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.cube import Where
from analysis.periods import Period
from analysis.scores import Share
from analysis.why import asking, reading
from analysis.why.reading import Found
from analysis.why.results import Waves, share_of
from analysis.why.shown import shown, years_of
from surveys.models import Response, TallyMonth
from surveys.queries import LoadedVersion

Points = dict[date, int]
Key = tuple[str, str]  # way of answering, wave


@dataclass
class _Side:
    """What was read of the years of one period; ``sample`` says of how many answers one was looked at."""

    period: Period
    sample: int
    inside: dict[Key, Points] = field(default_factory=dict)
    outside: dict[Key, Points] = field(default_factory=dict)
    answers: Counter[Key] = field(default_factory=Counter)  # of the period and the filter
    satisfied: Counter[Key] = field(default_factory=Counter)


def waves(
    session: Session, versions: Sequence[LoadedVersion], found: Found, periods: Sequence[Period], where: Where
) -> tuple[tuple[Waves, ...], int]:
    """Return the satisfied shares of early and late answers, and of how many answers one was looked at.

    Parameters
    ----------
    session : Session
    versions : sequence of LoadedVersion
    found : Found
        What was answered; the same state of the tally is looked at once.
    periods : sequence of Period
    where : mapping of dimension to values

    Returns
    -------
    tuple of Waves, and int
        By link and by phone, where at least two shares may be shown. The rule is that of a breakdown: each
        wave is one part of the answers by link or by phone, under the filter and outside of it.
    """
    return reading.kept(session, "waves").get(
        repr((found.key, found.series.item.item_key)),
        lambda: _waves(session, versions, found, periods, where),
    )


def _waves(
    session: Session, versions: Sequence[LoadedVersion], found: Found, periods: Sequence[Period], where: Where
) -> tuple[tuple[Waves, ...], int]:
    if found.series.item.definition.scored() is None:
        return (), 1
    sides = [_read(session, versions, found, period, where) for period in periods]
    made = []
    for mode, names in (("web", asking.BY_LINK), ("phone", asking.BY_PHONE)):
        one, other = (_shares(side, mode, names, found) for side in sides)
        rows = tuple((name, one[name], other[name]) for name in names)
        if sum(any(share for share in row[1:]) for row in rows) > 1:
            made.append(Waves(mode, rows))
    return tuple(made), max(side.sample for side in sides)


def _read(
    session: Session, versions: Sequence[LoadedVersion], found: Found, period: Period, where: Where
) -> _Side:
    days, ids, series = years_of(period), [version.id for version in versions], found.series
    scale = series.item.definition.scored()
    least = scale.satisfied_from if scale else 0
    taken, part = asking.sample(_how_many(session, series.item_ids, days), Response.id)
    side = _Side(period, taken)
    rows = asking.waves(session, ids, series.item_ids, days, where=where, part=part)
    for day, mode, wave, score, inside, n in rows:
        points = (side.inside if inside else side.outside).setdefault((mode, wave), {})
        points[day] = points.get(day, 0) + n
        if inside and period.start <= day < period.end:
            side.answers[mode, wave] += n
            side.satisfied[mode, wave] += n if score >= least else 0
    return side


def _how_many(session: Session, items: Collection[int], days: Period) -> int:
    wanted = select(func.coalesce(func.sum(TallyMonth.n), 0)).where(
        TallyMonth.item_id.in_(sorted(items)), TallyMonth.month >= days.start, TallyMonth.month < days.end
    )
    return int(session.execute(wanted).scalar_one())


def _shares(side: _Side, mode: str, names: Sequence[str], found: Found) -> dict[str, Share | None]:
    """Return the share of each wave that may be shown; answers without a wave are a part as well."""
    kept = set(names)
    for counted in (side.inside, side.outside):
        parts = {name: counted.get((mode, name), {}) for name in (*names, "")}
        kept &= shown(parts, side.period, found.rules)
    return {
        name: share_of(side.satisfied[mode, name], side.answers[mode, name])
        if name in kept and side.answers[mode, name]
        else None
        for name in names
    }
