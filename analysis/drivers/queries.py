"""Drivers and scales of one questionnaire in a period, from the tally and the moment table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from analysis.asking import Asked
from analysis.compare import Comparison, ItemComparison, Side
from analysis.cube import Where
from analysis.drivers import chance, importance, moments, reliability
from analysis.drivers.chance import Interval
from analysis.drivers.importance import Driver, Importance, Reason
from analysis.drivers.reliability import Reliability
from analysis.drivers.sums import Moments
from analysis.periods import Period
from analysis.queries import Thresholds, comparison
from analysis.series import choose
from surveys.models import Item, Tally
from surveys.queries import LoadedItem, LoadedVersion
from surveys.tallies import MODE

# The overall rating, the drivers, and the drivers that are asked of some only.
Candidates = tuple[LoadedItem | None, list[LoadedItem], list[LoadedItem]]
OVERALL, DRIVER, NO_ROLE = "overall", "driver", "none"


@dataclass(frozen=True)
class Row:
    """One driver: how it is judged in both periods, and how it goes together with the overall rating."""

    one: ItemComparison
    driver: Driver | None
    reason: Reason | None
    earlier: Driver | None = None
    moved: tuple[float, Interval] | None = None  # its share, later minus earlier

    @property
    def key(self) -> str:
        """The item."""
        return self.one.item.item_key

    @property
    def label(self) -> str:
        """What the item is called in the reader's language."""
        return self.one.item.label


@dataclass(frozen=True)
class ScaleFit:
    """Items that share a scale and a role, and whether they measure one thing."""

    scale: str
    role: str
    labels: dict[str, str]
    after: Reliability
    before: Reliability | None = None


@dataclass(frozen=True)
class Drivers:
    """The whole page; ``before`` is None unless both periods were asked for."""

    overall_key: str
    overall: str
    after: Importance
    before: Importance | None
    rows: tuple[Row, ...]
    scales: tuple[ScaleFit, ...]
    compared: Comparison
    hidden: bool
    for_some: tuple[str, ...] = ()  # labels of items that are not asked of everybody
    min_cell: int = 10

    @property
    def provisional(self) -> bool:
        """Whether the later period is not over."""
        return self.compared.after.provisional


def drivers(
    session: Session,
    *,
    asked: Asked,
    versions: Sequence[LoadedVersion],
    today: date,
    thresholds: Thresholds,
    language: str,
    both: bool = False,
) -> Drivers:
    """Say which items go together with the overall rating, and whether the scales hold.

    Parameters
    ----------
    session : Session
    asked : Asked
        The later period counts; the earlier one for the change of the satisfied share, and for everything
        with ``both``.
    versions : sequence of LoadedVersion
        Of the questionnaire, the oldest first.
    today : datetime.date
    thresholds : Thresholds
    language : str
    both : bool
        Whether the earlier period is worked out as well.

    Returns
    -------
    Drivers
        Drivers are the items with that role, or where a questionnaire has none all other items with a
        scale. Items that are not asked of everybody are left out: who is asked differs from the others.
    """
    choose(versions, (), asked.items)  # an unknown item is said before anything is read
    overall, items, for_some = _candidates(versions, asked)
    wanted = [item.item_key for item in (*([overall] if overall else []), *items)]
    compared = comparison(
        session, questionnaire=asked.questionnaire, before=asked.before, after=asked.after, today=today,
        items=wanted, where=asked.where, thresholds=thresholds, language=language, loaded=versions,
    )  # fmt: skip
    by_key = {one.item.item_key: one for one in compared.items} if wanted else {}
    ids = _rows_of(session, versions, wanted, (asked.before, asked.after))
    now = moments.read(session, versions, asked.after, asked.where, item_ids=ids)
    now, then = _shown(now, {key: one.after for key, one in by_key.items()}), None
    if both:
        then = moments.read(session, versions, asked.before, asked.where, item_ids=ids)
        then = _shown(then, {key: one.before for key, one in by_key.items()})
    found = (overall, items, for_some)
    return _worked_out(compared, found, (now, then), language=language, min_cell=thresholds.min_cell)


