"""Why the figure of one item changed: mix, mode, who answered, and customers who were asked twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from analysis.asking import Asked
from analysis.breakdown import HIDDEN
from analysis.compare import Comparison, ItemComparison
from analysis.counting import categories
from analysis.cube import ALL_DIMENSIONS, Where
from analysis.disclosing import cut
from analysis.periods import Period, is_open
from analysis.presenting import MODE_SHIFT, headline_item
from analysis.queries import Thresholds
from analysis.scores import Share, newcombe
from analysis.why import asking, pooling, reading, recovering
from analysis.why.constants import Sides, raked, standardised
from analysis.why.contributions import Breakdown, Drawn, break_down, draw
from analysis.why.nonresponse import answered
from analysis.why.pairs import transition
from analysis.why.pooling import Pools
from analysis.why.reading import Found
from analysis.why.recovering import Pairs
from analysis.why.results import Constant, Recovered, Shift, Why, share_of
from core.db import settings_of
from followup.figures.groups import Span
from surveys.models import DIMENSIONS
from surveys.queries import LoadedVersion
from surveys.tallies import MODE

MOVED = 0.05  # a dimension whose mix moved by more is held constant
MOST_HELD = 3
PLAIN = Thresholds()


@dataclass(frozen=True)
class _Look:
    """All that the parts of the answer need."""

    session: Session
    versions: Sequence[LoadedVersion]
    one: ItemComparison
    found: Found
    spans: tuple[Span, Span]
    where: Where
    thresholds: Thresholds
    pools: Pools
    breakdowns: tuple[Breakdown, ...]

    @property
    def sides(self) -> Sides:
        return self.found.before.tables, self.found.after.tables


def why(
    session: Session,
    *,
    asked: Asked,
    versions: Sequence[LoadedVersion],
    comparison: Comparison,
    thresholds: Thresholds = PLAIN,
    today: date,
    language: str = "en",  # noqa: ARG001 # the words come with the comparison, and from why.words
) -> Why:
    """Say why the figure of one item changed between two periods.

    Parameters
    ----------
    session : Session
    asked : Asked
        The first of its items that has a scale is looked at, else the one that the comparison begins with;
        its ``adjust`` names what is held constant, else what moved.
    versions : sequence of LoadedVersion
        All versions of the questionnaire, the oldest first.
    comparison : Comparison
        The comparison of the same two periods and filters.
    thresholds : Thresholds
    today : datetime.date
        The local day.
    language : str

    Returns
    -------
    Why
        Every figure in it is computed from counts that may be shown.
    """
    before, after = comparison.before.period, comparison.after.period
    one = item_of(comparison, asked, versions)
    start = Why(
        comparison.questionnaire, before, after, one, where=comparison.where,
        provisional=is_open(before, today) or is_open(after, today),
    )  # fmt: skip
    if one is None:
        return start
    if one.before.hidden or one.after.hidden:
        return replace(start, reason=one.before.reason if one.before.hidden else one.after.reason)
    look = _looked(session, versions, comparison, one, thresholds=thresholds, today=today)
    return _explained(start, look, asked.adjust)


def _looked(
    session: Session, versions: Sequence[LoadedVersion], comparison: Comparison, one: ItemComparison, *,
    thresholds: Thresholds, today: date,
) -> _Look:  # fmt: skip
    periods = comparison.before.period, comparison.after.period
    found = reading.read(
        session, versions, one.item.item_key, periods, comparison.where, today=today,
        min_cell=thresholds.min_cell,
    )  # fmt: skip
    pools, breakdowns = kept_apart(session, found, one, thresholds)
    zone = settings_of(session).zone
    return _Look(
        session, versions, one, found, (Span(periods[0], zone), Span(periods[1], zone)), comparison.where,
        thresholds, pools, breakdowns,
    )  # fmt: skip


def _explained(start: Why, look: _Look, adjust: Sequence[str]) -> Why:
    """Add all that is looked at."""
    return replace(
        start,
        breakdowns=tuple(_drawn(look, part) for part in look.breakdowns),
        guarded=tuple(name for name in ALL_DIMENSIONS if name not in look.pools),
        shift=mode_shift(look.breakdowns),
        constants=_constants(look, adjust),
        answered=answered(
            look.session, look.versions, look.found, look.pools, spans=look.spans, where=look.where,
            sides=(look.one.before, look.one.after), min_cell=look.thresholds.min_cell,
        ),
        recovered=_recovered(look),
    )  # fmt: skip


def item_of(comparison: Comparison, asked: Asked, versions: Sequence[LoadedVersion]) -> ItemComparison | None:
    """Return the item that is looked at."""
    chosen = [one for one in comparison.items if one.item.item_key in asked.items and one.item.kind.ordered]
    overall = versions[-1].with_role("overall")
    return chosen[0] if chosen else headline_item(comparison, overall.item_key if overall else None)


def kept_apart(
    session: Session, found: Found, one: ItemComparison, thresholds: Thresholds
) -> tuple[Pools, tuple[Breakdown, ...]]:
    """Take a change apart, at most once for the same counts."""
    named = repr((found.key, one.item.item_key, thresholds))
    return reading.kept(session, "apart").get(named, lambda: taken_apart(found, one, thresholds))


def taken_apart(
    found: Found, one: ItemComparison, thresholds: Thresholds
) -> tuple[Pools, tuple[Breakdown, ...]]:
    """Take a change apart by every dimension, the one whose mix explains most first."""
    outside = [side.outside for side in (found.before, found.after) if side.outside]
    sizes = [found.before.sizes, found.after.sizes]
    pools = pooling.pools(
        found.dimensions, sizes, outside=outside, hidden=found.cut, min_cell=thresholds.min_cell
    )
    scores = [float(score) for score in categories(found.series.item)]
    made = [
        break_down(
            name, *_tables(found, name, pools), scores=scores, first_top=one.item.first_top,
            enough=thresholds.few_answers,
        )
        for name in found.dimensions if name in pools
    ]  # fmt: skip
    parts = [part for part in made if part is not None]
    return pools, tuple(sorted(parts, key=lambda part: -abs(part.top.composition)))


def mode_shift(breakdowns: Sequence[Breakdown]) -> Shift | None:
    """Return the way of answering whose share moved most; None where all answered in one way."""
    part = next((part for part in breakdowns if part.dimension == MODE), None)
    if part is None:
        return None
    n1, n2 = (sum(getattr(group, side).n for group in part.groups) for side in ("before", "after"))
    shares = [(group.name, group.before.n / n1, group.after.n / n2) for group in part.groups]
    moved = max(shares, key=lambda share: abs(share[2] - share[1]))
    return Shift(*moved, marked=abs(moved[2] - moved[1]) > MODE_SHIFT)


def _tables(found: Found, name: str, pools: Pools) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    place = found.dimensions.index(name)
    before, after = (pooling.grouped(side.tables, place, pools[name]) for side in (found.before, found.after))
    return before, after


def _drawn(look: _Look, part: Breakdown) -> Breakdown:
    """Add the intervals; the same counts are drawn from once."""
    first_top = look.one.item.first_top

    def drawn() -> tuple[Drawn, Drawn] | None:
        scores = [float(score) for score in categories(look.found.series.item)]
        tables = _tables(look.found, part.dimension, look.pools)
        return draw(*tables, scores=scores, first_top=first_top)

    named = repr((look.found.key, look.one.item.item_key, look.thresholds, part.dimension))
    intervals = reading.kept(look.session, "drawn").get(named, drawn)
    return replace(part, drawn_top=intervals[0], drawn_mean=intervals[1]) if intervals else part


def _constants(look: _Look, adjust: Sequence[str]) -> tuple[Constant, ...]:
    """Hold constant what was asked for or what moved; rake everything; rake to the register."""
    if not look.breakdowns:
        return ()
    asks = asking.asks_about_cases(look.session, look.versions[-1])
    targets = _register(look) if asks else {}
    named = repr((look.found.key, look.one.item.item_key, look.thresholds, adjust, sorted(targets.items())))
    return reading.kept(look.session, "constants").get(named, lambda: _held(look, adjust, targets))


def _held(
    look: _Look, adjust: Sequence[str], targets: Mapping[str, Mapping[str, int]]
) -> tuple[Constant, ...]:
    names, first_top, least = look.found.dimensions, look.one.item.first_top, look.thresholds.min_cell
    held = [name for name in adjust if name in look.pools] or _moved(look.breakdowns)
    shift = mode_shift(look.breakdowns)
    made = []
    if shift is not None and shift.marked:
        made.append(standardised(look.sides, names, [MODE], look.pools, first_top, min_cell=least))
    if held and not (made and held == [MODE]):
        made.append(standardised(look.sides, names, held, look.pools, first_top, min_cell=least))
    every = [part.dimension for part in look.breakdowns]
    made.append(raked(look.sides, names, every, look.pools, first_top))
    known = [name for name in asking.REGISTER if name in targets and name in every]
    if known:
        found = raked(look.sides, names, known, look.pools, first_top, targets=targets)
        made.append(replace(found, method="register"))
    return tuple(made)


def _moved(breakdowns: Sequence[Breakdown]) -> list[str]:
    """Return the dimensions whose mix moved most, the way of answering first."""
    moved = [part for part in breakdowns if part.moved > MOVED]
    return [p.dimension for p in sorted(moved, key=lambda p: (p.dimension != MODE, -p.moved))][:MOST_HELD]


def _register(look: _Look) -> dict[str, dict[str, int]]:
    """Return how many cases of both periods were closed, by value, small groups together."""
    found: dict[str, dict[str, int]] = {name: {} for name in asking.REGISTER if name in look.pools}
    for span in look.spans:
        for place, n in asking.closed_cases(look.session, span, look.where).items():
            for name, counts in found.items():
                value = place[DIMENSIONS.index(name)]
                said = HIDDEN if value in look.pools[name] else value
                counts[said] = counts.get(said, 0) + n
    return {name: counts for name, counts in found.items() if counts}


def _recovered(look: _Look) -> Recovered | None:
    """Compare the ratings before and after a case was put right; None where nobody was asked again."""
    items, satisfied = look.found.series.item_ids, look.one.item.top_from
    period, where, least = look.spans[1].period, look.where, look.thresholds.min_cell
    pairs = recovering.put_right(look.session, items, period, where)
    if not pairs or satisfied is None:
        return None
    everyone = recovering.put_right(look.session, items, period, {}) if where else pairs
    rest = (everyone.total() - pairs.total(), look.found.after.n - pairs.total())
    if pairs.total() < least or any(0 < n < least for n in rest) or _is_cut(look, period):
        return Recovered(None, hidden=True)
    others = recovering.not_put_right(look.session, items, period, where, below=satisfied)
    scores = [int(score) for score in categories(look.found.series.item)]
    table = [[pairs[first, second] for second in scores] for first in scores]
    helped, left = (_second(group, satisfied, least) for group in (pairs, others))
    gap = newcombe(left, helped) if helped and left else None
    return Recovered(transition(table, look.one.item.first_top), helped=helped, others=left, gap=gap)


def _is_cut(look: _Look, period: Period) -> bool:
    """Say whether other periods would tell the ratings of a few who were asked again."""
    start, end = date(period.start.year, 1, 1), date(period.last_day.year + 1, 1, 1)
    asked = [look.where, {}] if look.where else [{}]
    inside, *every = (
        recovering.by_day(look.session, look.found.series.item_ids, Period("", start, end), where)
        for where in asked
    )
    outside = [{day: n - inside.get(day, 0) for day, n in days.items()} for days in every]
    return cut([inside, *outside], period, look.found.rules)


def _second(pairs: Pairs, satisfied: int, min_cell: int) -> Share | None:
    """Return how many of those dissatisfied the first time were satisfied the second; None if too few."""
    n = sum(count for (first, _), count in pairs.items() if first < satisfied)
    x = sum(count for (first, later), count in pairs.items() if first < satisfied <= later)
    return share_of(x, n) if n >= min_cell else None
