"""What one closed period brings to light: every figure that is watched, judged, and what is worth telling."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from analysis.alerts import collecting, reading
from analysis.alerts.before import Before
from analysis.alerts.covering import covered
from analysis.alerts.policy import (
    BASE,
    COLLECTION,
    DOWN,
    MONTH,
    OVERDUE,
    RESPONSE_RATE,
    SATISFACTION,
    UP,
    VOLUME,
    WEEK,
    Judged,
    Point,
    Series,
    judge,
    may_show,
    worth_telling,
)
from analysis.alerts.reading import EVERYBODY, Counts, Span
from analysis.alerts.seasonal import profile
from analysis.series import series_of
from analysis.trend import marks
from core.db import settings_of
from core.periods import Period, previous
from surveys.queries import questionnaire_keys, versions

TABLE = 13  # periods that an alert keeps to be seen
SENT_BY = "sent_by"  # the channel of a link; as a dimension "channel" is how a case reached us


@dataclass(frozen=True, slots=True)
class Found:
    """One figure of one group that left its limits."""

    kind: str
    side: int
    period: Period
    questionnaire: str = ""
    item_key: str = ""
    dimension: str = ""
    group: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    p: float = 0.0  # how often chance alone brings it

    @property
    def direction(self) -> str:
        """Which way it left its limits."""
        return "up" if self.side > 0 else "down"

    @property
    def key(self) -> str:
        """The name under which it is kept once."""
        parts = (self.kind, self.questionnaire, self.item_key, self.dimension, self.group, self.period.name)
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Look:
    """What a round looked at and found."""

    looked: int
    found: tuple[Found, ...]


def slots_until(period: Period, grain: str) -> list[Period]:
    """Return a period and those before it that make its limits, the oldest first."""
    slots = [period]
    for _count in range(BASE[grain]):
        slots.append(previous(slots[-1]))
    return slots[::-1]


def look(session: Session, period: Period, grain: str, zone: ZoneInfo, now: datetime) -> Look:
    """Judge what a closed week or month says of satisfaction, and a week of cases."""
    span = Span(slots_until(period, grain), zone)
    before = Before.read(session, span)
    judged, found = [], list[Found]()
    for key in questionnaire_keys(session):
        some, collapsed = _of_questionnaire(session, key, span, before, grain=grain, now=now)
        judged += some
        found += collapsed
    if grain == WEEK:
        judged += _of_cases(session, span, before)
    return Look(len(judged), (*found, *_told(judged, before, period, min_cell=settings_of(session).min_cell)))


def look_at_replies(session: Session, period: Period, zone: ZoneInfo, _now: datetime) -> Look:
    """Judge how many of the links of a week were answered, once the last of them had their days."""
    span = Span(slots_until(period, WEEK), zone)
    before = Before.read(session, span)
    if any(before.collapsed("web", day, "") for day in (period.start, period.end)):
        return Look(0, ())  # told as what it is; the last answers to a week's links come in the next
    counts = reading.replied(session, span)
    judged, found = [], []
    for series in _shares(session, counts, span, before, kind=RESPONSE_RATE, dimension=SENT_BY):
        one = _judged(session, series)
        if one is None:
            continue
        judged.append(one)
        if one.rule and collecting.hardly_any(one):
            figures = {
                "signs": ["links_silent"],
                **figures_of(one, looked=1, min_cell=settings_of(session).min_cell),
            }
            found.append(
                Found(COLLECTION, DOWN, period, dimension=SENT_BY, group=series.group, figures=figures)
            )
    silent = {one.group for one in found}
    min_cell = settings_of(session).min_cell
    told = _told([one for one in judged if one.series.group not in silent], before, period, min_cell=min_cell)
    return Look(len(judged), (*(one for one in found if before.may_tell(one)), *told))


def figures_of(judged: Judged, *, looked: int, min_cell: int) -> dict[str, Any]:
    """Return what an alert keeps of what it was found by; nothing that may not be shown is among it."""
    last, limits, points = judged.shown[-1], judged.limits, judged.series.points[-TABLE:]
    by_start = {point.start: place for place, point in enumerate(judged.shown)}
    many = _many(judged.series, last)
    return {
        "grain": judged.series.grain, "rule": judged.rule, "chart": limits.chart, "value": last.value * many,
        "x": last.x, "n": last.n, "centre": limits.centre * many, "lower": limits.lower[-1] * many,
        "upper": limits.upper[-1] * many, "sigma_z": limits.sigma_z, "base": len(judged.shown) - 1,
        "looked": looked, "seasonal": judged.series.spread > 1.0,
        "points": [_kept(one, by_start.get(one.start), judged, min_cell) for one in points],
    }  # fmt: skip


def _many(series: Series, point: Point) -> float:
    """Return what a value is multiplied by to be said: numbers of cases are, whatever the size of a week."""
    return point.n if series.kind == VOLUME else 1.0


def _kept(point: Point, place: int | None, judged: Judged, min_cell: int) -> dict[str, Any]:
    kept: dict[str, Any] = {"start": point.start.isoformat()}
    if place is None:
        return kept
    limits, many = judged.limits, _many(judged.series, point)
    kept |= {"lower": limits.lower[place] * many, "upper": limits.upper[place] * many}
    if point.hidden or point.covered or point.base < min_cell:
        return kept
    return kept | {"x": point.x, "n": point.n, "value": point.value * many}


def _of_questionnaire(
    session: Session, key: str, span: Span, before: Before, *, grain: str, now: datetime
) -> tuple[list[Judged], list[Found]]:
    """Judge the overall item of one questionnaire; where collection broke down, nothing else."""
    loaded = versions(session, key)
    overall = loaded[-1].with_role("overall") if loaded else None
    if overall is None:
        return [], []
    item = series_of(loaded)[overall.item_key][-1]
    counts = {
        name: reading.satisfied(session, span, item, name)
        for name in (EVERYBODY, "mode", "district", "department")
    }
    broken = collecting.collapses(
        session, span, counts, [version.id for version in loaded], grain=grain, now=now
    )
    min_cell, period = settings_of(session).min_cell, span.slots[-1]
    found = [
        Found(
            COLLECTION,
            DOWN,
            period,
            key,
            overall.item_key,
            one.dimension,
            one.group,
            one.figures(min_cell),
            1 / (1 + one.what.expected),
        )
        for one in broken
    ]
    judged: list[Judged] = []
    since = marks.since(session, key, overall.item_key, period.start)
    if not any(one.changes_everything for one in broken):
        silent = {(one.dimension, one.group) for one in broken}
        for name in (EVERYBODY, "district", "department"):
            for series in _shares(
                session, counts[name], span, before, kind=SATISFACTION, dimension=name, grain=grain,
                questionnaire=key, item_key=overall.item_key,
                unseen=covered(session, span, item, name, now.astimezone(span.zone).date()),
            ):  # fmt: skip
                if (name, series.group) not in silent:
                    judged += filter(None, [_judged(session, _begun(series, since))])
    return judged, [one for one in found if before.may_tell(one)]


def _begun(series: Series, since: date | None) -> Series:
    """Return a series from where a person had its limits computed anew."""
    if since is None:
        return series
    return replace(series, points=tuple(point for point in series.points if point.start >= since))


def _of_cases(session: Session, span: Span, before: Before) -> Iterator[Judged]:
    for name in (EVERYBODY, "category", "district"):
        earlier = reading.earlier_years(session, span, name)
        for series in _numbers(session, reading.registered(session, span, name), span, name, earlier):
            yield from filter(None, [_judged(session, series)])
    late = reading.past_limit(session, span)
    for series in _shares(session, late, span, before, kind=OVERDUE, dimension="department"):
        yield from filter(None, [_judged(session, series)])


def _shares(
    session: Session, counts: Counts, span: Span, before: Before, *, kind: str, dimension: str,
    grain: str = WEEK, questionnaire: str = "", item_key: str = "", unseen: Sequence[set[str]] = (),
) -> Iterator[Series]:  # fmt: skip
    """Make a series of each group: a period whose answers nearly did not come makes no limits."""
    min_cell, places = settings_of(session).min_cell, range(len(span.slots))
    everybody = [sum(sizes.get(place, 0) for sizes in counts.n.values()) for place in places]
    for group in sorted(counts.n):
        if dimension and not group:
            continue  # not given: no group that somebody could look after
        points = []
        for place in places:
            x, n = counts.x[group].get(place, 0), counts.n[group].get(place, 0)
            start = span.slots[place].start
            # What customers said of the others could be worked out; links and limits are no answers.
            rest = everybody[place] if kind == SATISFACTION and dimension else n
            hidden = not may_show(n, rest, min_cell)
            hidden |= kind != OVERDUE and before.collapsed(group, start, questionnaire)
            points.append(Point(start, x, n, n, hidden, bool(unseen) and group in unseen[place]))
        yield Series(kind, grain, tuple(points), questionnaire, item_key, dimension, group)


def _numbers(
    session: Session, counts: Counts, span: Span, dimension: str, earlier: Mapping[str, Sequence[int]]
) -> Iterator[Series]:
    """Make a series of the counts of each group, from its first case on: before there were no zeros.

    Where earlier years have enough cases of the group, a week is as large as it was in them.
    """
    min_cell = settings_of(session).min_cell
    for group in sorted(counts.n):
        if dimension and not group:
            continue
        first = min(counts.n[group])
        slots, sizes = span.slots[first:], counts.sizes(group, len(span.slots))[first:]
        known = profile(earlier[group][first:], sizes) if group in earlier else None
        points = [
            Point(slot.start, x, n, x, slot is span.slots[-1] and x < min_cell)
            for slot, x, n in zip(slots, sizes, known.sizes if known else [1.0] * len(slots), strict=True)
        ]
        spread = known.spread if known else 1.0
        yield Series(VOLUME, WEEK, tuple(points), dimension=dimension, group=group, spread=spread)


def _judged(session: Session, series: Series) -> Judged | None:
    settings = settings_of(session)
    if series.kind == SATISFACTION and series.points[-1].n < settings.few_answers:
        return None  # few answers get no verdict anywhere
    points = settings.important_points / 100
    return judge(
        series,
        least_change=0.0 if series.kind == VOLUME else points,
        runs=not series.dimension and series.kind == SATISFACTION,
    )


def _told(judged: Sequence[Judged], before: Before, period: Period, *, min_cell: int) -> Iterable[Found]:
    for one in worth_telling([one for one in judged if before.is_watched(one.series)]):
        family = (one.series.kind, one.series.questionnaire, one.series.dimension)
        looked = sum((o.series.kind, o.series.questionnaire, o.series.dimension) == family for o in judged)
        series, side = one.series, UP if one.side > 0 else DOWN
        found = Found(
            series.kind, side, period, series.questionnaire, series.item_key, series.dimension, series.group,
            figures_of(one, looked=looked, min_cell=min_cell), one.p,
        )  # fmt: skip
        if before.may_tell(found):
            yield found


__all__ = ["MONTH", "Found", "Look", "figures_of", "look", "look_at_replies", "slots_until"]