def _worked_out(
    compared: Comparison, candidates: Candidates, sums: tuple[Moments, Moments | None], *, language: str,
    min_cell: int,
) -> Drivers:  # fmt: skip
    """Work out importance and scales from the sums of one period, or of both."""
    (overall, items, for_some), (now, then) = candidates, sums
    by_key = {one.item.item_key: one for one in compared.items}
    key, keys = overall.item_key if overall else "", tuple(item.item_key for item in items)
    after = importance.importance(now, key, keys)
    before = None if then is None else importance.importance(then, key, keys)
    return Drivers(
        overall_key=key,
        overall=overall.definition.said(language).name if overall else "",
        after=after,
        before=before,
        rows=_rows(by_key, keys, after, before),
        scales=_scales(items, now, then, language),
        compared=compared,
        hidden=bool(overall) and by_key[key].after.hidden and by_key[key].after.n != 0,
        for_some=tuple(item.definition.said(language).name for item in for_some),
        min_cell=min_cell,
    )


def _candidates(versions: Sequence[LoadedVersion], asked: Asked) -> Candidates:
    """Return the overall rating, the drivers, and the drivers that are asked of some only."""
    newest = versions[-1]
    overall = newest.with_role(OVERALL)
    scored = [item for item in moments.scored(newest) if item is not overall]
    drivers = [item for item in scored if item.role == DRIVER] or [
        item for item in scored if item.role == NO_ROLE
    ]
    if asked.items:
        drivers = [item for item in drivers if item.item_key in asked.items]
    for_some = [item for item in drivers if not _is_for_all(item, asked.where)]
    return overall, [item for item in drivers if item not in for_some], for_some


def _is_for_all(item: LoadedItem, where: Where) -> bool:
    modes = where.get(MODE, ("web", "phone"))
    return item.definition.show_if is None and all(item.definition.asked_in(mode) for mode in modes)


def _rows_of(
    session: Session, versions: Sequence[LoadedVersion], keys: Sequence[str], periods: Iterable[Period]
) -> set[int]:
    """Return the rows of the items whose answers may be put together, as the comparison chooses them."""
    if not keys:
        return set()
    candidates = {item.id for version in versions for item in version.items if item.item_key in keys}
    days = or_(*((Tally.day >= period.start) & (Tally.day < period.end) for period in periods))
    some = select(Tally.item_id).where(Tally.item_id == Item.id, days, Tally.n != 0).exists()
    answered = set(session.scalars(select(Item.id).where(Item.id.in_(candidates), some)))
    return {number for one in choose(versions, answered, keys) for number in one.series.item_ids}


def _shown(found: Moments, sides: dict[str, Side]) -> Moments:
    """Leave out what is hidden: nothing is worked out from it either."""
    return found.of(
        key for key, side in sides.items() if key in found.keys and (side.n == 0 or not side.hidden)
    )


def _rows(
    compared: dict[str, ItemComparison], keys: Sequence[str], after: Importance, before: Importance | None
) -> tuple[Row, ...]:
    now = {one.key: one for one in after.drivers}
    then = {one.key: one for one in before.drivers} if before else {}
    reasons = dict(after.left_out)
    rows = []
    for key in keys:
        driver, earlier, moved = now.get(key), then.get(key), None
        if driver and earlier:
            pair = (earlier.share, earlier.error), (driver.share, driver.error)
            moved = driver.share - earlier.share, chance.apart(*pair, after.groups)
        reason = None if driver else reasons.get(key, after.reason)
        rows.append(Row(compared[key], driver, reason, earlier, moved))
    return tuple(sorted(rows, key=lambda row: -row.driver.share if row.driver else 1.0))


def _scales(
    items: Sequence[LoadedItem], after: Moments, before: Moments | None, language: str
) -> tuple[ScaleFit, ...]:
    groups: dict[tuple[str, str], list[LoadedItem]] = {}
    for item in items:
        groups.setdefault((item.scale, item.role), []).append(item)
    found = []
    for (scale, role), members in groups.items():
        if len(members) < 2:
            continue
        keys = [item.item_key for item in members if item.item_key in after.keys]
        labels = {item.item_key: item.definition.said(language).name for item in members}
        earlier = None
        if before is not None:
            earlier = reliability.reliability(before.of(k for k in labels if k in before.keys))
        found.append(ScaleFit(scale, role, labels, reliability.reliability(after.of(keys)), earlier))
    return tuple(found)
