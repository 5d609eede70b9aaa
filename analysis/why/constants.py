"""The figures of both periods under one mix: standardised over some dimensions, raked to several margins."""

from collections.abc import Mapping, Sequence

from analysis.breakdown import HIDDEN, together
from analysis.scores.shares import Z95
from analysis.standardise import standardise
from analysis.why.pooling import Place, Pools
from analysis.why.raking import Margin, Raked, rake, weighted
from analysis.why.reading import Tables
from analysis.why.results import Constant

Sides = tuple[Tables, Tables]


def standardised(
    sides: Sides, names: Sequence[str], dimensions: Sequence[str], pools: Pools, first_top: int,
    *, min_cell: int = 1,
) -> Constant:  # fmt: skip
    """Hold some dimensions constant: every combination of their values weighs what it does in both periods.

    Parameters
    ----------
    sides : tuple of tables
        Answers per score by the values of ``names``.
    names, dimensions : sequence of str
        What the places are made of, and which of it is held; small groups count together.
    pools : mapping of dimension to values
    first_top : int
    min_cell : int
        Combinations with fewer answers count together.

    Returns
    -------
    Constant
        By `analysis.standardise.standardise`.
    """
    before, after = (_by(side, names, dimensions, pools) for side in sides)
    before, after = together(before, after, min_cell)
    width = len(next(iter(before.values()), ()))
    held = tuple(dimensions)
    found = standardise(
        before, after, dimensions=held, scores=[float(k) for k in range(width)], first_top=first_top
    )
    if found is None:
        return Constant("standardised", held)
    top = found.top_box
    return Constant(
        "standardised", held, top.before, top.after, top.diff, top.ci95, covered=found.covered
    )  # fmt: skip


def raked(
    sides: Sides,
    names: Sequence[str],
    dimensions: Sequence[str],
    pools: Pools,
    first_top: int,
    *,
    targets: Mapping[str, Mapping[str, int]] | None = None,
    method: str = "raked",
) -> Constant:
    """Weight both periods so that each of several dimensions has the same shares, all at once.

    Parameters
    ----------
    sides, names, dimensions, pools, first_top
        As in `standardised`.
    targets : mapping of dimension to counts, optional
        The shares to reach, such as those of the register; both periods' answers together when left out.
    method : str

    Returns
    -------
    Constant
        Values that a period has no answers for count with the small groups; a dimension whose small groups
        are missing in a period too is not held, and named. The variance takes the weights as fixed.
    """
    before, after = (_by(side, names, dimensions, pools) for side in sides)
    wanted = [_target(before, after, k, (targets or {}).get(name)) for k, name in enumerate(dimensions)]
    kept, left_out, margins = [], [], []
    for k, name in enumerate(dimensions):
        folded = _folded(before, after, k, wanted[k])
        if folded is None:
            left_out.append(name)
            continue
        before, after, margin = folded
        kept.append(k)
        margins.append(margin)
    held = tuple(dimensions[k] for k in kept)
    nothing = Constant(method, held, left_out=tuple(left_out))
    if not held:
        return nothing
    sides = _narrow(before, kept, margins), _narrow(after, kept, margins)
    return _figure(sides, margins, nothing, first_top, covered=_n(*sides) / _n(before, after))


def _figure(
    sides: Sides, margins: Sequence[Margin], nothing: Constant, first_top: int, *, covered: float
) -> Constant:
    width = len(next(iter(sides[0].values()), ()))
    satisfied = [float(place >= first_top) for place in range(width)]
    found: list[Raked] = []
    figures = []
    for side in sides:
        weights = rake({place: float(sum(counts)) for place, counts in side.items()}, margins)
        figure = weighted(side, weights.weights, satisfied) if weights else None
        if weights is None or figure is None:
            return nothing
        found.append(weights)
        figures.append(figure)
    before, after = figures
    diff, half = after.value - before.value, Z95 * (before.variance + after.variance) ** 0.5
    return Constant(
        nothing.method, nothing.dimensions, before.value, after.value, diff, (diff - half, diff + half),
        covered=covered, effective=(found[0].effective, found[1].effective),
        converged=all(one.converged for one in found), left_out=nothing.left_out,
    )  # fmt: skip


def _by(table: Tables, names: Sequence[str], dimensions: Sequence[str], pools: Pools) -> Tables:
    """Add the counts up by some dimensions, small groups under one name."""
    places = [(names.index(name), pools.get(name, frozenset())) for name in dimensions]
    found: Tables = {}
    for values, counts in table.items():
        place = tuple(HIDDEN if values[k] in pool else values[k] for k, pool in places)
        found[place] = [a + b for a, b in zip(found.get(place, [0] * len(counts)), counts, strict=True)]
    return found


def _target(before: Tables, after: Tables, k: int, given: Mapping[str, int] | None) -> dict[str, float]:
    if given is not None:
        return {value: float(n) for value, n in given.items() if n}
    found: dict[str, float] = {}
    for side in (before, after):
        for place, counts in side.items():
            found[place[k]] = found.get(place[k], 0.0) + sum(counts)
    return found


def _folded(
    before: Tables, after: Tables, k: int, target: Mapping[str, float]
) -> tuple[Tables, Tables, Margin] | None:
    """Put what one period has no answers for among the small groups; None where even those are missing."""
    have = [{place[k] for place, counts in side.items() if sum(counts)} for side in (before, after)]
    common = have[0] & have[1]
    lacking = frozenset(target) - common
    moved = [_renamed(side, k, lacking) for side in (before, after)]
    margin: dict[str, float] = {}
    for value, n in target.items():
        name = HIDDEN if value in lacking else value
        margin[name] = margin.get(name, 0.0) + n
    total = sum(margin.values())
    both = [{place[k] for place, counts in side.items() if sum(counts)} for side in moved]
    if not total or not set(margin) <= both[0] & both[1]:
        return None
    return moved[0], moved[1], {name: n / total for name, n in margin.items()}


def _renamed(table: Tables, k: int, values: frozenset[str]) -> Tables:
    found: Tables = {}
    for place, counts in table.items():
        name = (*place[:k], HIDDEN if place[k] in values else place[k], *place[k + 1 :])
        found[name] = [a + b for a, b in zip(found.get(name, [0] * len(counts)), counts, strict=True)]
    return found


def _narrow(table: Tables, kept: Sequence[int], margins: Sequence[Margin]) -> Tables:
    """Keep the dimensions that are held, and of them what the margins know."""
    found: Tables = {}
    for place, counts in table.items():
        held: Place = tuple(place[k] for k in kept)
        if all(value in margin for value, margin in zip(held, margins, strict=True)):
            found[held] = [a + b for a, b in zip(found.get(held, [0] * len(counts)), counts, strict=True)]
    return found


def _n(*tables: Tables) -> int:
    return sum(sum(map(sum, table.values())) for table in tables)
