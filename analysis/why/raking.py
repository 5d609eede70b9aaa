"""Raking: weights for which several margins hold at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from analysis.scores.shares import Z95, Interval

Place = tuple[str, ...]
Margin = Mapping[str, float]  # value of one dimension -> its share; the shares add up to 1
TOLERANCE = 1e-10
MOST_ROUNDS = 200


@dataclass(frozen=True)
class Raked:
    """The answers of one period under given margins.

    ``weights`` is the weight of one answer in each cell, 1 on average; ``effective`` is Kish's effective
    number of answers; ``off`` is the largest distance of a margin from its target.
    """

    weights: Mapping[Place, float]
    converged: bool
    rounds: int
    off: float
    effective: float


@dataclass(frozen=True)
class Figure:
    """A weighted mean with its variance."""

    value: float
    variance: float

    @property
    def ci95(self) -> Interval:
        """The normal interval."""
        half = Z95 * sqrt(self.variance)
        return self.value - half, self.value + half


def rake(
    sizes: Mapping[Place, float], margins: Sequence[Margin], *, most_rounds: int = MOST_ROUNDS
) -> Raked | None:
    """Find weights so that each dimension has the shares that are asked for.

    Parameters
    ----------
    sizes : mapping of place to float
        Answers per combination of the dimensions' values.
    margins : sequence of mapping of str to float
        For each dimension in turn the share of each value.
    most_rounds : int

    Returns
    -------
    Raked or None
        Iterative proportional fitting: each dimension in turn is scaled to its shares, until none is off by
        more than 1e-10. ``converged`` is False where that is not reached, as when empty cells forbid it.
        None where a value that is asked for has no answers at all: no weight makes something of nothing.

    References
    ----------
    W. E. Deming, F. F. Stephan, Annals of Mathematical Statistics 11 (1940) 427-444; the same as R
    ``survey::rake`` with ``control = list(epsilon = ...)``.
    """
    places = [place for place, n in sizes.items() if n > 0]
    if not places or any(
        share > 0 and not _has(places, k, v) for k, m in enumerate(margins) for v, share in m.items()
    ):
        return None
    start = np.array([float(sizes[place]) for place in places])
    codes, targets = _coded(places, margins)
    now = start / start.sum()
    rounds, off = 0, 1.0
    while off >= TOLERANCE and rounds < most_rounds:
        rounds += 1
        for code, target in zip(codes, targets, strict=True):
            have = np.bincount(code, weights=now, minlength=target.size)
            now = now * np.divide(target, have, out=np.zeros_like(target), where=have > 0)[code]
        off = _off(now, codes, targets)
    weights = now * start.sum() / start
    effective = float((weights @ start) ** 2 / (weights**2 @ start))
    return Raked(
        dict(zip(places, weights.tolist(), strict=True)), off < TOLERANCE, rounds, off, effective
    )  # fmt: skip


def weighted(
    tables: Mapping[Place, Sequence[int]], weights: Mapping[Place, float], values: Sequence[float]
) -> Figure | None:
    """Return the weighted mean of answers.

    Parameters
    ----------
    tables : mapping of place to counts
        Answers per category.
    weights : mapping of place to float
        The weight of one answer of the place.
    values : sequence of float
        The value of each category; 0 and 1 give a share.

    Returns
    -------
    Figure or None
        Σ w y / Σ w with the linearised variance n/(n-1) Σ w² (y - ȳ)² / (Σ w)². The weights are taken as
        fixed, which is what R ``survey::svymean`` does without calibration and errs on the wide side.
        None with fewer than two answers.
    """
    cells = [place for place in tables if weights.get(place) and sum(tables[place])]
    counts = np.array([tables[place] for place in cells], dtype=np.float64)
    n = counts.sum() if cells else 0
    if n < 2:
        return None
    w, y = np.array([weights[place] for place in cells]), np.asarray(values, dtype=np.float64)
    total = float(w @ counts.sum(axis=1))
    mean = float(w @ (counts @ y)) / total
    spread = float(w**2 @ (counts @ (y - mean) ** 2)) / total**2
    return Figure(mean, spread * n / (n - 1))


def _has(places: Sequence[Place], dimension: int, value: str) -> bool:
    return any(place[dimension] == value for place in places)


def _coded(
    places: Sequence[Place], margins: Sequence[Margin]
) -> tuple[list[NDArray[np.intp]], list[NDArray[np.float64]]]:
    """Return for each dimension the code of each cell and the targets in the order of the codes."""
    codes, targets = [], []
    for dimension, margin in enumerate(margins):
        values = sorted({place[dimension] for place in places})
        where = {value: code for code, value in enumerate(values)}
        codes.append(np.array([where[place[dimension]] for place in places], dtype=np.intp))
        targets.append(np.array([float(margin.get(value, 0.0)) for value in values]))
    return codes, targets


def _off(
    now: NDArray[np.float64], codes: Sequence[NDArray[np.intp]], targets: Sequence[NDArray[np.float64]]
) -> float:
    return max(
        float(np.abs(np.bincount(code, weights=now, minlength=target.size) - target).max())
        for code, target in zip(codes, targets, strict=True)
    )
