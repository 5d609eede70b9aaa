"""Direct standardisation: both periods as if their answers had come from the same mix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt

import numpy as np

from analysis.scores.shares import Z95, Interval

Place = tuple[str, ...]  # the values of the dimensions that are held constant
Counts = Sequence[int]  # answers per score, worst first


@dataclass(frozen=True)
class Standardised:
    """A figure of both periods under one mix, and its change; differences are later minus earlier."""

    before: float
    after: float
    diff: float
    ci95_before: Interval
    ci95_after: Interval
    ci95: Interval


@dataclass(frozen=True)
class Adjusted:
    """What the periods would be with the same mix.

    ``strata`` counts the parts that were used, ``collapsed`` names those that were put together because a
    period had fewer than two answers in them, ``dropped`` those that are left out for the same reason;
    ``covered`` is the share of all answers that was used.
    """

    dimensions: tuple[str, ...]
    mean: Standardised
    top_box: Standardised
    strata: int
    collapsed: tuple[Place, ...]
    dropped: tuple[Place, ...]
    covered: float


@dataclass(frozen=True)
class _Pair:
    """The answers of one part in both periods."""

    before: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def n(self) -> int:
        return sum(self.before) + sum(self.after)

    @property
    def thin(self) -> bool:
        """Whether a period has too few answers here for a spread."""
        return min(sum(self.before), sum(self.after)) < 2

    def __add__(self, other: "_Pair") -> "_Pair":
        before = tuple(a + b for a, b in zip(self.before, other.before, strict=True))
        return _Pair(before, tuple(a + b for a, b in zip(self.after, other.after, strict=True)))


def standardise(
    before: Mapping[Place, Counts],
    after: Mapping[Place, Counts],
    *,
    dimensions: tuple[str, ...],
    scores: Sequence[float],
    first_top: int,
) -> Adjusted | None:
    """Compare two periods under the mix of both taken together.

    Parameters
    ----------
    before, after : mapping of place to counts
        Answers per score of each part; a part that is left out has none.
    dimensions : tuple of str
        What the places are made of; the last ones are given up first where parts are too thin.
    scores : sequence of float
        The scores, worst first.
    first_top : int
        Place of the lowest satisfied score.

    Returns
    -------
    Adjusted or None
        With weights W_s = (n1_s + n2_s)/(n1 + n2) over the parts that both periods have, the figure of a
        period is sum W_s m_s with variance sum W_s² s_s²/n_s; the satisfied share is the same with
        scores 0 and 1. Intervals are normal. None where no part has two answers in both periods.

    Notes
    -----
    A part with fewer than two answers in a period cannot be compared with itself. Such parts are put
    together over the last dimension, then over the one before; what is still thin within the first
    dimension is dropped, because putting phone in the place of paper would bring the mix back in.

    References
    ----------
    Equal to R ``survey::svystandardize`` with the pooled distribution; statistics 1.6.
    """
    pairs = _pairs(before, after, len(scores))
    total = sum(pair.n for pair in pairs.values())
    used, collapsed = _collapse(pairs, len(dimensions))
    dropped = tuple(place for place, pair in used.items() if pair.thin)
    collapsed = tuple(place for place in collapsed if not any(place[: len(d)] == d for d in dropped))
    kept = [pair for pair in used.values() if not pair.thin]
    if not kept:
        return None
    covered = sum(pair.n for pair in kept)
    satisfied = [float(place >= first_top) for place in range(len(scores))]
    return Adjusted(
        dimensions, mean=_weighted(kept, scores), top_box=_weighted(kept, satisfied), strata=len(kept),
        collapsed=collapsed, dropped=dropped, covered=covered / total,
    )  # fmt: skip


def _pairs(before: Mapping[Place, Counts], after: Mapping[Place, Counts], width: int) -> dict[Place, _Pair]:
    nothing = (0,) * width
    pairs = {
        place: _Pair(tuple(before.get(place, nothing)), tuple(after.get(place, nothing)))
        for place in dict.fromkeys([*before, *after])
    }
    return {place: pair for place, pair in pairs.items() if pair.n}


def _collapse(pairs: Mapping[Place, _Pair], depth: int) -> tuple[dict[Place, _Pair], tuple[Place, ...]]:
    """Put thin parts together, the last dimension first; return the parts and what went into others."""
    parts, collapsed = dict(pairs), []
    for level in range(depth - 1, 0, -1):
        merged: dict[Place, _Pair] = {}
        for place, pair in parts.items():
            if pair.thin and len(place) == level + 1:
                collapsed.append(place)
                wider = place[:level]
            else:
                wider = place
            merged[wider] = merged[wider] + pair if wider in merged else pair
        parts = merged
    return parts, tuple(place for place in collapsed if place in pairs)


def _weighted(parts: Sequence[_Pair], scores: Sequence[float]) -> Standardised:
    total = sum(part.n for part in parts)
    weights = [part.n / total for part in parts]
    before, var_before = _figure([part.before for part in parts], weights, scores)
    after, var_after = _figure([part.after for part in parts], weights, scores)
    return Standardised(
        before, after, after - before,
        ci95_before=_around(before, var_before), ci95_after=_around(after, var_after),
        ci95=_around(after - before, var_before + var_after),
    )  # fmt: skip


def _figure(
    counts: Sequence[Counts], weights: Sequence[float], scores: Sequence[float]
) -> tuple[float, float]:
    """Return the weighted mean and its variance."""
    means, variances = [], []
    values = np.asarray(scores, dtype=np.float64)
    for part, weight in zip(counts, weights, strict=True):
        table = np.asarray(part, dtype=np.float64)
        n = float(table.sum())
        mean = float(table @ values) / n
        means.append(weight * mean)
        variances.append(weight**2 * float(table @ (values - mean) ** 2) / (n - 1) / n)
    return fsum(means), fsum(variances)


def _around(value: float, variance: float) -> Interval:
    half = Z95 * sqrt(variance)
    return value - half, value + half
