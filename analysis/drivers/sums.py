"""Sums of scores and of their products: all that reliability, correlations and drivers need of the answers.

They add up over months, versions and ways of answering. Pairs are counted each by itself (available cases),
so that one question that does not apply to everybody does not throw away all other answers of a person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PARTS = 20  # random groups of responses: leaving out one after the other shows how far chance reaches

Exact = NDArray[np.int64]
Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Exact sums over responses, apart for each of `PARTS` random groups; every array is (PARTS, k, k).

    Parameters
    ----------
    keys : tuple of str
        The items.
    counts : array of int
        How many responses have a score for both items.
    sums : array of int
        Of the scores of item i over the responses that have item j too.
    products : array of int
        Of the scores of i and j.
    """

    keys: tuple[str, ...]
    counts: Exact
    sums: Exact
    products: Exact

    @classmethod
    def nothing(cls, keys: Sequence[str] = ()) -> "Moments":
        """Return the moments of no answers."""
        empty = np.zeros((PARTS, len(keys), len(keys)), dtype=np.int64)
        return cls(tuple(keys), empty, empty, empty)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Moments):
            return NotImplemented
        return self.keys == other.keys and all(
            np.array_equal(mine, theirs) for mine, theirs in zip(self._arrays(), other._arrays(), strict=True)
        )

    __hash__ = None  # type: ignore[assignment] # it holds arrays

    def __add__(self, other: "Moments") -> "Moments":
        keys = tuple(dict.fromkeys((*self.keys, *other.keys)))
        mine, theirs = self.spread(keys)._arrays(), other.spread(keys)._arrays()
        return Moments(keys, *(a + b for a, b in zip(mine, theirs, strict=True)))

    @property
    def n(self) -> int:
        """How many responses stand behind the pair of items that has the fewest."""
        return int(self.counts.sum(axis=0).min()) if self.keys else 0

    @property
    def answered(self) -> dict[str, int]:
        """How many responses have a score, by item."""
        totals = self.counts.sum(axis=0).diagonal()
        return {key: int(n) for key, n in zip(self.keys, totals, strict=True)}

    def of(self, keys: Iterable[str]) -> "Moments":
        """Return the moments of some of the items, in the order asked for."""
        keys = tuple(keys)
        places = np.array([self.keys.index(key) for key in keys], dtype=np.intp)
        return Moments(keys, *(array[:, places[:, None], places] for array in self._arrays()))

    def spread(self, keys: Sequence[str]) -> "Moments":
        """Return the same moments for more items; nobody has answered the new ones."""
        if tuple(keys) == self.keys:
            return self
        wide = Moments.nothing(keys)
        places = np.array([keys.index(key) for key in self.keys], dtype=np.intp)
        arrays = [array.copy() for array in wide._arrays()]
        for array, mine in zip(arrays, self._arrays(), strict=True):
            array[:, places[:, None], places] = mine
        return Moments(tuple(keys), *arrays)

    def mean(self) -> Real:
        """Return the mean of each item over all who gave it a score; NaN without any."""
        counts, sums = (array.sum(axis=0).diagonal() for array in (self.counts, self.sums))
        with np.errstate(invalid="ignore", divide="ignore"):
            means: Real = sums / counts
        return means

    def covariance(self) -> Real:
        """Return the covariances over available cases, as R ``cov(use = "pairwise")``; NaN below two."""
        return _covariance(*(array.sum(axis=0) for array in self._arrays()))

    def correlation(self) -> Real:
        """Return the correlations: the covariances, divided by the deviations of the items."""
        return correlation(self.covariance())

    def left_out(self) -> Real:
        """Return the covariances with each random group left out in turn, as (PARTS, k, k)."""
        return _covariance(*(array.sum(axis=0) - array for array in self._arrays()))

    def _arrays(self) -> tuple[Exact, Exact, Exact]:
        return self.counts, self.sums, self.products


def correlation(covariance: Real) -> Real:
    """Return the correlations of one covariance matrix or of a stack; NaN where an item is constant."""
    deviations = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Real = covariance / (deviations[..., :, None] * deviations[..., None, :])
    return found


def of_scores(keys: Sequence[str], scores: Exact, parts: Exact | None = None) -> Moments:
    """Add up score vectors.

    Parameters
    ----------
    keys : sequence of str
        The items.
    scores : array of int, shape (n, k)
        One row per response; negative where there is no score.
    parts : array of int, shape (n,), optional
        The random group of each response; by turns where it is not given.

    Returns
    -------
    Moments
    """
    found = Moments.nothing(keys)
    counts, sums, products = (array.copy() for array in found._arrays())
    groups = np.arange(len(scores)) % PARTS if parts is None else parts
    for part in range(PARTS):
        chosen = scores[groups == part]
        # Floats multiply ten times as fast and are exact here: no sum comes near 2^53.
        given = (chosen >= 0).astype(np.float64)
        values = np.where(chosen >= 0, chosen, 0).astype(np.float64)
        counts[part] = given.T @ given
        sums[part] = values.T @ given
        products[part] = values.T @ values
    return Moments(tuple(keys), counts, sums, products)


def _covariance(counts: Exact, sums: Exact, products: Exact) -> Real:
    # Whole numbers up to here: what is left after the subtraction has lost nothing.
    above = counts * products - sums * np.swapaxes(sums, -1, -2)
    below = (counts * (counts - 1)).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Real = np.where(counts > 1, above / below, np.nan)
    return found
