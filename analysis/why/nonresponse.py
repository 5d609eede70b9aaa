"""Who answered, put together from the counts: rates, the register beside the answers, what was left open."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from analysis.breakdown import HIDDEN
from analysis.compare import Side
from analysis.cube import Where
from analysis.suppression import hidden_parts
from analysis.why import asking, reading
from analysis.why.channels import by_channel
from analysis.why.early import waves
from analysis.why.pooling import Place, Pools
from analysis.why.reading import Found
from analysis.why.results import Answered, Rate, Rates, Register, rate_of
from followup.figures.groups import Span
from surveys.models import DIMENSIONS
from surveys.queries import LoadedVersion
from surveys.tallies import MODE

Both = tuple[Span, Span]


def answered(
    session: Session,
    versions: Sequence[LoadedVersion],
    found: Found,
    pools: Pools,
    *,
    spans: Both,
    where: Where,
    sides: tuple[Side, Side],
    min_cell: int,
) -> Answered:
    """Put together who answered an item's questionnaire, and who did not.

    Parameters
    ----------
    session : Session
    versions : sequence of LoadedVersion
    found : Found
        What was answered, by all dimensions.
    pools : mapping of dimension to values
        Which values are put together; a dimension that is left out is not shown.
    spans : tuple of Span
        The periods.
    where : mapping of dimension to values
    sides : tuple of Side
        The item in both periods, as it may be shown.
    min_cell : int

    Returns
    -------
    Answered
    """
    by_link = MODE not in where  # who was only asked has no way of answering yet
    periods = [span.period for span in spans]
    early, answers = waves(session, versions, found, periods, where)
    ids = [version.id for version in versions]
    channels, links = by_channel(session, ids, spans, where, found.rules) if by_link else (None, 1)
    asked = [reading.invited(session, versions, period, where) for period in periods] if by_link else []
    missing, base = _missing(sides)
    return Answered(
        total=_totals(asked, found) if asked else (None, None),
        rates=_all_rates(asked, found, pools, min_cell) if asked else (),
        channels=channels,
        register=_register(session, versions, found, pools, span=spans[1], where=where, min_cell=min_cell),
        waves=early,
        missing=missing,
        asked=base,
        sampled=(answers, links),
    )


def _all_rates(
    asked: Sequence[Mapping[Place, int]], found: Found, pools: Pools, min_cell: int
) -> tuple[Rates, ...]:
    """Return the response rates by each dimension that may be shown."""
    made = []
    for name in DIMENSIONS:
        if name in pools:
            hidden = pools[name] | found.cut_links.get(name, frozenset())
            came = found.dimensions.index(name), (found.before.web, found.after.web)
            made.append(_rates(name, asked, came, hidden, min_cell))
    return tuple(rates for rates in made if rates is not None)


def _totals(asked: Sequence[Mapping[Place, int]], found: Found) -> tuple[Rate | None, Rate | None]:
    came = found.before.web, found.after.web
    one, other = (
        rate_of(sum(sent.values()), sum(got.values())) if may else None
        for sent, got, may in zip(asked, came, found.told_links, strict=True)
    )
    return one, other


def _rates(
    name: str,
    asked: Sequence[Mapping[Place, int]],
    came: tuple[int, Sequence[Mapping[Place, int]]],
    pool: frozenset[str],
    min_cell: int,
) -> Rates | None:
    """Return the response rates by one dimension, where links went out in at least two groups."""
    sent = [_by_value(counts, DIMENSIONS.index(name)) for counts in asked]
    got = [_by_value(counts, came[0]) for counts in came[1]]
    hidden = pool.union(*(_hidden(sizes, min_cell) for sizes in (*sent, *got)))
    sent, got = [_pooled(sizes, hidden) for sizes in sent], [_pooled(sizes, hidden) for sizes in got]
    names = sorted({*sent[0], *sent[1]}, key=lambda value: (value == HIDDEN, value))
    if len(names) < 2:
        return None
    rows = tuple(
        (value, rate_of(sent[0][value], got[0][value]), rate_of(sent[1][value], got[1][value]))
        for value in names
    )
    return Rates(name, rows)


def _register(
    session: Session,
    versions: Sequence[LoadedVersion],
    found: Found,
    pools: Pools,
    *,
    span: Span,
    where: Where,
    min_cell: int,
) -> tuple[Register, ...]:
    """Compare the closed cases of the later period with those who answered, where cases are asked about."""
    if not asking.asks_about_cases(session, versions[-1]):
        return ()
    closed = asking.closed_cases(session, span, where)
    shown = [name for name in asking.REGISTER if name in pools]
    made = (_beside(name, closed, _of(found, name), pools[name], min_cell) for name in shown)
    return tuple(one for one in made if one is not None)


def _of(found: Found, name: str) -> Counter[str]:
    return _by_value(found.after.sizes, found.dimensions.index(name))


def _beside(
    name: str, closed: Mapping[Place, int], answers: Counter[str], pool: frozenset[str], min_cell: int
) -> Register | None:
    cases = _by_value(closed, DIMENSIONS.index(name))
    hidden = pool | _hidden(cases, min_cell)
    cases, answers = _pooled(cases, hidden), _pooled(answers, hidden)
    n, m = cases.total(), answers.total()
    names = sorted({*cases, *answers}, key=lambda value: (value == HIDDEN, value))
    if n < min_cell or m < min_cell or len(names) < 2:
        return None
    return Register(name, n, m, tuple((value, cases[value] / n, answers[value] / m) for value in names))


def _missing(sides: tuple[Side, Side]) -> tuple[tuple[tuple[str, int, int], ...], tuple[int, int]]:
    """Return how often the item was left open, by kind, and of how many; not asked is no part of it."""
    if any(side.missing is None or side.n is None for side in sides):
        return (), (0, 0)
    before, after = ({k: n for k, n in (side.missing or {}).items() if k != "not_asked"} for side in sides)
    kinds = dict.fromkeys([*before, *after])
    base = [(side.n or 0) + sum(kept.values()) for side, kept in zip(sides, (before, after), strict=True)]
    rows = tuple((kind, before.get(kind, 0), after.get(kind, 0)) for kind in kinds)
    return rows, (base[0], base[1])


def _by_value(counts: Mapping[Place, int], place: int) -> Counter[str]:
    found = Counter[str]()
    for values, n in counts.items():
        found[values[place]] += n
    return found


def _hidden(sizes: Mapping[str, int], min_cell: int) -> set[str]:
    flags = hidden_parts(list(sizes.values()), min_cell)
    return {name for name, hide in zip(sizes, flags, strict=True) if hide}


def _pooled(sizes: Mapping[str, int], hidden: frozenset[str]) -> Counter[str]:
    found = Counter[str]()
    for name, n in sizes.items():
        found[HIDDEN if name in hidden else name] += n
    return found
