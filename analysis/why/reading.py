"""The counts behind the breakdowns of one item: one look at the tally per period."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from analysis import cube, timed
from analysis.counting import scores_of
from analysis.cube import ALL_DIMENSIONS, Cube, Where
from analysis.disclosing import Rules
from analysis.kept import Kept
from analysis.periods import Period
from analysis.series import Series, choose, series_of
from analysis.timed import marks_of
from analysis.why.pooling import Place
from core.db import cache_of
from core.seasons.queries import seasons
from surveys.models import DIMENSIONS, InvitationTally, Stratum, TallyMonth
from surveys.queries import LoadedVersion
from surveys.tallies import MODE, PEOPLE

MOST_STRATA = 5000
Tables = dict[Place, list[int]]  # values of all dimensions -> answers per score, worst first
KEPT = {"read": 4, "drawn": 64}  # what was read is large, where there are many groups
KEPT_OTHERS = 32


@dataclass(frozen=True)
class Counted:
    """The answers to one item in one period, by all dimensions at once.

    ``outside`` counts those that a filter leaves out, ``responses`` the filled questionnaires and ``web``
    those of them that came by link.
    """

    tables: Tables
    outside: Mapping[Place, int]
    web: Mapping[Place, int]
    n: int

    @property
    def sizes(self) -> dict[Place, int]:
        """The answers per place."""
        return {place: sum(counts) for place, counts in self.tables.items()}


@dataclass(frozen=True)
class Found:
    """One item in both periods; ``dimensions`` are those that were read, and what a place is made of."""

    series: Series
    before: Counted
    after: Counted
    dimensions: tuple[str, ...]
    cut: Mapping[str, frozenset[str]]  # dimension -> values that the ends of the periods would give away
    rules: Rules
    cut_links: Mapping[str, frozenset[str]] = field(default_factory=dict)  # the same of answers by link
    told_links: tuple[bool, bool] = (True, True)  # whether all of these may be shown, in each period
    key: str = ""  # names the questions asked of the tally and its state


def read(
    session: Session,
    versions: Sequence[LoadedVersion],
    key: str,
    periods: tuple[Period, Period],
    where: Where,
    *,
    today: date,
    min_cell: int,
) -> Found:
    """Read what was answered to an item, at most once for the same state of the tally.

    Parameters
    ----------
    session : Session
    versions : sequence of LoadedVersion
        All versions of the questionnaire.
    key : str
        The item.
    periods : tuple of Period
    where : mapping of dimension to values
    today : datetime.date
        The local day.
    min_cell : int

    Returns
    -------
    Found
        By all dimensions; where they make too many strata, without those that have the most values.
    """
    ids = {item.id for run in series_of(versions)[key] for _number, item in run.members}
    firsts = {version.items[0].id: version.items[0].kind for version in versions if version.items}
    strata, mark = _state(session, ids | set(firsts), periods)
    asked = sorted((name, tuple(values)) for name, values in where.items())
    named = repr((sorted(ids), periods, asked, mark, today, min_cell))

    def counted() -> Found:
        names = _readable(session, strata)
        rules = Rules(today, min_cell, marks_of(seasons(session)))
        made = _read(session, versions, key, periods=periods, where=where, names=names, rules=rules)
        return replace(made, key=named)

    return kept(session, "read").get(named, counted)


def kept(session: Session, what: str) -> Kept:
    """Return what this process keeps of the database of a session."""
    found: Kept = cache_of(session).setdefault(("why", what), Kept(KEPT.get(what, KEPT_OTHERS)))
    return found


def _readable(session: Session, strata: int) -> tuple[str, ...]:
    """Return the dimensions that can be read together."""
    if strata <= MOST_STRATA:
        return ALL_DIMENSIONS
    names = list(DIMENSIONS)
    read = session.execute(select(*(getattr(Stratum, name) for name in names)))
    rows: list[tuple[Any, ...]] = [tuple(row) for row in read]
    while len(set(rows)) > MOST_STRATA:
        values = [len({row[k] for row in rows}) for k in range(len(names))]
        widest = values.index(max(values))
        names.pop(widest)
        rows = [(*row[:widest], *row[widest + 1 :]) for row in rows]
    return (*names, MODE)


def _state(session: Session, ids: set[int], periods: tuple[Period, Period]) -> tuple[int, int]:
    """Return how many strata there are, and a number that grows with every change in these years."""
    months = [
        TallyMonth.month.between(date(one.start.year, 1, 1), date(one.last_day.year, 12, 1))
        for one in periods
    ]
    changes = select(func.coalesce(func.sum(TallyMonth.changes), 0)).where(
        TallyMonth.item_id.in_(sorted(ids)), or_(*months)
    )
    strata = select(func.count()).select_from(Stratum)
    row = session.execute(select(strata.scalar_subquery(), changes.scalar_subquery())).one()
    return int(row[0]), int(row[1])


def _read(
    session: Session,
    versions: Sequence[LoadedVersion],
    key: str,
    *,
    periods: tuple[Period, Period],
    where: Where,
    names: tuple[str, ...],
    rules: Rules,
) -> Found:
    ids = {item.id for run in series_of(versions)[key] for _number, item in run.members}
    firsts = {version.items[0].id: version.items[0].kind for version in versions if version.items}
    sides = [cube.read(session, ids | set(firsts), period, names, where) for period in periods]
    series = choose(versions, {item for side in sides for item in side.by_item}, (key,))[0].series
    before, after = (_counted(side, series, firsts, names) for side in sides)
    kinds = {member.id: member.kind for _number, member in series.members} | firsts
    over_time = timed.read(session, kinds, periods, names, where=where, rules=rules, firsts=firsts)
    cut = {
        name: frozenset().union(*(over_time.parts(series.item_ids, period, name) for period in periods))
        for name in names
    }
    links = over_time.filtered({**where, MODE: ("web",)})
    cut_links = {
        name: frozenset().union(*(links.parts(firsts, period, name, asked=True) for period in periods))
        for name in names
        if name != MODE and MODE not in where  # who was only asked has no way of answering yet
    }
    first, second = (not links.cuts_responses(period) for period in periods)
    return Found(series, before, after, names, cut, rules, cut_links, (first, second))


def _counted(side: Cube, series: Series, firsts: Mapping[int, str], names: tuple[str, ...]) -> Counted:
    everyone = replace(side, where={})
    inside = _tables(side, series, names)
    all_of_them = _tables(everyone, series, names) if side.where else inside
    outside = {place: sum(counts) - sum(inside.get(place, ())) for place, counts in all_of_them.items()}
    return Counted(
        inside, outside if side.where else {}, _by_link(side, firsts, names), sum(map(sum, inside.values()))
    )


def _tables(side: Cube, series: Series, names: tuple[str, ...]) -> Tables:
    found = {
        place: scores_of(series.item, values)
        for place, values in side.grouped(series.item_ids, names).items()
    }
    return {place: counts for place, counts in found.items() if sum(counts)}


def _by_link(side: Cube, firsts: Mapping[int, str], names: tuple[str, ...]) -> Counter[Place]:
    """Count the questionnaires that were answered by link: each has a row for its first item."""
    place_of_mode, found = names.index(MODE), Counter[Place]()
    for item_id, kind in firsts.items():
        for place, values in side.grouped([item_id], names).items():
            if place[place_of_mode] == "web":
                found[place] += sum(n for value, n in values.items() if kind != "multiple" or value <= PEOPLE)
    return found


def invited(
    session: Session, versions: Sequence[LoadedVersion], period: Period, where: Where
) -> Counter[Place]:
    """Count the links that went out in a period, by all dimensions; they have no way of answering yet."""
    columns: list[Any] = [getattr(Stratum, name) for name in DIMENSIONS]
    wanted = (
        select(*columns, func.sum(InvitationTally.n))
        .join(Stratum, Stratum.id == InvitationTally.stratum_id)
        .where(InvitationTally.version_id.in_([version.id for version in versions]))
        .where(InvitationTally.day >= period.start, InvitationTally.day < period.end)
        .group_by(*columns)
    )
    for name, values in where.items():
        if name != MODE:
            wanted = wanted.where(getattr(Stratum, name).in_(values))
    return Counter({tuple(row[:-1]): int(row[-1]) for row in session.execute(wanted) if row[-1]})
