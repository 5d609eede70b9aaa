"""Words that are said more often or less often than before, from counts of word, period and stratum."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.scores.families import holm

PRIOR = 100.0  # comments that the prior weighs as much as; they are divided over the strata
Floats = NDArray[np.float64]


@dataclass
class Said:
    """How many comments of one side there are, and how many of them have each word."""

    n: int = 0
    words: Counter[str] = field(default_factory=Counter)

    def add(self, words: Iterable[str]) -> None:
        """Count one comment, with each of its words once."""
        self.n += 1
        self.words.update(set(words))


@dataclass(frozen=True)
class Stratum:
    """One service, or another group within which the periods are compared."""

    before: Said
    after: Said


@dataclass(frozen=True)
class Word:
    """One word: comments with it on each side, the change, and how far chance goes.

    ``change`` is the log of the odds ratio, later against earlier, within the strata; ``p_bh`` and
    ``p_holm`` are corrected for all words that were screened.
    """

    word: str
    before: int
    after: int
    change: float
    z: float
    p: float
    p_bh: float
    p_holm: float


@dataclass(frozen=True)
class Grown:
    """The screened words, those that grew most first."""

    words: tuple[Word, ...]
    n: tuple[int, int]  # comments in the strata that both periods have
    left_out: tuple[int, int]  # comments of strata that only one period has

    def rising(self, most: int) -> list[Word]:
        """Return the words that are said more often, the clearest first."""
        return [one for one in self.words if one.z > 0][:most]

    def falling(self, most: int) -> list[Word]:
        """Return the words that are said less often, the clearest first."""
        return [one for one in reversed(self.words) if one.z < 0][:most]


def grown(strata: Sequence[Stratum], *, least: int, prior: float = PRIOR) -> Grown:
    """Find the words whose share of comments changed, within strata.

    Parameters
    ----------
    strata : sequence of Stratum
        Comments by service or another group; a single one compares without strata. A stratum that only
        one period has says nothing about change and is left out.
    least : int
        Words in fewer comments, both periods together, are not screened and never listed: a rare word may
        be a name.
    prior : float
        Weight of the prior in comments.

    Returns
    -------
    Grown

    Notes
    -----
    In stratum s with n1 and n2 comments, of which y1 and y2 have the word, and the prior A_s divided by
    the background share, a = A_s (y1 + y2) / (n1 + n2)::

        d_s = log((y2 + a) / (n2 + A_s - y2 - a)) - log((y1 + a) / (n1 + A_s - y1 - a))
        v_s = 1/(y2 + a) + 1/(n2 + A_s - y2 - a) + 1/(y1 + a) + 1/(n1 + A_s - y1 - a)

    The strata are added up by their precision: d = Σ(d_s/v_s) / Σ(1/v_s), z = d √Σ(1/v_s). A word counts
    once in a comment, so a comment is one draw and y is binomial. The prior pulls rare words towards "no
    change", and v_s is rather too large than too small: fewer false alarms than the level says.

    References
    ----------
    B. L. Monroe, M. P. Colaresi, K. M. Quinn, Political Analysis 16 (2008) 372-403, equations 15, 19 and
    22; N. Mantel, W. Haenszel, JNCI 22 (1959) 719-748; Y. Benjamini, Y. Hochberg, JRSS B 57 (1995) 289-300.
    """
    used = [one for one in strata if one.before.n and one.after.n]
    n = (sum(one.before.n for one in used), sum(one.after.n for one in used))
    everyone = (sum(one.before.n for one in strata), sum(one.after.n for one in strata))
    words = _screened(used, least)
    left_out = (everyone[0] - n[0], everyone[1] - n[1])
    if not words:
        return Grown((), n, left_out)
    return Grown(tuple(sorted(_changes(used, words, prior), key=lambda one: (-one.z, one.word))), n, left_out)


def _changes(used: Sequence[Stratum], words: Sequence[str], prior: float) -> list[Word]:
    y1, y2 = _counts([one.before for one in used], words), _counts([one.after for one in used], words)
    change, z = _pooled(y1, y2, *_sizes(used), prior)
    p = 2 * ndtr(-np.abs(z))
    found = zip(
        words, y1.sum(axis=0), y2.sum(axis=0), change, z, p, benjamini_hochberg(p), holm(list(p)), strict=True
    )
    return [
        Word(word, int(x1), int(x2), float(d), float(one), float(raw), float(bh), float(strict or 0.0))
        for word, x1, x2, d, one, raw, bh, strict in found
    ]


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return p-values corrected so that of the words called changed at most a share is so by chance."""
    order = np.argsort(p_values)
    m = len(p_values)
    stepped = p_values[order] * m / np.arange(1, m + 1)
    corrected = np.empty(m)
    corrected[order] = np.minimum(1.0, np.minimum.accumulate(stepped[::-1])[::-1])
    return corrected


def _screened(strata: Sequence[Stratum], least: int) -> list[str]:
    together: Counter[str] = Counter()
    for one in strata:
        together.update(one.before.words)
        together.update(one.after.words)
    return sorted(word for word, n in together.items() if n >= least)


def _counts(sides: Sequence[Said], words: Sequence[str]) -> Floats:
    return np.array([[side.words[word] for word in words] for side in sides], dtype=np.float64)


def _sizes(strata: Sequence[Stratum]) -> tuple[Floats, Floats]:
    before = np.array([[one.before.n] for one in strata], dtype=np.float64)
    after = np.array([[one.after.n] for one in strata], dtype=np.float64)
    return before, after


def _pooled(y1: Floats, y2: Floats, n1: Floats, n2: Floats, prior: float) -> tuple[Floats, Floats]:
    """Return change and z of each word over the strata; a word nobody or everybody said tells nothing."""
    weight = prior * (n1 + n2) / (n1 + n2).sum()
    a = weight * (y1 + y2) / (n1 + n2)
    tells = (y1 + y2 > 0) & (y1 + y2 < n1 + n2)
    cells = [np.where(tells, cell, 1.0) for cell in (
        y2 + a, n2 + weight - y2 - a, y1 + a, n1 + weight - y1 - a
    )]  # fmt: skip
    d = np.log(cells[0] / cells[1]) - np.log(cells[2] / cells[3])
    precision = np.where(tells, 1 / sum(1 / cell for cell in cells), 0.0)
    total = precision.sum(axis=0)
    change = np.divide((d * precision).sum(axis=0), total, out=np.zeros_like(total), where=total > 0)
    return change, change * np.sqrt(total)


def by_stratum(comments: Iterable[tuple[str, bool, Iterable[str]]]) -> Mapping[str, Stratum]:
    """Count comments given as (stratum, is later, words)."""
    found: dict[str, Stratum] = {}
    for name, is_later, words in comments:
        stratum = found.setdefault(name, Stratum(Said(), Said()))
        (stratum.after if is_later else stratum.before).add(words)
    return found
