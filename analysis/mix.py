"""How much of a change is the service, and how much only a changed mix of those who answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Stratum:
    """Answers and mean of one part (a service, a district, a mode) in one period."""

    n: int
    mean: float | None


@dataclass(frozen=True)
class StratumMix:
    """What one part adds to the change."""

    name: str
    n_before: int
    n_after: int
    within: float
    composition: float


@dataclass(frozen=True)
class Mix:
    """A change of means taken apart: ``total`` is exactly ``within`` + ``composition``.

    ``one_sided`` names parts that occur in one period only, ``opposed`` those with at least 30 answers in
    both periods that move against the total (the sign of Simpson's paradox).
    """

    total: float
    within: float
    composition: float
    strata: tuple[StratumMix, ...]
    one_sided: tuple[str, ...] = ()
    opposed: tuple[str, ...] = ()

    @property
    def reversed(self) -> bool:
        """Whether the parts taken together moved against the total."""
        return self.within * self.total < 0


def stratum(counts: ArrayLike, values: ArrayLike | None = None) -> Stratum:
    """Summarise one part's count table; ``values`` are its scores, 1..K when not given.

    With ``values`` of 0 and 1 the mean is a share, so `kitagawa` takes satisfied shares apart too.
    """
    table = np.asarray(counts, dtype=np.float64)
    weights = np.arange(1.0, table.size + 1) if values is None else np.asarray(values, dtype=np.float64)
    n = int(table.sum())
    return Stratum(n, float(table @ weights) / n if n else None)


def kitagawa(
    before_strata: Mapping[str, Stratum], after_strata: Mapping[str, Stratum], *, enough: int = 30
) -> Mix | None:
    """Split a change of means into change within the parts and change of their shares.

    Parameters
    ----------
    before_strata, after_strata : mapping of str to Stratum
        The parts by name; one that is left out has no answers.
    enough : int
        Answers on both sides from which a part is named as opposed.

    Returns
    -------
    Mix or None
        within = sum (w1+w2)/2 (m2-m1), composition = sum (w2-w1)(m1+m2)/2, w the parts' shares of the
        answers. None where a period has no answers at all.

    Notes
    -----
    A part with answers in one period only has no change of its own. Its mean is taken as unchanged, so
    that all it does counts as composition and the sum stays exact; it is named in ``one_sided``.

    References
    ----------
    E. M. Kitagawa, JASA 50 (1955) 1168-1194, the symmetric form.
    """
    n_before = sum(part.n for part in before_strata.values())
    n_after = sum(part.n for part in after_strata.values())
    if not n_before or not n_after:
        return None
    nothing = Stratum(0, None)
    names = dict.fromkeys([*before_strata, *after_strata])
    pairs = {name: (before_strata.get(name, nothing), after_strata.get(name, nothing)) for name in names}
    parts = tuple(
        _part(name, one, other, n_before, n_after) for name, (one, other) in pairs.items() if one.n or other.n
    )
    within, composition = fsum(part.within for part in parts), fsum(part.composition for part in parts)
    total = within + composition
    return Mix(
        total, within, composition, parts,
        one_sided=tuple(part.name for part in parts if not part.n_before or not part.n_after),
        opposed=tuple(p.name for p in parts if min(p.n_before, p.n_after) >= enough and p.within * total < 0),
    )  # fmt: skip


def _part(name: str, before: Stratum, after: Stratum, n_before: int, n_after: int) -> StratumMix:
    w1, w2 = before.n / n_before, after.n / n_after
    m1 = before.mean if before.mean is not None else after.mean
    m2 = after.mean if after.mean is not None else before.mean
    if m1 is None or m2 is None:
        raise ValueError(f"{name}: a part with answers needs a mean")
    return StratumMix(name, before.n, after.n, (w1 + w2) / 2 * (m2 - m1), (w2 - w1) * (m1 + m2) / 2)
